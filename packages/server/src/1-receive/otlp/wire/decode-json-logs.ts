/** ExportLogsServiceRequest from OTLP/JSON (logs.proto). */
import { spanIdOrNull, traceIdOrNull } from "./check-items.ts";
import { decodeAnyValue, decodeAttributes, decodeResource, decodeScope } from "./decode-json-common.ts";
import { SEVERITY_NAMES, severityNumberOf } from "./enum-values.ts";
import type { JsonObject, JsonReader } from "./json-reader.ts";
import type { OtlpLogRecord, ResourceLogs, ScopeLogs } from "./otlp-types.ts";

export function decodeResourceLogs(object: JsonObject, reader: JsonReader): ResourceLogs {
  return {
    resource: decodeResource(object, reader),
    schemaUrl: reader.text(object, "schemaUrl"),
    scopeLogs: reader.objects(object, "scopeLogs", decodeScopeLogs),
  };
}

function decodeScopeLogs(object: JsonObject, reader: JsonReader): ScopeLogs {
  return {
    scope: decodeScope(object, reader),
    schemaUrl: reader.text(object, "schemaUrl"),
    logRecords: reader.objects(object, "logRecords", decodeLogRecord),
  };
}

function decodeLogRecord(object: JsonObject, reader: JsonReader): OtlpLogRecord {
  return {
    timeMs: reader.timeMs(object, "timeUnixNano"),
    observedTimeMs: reader.timeMs(object, "observedTimeUnixNano"),
    severityNumber: severityNumberOf(reader.enumNumber(object, "severityNumber", SEVERITY_NAMES)),
    severityText: reader.text(object, "severityText"),
    body: reader.object(object, "body", (body) => decodeAnyValue(body, reader)),
    attributes: decodeAttributes(object, "attributes", reader),
    droppedAttributesCount: reader.uint32(object, "droppedAttributesCount"),
    flags: reader.uint32(object, "flags"),
    traceId: traceIdOrNull(reader.hexId(object, "traceId")),
    spanId: spanIdOrNull(reader.hexId(object, "spanId")),
    eventName: reader.text(object, "eventName"),
  };
}
