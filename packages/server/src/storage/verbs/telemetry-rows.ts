/** Spans and log records as rows: written with the ledger's commit, found by their run or its traces. */
import type { Kysely, Selectable } from "kysely";
import { cleanJson } from "../../lib/clean-text.ts";
import { jobKeyText } from "../../model/identity.ts";
import type { LogRecord, SpanRecord } from "../../model/telemetry.ts";
import type { Writer } from "../database.ts";
import { logSeverityCodes, spanStatusCodes } from "../encoding/codes.ts";
import type { EventOwner } from "../encoding/event-row.ts";
import { hashKey, isPlainKey, keyText, traceIdBytes, traceIdText } from "../encoding/keys.ts";
import type { LogsTable, SpansTable, Tables } from "../tables.ts";

type Db = Kysely<Tables>;
type NewLog = Omit<Selectable<LogsTable>, "id">;

type SpanDetail = Partial<Pick<SpanRecord, "statusMessage" | "attributes" | "events" | "droppedEvents">>;
type LogDetail = Partial<Pick<LogRecord, "logId" | "attributes">>;

const INSERT_SPAN = {
  fields: [
    "trace_id",
    "span_id",
    "parent_span_id",
    "name",
    "service_name",
    "started_at",
    "ended_at",
    "status",
    "detail",
  ] as (keyof SpansTable)[],
  build: (db: Db, rows: readonly SpansTable[]) =>
    db
      .insertInto("spans")
      .values([...rows])
      .onConflict((conflict) => conflict.columns(["trace_id", "span_id"]).doNothing()),
};

const INSERT_LOG = {
  fields: [
    "log_key",
    "run_row_id",
    "trace_id",
    "span_id",
    "at",
    "severity",
    "body",
    "job_key",
    "run_id",
    "detail",
  ] as (keyof NewLog)[],
  build: (db: Db, rows: readonly NewLog[]) =>
    db
      .insertInto("logs")
      .values([...rows])
      .onConflict((conflict) => conflict.column("log_key").doNothing()),
};

interface Adopter {
  run_row_id: number;
  run_id: string;
  job_key: string;
}

const ADOPT_LOGS = {
  fields: ["run_row_id", "run_id", "job_key"] as (keyof Adopter)[],
  build: (db: Db, row: Adopter) =>
    db
      .updateTable("logs")
      .set({ run_row_id: row.run_row_id })
      .where("run_row_id", "is", null)
      .where("run_id", "=", row.run_id)
      .where((eb) => eb.or([eb("job_key", "is", null), eb("job_key", "=", row.job_key)])),
};

export async function writeSpans(writer: Writer, spans: readonly SpanRecord[]): Promise<void> {
  const rows = new Map<string, SpansTable>();
  for (const span of spans) {
    const key = `${span.traceId}/${span.spanId}`;
    if (!rows.has(key)) rows.set(key, spanRow(span));
  }
  await writer.insertAll(INSERT_SPAN, [...rows.values()]);
}

export async function writeLogs(
  writer: Writer,
  logs: readonly { runRowId: number | null; log: LogRecord }[],
): Promise<void> {
  const rows = new Map<string, NewLog>();
  for (const { runRowId, log } of logs)
    if (!rows.has(log.logId) || runRowId !== null) rows.set(log.logId, logRow(runRowId, log));
  await writer.insertAll(INSERT_LOG, [...rows.values()]);
}

/** Log records that named a run before anything else did are given to it. */
export async function adoptWaitingLogs(
  writer: Writer,
  runs: readonly { runRowId: number; runId: string; jobId: number }[],
): Promise<void> {
  if (runs.length === 0) return;
  const { db } = writer;
  const waiting = await db
    .selectFrom("logs")
    .select("id")
    .where("run_row_id", "is", null)
    .where("run_id", "is not", null)
    .limit(1)
    .executeTakeFirst();
  if (waiting === undefined) return;
  const jobs = await db
    .selectFrom("jobs")
    .select(["id", "namespace", "environment", "job_name"])
    .where(
      writer.capabilities.inNumbers(
        "id",
        runs.map((run) => run.jobId),
      ),
    )
    .execute();
  const keys = new Map(
    jobs.map((job) => [
      job.id,
      jobKeyText({ namespace: job.namespace, environment: job.environment, jobName: job.job_name }),
    ]),
  );
  await writer.runEach(
    ADOPT_LOGS,
    runs.map((run) => ({
      run_row_id: run.runRowId,
      run_id: run.runId,
      job_key: keys.get(run.jobId) ?? "",
    })),
  );
}

function spanRow(span: SpanRecord): SpansTable {
  const detail: SpanDetail = {};
  if (span.statusMessage !== null) detail.statusMessage = span.statusMessage;
  if (Object.keys(span.attributes).length > 0) detail.attributes = span.attributes;
  if (span.events.length > 0) detail.events = span.events;
  if (span.droppedEvents !== 0) detail.droppedEvents = span.droppedEvents;
  return {
    trace_id: traceIdBytes(span.traceId),
    span_id: traceIdBytes(span.spanId),
    parent_span_id: span.parentSpanId === null ? null : traceIdBytes(span.parentSpanId),
    name: span.name,
    service_name: span.serviceName,
    started_at: span.startedAt,
    ended_at: span.endedAt,
    status: spanStatusCodes.code(span.status),
    detail: jsonOrNull(detail),
  };
}

export function spanFromRow(row: SpansTable): SpanRecord {
  const detail = row.detail === null ? {} : (JSON.parse(row.detail) as SpanDetail);
  return {
    traceId: traceIdText(row.trace_id),
    spanId: traceIdText(row.span_id),
    parentSpanId: row.parent_span_id === null ? null : traceIdText(row.parent_span_id),
    name: row.name,
    serviceName: row.service_name,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    status: spanStatusCodes.word(row.status),
    statusMessage: detail.statusMessage ?? null,
    attributes: detail.attributes ?? {},
    events: detail.events ?? [],
    droppedEvents: detail.droppedEvents ?? 0,
  };
}

function logRow(runRowId: number | null, log: LogRecord): NewLog {
  const detail: LogDetail = {};
  if (!isPlainKey(log.logId)) detail.logId = log.logId;
  if (Object.keys(log.attributes).length > 0) detail.attributes = log.attributes;
  return {
    log_key: hashKey(log.logId),
    run_row_id: runRowId,
    trace_id: log.traceId === null ? null : traceIdBytes(log.traceId),
    span_id: log.spanId === null ? null : traceIdBytes(log.spanId),
    at: log.at,
    severity: log.severity === null ? null : logSeverityCodes.code(log.severity),
    body: log.body,
    job_key: runRowId === null && log.job !== null ? jobKeyText(log.job) : null,
    run_id: runRowId === null ? log.runId : null,
    detail: jsonOrNull(detail),
  };
}

export function logFromRow(row: Selectable<LogsTable>, owner: EventOwner): LogRecord {
  const detail = row.detail === null ? {} : (JSON.parse(row.detail) as LogDetail);
  return {
    logId: detail.logId ?? keyText(row.log_key),
    job: owner.job,
    runId: owner.runId,
    traceId: row.trace_id === null ? null : traceIdText(row.trace_id),
    spanId: row.span_id === null ? null : traceIdText(row.span_id),
    at: row.at,
    severity: row.severity === null ? null : logSeverityCodes.word(row.severity),
    body: row.body,
    attributes: detail.attributes ?? {},
  };
}

function jsonOrNull(detail: object): string | null {
  const text = cleanJson(detail);
  return text === "{}" ? null : text;
}
