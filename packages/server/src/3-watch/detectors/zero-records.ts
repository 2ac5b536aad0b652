/**
 * zero_records: a run that says it succeeded reported 0 records, where records are expected: min_records says so, or
 * the last five good runs all had some.
 */
import type { RunContext, RunDetector } from "./detector.ts";
import { whenInsideLimits } from "./mending.ts";

const GOOD_RUNS_ASKED = 5;

export const zeroRecords: RunDetector = {
  type: "zero_records",
  examine,
  mends: (context) => whenInsideLimits(context, examine, ({ run }) => run.recordsProcessed !== null),
  wantsEarlierRuns: ({ run, job }) => endedWithNone(run) && (job.settings.minRecords ?? 0) < 1,
};

function endedWithNone(run: RunContext["run"]): boolean {
  return run.phase === "completed" && run.recordsProcessed === 0;
}

function examine({ run, job, earlierRuns }: RunContext) {
  if (!endedWithNone(run)) return null;
  const { minRecords } = job.settings;
  const declared = minRecords !== null && minRecords >= 1;
  const good = earlierRuns
    .filter((earlier) => earlier.phase === "completed" && earlier.runType !== "backfill")
    .slice(0, GOOD_RUNS_ASKED);
  const usual =
    good.length === GOOD_RUNS_ASKED && good.every((earlier) => (earlier.recordsProcessed ?? 0) > 0);
  if (!declared && !usual) return null;
  return {
    at: run.completedAt ?? run.lastEventAt,
    limitText: declared ? `at least ${minRecords} records` : "some records, as in the last five good runs",
    valueText: "0 records",
    explanation: `The run says that it succeeded, but it processed no records; ${declared ? `at least ${minRecords} are expected` : "each of the last five good runs had some"}.`,
    byAbsence: false,
  };
}
