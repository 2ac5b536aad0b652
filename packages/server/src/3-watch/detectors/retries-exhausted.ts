/** retries_exhausted: the last attempt that the retry policy allows has failed. Stands beside run_failed and says why it is final. */
import { failureText } from "@batchwatch/protocol";
import { instantText } from "../../lib/calendar/time-text.ts";
import type { RunDetector } from "./detector.ts";
import { whenRunSucceeds } from "./mending.ts";

export const retriesExhausted: RunDetector = {
  type: "retries_exhausted",
  examine({ run, job, zone }) {
    if (run.phase !== "dead_letter") return null;
    const allowed = job.settings.maxAttempts ?? run.maxAttempts;
    const tried = Math.max(run.attempts.length, run.retryCount + 1);
    const at = run.completedAt ?? run.lastEventAt;
    return {
      at,
      limitText: allowed === null ? null : `${allowed} attempts`,
      valueText: `${tried} ${tried === 1 ? "attempt" : "attempts"} failed`,
      explanation: `The retries are exhausted: attempt ${tried}${allowed === null ? "" : ` of ${allowed}`} failed at ${instantText(at, zone)}${failureText(run) === null ? "" : ` (${failureText(run)})`}.`,
      byAbsence: false,
    };
  },
  mends: whenRunSucceeds,
};
