/**
 * Looks at many rows are made side by side, each reading one run, one job and its open judgements. Reads that are asked
 * for in the same turn become one statement for all of them: under a stream of events that is most of what a look costs.
 * Nothing is remembered from one turn to the next.
 */
import type { LedgerStore } from "../storage/ledger-store.ts";

type GatheredVerbs = Pick<LedgerStore, "getRun" | "getJob" | "getSlot" | "openJudgements">;

/** The same store; the reads of single rows are gathered. */
export function gatherReads(store: LedgerStore): LedgerStore {
  const run = gathered(async (ids) => byId(await store.getRuns(ids), (stored) => stored.run.id));
  const job = gathered(async (ids) => byId(await store.getJobs(ids), ({ id }) => id));
  const slot = gathered(async (ids) => byId(await store.getSlots(ids), ({ id }) => id));
  const judgements = gathered((jobIds) => store.openJudgementsByJobs(jobIds));
  const verbs: GatheredVerbs = {
    getRun: async (id) => (await run(id)) ?? null,
    getJob: async (id) => (await job(id)) ?? null,
    getSlot: async (id) => (await slot(id)) ?? null,
    openJudgements: async (jobId) => (await judgements(jobId)) ?? [],
  };
  return { ...store, ...verbs };
}

type ReadMany<T> = (ids: number[]) => Promise<ReadonlyMap<number, T>>;

function gathered<T>(readMany: ReadMany<T>): (id: number) => Promise<T | undefined> {
  let ids = new Set<number>();
  let reading: Promise<ReadonlyMap<number, T>> | null = null;
  return async (id) => {
    ids.add(id);
    reading ??= askedInThisTurn().then(() => {
      const wanted = [...ids];
      ids = new Set();
      reading = null;
      return readMany(wanted);
    });
    return (await reading).get(id);
  };
}

/** After everything that is already on its way: the looks that wait for the read before come up one after the other. */
async function askedInThisTurn(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
}

function byId<T>(rows: readonly T[], idOf: (row: T) => number): Map<number, T> {
  return new Map(rows.map((row) => [idOf(row), row]));
}
