/** ExportLogsServiceRequest from protobuf (logs.proto). Case labels are whole tags: field number × 8 + wire type. */
import { NO_ATTRIBUTES } from "./attribute-map.ts";
import { spanIdOrNull, traceIdOrNull } from "./check-items.ts";
import { readAnyValue, readAttributeInto, readResource, readScope } from "./decode-protobuf-common.ts";
import { NO_RESOURCE, NO_SCOPE } from "./empty-values.ts";
import { severityNumberOf } from "./enum-values.ts";
import type { AttributeMap, AttributeValue, OtlpLogRecord, ResourceLogs, ScopeLogs } from "./otlp-types.ts";
import type { ProtobufReader } from "./protobuf-reader.ts";

export function readLogs(reader: ProtobufReader): readonly ResourceLogs[] {
  const resourceLogs: ResourceLogs[] = [];
  for (let index = 0; reader.hasMore(); ) {
    const tag = reader.tag();
    if (tag !== 0x0a) {
      reader.skipField(tag);
      continue;
    }
    reader.state.enter("resourceLogs", index++); // 1 resource_logs
    resourceLogs.push(readResourceLogs(reader));
    reader.state.leave();
  }
  return resourceLogs;
}

function readResourceLogs(reader: ProtobufReader): ResourceLogs {
  let resource = NO_RESOURCE;
  let schemaUrl = "";
  const scopeLogs: ScopeLogs[] = [];
  let index = 0;
  const outerEnd = reader.beginMessage();
  while (reader.hasMore()) {
    const tag = reader.tag();
    switch (tag) {
      case 0x0a: // 1 resource
        resource = readResource(reader);
        break;
      case 0x12: // 2 scope_logs
        reader.state.enter("scopeLogs", index++);
        scopeLogs.push(readScopeLogs(reader));
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
  return { resource, schemaUrl, scopeLogs };
}

function readScopeLogs(reader: ProtobufReader): ScopeLogs {
  let scope = NO_SCOPE;
  let schemaUrl = "";
  const logRecords: OtlpLogRecord[] = [];
  let index = 0;
  const outerEnd = reader.beginMessage();
  while (reader.hasMore()) {
    const tag = reader.tag();
    switch (tag) {
      case 0x0a: // 1 scope
        scope = readScope(reader);
        break;
      case 0x12: // 2 log_records
        reader.state.enter("logRecords", index++);
        logRecords.push(readLogRecord(reader));
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
  return { scope, schemaUrl, logRecords };
}

function readLogRecord(reader: ProtobufReader): OtlpLogRecord {
  let timeMs: number | null = null;
  let observedTimeMs: number | null = null;
  let severityNumber = 0;
  let severityText = "";
  let body: AttributeValue = null;
  let attributes: AttributeMap = NO_ATTRIBUTES;
  let droppedAttributesCount = 0;
  let flags = 0;
  let traceId: string | null = null;
  let spanId: string | null = null;
  let eventName = "";
  const outerEnd = reader.beginMessage();
  while (reader.hasMore()) {
    const tag = reader.tag();
    switch (tag) {
      case 0x09: // 1 time_unix_nano
        timeMs = reader.timeMs();
        break;
      case 0x10: // 2 severity_number
        severityNumber = severityNumberOf(reader.int32());
        break;
      case 0x1a: // 3 severity_text
        severityText = reader.text();
        break;
      case 0x2a: // 5 body
        body = readAnyValue(reader);
        break;
      case 0x32: // 6 attributes
        attributes = readAttributeInto(reader, attributes);
        break;
      case 0x38: // 7 dropped_attributes_count
        droppedAttributesCount = reader.uint32();
        break;
      case 0x45: // 8 flags
        flags = reader.fixed32();
        break;
      case 0x4a: // 9 trace_id
        traceId = traceIdOrNull(reader.hexId());
        break;
      case 0x52: // 10 span_id
        spanId = spanIdOrNull(reader.hexId());
        break;
      case 0x59: // 11 observed_time_unix_nano
        observedTimeMs = reader.timeMs();
        break;
      case 0x62: // 12 event_name
        eventName = reader.text();
        break;
      default:
        reader.skipField(tag);
    }
  }
  reader.endMessage(outerEnd);
  return {
    timeMs,
    observedTimeMs,
    severityNumber,
    severityText,
    body,
    attributes,
    droppedAttributesCount,
    flags,
    traceId,
    spanId,
    eventName,
  };
}
