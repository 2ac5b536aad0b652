import { afterEach, beforeEach, expect, test } from "vitest";
import type { LedgerStore } from "../storage/ledger-store.ts";
import { createSqliteLedger } from "../storage/open-storage.ts";
import { gatherReads } from "./gathered-reads.ts";

let store: LedgerStore;
let asked: (readonly number[])[];
let reads: LedgerStore;

beforeEach(async () => {
  store = createSqliteLedger({ path: ":memory:" });
  await store.open();
  asked = [];
  const getJobs: LedgerStore["getJobs"] = (ids) => {
    asked.push(ids);
    return store.getJobs(ids);
  };
  reads = gatherReads({ ...store, getJobs });
});
afterEach(() => store.close());

async function makeJobs(count: number): Promise<number[]> {
  const jobs = await store.ensureJobs(
    Array.from({ length: count }, (_, index) => ({
      namespace: "default",
      environment: "",
      jobName: `job_${index}`,
      createdBy: "api" as const,
      at: 1,
    })),
  );
  return jobs.map(({ id }) => id);
}

test("reads that are asked for side by side are one statement, and each gets its own row", async () => {
  const ids = await makeJobs(3);
  const wanted = [...ids, ids[0] ?? 0, 999];
  const jobs = await Promise.all(wanted.map((id) => reads.getJob(id)));
  expect(jobs.map((job) => job?.id ?? null)).toEqual([...ids, ids[0], null]);
  expect(asked).toEqual([[...ids, 999]]);
});

test("a later read sees what was written meanwhile", async () => {
  const [id = 0] = await makeJobs(1);
  expect((await reads.getJob(id))?.settings.owner).toBeNull();
  await store.setJobSettings(id, "api", { owner: "ann" }, 2);
  expect((await reads.getJob(id))?.settings.owner).toBe("ann");
});

test("a run, a slot and judgements that are not there are nothing", async () => {
  expect(await Promise.all([reads.getRun(1), reads.getSlot(1), reads.openJudgements(1)])).toEqual([
    null,
    null,
    [],
  ]);
});
