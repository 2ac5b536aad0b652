/** ExportTraceServiceRequest from protobuf (trace.proto). Case labels are whole tags: field number × 8 + wire type. */
import { NO_ATTRIBUTES } from "./attribute-map.ts";
import { named, parentIdOrNull, problemOfSpan, spanIdOrNull, traceIdOrNull } from "./check-items.ts";
import { readAttributeInto, readResource, readScope } from "./decode-protobuf-common.ts";
import { NO_EVENTS, NO_LINKS, NO_RESOURCE, NO_SCOPE, UNSET_STATUS } from "./empty-values.ts";
import { spanKindOf, statusCodeOf } from "./enum-values.ts";
import type {
  AttributeMap,
  ResourceSpans,
  ScopeSpans,
  Span,
  SpanEvent,
  SpanLink,
  SpanStatusCode,
} from "./otlp-types.ts";
import type { ProtobufReader } from "./protobuf-reader.ts";

export function readTraces(reader: ProtobufReader): readonly ResourceSpans[] {
  const resourceSpans: ResourceSpans[] = [];
  for (let index = 0; reader.hasMore(); ) {
    const tag = reader.tag();
    if (tag !== 0x0a) {
      reader.skipField(tag);
      continue;
    }
    reader.state.enter("resourceSpans", index++); // 1 resource_spans
    resourceSpans.push(readResourceSpans(reader));
    reader.state.leave();
  }
  return resourceSpans;
}

function readResourceSpans(reader: ProtobufReader): ResourceSpans {
  let resource = NO_RESOURCE;
  let schemaUrl = "";
  const scopeSpans: ScopeSpans[] = [];
  let index = 0;
  const outerEnd = reader.beginMessage();
  while (reader.hasMore()) {
    const tag = reader.tag();
    switch (tag) {
      case 0x0a: // 1 resource
        resource = readResource(reader);
        break;
      case 0x12: // 2 scope_spans
        reader.state.enter("scopeSpans", index++);
        scopeSpans.push(readScopeSpans(reader));
        reader.state.leave();
        break;
      case 0x1a: // 3 schema_url
        schemaUrl = reader.text();
        break;
      default:
        reader.skipField(tag);
    }
  }
  reader.endMessage(outerEnd);
  return { resource, schemaUrl, scopeSpans };
}

function readScopeSpans(reader: ProtobufReader): ScopeSpans {
  let scope = NO_SCOPE;
  let schemaUrl = "";
  const spans: Span[] = [];
  let index = 0;
  const outerEnd = reader.beginMessage();
  while (reader.hasMore()) {
    const tag = reader.tag();
    switch (tag) {
      case 0x0a: // 1 scope
        scope = readScope(reader);
        break;
      case 0x12: {
        // 2 spans
        reader.state.enter("spans", index++);
        const span = readSpan(reader);
        if (span !== null) spans.push(span);
        reader.state.leave();
        break;
      }
      case 0x1a: // 3 schema_url
        schemaUrl = reader.text();
        break;
      default:
        reader.skipField(tag);
    }
  }
  reader.endMessage(outerEnd);
  return { scope, schemaUrl, spans };
}

