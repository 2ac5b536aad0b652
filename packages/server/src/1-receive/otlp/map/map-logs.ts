/**
 * Log records → kept logs, links, and run events.
 *
 * - An event named `batch.run.<kind>` (or the attribute `event.name`) says what happened to a run, with the attributes of
 *   DESIGN section 4: SDK and CLI speak so.
 * - Any other record with a run id (`batch.job.id`, `job_id`) is a sign of life of that run; where it says how the run started or
 *   ended, by a status attribute or by wording, it is a witness of it (INGEST 5.2).
 * - A record inside a span links the span's run to the id it carries: spans whose root never arrives get their name so.
 */
import { createHash } from "node:crypto";
import {
  ATTRIBUTES,
  LOG_EVENT_PREFIX,
  nearestName,
  RUN_EVENT_KINDS,
  type RunEventKind,
} from "@batchwatch/protocol";
import { type JobKey, spanAlias, traceAlias } from "../../../model/identity.ts";
import type { RunLink } from "../../../model/intake.ts";
import type { RunEvent } from "../../../model/run-event.ts";
import type { LogRecord, LogSeverity } from "../../../model/telemetry.ts";
import type { AttributeMap, DecodedLogs, OtlpLogRecord } from "../wire/otlp-types.ts";
import { namedFacts } from "./named-facts.ts";
import {
  jobKeyOf,
  type MapContext,
  numberAttribute,
  type Origin,
  originOf,
  runIdOf,
  textAttribute,
} from "./origin.ts";
import { errorTypeOfWord, outcomeOfWord } from "./outcome-words.ts";
import { recordCountsOf } from "./record-counts.ts";
import { RUN_ATTRIBUTES, runFactsOf } from "./run-attributes.ts";
import { typePrefix } from "./span-errors.ts";

export interface MappedLogs {
  events: RunEvent[];
  links: RunLink[];
  logs: LogRecord[];
}

export function mapLogs(request: DecodedLogs, context: MapContext): MappedLogs {
  const mapped: MappedLogs = { events: [], links: [], logs: [] };
  for (const { resource, scopeLogs } of request.resourceLogs) {
    const origin = originOf(resource, context);
    for (const { logRecords } of scopeLogs)
      for (const record of logRecords) mapRecord(record, origin, context, mapped);
  }
  return { ...mapped, events: thinned(mapped.events), links: once(mapped.links) };
}

function mapRecord(given: OtlpLogRecord, origin: Origin, context: MapContext, mapped: MappedLogs): void {
  const { leftOut } = context;
  if (leftOut.rejectsTime("timeUnixNano", given.timeMs ?? given.observedTimeMs, "a log record")) return;
  const record = { ...given, attributes: leftOut.cut(given.attributes, "a log record") };
  const { attributes, traceId, spanId } = record;
  const runId = runIdOf(attributes);
  const jobName = textAttribute(attributes, ATTRIBUTES.jobName, "job_name");
  const job = jobName === null ? null : jobKeyOf(jobName, attributes, origin);
  const at = record.timeMs ?? record.observedTimeMs ?? context.receivedAt;
  const log = keptLog(record, at, job, runId);
  mapped.logs.push(log);
  const unusable = whyUnusable(record, job, runId);
  if (unusable !== null) leftOut.warn(unusable);
  if (job === null || runId === null) return;
  const aliases =
    traceId === null ? [] : [...(spanId === null ? [] : [spanAlias(traceId, spanId)]), traceAlias(traceId)];
  if (aliases.length > 0) mapped.links.push({ job, runId, aliases });
  mapped.events.push(runEvent(record, log, { job, runId, aliases, at: Math.round(at), origin, context }));
}

/** Of the lines of one run that say nothing but that it lives, the first and the last of a request say it all. */
function thinned(events: readonly RunEvent[]): RunEvent[] {
  const signs = new Map<string, { first: RunEvent; last: RunEvent }>();
  for (const event of events) {
    if (event.kind !== "log" || event.run.by !== "id") continue;
    const key = JSON.stringify([event.job, event.run.runId]);
    const known = signs.get(key);
    if (known === undefined) signs.set(key, { first: event, last: event });
    else {
      if (event.at < known.first.at) known.first = event;
      if (event.at >= known.last.at) known.last = event;
    }
  }
  const kept = new Set([...signs.values()].flatMap(({ first, last }) => [first, last]));
  return events.filter((event) => event.kind !== "log" || kept.has(event));
}

function once(links: readonly RunLink[]): RunLink[] {
  return [...new Map(links.map((link) => [JSON.stringify(link), link])).values()];
}

interface Said {
  job: JobKey;
  runId: string;
  aliases: readonly string[];
  at: number;
  origin: Origin;
  context: MapContext;
}

