/** records_unreported: min_records is declared and a good run reported no count at all. Unreported is not zero. */
import type { RunContext, RunDetector } from "./detector.ts";
import { whenInsideLimits } from "./mending.ts";

const HOW_TO_REPORT =
  "Report one: a plain ping can't, but batchwatch ping --records processed=120 can, so can a line BATCHWATCH_RECORDS processed=120 under exec, records.processed of an event, or batch.records.processed on a span; or take minRecords back.";

export const recordsUnreported: RunDetector = {
  type: "records_unreported",
  examine,
  mends: (context) => whenInsideLimits(context, examine, tells),
};

function tells({ run, job }: RunContext): boolean {
  return run.recordsProcessed !== null || job.settings.minRecords === null;
}

function examine({ run, job }: RunContext) {
  const { minRecords } = job.settings;
  // Runs known from counters only have no count of their own.
  if (minRecords === null || run.phase !== "completed" || run.recordsProcessed !== null || run.anonymous)
    return null;
  return {
    at: run.completedAt ?? run.lastEventAt,
    limitText: `at least ${minRecords} records`,
    valueText: "not reported",
    explanation: `The run succeeded but reported no number of records, so the declared minimum of ${minRecords} can't be judged. ${HOW_TO_REPORT}`,
    byAbsence: false,
  };
}
