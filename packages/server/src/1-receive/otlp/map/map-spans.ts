/**
 * Spans → span records (all of them) and run events (those of the `batch_job.*` and `batch_step.*` convention).
 *
 * - `batch_job.<name>` is a run: started and ended, exact, with its status, exceptions, records and metadata. It may have no
 *   `batch.job.id`: then its span is its key (INGEST 5.4 rule 1).
 * - `batch_step.<name>` is a step of whatever run its parent belongs to. It often arrives before its root, and a killed run
 *   has no root at all: the reference is the parent span, the ledger finds the run.
 */
import {
  ATTRIBUTES,
  RUN_EVENT_ATTRIBUTES,
  type RunEventKind,
  SPAN_PREFIXES,
  type StepFact,
} from "@batchwatch/protocol";
import { usableName } from "../../../lib/usable-name.ts";
import { type RunRef, spanAlias, traceAlias } from "../../../model/identity.ts";
import type { RunEvent } from "../../../model/run-event.ts";
import type { SpanRecord } from "../../../model/telemetry.ts";
import type { AttributeMap, DecodedTraces, Span } from "../wire/otlp-types.ts";
import {
  jobKeyOf,
  type MapContext,
  numberAttribute,
  type Origin,
  originOf,
  runIdOf,
  textAttribute,
} from "./origin.ts";
import { outcomeOfWord } from "./outcome-words.ts";
import { recordCountsOf } from "./record-counts.ts";
import { progressOf, RUN_ATTRIBUTES, runFactsOf } from "./run-attributes.ts";
import { endingOf } from "./span-errors.ts";

/** Span events that become progress of the run; more than this many of one span are thinned to the last ones. */
const PROGRESS_EVENT_LIMIT = 200;
/** `batch.job.*` attributes with a meaning of their own; the rest is metadata. */
const KNOWN_JOB_ATTRIBUTES: ReadonlySet<string> = new Set<string>([
  ATTRIBUTES.jobName,
  ATTRIBUTES.jobId,
  ATTRIBUTES.jobType,
  ...Object.values(RUN_ATTRIBUTES),
  ...Object.values(RUN_EVENT_ATTRIBUTES),
]);

export interface MappedSpans {
  events: RunEvent[];
  spans: SpanRecord[];
}

export function mapSpans(traces: DecodedTraces, context: MapContext): MappedSpans {
  const mapped: MappedSpans = { events: [], spans: [] };
  for (const { resource, scopeSpans } of traces.resourceSpans) {
    const origin = originOf(resource, context);
    for (const { spans } of scopeSpans)
      for (const given of spans) {
        const span = acceptable(given, context);
        if (span === null) continue;
        mapped.spans.push(spanRecord(span, origin));
        if (isJobSpan(span)) mapped.events.push(...jobEvents(span, origin, context));
        else if (isStepSpan(span)) mapped.events.push(...stepEvents(span, origin, context));
      }
  }
  return mapped;
}

/** null: its times cannot be. An end before the start is a clock that was set back: it took no time. */
function acceptable(span: Span, { leftOut }: MapContext): Span | null {
  const item = `span ${JSON.stringify(span.name.slice(0, 80))}`;
  if (leftOut.rejectsTime("startTimeUnixNano", span.startTimeMs, item)) return null;
  if (leftOut.rejectsTime("endTimeUnixNano", span.endTimeMs, item)) return null;
  const { startTimeMs, endTimeMs } = span;
  return {
    ...span,
    endTimeMs: endTimeMs === null ? null : Math.max(startTimeMs, endTimeMs),
    attributes: leftOut.cut(span.attributes, item),
    events: span.events.map((event) => ({
      ...event,
      timeMs: event.timeMs !== null && leftOut.isPlausible(event.timeMs) ? event.timeMs : null,
      attributes: leftOut.cut(event.attributes, `an event of ${item}`),
    })),
  };
}

function isJobSpan(span: Span): boolean {
  if (span.name.startsWith(SPAN_PREFIXES.job)) return jobNameOf(span) !== "";
  return (
    !isStepSpan(span) &&
    textAttribute(span.attributes, ATTRIBUTES.jobName) !== null &&
    runIdOf(span.attributes) !== null &&
    span.parentSpanId === null
  );
}

function isStepSpan(span: Span): boolean {
  return span.name.startsWith(SPAN_PREFIXES.step);
}

function jobNameOf(span: Span): string {
  return textAttribute(span.attributes, ATTRIBUTES.jobName) ?? span.name.slice(SPAN_PREFIXES.job.length);
}

// ── runs ────────────────────────────────────────────────────────────────────────────────────────────

function jobEvents(span: Span, origin: Origin, context: MapContext): RunEvent[] {
  const base = runBase(span, origin, context);
  const started = base("started", span.startTimeMs);
  const waitSeconds = numberAttribute(span.attributes, RUN_ATTRIBUTES.queueWaitSeconds);
  if (waitSeconds !== undefined && waitSeconds >= 0)
    started.queuedAt = Math.round(span.startTimeMs - waitSeconds * 1000);
  const events = [started, ...progressEvents(span, base)];
  if (span.endTimeMs !== null) {
    const { failed, error } = endingOf(span);
    const word = textAttribute(span.attributes, RUN_ATTRIBUTES.status);
    const kind = (word === null ? null : outcomeOfWord(word)) ?? (failed ? "failed" : "completed");
    const ended: RunEvent = base(failed && kind === "completed" ? "failed" : kind, span.endTimeMs);
    ended.startedAt = started.at;
    const records = recordCountsOf(span.attributes);
    if (records !== undefined) ended.records = records;
    if (error !== undefined) ended.error = error;
    ended.metadata = metadataOf(span.attributes);
    events.push(ended);
  }
  return events;
}

