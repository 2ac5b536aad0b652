/** For tests: requests of single items, as the decoders hand them on. */

import { LeftOut } from "../map/left-out.ts";
import type { MapContext } from "../map/origin.ts";
import type {
  AttributeMap,
  DecodedLogs,
  DecodedMetrics,
  DecodedTraces,
  Metric,
  OtlpLogRecord,
  Span,
} from "../wire/otlp-types.ts";

export const NOW = Date.parse("2026-03-02T02:00:00Z");
export const TRACE_ID = "0af7651916cd43dd8448eb211c80319c";
export const ROOT_ID = "b7ad6b7169203331";

const NOTHING = { attributes: {}, droppedAttributesCount: 0 };
const NONE_LEFT_OUT = { count: 0, reasons: [] };
const SCOPE = { ...NOTHING, name: "jobs", version: "" };

export function context(): MapContext {
  return { namespace: "default", receivedAt: NOW, leftOut: new LeftOut(NONE_LEFT_OUT, NOW) };
}

export function span(more: Partial<Span> = {}): Span {
  return {
    traceId: TRACE_ID,
    spanId: ROOT_ID,
    parentSpanId: null,
    traceState: "",
    flags: 0,
    name: "batch_job.daily_etl",
    kind: "internal",
    startTimeMs: NOW - 60_000.4,
    endTimeMs: NOW - 10_000,
    attributes: {},
    droppedAttributesCount: 0,
    events: [],
    droppedEventsCount: 0,
    links: [],
    droppedLinksCount: 0,
    status: { code: "ok", message: "" },
    ...more,
  };
}

export function exception(attributes: AttributeMap): Span["events"][number] {
  return { timeMs: NOW - 11_000, name: "exception", attributes, droppedAttributesCount: 0 };
}

export function logRecord(more: Partial<OtlpLogRecord> = {}): OtlpLogRecord {
  return {
    timeMs: NOW - 5_000,
    observedTimeMs: NOW - 4_000,
    severityNumber: 9,
    severityText: "INFO",
    body: "",
    attributes: { job_id: "r1", job_name: "daily_etl" },
    droppedAttributesCount: 0,
    flags: 0,
    traceId: null,
    spanId: null,
    eventName: "",
    ...more,
  };
}

export function traces(spans: readonly Span[], resource: AttributeMap = {}): DecodedTraces {
  const scopeSpans = [{ scope: SCOPE, schemaUrl: "", spans }];
  const resourceSpans = [{ resource: { ...NOTHING, attributes: resource }, schemaUrl: "", scopeSpans }];
  return { resourceSpans, rejected: NONE_LEFT_OUT };
}

export function logs(logRecords: readonly OtlpLogRecord[], resource: AttributeMap = {}): DecodedLogs {
  const scopeLogs = [{ scope: SCOPE, schemaUrl: "", logRecords }];
  const resourceLogs = [{ resource: { ...NOTHING, attributes: resource }, schemaUrl: "", scopeLogs }];
  return { resourceLogs, rejected: NONE_LEFT_OUT };
}

export function metrics(given: readonly Metric[], resource: AttributeMap = {}): DecodedMetrics {
  const scopeMetrics = [{ scope: SCOPE, schemaUrl: "", metrics: given }];
  const resourceMetrics = [{ resource: { ...NOTHING, attributes: resource }, schemaUrl: "", scopeMetrics }];
  return { resourceMetrics, rejected: NONE_LEFT_OUT };
}
