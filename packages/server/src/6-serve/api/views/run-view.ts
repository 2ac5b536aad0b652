/** A run as lists show it. Pure. */
import type { RunSummary } from "@batchwatch/protocol";
import type { Job } from "../../../model/job.ts";
import type { Run } from "../../../model/run.ts";
import type { Judgement } from "../../../model/watch.ts";
import { instant, instantOrNull } from "./instants.ts";
import { openFactTypes } from "./judgement-view.ts";

export function runSummary(run: Run, job: Job, judgements: readonly Judgement[]): RunSummary {
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
    scheduledAt: instantOrNull(run.scheduledAt),
    queuedAt: instantOrNull(run.queuedAt),
    startedAt: instantOrNull(run.startedAt),
    completedAt: instantOrNull(run.completedAt),
    queueWaitMs: run.queueWaitMs,
    executionMs: run.executionMs,
    durationMs: run.durationMs,
    totalMs: run.totalMs,
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
