/** Commits run after run into a ledger of the given directory and prints a line after each answer, until it is killed. */
import { join } from "node:path";
import { createSqliteLedger, LEDGER_FILE } from "../open-storage.ts";
import { EMPTY_COMMIT, makeJob, newRun, runEvent } from "./ledger-fixtures.ts";

const store = createSqliteLedger({ path: join(process.argv[2] ?? "", LEDGER_FILE) });
await store.open();
const job = await makeJob(store, "daily_etl");
for (let index = 0; ; index++) {
  const runId = `r${index}`;
  await store.commit({
    ...EMPTY_COMMIT,
    runs: [newRun(job.id, runId)],
    events: [{ runRef: -1, event: runEvent(job, runId) }],
  });
  process.stdout.write(`${runId}\n`);
}
