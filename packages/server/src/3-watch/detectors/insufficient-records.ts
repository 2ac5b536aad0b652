/** insufficient_records: a run that says it succeeded processed fewer records than min_records. */
import type { RunContext, RunDetector } from "./detector.ts";
import { whenInsideLimits } from "./mending.ts";

export const insufficientRecords: RunDetector = {
  type: "insufficient_records",
  examine,
  mends: (context) => whenInsideLimits(context, examine, tells),
};

/** A limit that was taken back needs no count to be kept. */
function tells({ run, job }: RunContext): boolean {
  return run.recordsProcessed !== null || job.settings.minRecords === null;
}

function examine({ run, job }: RunContext) {
  const { minRecords } = job.settings;
  if (minRecords === null || run.phase !== "completed" || run.recordsProcessed === null) return null;
  if (run.recordsProcessed >= minRecords) return null;
  return {
    at: run.completedAt ?? run.lastEventAt,
    limitText: `at least ${minRecords} records`,
    valueText: `${run.recordsProcessed} records`,
    explanation: `The run says that it succeeded, with ${run.recordsProcessed} records; at least ${minRecords} are expected.`,
    byAbsence: false,
  };
}