function runEvent(record: OtlpLogRecord, log: LogRecord, said: Said): RunEvent {
  const { attributes } = record;
  const named = namedKind(record);
  const kind = named ?? kindOf(record, log.body);
  const event: RunEvent = {
    eventId: textAttribute(attributes, "batch.event.id") ?? `otlp-log:${log.logId}`,
    kind,
    job: said.job,
    run: { by: "id", runId: said.runId },
    aliases: said.aliases,
    at: said.at,
    withinMs: 0,
    receivedAt: said.context.receivedAt,
    witness: "otlp-log",
  };
  if (log.traceId !== null) event.traceId = log.traceId;
  if (log.spanId !== null) event.spanId = log.spanId;
  if (said.origin.host !== null) event.host = said.origin.host;
  Object.assign(event, runFactsOf(attributes, said.context.receivedAt));
  if (named !== null) Object.assign(event, namedFacts(attributes, said.context));
  const durationSeconds = numberAttribute(attributes, "duration_seconds", "batch.job.duration_seconds");
  if (isEnd(kind) && durationSeconds !== undefined && durationSeconds >= 0)
    event.durationMs = Math.round(durationSeconds * 1000);
  const records = isEnd(kind) || kind === "records" ? recordCountsOf(attributes) : undefined;
  if (records !== undefined) event.records = records;
  if (kind === "failed" || (named !== null && (kind === "dead_lettered" || kind === "step_ended"))) {
    const error = errorOf(attributes, log.body);
    if (error !== undefined) event.error = error;
  }
  return event;
}

/** A record named as a run event that cannot be one: its sender is told, the record stays as a line of the log. */
function whyUnusable(record: OtlpLogRecord, job: JobKey | null, runId: string | null): string | null {
  const name = eventNameOf(record);
  if (!name.startsWith(LOG_EVENT_PREFIX)) return null;
  if (namedKind(record) === null) {
    const nearest = nearestName(name.slice(LOG_EVENT_PREFIX.length), RUN_EVENT_KINDS);
    const hint =
      nearest === null ? `one of ${RUN_EVENT_KINDS.join(", ")}` : `"${LOG_EVENT_PREFIX}${nearest}"`;
    return `eventName "${name.slice(0, 100)}" of a log record is no run event; did you mean ${hint}?`;
  }
  const missing = [
    ...(job === null ? [ATTRIBUTES.jobName] : []),
    ...(runId === null ? [ATTRIBUTES.jobId] : []),
  ];
  return missing.length === 0
    ? null
    : `a log record named "${name}" says nothing of a run: the attribute ${missing.join(" and ")} is missing`;
}

function eventNameOf(record: OtlpLogRecord): string {
  return record.eventName || textAttribute(record.attributes, "event.name") || "";
}

function namedKind(record: OtlpLogRecord): RunEventKind | null {
  const name = eventNameOf(record);
  if (!name.startsWith(LOG_EVENT_PREFIX)) return null;
  const kind = name.slice(LOG_EVENT_PREFIX.length);
  return RUN_EVENT_KINDS.find((known) => known === kind) ?? null;
}

/** A status attribute, else the wording "Job X started", "Job X completed", "Job X failed: …"; anything else is a log line. */
function kindOf(record: OtlpLogRecord, body: string): RunEventKind {
  const word = textAttribute(record.attributes, "status", RUN_ATTRIBUTES.status);
  if (word !== null) {
    const outcome = outcomeOfWord(word);
    if (outcome !== null) return outcome;
    if (/^(started|running|in_progress)$/i.test(word)) return "started";
  }
  const wording =
    /^(?:batch )?job\b.{0,200}?\b(started|completed|succeeded|finished|failed|cancelled)\b/i.exec(body);
  switch (wording?.[1]?.toLowerCase()) {
    case "started":
      return "started";
    case "completed":
    case "succeeded":
    case "finished":
      return "completed";
    case "failed":
      return "failed";
    case "cancelled":
      return "cancelled";
    default:
      return "log";
  }
}

function isEnd(kind: RunEventKind): boolean {
  return kind === "completed" || kind === "failed" || kind === "cancelled" || kind === "dead_lettered";
}

function errorOf(attributes: AttributeMap, body: string): RunEvent["error"] {
  const said = textAttribute(attributes, "exception.message", "error_message", "error.message");
  const message = said ?? /\bfailed:\s*(.+)$/s.exec(body)?.[1] ?? null;
  const type =
    errorTypeOfWord(textAttribute(attributes, "exception.type", "error_type", "error.type")) ??
    typePrefix(message ?? "");
  const stack = textAttribute(attributes, "exception.stacktrace");
  if (message === null && type === null && stack === null) return undefined;
  return {
    ...(type === null ? {} : { type }),
    ...(message === null ? {} : { message }),
    ...(stack === null ? {} : { stack }),
  };
}

// ── as they are kept ────────────────────────────────────────────────────────────────────────────────

function keptLog(record: OtlpLogRecord, at: number, job: JobKey | null, runId: string | null): LogRecord {
  const body = typeof record.body === "string" ? record.body : JSON.stringify(record.body ?? "");
  const content = JSON.stringify([
    at,
    record.severityNumber,
    body,
    record.attributes,
    record.traceId,
    record.spanId,
  ]);
  return {
    logId: createHash("sha256").update(content).digest("base64url").slice(0, 22),
    job,
    runId,
    traceId: record.traceId,
    spanId: record.spanId,
    at,
    severity: severityOf(record),
    body,
    attributes: record.attributes,
  };
}

const SEVERITY_NAMES = ["trace", "debug", "info", "warn", "error", "fatal"] as const;

/** Severity numbers come in groups of four (logs data model); the text stands in where there is no number. */
function severityOf({ severityNumber, severityText }: OtlpLogRecord): LogSeverity | null {
  if (severityNumber >= 1 && severityNumber <= 24)
    return SEVERITY_NAMES[Math.floor((severityNumber - 1) / 4)] ?? null;
  const text = severityText.toLowerCase();
  if (text.startsWith("crit")) return "fatal";
  return SEVERITY_NAMES.find((name) => text.startsWith(name)) ?? null;
}