function readSpan(reader: ProtobufReader): Span | null {
  let traceId = "";
  let spanId = "";
  let parentSpanId: string | null = null;
  let traceState = "";
  let flags = 0;
  let name = "";
  let kind = 0;
  let startTimeMs: number | null = null;
  let endTimeMs: number | null = null;
  let attributes: AttributeMap = NO_ATTRIBUTES;
  let droppedAttributesCount = 0;
  let events: SpanEvent[] | null = null;
  let droppedEventsCount = 0;
  let links: SpanLink[] | null = null;
  let droppedLinksCount = 0;
  let status = UNSET_STATUS;
  const outerEnd = reader.beginMessage();
  while (reader.hasMore()) {
    const tag = reader.tag();
    switch (tag) {
      case 0x0a: // 1 trace_id
        traceId = reader.hexId();
        break;
      case 0x12: // 2 span_id
        spanId = reader.hexId();
        break;
      case 0x1a: // 3 trace_state
        traceState = reader.text();
        break;
      case 0x22: // 4 parent_span_id
        parentSpanId = parentIdOrNull(reader.hexId());
        break;
      case 0x2a: // 5 name
        name = reader.text();
        break;
      case 0x30: // 6 kind
        kind = reader.int32();
        break;
      case 0x39: // 7 start_time_unix_nano
        startTimeMs = reader.timeMs();
        break;
      case 0x41: // 8 end_time_unix_nano
        endTimeMs = reader.timeMs();
        break;
      case 0x4a: // 9 attributes
        attributes = readAttributeInto(reader, attributes);
        break;
      case 0x50: // 10 dropped_attributes_count
        droppedAttributesCount = reader.uint32();
        break;
      case 0x5a: // 11 events
        events ??= [];
        events.push(readEvent(reader));
        break;
      case 0x60: // 12 dropped_events_count
        droppedEventsCount = reader.uint32();
        break;
      case 0x6a: {
        // 13 links
        const link = readLink(reader);
        links ??= [];
        if (link === null) droppedLinksCount++;
        else links.push(link);
        break;
      }
      case 0x70: // 14 dropped_links_count
        droppedLinksCount += reader.uint32();
        break;
      case 0x7a: // 15 status
        status = readStatus(reader);
        break;
      case 0x85: // 16 flags
        flags = reader.fixed32();
        break;
      default:
        reader.skipField(tag);
    }
  }
  reader.endMessage(outerEnd);

  const problem = problemOfSpan({ traceId, spanId, parentSpanId }, startTimeMs);
  if (problem !== null || startTimeMs === null) {
    reader.state.reject(problem + named("span", name));
    return null;
  }
  return {
    traceId,
    spanId,
    parentSpanId,
    traceState,
    flags,
    name,
    kind: spanKindOf(kind),
    startTimeMs,
    endTimeMs,
    attributes,
    droppedAttributesCount,
    events: events ?? NO_EVENTS,
    droppedEventsCount,
    links: links ?? NO_LINKS,
    droppedLinksCount,
    status,
  };
}

function readEvent(reader: ProtobufReader): SpanEvent {
  let timeMs: number | null = null;
  let name = "";
  let attributes: AttributeMap = NO_ATTRIBUTES;
  let droppedAttributesCount = 0;
  const outerEnd = reader.beginMessage();
  while (reader.hasMore()) {
    const tag = reader.tag();
    switch (tag) {
      case 0x09: // 1 time_unix_nano
        timeMs = reader.timeMs();
        break;
      case 0x12: // 2 name
        name = reader.text();
        break;
      case 0x1a: // 3 attributes
        attributes = readAttributeInto(reader, attributes);
        break;
      case 0x20: // 4 dropped_attributes_count
        droppedAttributesCount = reader.uint32();
        break;
      default:
        reader.skipField(tag);
    }
  }
  reader.endMessage(outerEnd);
  return { timeMs, name, attributes, droppedAttributesCount };
}

function readLink(reader: ProtobufReader): SpanLink | null {
  let traceId: string | null = null;
  let spanId: string | null = null;
  let traceState = "";
  let attributes: AttributeMap = NO_ATTRIBUTES;
  let droppedAttributesCount = 0;
  let flags = 0;
  const outerEnd = reader.beginMessage();
  while (reader.hasMore()) {
    const tag = reader.tag();
    switch (tag) {
      case 0x0a: // 1 trace_id
        traceId = traceIdOrNull(reader.hexId());
        break;
      case 0x12: // 2 span_id
        spanId = spanIdOrNull(reader.hexId());
        break;
      case 0x1a: // 3 trace_state
        traceState = reader.text();
        break;
      case 0x22: // 4 attributes
        attributes = readAttributeInto(reader, attributes);
        break;
      case 0x28: // 5 dropped_attributes_count
        droppedAttributesCount = reader.uint32();
        break;
      case 0x35: // 6 flags
        flags = reader.fixed32();
        break;
      default:
        reader.skipField(tag);
    }
  }
  reader.endMessage(outerEnd);
  if (traceId === null || spanId === null) return null;
  return { traceId, spanId, traceState, flags, attributes, droppedAttributesCount };
}

function readStatus(reader: ProtobufReader): Span["status"] {
  let code: SpanStatusCode = "unset";
  let message = "";
  const outerEnd = reader.beginMessage();
  while (reader.hasMore()) {
    const tag = reader.tag();
    switch (tag) {
      case 0x12: // 2 message
        message = reader.text();
        break;
      case 0x18: // 3 code
        code = statusCodeOf(reader.int32());
        break;
      default:
        reader.skipField(tag);
    }
  }
  reader.endMessage(outerEnd);
  return { code, message };
}
