/** Whether a change of a run is worth a look of the watch. A heartbeat of a healthy run is not. */
import { isTerminalPhase } from "@batchwatch/protocol";
import type { RunView } from "../../model/run.ts";

/** What detectors and slots are judged by, as far as one comparison tells. */
const JUDGED = [
  "phase",
  "final",
  "runType",
  "anonymous",
  "degraded",
  "conflict",
  "scheduledAt",
  "queuedAt",
  "startedAt",
  "completedAt",
  "retryCount",
  "recordsProcessed",
  "recordsFailed",
  "heartbeatIntervalMs",
  "maxAttempts",
  "errorType",
  // A run that beats or reports progress for the first time is watched from then on.
  "firstBeatAt",
  "reportsProgress",
  // What its senders' clocks turn out to be.
  "clockSkewMs",
  "runningSinceAt",
] as const satisfies readonly (keyof RunView)[];

export function needsJudging(before: RunView | null, after: RunView): boolean {
  if (before === null) return true;
  if (JUDGED.some((field) => before[field] !== after[field])) return true;
  return failedSteps(before) !== failedSteps(after);
}

function failedSteps(view: RunView): number {
  return view.steps.reduce((count, step) => count + (step.outcome === "failure" ? 1 : 0), 0);
}

/** Nothing more is expected of it; its facts can be rebuilt from its events if something comes all the same. */
export function isClosed(view: RunView): boolean {
  return isTerminalPhase(view.phase) && view.final;
}
