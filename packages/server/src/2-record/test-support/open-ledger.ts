/** A real ledger over a real SQLite database in memory. */
import { ChangeFeed } from "../../lib/change-feed.ts";
import { ManualClock } from "../../lib/clock.ts";
import { EMPTY_BATCH, type IntakeBatch } from "../../model/intake.ts";
import type { Run } from "../../model/run.ts";
import type { RunEvent } from "../../model/run-event.ts";
import { T0, TEST_JOB } from "../../model/test-support/make-event.ts";
import type { LedgerStore } from "../../storage/ledger-store.ts";
import { createSqliteLedger } from "../../storage/open-storage.ts";
import { Ledger } from "../ledger/ledger.ts";

export interface OpenLedger extends AsyncDisposable {
  ledger: Ledger;
  store: LedgerStore;
  clock: ManualClock;
  feed: ChangeFeed;
  record(events: readonly RunEvent[], more?: Partial<IntakeBatch>): Promise<void>;
  /** All runs of all jobs, oldest start first. */
  runs(): Promise<Run[]>;
}

export async function openLedger(cachedRuns?: number): Promise<OpenLedger> {
  const store = createSqliteLedger({ path: ":memory:" });
  await store.open();
  const clock = new ManualClock(T0);
  const feed = new ChangeFeed();
  const ledger = new Ledger({ store, clock, feed, ...(cachedRuns === undefined ? {} : { cachedRuns }) });
  return {
    ledger,
    store,
    clock,
    feed,
    record: (events, more = {}) => ledger.record([{ ...EMPTY_BATCH, ...more, events }]),
    async runs() {
      const { items } = await store.listRuns({}, "startedAt", { limit: 1000, cursor: null });
      return items;
    },
    [Symbol.asyncDispose]: () => store.close(),
  };
}

export async function testJobId(store: LedgerStore): Promise<number> {
  const job = await store.findJob(TEST_JOB);
  if (job === null) throw new Error("The test's job was not recorded.");
  return job.id;
}
