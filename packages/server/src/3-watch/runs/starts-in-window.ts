/** How many runs began in the stretch of time that `maxRuns` counts, up to one run; and which later one is crowded by it. */
import type { Job } from "../../model/job.ts";
import type { Run } from "../../model/run.ts";
import type { LedgerStore } from "../../storage/ledger-store.ts";

export interface Starts {
  /** This run included. */
  count: number;
  /** The last later run that is one too many with this one: it may have been judged before this one was known. */
  crowded: Run | null;
}

export async function loadStarts(store: LedgerStore, job: Job, run: Run): Promise<Starts | null> {
  const { maxRuns } = job.settings;
  const startedAt = run.startedAt;
  if (maxRuns === null || startedAt === null || run.runType === "backfill") return null;
  const { count, perMs } = maxRuns;
  const around = await store.listRuns(
    { jobId: job.id, from: startedAt - perMs + 1, to: startedAt + perMs },
    "-startedAt",
    { limit: 1000, cursor: null },
  );
  const starts = around.items.filter((other) => other.startedAt !== null && other.runType !== "backfill");
  const upTo = (at: number): number =>
    starts.filter((other) => (other.startedAt ?? 0) <= at && (other.startedAt ?? 0) > at - perMs).length;
  const later = starts.filter((other) => other.id !== run.id && (other.startedAt ?? 0) > startedAt);
  const crowded = later.find((other) => upTo(other.startedAt ?? 0) > count) ?? null;
  return { count: upTo(startedAt), crowded };
}