/** Makes events of one root span: everything that all of them share. */
function runBase(span: Span, origin: Origin, context: MapContext) {
  const { traceId, spanId, attributes } = span;
  const runId = runIdOf(attributes);
  const run: RunRef = runId === null ? { by: "span", traceId, spanId } : { by: "id", runId };
  const job = jobKeyOf(jobNameOf(span), attributes, origin);
  const facts = runFactsOf(attributes, context.receivedAt);
  return (kind: RunEventKind, atMs: number, suffix = ""): RunEvent => ({
    eventId: `otlp-span:${traceId}/${spanId}/${kind}${suffix}`,
    kind,
    job,
    run,
    aliases: [spanAlias(traceId, spanId), ...parentAlias(span), traceAlias(traceId)],
    at: Math.round(atMs),
    withinMs: 0,
    receivedAt: context.receivedAt,
    witness: "otlp-span",
    traceId,
    spanId,
    ...facts,
    ...(origin.host === null ? {} : { host: origin.host }),
    ...(origin.serviceName === null ? {} : { source: origin.serviceName }),
  });
}

/** A root span may stand in that of `exec`, which handed TRACEPARENT over: both are the same run. */
function parentAlias({ traceId, parentSpanId }: Span): string[] {
  return parentSpanId === null ? [] : [spanAlias(traceId, parentSpanId)];
}

function progressEvents(
  span: Span,
  base: (kind: RunEventKind, atMs: number, suffix: string) => RunEvent,
): RunEvent[] {
  const reports = span.events.filter((event) => event.name === "progress" || event.name === "heartbeat");
  return reports.slice(-PROGRESS_EVENT_LIMIT).map((report, index) => {
    const kind = report.name === "heartbeat" ? "heartbeat" : "progress";
    const event = base(kind, report.timeMs ?? span.startTimeMs, `/${index}/${report.timeMs ?? ""}`);
    const progress = progressOf(report.attributes);
    if (progress !== undefined) event.progress = progress;
    return event;
  });
}

function metadataOf(attributes: AttributeMap): Record<string, string | number | boolean> {
  const metadata: Record<string, string | number | boolean> = {};
  for (const [name, value] of Object.entries(attributes)) {
    if (!name.startsWith("batch.job.") || KNOWN_JOB_ATTRIBUTES.has(name) || value === null) continue;
    metadata[name.slice("batch.job.".length)] = typeof value === "object" ? JSON.stringify(value) : value;
  }
  return metadata;
}

// ── steps ───────────────────────────────────────────────────────────────────────────────────────────

function stepEvents(span: Span, origin: Origin, context: MapContext): RunEvent[] {
  const { traceId, spanId, parentSpanId, attributes } = span;
  const runId = runIdOf(attributes);
  const jobName = textAttribute(attributes, ATTRIBUTES.jobName);
  const named = runId !== null && jobName !== null;
  const step: StepFact = {
    name: usableName(
      textAttribute(attributes, ATTRIBUTES.stepName) ?? span.name.slice(SPAN_PREFIXES.step.length),
    ),
    id: spanId,
    ...(parentSpanId === null ? {} : { parentId: parentSpanId }),
  };
  const event = (kind: "step_started" | "step_ended", atMs: number): RunEvent => ({
    eventId: `otlp-span:${traceId}/${spanId}/${kind}`,
    kind,
    job: named ? jobKeyOf(jobName, attributes, origin) : null,
    run: named ? { by: "id", runId } : { by: "span", traceId, spanId: parentSpanId ?? spanId },
    aliases: [spanAlias(traceId, spanId)],
    at: Math.round(atMs),
    withinMs: 0,
    receivedAt: context.receivedAt,
    witness: "otlp-span",
    traceId,
    spanId,
    step,
    ...(origin.host === null ? {} : { host: origin.host }),
  });
  const events = [event("step_started", span.startTimeMs)];
  if (span.endTimeMs !== null) {
    const { failed, error } = endingOf(span);
    const records = recordCountsOf(attributes);
    const ended = event("step_ended", span.endTimeMs);
    ended.step = { ...step, outcome: failed ? "failure" : "success", ...(records ? { records } : {}) };
    if (error !== undefined) ended.error = error;
    events.push(ended);
  }
  return events;
}

// ── as they are kept ────────────────────────────────────────────────────────────────────────────────

function spanRecord(span: Span, origin: Origin): SpanRecord {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId,
    name: span.name,
    serviceName: origin.serviceName,
    startedAt: span.startTimeMs,
    endedAt: span.endTimeMs ?? span.startTimeMs,
    status: span.status.code,
    statusMessage: span.status.message === "" ? null : span.status.message,
    attributes: span.attributes,
    events: span.events.map((event) => ({
      at: event.timeMs ?? span.startTimeMs,
      name: event.name,
      attributes: event.attributes,
    })),
    droppedEvents: span.droppedEventsCount,
  };
}
