/** Plain rows for the contract suite: each test changes only what it is about. */
import type { Job } from "../../model/job.ts";
import type { Run, RunView } from "../../model/run.ts";
import type { RunEvent } from "../../model/run-event.ts";
import type { RunFacts } from "../../model/run-facts.ts";
import { EMPTY_FACTS } from "../../model/run-facts.ts";
import type { LogRecord, SpanRecord } from "../../model/telemetry.ts";
import type { Incident, NewDelivery, NewJudgement, Slot } from "../../model/watch.ts";
import type { LedgerCommit, LedgerStore, PageRequest, RunWrite } from "../ledger-store.ts";

/** 2026-11-23 02:00 UTC. */
export const T0 = Date.UTC(2026, 10, 23, 2);
export const MINUTE = 60_000;
export const FIRST_PAGE: PageRequest = { limit: 50, cursor: null };

export const EMPTY_COMMIT: LedgerCommit = {
  runs: [],
  events: [],
  aliases: [],
  merges: [],
  adopted: [],
  spans: [],
  logs: [],
  deadlines: [],
  runDeadlines: [],
  metricStreams: [],
  metricEvidence: [],
};

export async function makeJob(store: LedgerStore, jobName: string, namespace = "default"): Promise<Job> {
  const [job] = await store.ensureJobs([
    { namespace, environment: "", jobName, createdBy: "inferred", at: T0 },
  ]);
  if (job === undefined) throw new Error("ensureJobs answered nothing.");
  return job;
}

export function runView(changes: Partial<RunView> = {}): RunView {
  const phase = changes.phase ?? "running";
  const startedAt = changes.startedAt === undefined ? T0 : changes.startedAt;
  return {
    phase,
    runType: "scheduled",
    jobType: null,
    anonymous: false,
    degraded: false,
    conflict: false,
    final: phase === "completed",
    scheduledAt: null,
    queuedAt: null,
    startedAt,
    completedAt: null,
    startedWithinMs: 0,
    completedWithinMs: 0,
    queueWaitMs: null,
    executionMs: null,
    durationMs: null,
    totalMs: null,
    retryCount: 0,
    attempts: [],
    steps: [],
    witnesses: [{ kind: "api", says: null, firstAt: T0, lastAt: T0 }],
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
    lastEventAt: startedAt ?? T0,
    clockSkewMs: null,
    reportedLateMs: null,
    liveOffsetMs: 0,
    lastHeardAt: changes.lastEventAt ?? startedAt ?? T0,
    runningSinceAt: startedAt,
    ...changes,
  };
}

/** A run that ended well after so long. */
export function completedView(
  startedAt: number,
  durationMs: number,
  changes: Partial<RunView> = {},
): RunView {
  const completedAt = startedAt + durationMs;
  return runView({
    phase: "completed",
    startedAt,
    completedAt,
    durationMs,
    executionMs: durationMs,
    lastEventAt: completedAt,
    ...changes,
  });
}

export function newRun(jobId: number, runId: string, changes: Partial<RunWrite> = {}): RunWrite {
  return {
    id: null,
    tempId: -1,
    jobId,
    runId,
    view: runView(),
    facts: EMPTY_FACTS,
    firstReceivedAt: T0 + 5,
    expectedVersion: null,
    ...changes,
  };
}

/** The same run again, as read, with changes. */
export function rewrite(run: Run, view: Partial<RunView>, facts: RunFacts | null = null): RunWrite {
  const { id, jobId, runId, firstReceivedAt, slotId: _slot, version, ...rest } = run;
  return {
    id,
    tempId: -1,
    jobId,
    runId,
    view: { ...rest, ...view },
    facts,
    firstReceivedAt,
    expectedVersion: version,
  };
}

export async function makeRun(
  store: LedgerStore,
  jobId: number,
  runId: string,
  view: RunView = runView(),
): Promise<Run> {
  return (await makeRuns(store, [newRun(jobId, runId, { view })]))[0] as Run;
}

