/**
 * failure_rate_exceeded: failed / (processed + failed) records of one run is above max_failure_rate. Judged live once
 * there is enough to judge by (100 records, or 5 % of the expected), and at the end whatever the number.
 */
import { isTerminalPhase } from "@batchwatch/protocol";
import type { RunContext, RunDetector } from "./detector.ts";
import { whenInsideLimits } from "./mending.ts";

const LIVE_RECORDS = 100;
const LIVE_SHARE_RATIO = 0.05;

export const failureRateExceeded: RunDetector = {
  type: "failure_rate_exceeded",
  examine,
  mends: (context) => whenInsideLimits(context, examine, tells),
};

/** A source that counts what it processed and names no failures has told that there were none. */
function tells({ run, job }: RunContext): boolean {
  return run.recordsProcessed !== null || run.recordsFailed !== null || job.settings.maxFailureRate === null;
}

function examine({ run, job }: RunContext) {
  const { maxFailureRate, expectedRecords } = job.settings;
  if (maxFailureRate === null || run.recordsFailed === null) return null;
  const total = (run.recordsProcessed ?? 0) + run.recordsFailed;
  if (total === 0) return null;
  if (!isTerminalPhase(run.phase)) {
    const expected = expectedRecords ?? run.progressTotal;
    const enough = total >= LIVE_RECORDS || (expected !== null && total >= LIVE_SHARE_RATIO * expected);
    if (!enough) return null;
  }
  if (run.recordsFailed / total <= maxFailureRate) return null;
  return {
    at: run.completedAt ?? run.lastEventAt,
    limitText: `at most ${percentText(maxFailureRate)} of records`,
    valueText: percentText(run.recordsFailed / total),
    explanation: `${run.recordsFailed} of ${total} records failed (${percentText(run.recordsFailed / total)}); at most ${percentText(maxFailureRate)} is allowed.`,
    byAbsence: false,
  };
}

/** Two significant decimals, so that a value just over the limit doesn't read like the limit. */
export function percentText(ratio: number): string {
  return `${Number((ratio * 100).toPrecision(4))} %`;
}
