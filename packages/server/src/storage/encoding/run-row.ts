/**
 * A run between its row and its view. What can be told from the columns is not written again: the view of an
 * ordinary run (one attempt, one witness) takes no room at all.
 */
import { isTerminalPhase, type RunPhase } from "@batchwatch/protocol";
import type { Selectable } from "kysely";
import type { Run, RunBar, RunView } from "../../model/run.ts";
import type { RunsTable } from "../tables.ts";
import { readBrief, writeBrief } from "./brief-json.ts";
import { phaseCodes, runTypeCodes, witnessCodes } from "./codes.ts";

/** Fields of a view that have a column. */
type ColumnFields =
  | "phase"
  | "runType"
  | "scheduledAt"
  | "queuedAt"
  | "startedAt"
  | "completedAt"
  | "durationMs"
  | "recordsProcessed"
  | "recordsFailed"
  | "errorType"
  | "errorMessage"
  | "lastEventAt"
  | "lastBeatAt";
type ViewColumns = Pick<RunView, ColumnFields>;
type ViewRest = Omit<RunView, ColumnFields>;

/** Open = not terminal, or failed and not final. */
export function isOpenRun(view: Pick<RunView, "phase" | "final">): boolean {
  return !isTerminalPhase(view.phase) || (view.phase === "failed" && !view.final);
}

/** Columns that each write of a run sets. */
export function runColumns(view: RunView, firstReceivedAt: number) {
  const witness = witnessCodes.code(view.witnesses[0]?.kind ?? "batchwatch");
  return {
    phase: phaseCodes.code(view.phase),
    is_open: isOpenRun(view) ? 1 : 0,
    run_type: runTypeCodes.code(view.runType),
    witness,
    scheduled_at: view.scheduledAt,
    queued_at: view.queuedAt,
    started_at: view.startedAt,
    completed_at: view.completedAt,
    duration_ms: view.durationMs,
    records_processed: view.recordsProcessed,
    records_failed: view.recordsFailed,
    error_type: view.errorType,
    error_message: view.errorMessage,
    last_event_at: view.lastEventAt,
    last_beat_at: view.lastBeatAt,
    first_received_at: firstReceivedAt,
    sort_at: sortAt({ ...view, firstReceivedAt }),
    view: encodeRest(view, witness),
  };
}

/** Where a run stands among others: by its start, by its end where no start was told, else by when it was first heard of. */
export function sortAt(run: Pick<Run, "startedAt" | "completedAt" | "firstReceivedAt">): number {
  return run.startedAt ?? run.completedAt ?? run.firstReceivedAt;
}

export function runFromRow(row: Selectable<RunsTable>): Run {
  const columns: ViewColumns = {
    phase: phaseCodes.word(row.phase),
    runType: runTypeCodes.word(row.run_type),
    scheduledAt: row.scheduled_at,
    queuedAt: row.queued_at,
    startedAt: row.started_at,
    completedAt: row.completed_at,
    durationMs: row.duration_ms,
    recordsProcessed: row.records_processed,
    recordsFailed: row.records_failed,
    errorType: row.error_type,
    errorMessage: row.error_message,
    lastEventAt: row.last_event_at,
    lastBeatAt: row.last_beat_at,
  };
  const stored = readBrief(row.view) as Partial<ViewRest>;
  const rest: ViewRest = { ...expectedRest(columns, row.witness), ...stored };
  return {
    ...columns,
    ...rest,
    id: row.id,
    jobId: row.job_id,
    runId: row.run_id,
    firstReceivedAt: row.first_received_at,
    slotId: row.slot_id,
    version: row.version,
  };
}

/** The columns that a bar of the strip is made of. */
export type RunBarRow = Omit<
  Selectable<RunsTable>,
  | "is_open"
  | "is_unnamed"
  | "witness"
  | "records_failed"
  | "last_event_at"
  | "last_beat_at"
  | "sort_at"
  | "slot_id"
  | "version"
  | "view"
  | "metered_version"
  | "metered_phase"
  | "counted_phase"
>;

export function runBarFromRow(row: RunBarRow): RunBar {
  return {
    id: row.id,
    jobId: row.job_id,
    runId: row.run_id,
    phase: phaseCodes.word(row.phase),
    runType: runTypeCodes.word(row.run_type),
    scheduledAt: row.scheduled_at,
    queuedAt: row.queued_at,
    startedAt: row.started_at,
    completedAt: row.completed_at,
    durationMs: row.duration_ms,
    recordsProcessed: row.records_processed,
    errorType: row.error_type,
    errorMessage: row.error_message,
    firstReceivedAt: row.first_received_at,
  };
}

function encodeRest(view: RunView, witness: number): string | null {
  const expected: ViewRest = expectedRest(view, witness);
  const differing: Partial<Record<keyof ViewRest, unknown>> = {};
  for (const name of Object.keys(expected) as (keyof ViewRest)[]) {
    const value = view[name];
    if (value === expected[name]) continue;
    if (isSame(value, expected[name])) continue;
    differing[name] = value;
  }
  return writeBrief(differing);
}

/** Of plain JSON values, without writing them out: most runs are as expected. */
function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [a, b] as [Record<string, unknown>, Record<string, unknown>];
  const names = Object.keys(left);
  return names.length === Object.keys(right).length && names.every((name) => isSame(left[name], right[name]));
}

/**
 * The rest of an ordinary run: one attempt that is the run, one witness that saw all of it. Changing a value here
 * changes what stored rows mean: only a migration may do that.
 */
function expectedRest(columns: ViewColumns, witness: number): ViewRest {
  const { phase, scheduledAt, queuedAt, startedAt, completedAt, lastEventAt, errorType, errorMessage } =
    columns;
  const ended = isTerminalPhase(phase);
  return {
    jobType: null,
    anonymous: false,
    degraded: false,
    conflict: false,
    final: ended,
    startedWithinMs: 0,
    completedWithinMs: 0,
    queueWaitMs: difference(startedAt, queuedAt),
    executionMs: columns.durationMs,
    totalMs: difference(completedAt, scheduledAt),
    retryCount: 0,
    attempts: [
      {
        number: 1,
        phase,
        startedAt,
        endedAt: completedAt,
        errorType,
        errorMessage,
        exitCode: null,
        signal: null,
      },
    ],
    steps: [],
    witnesses: [
      {
        kind: witnessCodes.word(witness),
        says: outcomeOf(phase),
        firstAt: startedAt ?? completedAt ?? lastEventAt,
        lastAt: lastEventAt,
      },
    ],
    stageRecords: {},
    progressRate: null,
    progressTotal: null,
    lastProgressAt: null,
    reportsProgress: false,
    firstBeatAt: null,
    heartbeatIntervalMs: null,
    maxAttempts: null,
    exitCode: null,
    signal: null,
    resources: {},
    memoryTrend: null,
    metadata: {},
    traceIds: [],
    host: null,
    clockSkewMs: null,
    reportedLateMs: null,
    liveOffsetMs: 0,
    lastHeardAt: lastEventAt,
    runningSinceAt: startedAt,
  };
}

function outcomeOf(phase: RunPhase): RunPhase | null {
  return isTerminalPhase(phase) && phase !== "lost" ? phase : null;
}

function difference(later: number | null, earlier: number | null): number | null {
  return later === null || earlier === null ? null : Math.max(0, later - earlier);
}
