/**
 * The ledger store over any database that LedgerDatabase describes: the verbs of each subject stand in a file of their
 * own under verbs/, and come together here.
 */
import { randomUUID } from "node:crypto";
import type { LedgerDatabase } from "./database.ts";
import type { LedgerStore } from "./ledger-store.ts";
import { migrate } from "./migrations/migrate.ts";
import { alertGroupVerbs } from "./verbs/alert-group-verbs.ts";
import { deadlineVerbs } from "./verbs/deadline-verbs.ts";
import { installationVerbs } from "./verbs/installation-verbs.ts";
import { jobVerbs } from "./verbs/job-verbs.ts";
import { meterVerbs } from "./verbs/meter-verbs.ts";
import { pushVerbs } from "./verbs/push-verbs.ts";
import { receiverMemoryVerbs } from "./verbs/receiver-memory-verbs.ts";
import { recentRunVerbs } from "./verbs/recent-runs.ts";
import { retentionVerbs } from "./verbs/retention-verbs.ts";
import { ruleVerbs } from "./verbs/rule-verbs.ts";
import { commitLedger } from "./verbs/run-commit.ts";
import { runVerbs } from "./verbs/run-verbs.ts";
import { telemetryVerbs } from "./verbs/telemetry-verbs.ts";
import { watchVerbs } from "./verbs/watch-verbs.ts";

/** Larger than a page of either engine, so that the file has to find room for it. */
const CHECK_BYTES = 16_384;

export function createKyselyLedgerStore(
  database: LedgerDatabase,
  newUuid: () => string = randomUUID,
): LedgerStore {
  return {
    engine: database.capabilities.engine,
    async open() {
      await database.open();
      await migrate(database);
    },
    close: () => database.close(),
    check: () => checkWritable(database),
    commit: (commit) => database.write((writer) => commitLedger(writer, commit)),
    ...jobVerbs(database, newUuid),
    ...runVerbs(database),
    ...recentRunVerbs(database),
    ...telemetryVerbs(database),
    ...deadlineVerbs(database),
    ...watchVerbs(database),
    ...alertGroupVerbs(database),
    ...receiverMemoryVerbs(database),
    ...installationVerbs(database),
    ...retentionVerbs(database),
    ...meterVerbs(database),
    ...pushVerbs(database),
    ...ruleVerbs(database),
  };
}

/** Writes a row and takes it away again, through to the disk: a statement that changes nothing succeeds on a full one. */
async function checkWritable(database: LedgerDatabase): Promise<void> {
  await database.write(async ({ db }) => {
    await db
      .insertInto("installation_facts")
      .values({ name: "storage.check", value: "0".repeat(CHECK_BYTES) })
      .execute();
    await db.deleteFrom("installation_facts").where("name", "=", "storage.check").execute();
  });
}