/** In the order asked for. */
export async function makeRuns(store: LedgerStore, runs: readonly RunWrite[]): Promise<Run[]> {
  const numbered = runs.map((run, index) => ({ ...run, tempId: -1 - index }));
  const ids = await store.commit({ ...EMPTY_COMMIT, runs: numbered });
  const stored = await store.getRuns([...ids.values()]);
  const byId = new Map(stored.map(({ run }) => [run.id, run]));
  return numbered.map((run) => byId.get(ids.get(run.tempId) ?? 0) as Run);
}

export function runEvent(job: Job, runId: string, changes: Partial<RunEvent> = {}): RunEvent {
  return {
    eventId: "0123456789abcdef0123456789abcdef",
    kind: "started",
    job: { namespace: job.namespace, environment: job.environment, jobName: job.jobName },
    run: { by: "id", runId },
    aliases: [],
    at: T0,
    withinMs: 0,
    receivedAt: T0 + 5,
    witness: "api",
    ...changes,
  };
}

export const TRACE = "0af7651916cd43dd8448eb211c80319c";

export function span(spanId: string, changes: Partial<SpanRecord> = {}): SpanRecord {
  return {
    traceId: TRACE,
    spanId,
    parentSpanId: null,
    name: `span ${spanId}`,
    serviceName: "etl",
    startedAt: T0,
    endedAt: T0 + 1000,
    status: "unset",
    statusMessage: null,
    attributes: {},
    events: [],
    droppedEvents: 0,
    ...changes,
  };
}

export function logRecord(logId: string, changes: Partial<LogRecord> = {}): LogRecord {
  return {
    logId,
    job: null,
    runId: null,
    traceId: null,
    spanId: null,
    at: T0,
    severity: "info",
    body: `body of ${logId}`,
    attributes: {},
    ...changes,
  };
}

export function slot(jobId: number, slotAt: number, changes: Partial<Slot> = {}): Omit<Slot, "id"> {
  const { id: _id, ...rest } = changes;
  return {
    jobId,
    slotAt,
    earlyAt: slotAt - 5 * MINUTE,
    lateAt: slotAt + 10 * MINUTE,
    state: "expected",
    reason: null,
    runRowId: null,
    ...rest,
  };
}

export function judgement(jobId: number, subject: string, changes: Partial<NewJudgement> = {}): NewJudgement {
  return {
    jobId,
    class: "detection",
    type: "run_failed",
    severity: "critical",
    subject,
    runRowId: null,
    slotId: null,
    at: T0,
    judgedAt: T0 + 1,
    limitText: null,
    valueText: null,
    explanation: "It ended with exit code 3.",
    suppressedBecause: null,
    ...changes,
  };
}

export function incident(jobId: number, changes: Partial<Incident> = {}): Omit<Incident, "id"> {
  const { id: _id, ...rest } = changes;
  return {
    jobId,
    state: "open",
    severity: "critical",
    alertName: "BatchRunFailed",
    title: "daily_etl failed",
    openedAt: T0,
    resolvedAt: null,
    resolution: null,
    runRowId: null,
    slotId: null,
    labels: { alertname: "BatchRunFailed", job_name: "daily_etl" },
    annotations: { summary: "daily_etl failed" },
    notified: true,
    ...rest,
  };
}

export function delivery(changes: Partial<NewDelivery> = {}): NewDelivery {
  return {
    receiver: "on-call",
    channel: "webhook",
    reason: "opened",
    dedupKey: "batchwatch-1-on-call",
    payload: '{"status":"firing"}',
    createdAt: T0,
    ...changes,
  };
}

/** Every page after another, as a client reads them. */
export async function allPages<T>(
  read: (page: PageRequest) => Promise<{ items: T[]; nextCursor: string | null }>,
  limit: number,
): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | null = null;
  do {
    const page = await read({ limit, cursor });
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return items;
}
