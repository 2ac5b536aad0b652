/** Rows for tests of views: a whole row of each kind, of which a test says only what matters to it. */
import { DEFAULT_JOB_SETTINGS, type JobSettings } from "@batchwatch/protocol";
import type { Job } from "../../../model/job.ts";
import type { Run } from "../../../model/run.ts";
import type { Judgement, Slot } from "../../../model/watch.ts";

/** 2026-11-23 05:00 UTC, a Monday. */
export const NOW = Date.UTC(2026, 10, 23, 5);
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

export function jobRow(settings: Partial<JobSettings> = {}, change: Partial<Job> = {}): Job {
  return {
    id: 1,
    namespace: "default",
    environment: "",
    jobName: "daily_etl",
    pingUuid: "00000000-0000-4000-8000-000000000001",
    firstSeenAt: NOW - 30 * 24 * HOUR,
    createdBy: "inferred",
    settingsBySource: { api: settings },
    settings: { ...DEFAULT_JOB_SETTINGS, ...settings },
    settingsVersion: 1,
    ...change,
  };
}

export function runRow(change: Partial<Run> = {}): Run {
  const startedAt = change.startedAt === undefined ? NOW - 2 * HOUR : change.startedAt;
  return {
    id: 1,
    jobId: 1,
    runId: "run-1",
    firstReceivedAt: startedAt ?? NOW - 2 * HOUR,
    slotId: null,
    version: 1,
    phase: "completed",
    runType: "scheduled",
    jobType: null,
    anonymous: false,
    degraded: false,
    conflict: false,
    final: true,
    scheduledAt: null,
    queuedAt: null,
    startedAt,
    completedAt: NOW - HOUR,
    startedWithinMs: 0,
    completedWithinMs: 0,
    queueWaitMs: null,
    executionMs: HOUR,
    durationMs: HOUR,
    totalMs: null,
    retryCount: 0,
    attempts: [],
    steps: [],
    witnesses: [],
    recordsProcessed: null,
    recordsFailed: null,
    stageRecords: {},
    progressRate: null,
    progressTotal: null,
    lastProgressAt: null,
    reportsProgress: false,
    firstBeatAt: null,
    lastBeatAt: null,
    heartbeatIntervalMs: null,
    maxAttempts: null,
    errorType: null,
    errorMessage: null,
    exitCode: null,
    signal: null,
    resources: {},
    memoryTrend: null,
    metadata: {},
    traceIds: [],
    host: null,
    lastEventAt: NOW - HOUR,
    clockSkewMs: null,
    reportedLateMs: null,
    liveOffsetMs: 0,
    lastHeardAt: NOW - HOUR,
    runningSinceAt: startedAt,
    ...change,
  };
}

export function slotRow(change: Partial<Slot> = {}): Slot {
  const slotAt = change.slotAt ?? NOW - 3 * HOUR;
  return {
    id: 1,
    jobId: 1,
    slotAt,
    earlyAt: slotAt - 5 * MINUTE,
    lateAt: slotAt + 10 * MINUTE,
    state: "expected",
    reason: null,
    runRowId: null,
    ...change,
  };
}

export function judgementRow(change: Partial<Judgement> = {}): Judgement {
  return {
    id: 1,
    jobId: 1,
    class: "detection",
    type: "run_failed",
    severity: "critical",
    subject: "run:1",
    runRowId: 1,
    slotId: null,
    state: "open",
    at: NOW - HOUR,
    judgedAt: NOW - HOUR,
    resolvedAt: null,
    limitText: null,
    valueText: null,
    explanation: "The run failed with exit code 1.",
    resolution: null,
    suppressedBecause: null,
    incidentId: null,
    ...change,
  };
}
