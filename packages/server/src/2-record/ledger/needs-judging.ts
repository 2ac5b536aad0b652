/** Whether a change of a run is worth a look of the watch. A heartbeat of a healthy run is not. */
import { isTerminalPhase, type JobSettings } from "@batchwatch/protocol";
import { outOfMemoryEvidence } from "../../model/out-of-memory.ts";
import { stageTotals } from "../../model/record-stages.ts";
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
  "exitCode",
  // A run that beats or reports progress for the first time is watched from then on.
  "firstBeatAt",
  "reportsProgress",
  // What its senders' clocks turn out to be.
  "clockSkewMs",
  "runningSinceAt",
] as const satisfies readonly (keyof RunView)[];

export function needsJudging(
  before: RunView | null,
  after: RunView,
  settings: Pick<JobSettings, "maxStepDurationMs">,
): boolean {
  if (before === null) return true;
  if (JUDGED.some((field) => before[field] !== after[field])) return true;
  if (failedSteps(before) !== failedSteps(after) || memoryBand(before) !== memoryBand(after)) return true;
  if (Object.keys(settings.maxStepDurationMs).length > 0 && openSteps(before) !== openSteps(after))
    return true;
  return isClosed(after) && saidOfItsEnd(before) !== saidOfItsEnd(after);
}

/** Of the memory that a run may use, in twentieths from the half on: a look at each sample would be one too many. */
function memoryBand({ memoryTrend, resources }: RunView): number {
  const limitBytes = resources.memoryLimitBytes ?? 0;
  if (memoryTrend === null || limitBytes <= 0) return 0;
  const ratio = memoryTrend.lastBytes / limitBytes;
  return ratio < 0.5 ? 0 : Math.floor(ratio * 20);
}

function openSteps(view: RunView): string {
  return view.steps.flatMap((step) => (step.outcome === "running" ? [step.id] : [])).join();
}

/** What may be told after the end, and says more of it. */
function saidOfItsEnd(view: RunView): string {
  return JSON.stringify([stageTotals(view), outOfMemoryEvidence(view)]);
}

function failedSteps(view: RunView): number {
  return view.steps.reduce((count, step) => count + (step.outcome === "failure" ? 1 : 0), 0);
}

/** Nothing more is expected of it; its facts can be rebuilt from its events if something comes all the same. */
export function isClosed(view: RunView): boolean {
  return isTerminalPhase(view.phase) && view.final;
}
