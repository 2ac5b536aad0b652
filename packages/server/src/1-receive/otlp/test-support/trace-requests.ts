/** Trace requests of single `batch_job.*` spans, for tests of the transports. */
import type { AttributeMap, ResourceSpans, Span } from "../wire/otlp-types.ts";
import { encodeTracesJson } from "../wire/testing/encode-json.ts";
import { encodeTracesProtobuf } from "../wire/testing/encode-protobuf.ts";

const DURATION_MS = 60_000;
let spansMade = 0;

export function oneSpan({
  runId = "run",
  traceId = (++spansMade).toString(16).padStart(32, "0"),
  startAt = Date.now() - 2 * DURATION_MS,
  attributes = {},
}: {
  runId?: string;
  traceId?: string;
  startAt?: number;
  attributes?: AttributeMap;
} = {}): Span {
  return {
    traceId,
    spanId: traceId.slice(-16),
    parentSpanId: null,
    traceState: "",
    flags: 0,
    name: "batch_job.daily_etl",
    kind: "internal",
    startTimeMs: startAt,
    endTimeMs: startAt + DURATION_MS,
    attributes: {
      ...attributes,
      "batch.job.name": "daily_etl",
      "batch.job.id": runId,
      "batch.job.type": "etl",
    },
    droppedAttributesCount: 0,
    events: [],
    droppedEventsCount: 0,
    links: [],
    droppedLinksCount: 0,
    status: { code: "ok", message: "" },
  };
}

export function tracesProtobuf(spans: readonly Span[]): Buffer {
  return encodeTracesProtobuf(inResource(spans));
}

export function tracesJson(spans: readonly Span[]): string {
  return encodeTracesJson(inResource(spans)).toString();
}

function inResource(spans: readonly Span[]): ResourceSpans[] {
  const nothing = { attributes: {}, droppedAttributesCount: 0 };
  const resource = { ...nothing, attributes: { "service.name": "batch" } };
  const scope = { ...nothing, name: "jobs", version: "" };
  return [{ resource, schemaUrl: "", scopeSpans: [{ scope, schemaUrl: "", spans }] }];
}
