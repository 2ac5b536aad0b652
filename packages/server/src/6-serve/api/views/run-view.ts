/** A run as lists show it. Pure. */
import type { RunSummary } from "@batchwatch/protocol";
import type { Job } from "../../../model/job.ts";
import type { Run } from "../../../model/run.ts";
import type { Judgement, Slot } from "../../../model/watch.ts";
import { instant, instantOrNull } from "./instants.ts";
import { openFactTypes } from "./judgement-view.ts";

/** @param slot the one that the run is matched to */
export function runSummary(
  run: Run,
  job: Job,
  judgements: readonly Judgement[],
  slot: Slot | null,
): RunSummary {
  const { scheduledAt, totalMs } = nominalTimes(run, slot);
  return {
    namespace: job.namespace,
    environment: job.environment,
    jobName: job.jobName,
    runId: run.runId,
    jobType: run.jobType ?? job.settings.jobType,
    runType: run.runType,
    phase: run.phase,
    degraded: run.degraded,
    conflict: run.conflict,
    anonymous: run.anonymous,
    scheduledAt: instantOrNull(scheduledAt),
    queuedAt: instantOrNull(run.queuedAt),
    startedAt: instantOrNull(run.startedAt),
    completedAt: instantOrNull(run.completedAt),
    queueWaitMs: run.queueWaitMs,
    executionMs: run.executionMs,
    durationMs: run.durationMs,
    totalMs,
    retryCount: run.retryCount,
    recordsProcessed: run.recordsProcessed,
    recordsFailed: run.recordsFailed,
    progressRate: run.progressRate,
    progressTotal: run.progressTotal,
    errorType: run.errorType,
    errorMessage: run.errorMessage,
    exitCode: run.exitCode,
    signal: run.signal,
    lastEventAt: instant(run.lastEventAt),
    lastHeartbeatAt: instantOrNull(run.lastBeatAt),
    openFacts: openFactTypes(judgements),
  };
}

/** Most sources say no nominal time: then the slot that the run satisfies tells it. */
function nominalTimes(run: Run, slot: Slot | null): Pick<Run, "scheduledAt" | "totalMs"> {
  if (run.scheduledAt !== null || slot === null) return run;
  return {
    scheduledAt: slot.slotAt,
    // A run may be early for its slot, and over before it.
    totalMs: run.completedAt === null ? null : Math.max(0, run.completedAt - slot.slotAt),
  };
}

/** Slots that have to be known before runs can be shown. */
export function slotIdsOf(runs: readonly Run[]): number[] {
  return runs.flatMap((run) => (run.scheduledAt !== null || run.slotId === null ? [] : [run.slotId]));
}
