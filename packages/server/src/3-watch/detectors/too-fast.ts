/** too_fast: a run that says it succeeded took less than min_duration. */
import { formatDuration } from "@batchwatch/protocol";
import type { RunContext, RunDetector } from "./detector.ts";
import { whenInsideLimits } from "./mending.ts";

export const tooFast: RunDetector = {
  type: "too_fast",
  examine,
  mends: (context) => whenInsideLimits(context, examine, tells),
};

/** A ping at the end alone says nothing of how long it took. */
function tells({ run, job }: RunContext): boolean {
  return run.durationMs !== null || job.settings.minDurationMs === null;
}

function examine({ run, job }: RunContext) {
  const limitMs = job.settings.minDurationMs;
  if (limitMs === null || run.phase !== "completed" || run.durationMs === null) return null;
  const longestMs = run.durationMs + run.startedWithinMs + run.completedWithinMs;
  if (longestMs >= limitMs) return null;
  return {
    at: run.completedAt ?? run.lastEventAt,
    limitText: `at least ${formatDuration(limitMs)}`,
    valueText: formatDuration(run.durationMs),
    explanation: `The run says that it succeeded, after only ${formatDuration(run.durationMs)}; at least ${formatDuration(limitMs)} is expected.`,
    byAbsence: false,
  };
}
