/** too_many_records: a run processed more records than max_records. An upper bound: judged while it runs and at its end. */
import type { RunContext, RunDetector } from "./detector.ts";
import { whenInsideLimits } from "./mending.ts";

export const tooManyRecords: RunDetector = {
  type: "too_many_records",
  examine,
  mends: (context) => whenInsideLimits(context, examine, tells),
};

function tells({ run, job }: RunContext): boolean {
  return run.recordsProcessed !== null || job.settings.maxRecords === null;
}

function examine({ run, job }: RunContext) {
  const { maxRecords } = job.settings;
  if (maxRecords === null || run.recordsProcessed === null || run.recordsProcessed <= maxRecords) return null;
  return {
    at: run.completedAt ?? run.lastEventAt,
    limitText: `at most ${maxRecords} records`,
    valueText: `${run.recordsProcessed} records`,
    explanation: `The run processed ${run.recordsProcessed} records; at most ${maxRecords} are expected.`,
    byAbsence: false,
  };
}
