/** ExportTraceServiceRequest from OTLP/JSON (trace.proto). */
import { named, parentIdOrNull, problemOfSpan, spanIdOrNull, traceIdOrNull } from "./check-items.ts";
import { decodeAttributes, decodeResource, decodeScope } from "./decode-json-common.ts";
import { UNSET_STATUS } from "./empty-values.ts";
import { SPAN_KIND_NAMES, STATUS_CODE_NAMES, spanKindOf, statusCodeOf } from "./enum-values.ts";
import type { JsonObject, JsonReader } from "./json-reader.ts";
import type { ResourceSpans, ScopeSpans, Span, SpanEvent, SpanLink } from "./otlp-types.ts";

export function decodeResourceSpans(object: JsonObject, reader: JsonReader): ResourceSpans {
  return {
    resource: decodeResource(object, reader),
    schemaUrl: reader.text(object, "schemaUrl"),
    scopeSpans: reader.objects(object, "scopeSpans", decodeScopeSpans),
  };
}

function decodeScopeSpans(object: JsonObject, reader: JsonReader): ScopeSpans {
  return {
    scope: decodeScope(object, reader),
    schemaUrl: reader.text(object, "schemaUrl"),
    spans: reader.objects(object, "spans", decodeSpan),
  };
}

function decodeSpan(object: JsonObject, reader: JsonReader): Span | null {
  const traceId = reader.hexId(object, "traceId");
  const spanId = reader.hexId(object, "spanId");
  const parentSpanId = parentIdOrNull(reader.hexId(object, "parentSpanId"));
  const name = reader.text(object, "name");
  const startTimeMs = reader.timeMs(object, "startTimeUnixNano");
  let invalidLinks = 0;
  const links = reader.objects(object, "links", (link) => {
    const decoded = decodeLink(link, reader);
    if (decoded === null) invalidLinks++;
    return decoded;
  });
  const rest = {
    traceState: reader.text(object, "traceState"),
    flags: reader.uint32(object, "flags"),
    name,
    kind: spanKindOf(reader.enumNumber(object, "kind", SPAN_KIND_NAMES)),
    endTimeMs: reader.timeMs(object, "endTimeUnixNano"),
    attributes: decodeAttributes(object, "attributes", reader),
    droppedAttributesCount: reader.uint32(object, "droppedAttributesCount"),
    events: reader.objects(object, "events", decodeEvent),
    droppedEventsCount: reader.uint32(object, "droppedEventsCount"),
    links,
    droppedLinksCount: reader.uint32(object, "droppedLinksCount") + invalidLinks,
    status: reader.object(object, "status", decodeStatus) ?? UNSET_STATUS,
  };
  const problem = problemOfSpan({ traceId, spanId, parentSpanId }, startTimeMs);
  if (problem !== null || startTimeMs === null) {
    reader.state.reject(problem + named("span", name));
    return null;
  }
  return { traceId, spanId, parentSpanId, startTimeMs, ...rest };
}

function decodeEvent(object: JsonObject, reader: JsonReader): SpanEvent {
  return {
    timeMs: reader.timeMs(object, "timeUnixNano"),
    name: reader.text(object, "name"),
    attributes: decodeAttributes(object, "attributes", reader),
    droppedAttributesCount: reader.uint32(object, "droppedAttributesCount"),
  };
}

function decodeLink(object: JsonObject, reader: JsonReader): SpanLink | null {
  const traceId = traceIdOrNull(reader.hexId(object, "traceId"));
  const spanId = spanIdOrNull(reader.hexId(object, "spanId"));
  const rest = {
    traceState: reader.text(object, "traceState"),
    flags: reader.uint32(object, "flags"),
    attributes: decodeAttributes(object, "attributes", reader),
    droppedAttributesCount: reader.uint32(object, "droppedAttributesCount"),
  };
  return traceId === null || spanId === null ? null : { traceId, spanId, ...rest };
}

function decodeStatus(object: JsonObject, reader: JsonReader): Span["status"] {
  return {
    code: statusCodeOf(reader.enumNumber(object, "code", STATUS_CODE_NAMES)),
    message: reader.text(object, "message"),
  };
}
