/** Whether any run renewed the output of the job after one that did. Read only once that output is too old. */
import type { Job } from "../../model/job.ts";
import { outputAtOf } from "../../model/output-time.ts";
import type { Run } from "../../model/run.ts";
import type { LedgerStore } from "../../storage/ledger-store.ts";

/** A job that is green a thousand times in a row and writes nothing is stale all the same. */
const RUNS = 1000;

export interface LaterOutput {
  renewed: boolean;
  /** Later successes that renewed nothing. */
  greenRuns: number;
}

/** Null while the output is fresh, and for a run that wrote none. */
export async function loadLaterOutput(
  store: LedgerStore,
  job: Job,
  run: Run,
  now: number,
): Promise<LaterOutput | null> {
  const { freshnessMs } = job.settings;
  const outputAt = freshnessMs === null ? null : outputAtOf(run);
  if (freshnessMs === null || outputAt === null || now <= outputAt + freshnessMs) return null;
  const since = Math.min(outputAt, run.startedAt ?? outputAt) - freshnessMs;
  const page = await store.listRuns({ jobId: job.id, phases: ["completed"], from: since }, "-startedAt", {
    limit: RUNS,
    cursor: null,
  });
  const others = page.items.filter((other) => other.id !== run.id);
  const renewed = others.some((other) => (outputAtOf(other) ?? 0) > outputAt);
  const ownEnd = run.completedAt ?? outputAt;
  const greenRuns = others.filter(
    (other) => other.runType !== "backfill" && (other.completedAt ?? 0) > ownEnd,
  ).length;
  return { renewed, greenRuns };
}
