/**
 * For tests and benchmarks: decoded requests back into protobuf, written straight from the protos' field numbers. Not for production:
 * Batchwatch exports through OpenTelemetry's own SDK.
 */
import { Writer } from "protobufjs/minimal.js";
import type {
  AttributeMap,
  AttributeValue,
  Exemplar,
  ExponentialBuckets,
  InstrumentationScope,
  Metric,
  MetricData,
  OtlpLogRecord,
  Resource,
  ResourceLogs,
  ResourceMetrics,
  ResourceSpans,
  Span,
  SpanLink,
} from "../otlp-types.ts";
import { ENUM_VALUES, hexBytes, isBytes, toNanos } from "./wire-values.ts";

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

export function encodeTracesProtobuf(resourceSpans: readonly ResourceSpans[]): Buffer {
  const writer = Writer.create();
  for (const { resource, schemaUrl, scopeSpans } of resourceSpans) {
    message(writer, 1, () => {
      writeResource(writer, resource);
      for (const { scope, schemaUrl: scopeSchemaUrl, spans } of scopeSpans) {
        message(writer, 2, () => {
          writeScope(writer, scope);
          for (const span of spans) message(writer, 2, () => writeSpan(writer, span));
          text(writer, 3, scopeSchemaUrl);
        });
      }
      text(writer, 3, schemaUrl);
    });
  }
  return Buffer.from(writer.finish());
}

export function encodeLogsProtobuf(resourceLogs: readonly ResourceLogs[]): Buffer {
  const writer = Writer.create();
  for (const { resource, schemaUrl, scopeLogs } of resourceLogs) {
    message(writer, 1, () => {
      writeResource(writer, resource);
      for (const { scope, schemaUrl: scopeSchemaUrl, logRecords } of scopeLogs) {
        message(writer, 2, () => {
          writeScope(writer, scope);
          for (const record of logRecords) message(writer, 2, () => writeLogRecord(writer, record));
          text(writer, 3, scopeSchemaUrl);
        });
      }
      text(writer, 3, schemaUrl);
    });
  }
  return Buffer.from(writer.finish());
}

export function encodeMetricsProtobuf(resourceMetrics: readonly ResourceMetrics[]): Buffer {
  const writer = Writer.create();
  for (const { resource, schemaUrl, scopeMetrics } of resourceMetrics) {
    message(writer, 1, () => {
      writeResource(writer, resource);
      for (const { scope, schemaUrl: scopeSchemaUrl, metrics } of scopeMetrics) {
        message(writer, 2, () => {
          writeScope(writer, scope);
          for (const metric of metrics) message(writer, 2, () => writeMetric(writer, metric));
          text(writer, 3, scopeSchemaUrl);
        });
      }
      text(writer, 3, schemaUrl);
    });
  }
  return Buffer.from(writer.finish());
}

function writeResource(writer: Writer, resource: Resource): void {
  message(writer, 1, () => {
    attributes(writer, 1, resource.attributes);
    uint32(writer, 2, resource.droppedAttributesCount);
  });
}

function writeScope(writer: Writer, scope: InstrumentationScope): void {
  message(writer, 1, () => {
    text(writer, 1, scope.name);
    text(writer, 2, scope.version);
    attributes(writer, 3, scope.attributes);
    uint32(writer, 4, scope.droppedAttributesCount);
  });
}

function writeSpan(writer: Writer, span: Span): void {
  id(writer, 1, span.traceId);
  id(writer, 2, span.spanId);
  text(writer, 3, span.traceState);
  id(writer, 4, span.parentSpanId);
  text(writer, 5, span.name);
  uint32(writer, 6, ENUM_VALUES.kind.indexOf(span.kind));
  time(writer, 7, span.startTimeMs);
  time(writer, 8, span.endTimeMs);
  attributes(writer, 9, span.attributes);
  uint32(writer, 10, span.droppedAttributesCount);
  for (const event of span.events) {
    message(writer, 11, () => {
      time(writer, 1, event.timeMs);
      text(writer, 2, event.name);
      attributes(writer, 3, event.attributes);
      uint32(writer, 4, event.droppedAttributesCount);
    });
  }
  uint32(writer, 12, span.droppedEventsCount);
  for (const link of span.links) message(writer, 13, () => writeLink(writer, link));
  uint32(writer, 14, span.droppedLinksCount);
  message(writer, 15, () => {
    text(writer, 2, span.status.message);
    uint32(writer, 3, ENUM_VALUES.statusCode.indexOf(span.status.code));
  });
  fixed32(writer, 16, span.flags);
}

function writeLink(writer: Writer, link: SpanLink): void {
  id(writer, 1, link.traceId);
  id(writer, 2, link.spanId);
  text(writer, 3, link.traceState);
  attributes(writer, 4, link.attributes);
  uint32(writer, 5, link.droppedAttributesCount);
  fixed32(writer, 6, link.flags);
}

function writeLogRecord(writer: Writer, record: OtlpLogRecord): void {
  time(writer, 1, record.timeMs);
  uint32(writer, 2, record.severityNumber);
  text(writer, 3, record.severityText);
  message(writer, 5, () => anyValue(writer, record.body));
  attributes(writer, 6, record.attributes);
  uint32(writer, 7, record.droppedAttributesCount);
  fixed32(writer, 8, record.flags);
  id(writer, 9, record.traceId);
  id(writer, 10, record.spanId);
  time(writer, 11, record.observedTimeMs);
  text(writer, 12, record.eventName);
}

function writeMetric(writer: Writer, metric: Metric): void {
  text(writer, 1, metric.name);
  text(writer, 2, metric.description);
  text(writer, 3, metric.unit);
  const field = { gauge: 5, sum: 7, histogram: 9, exponentialHistogram: 10, summary: 11 }[metric.kind];
  message(writer, field, () => {
    writePoints(writer, metric);
    if ("temporality" in metric) uint32(writer, 2, ENUM_VALUES.temporality.indexOf(metric.temporality));
    if (metric.kind === "sum") uint32(writer, 3, metric.isMonotonic ? 1 : 0);
  });
  attributes(writer, 12, metric.metadata);
}

function writePoints(writer: Writer, data: MetricData): void {
  switch (data.kind) {
    case "gauge":
    case "sum":
      for (const point of data.points) {
        message(writer, 1, () => {
          time(writer, 2, point.startTimeMs);
          time(writer, 3, point.timeMs);
          numberValue(writer, { double: 4, int: 6 }, point.value);
          exemplars(writer, 5, point.exemplars);
          attributes(writer, 7, point.attributes);
          uint32(writer, 8, point.flags);
        });
      }
      break;
    case "histogram":
      for (const point of data.points) {
        message(writer, 1, () => {
          time(writer, 2, point.startTimeMs);
          time(writer, 3, point.timeMs);
          fixed64(writer, 4, point.count);
          double(writer, 5, point.sum);
          message(writer, 6, () => {
            for (const count of point.bucketCounts) writer.fixed64(count);
          });
          message(writer, 7, () => {
            for (const bound of point.explicitBounds) writer.double(bound);
          });
          exemplars(writer, 8, point.exemplars);
          attributes(writer, 9, point.attributes);
          uint32(writer, 10, point.flags);
          double(writer, 11, point.min);
          double(writer, 12, point.max);
        });
      }
      break;
    case "exponentialHistogram":
      for (const point of data.points) {
        message(writer, 1, () => {
          attributes(writer, 1, point.attributes);
          time(writer, 2, point.startTimeMs);
          time(writer, 3, point.timeMs);
          fixed64(writer, 4, point.count);
          double(writer, 5, point.sum);
          writer.uint32((6 << 3) | VARINT).sint32(point.scale);
          fixed64(writer, 7, point.zeroCount);
          message(writer, 8, () => buckets(writer, point.positive));
          message(writer, 9, () => buckets(writer, point.negative));
          uint32(writer, 10, point.flags);
          exemplars(writer, 11, point.exemplars);
          double(writer, 12, point.min);
          double(writer, 13, point.max);
          double(writer, 14, point.zeroThreshold);
        });
      }
      break;
    case "summary":
      for (const point of data.points) {
        message(writer, 1, () => {
          time(writer, 2, point.startTimeMs);
          time(writer, 3, point.timeMs);
          fixed64(writer, 4, point.count);
          double(writer, 5, point.sum);
          for (const { quantile, value } of point.quantiles) {
            message(writer, 6, () => {
              double(writer, 1, quantile);
              double(writer, 2, value);
            });
          }
          attributes(writer, 7, point.attributes);
          uint32(writer, 8, point.flags);
        });
      }
      break;
  }
}

function exemplars(writer: Writer, field: number, list: readonly Exemplar[]): void {
  for (const exemplar of list) {
    message(writer, field, () => {
      time(writer, 2, exemplar.timeMs);
      numberValue(writer, { double: 3, int: 6 }, exemplar.value);
      id(writer, 4, exemplar.spanId);
      id(writer, 5, exemplar.traceId);
      attributes(writer, 7, exemplar.attributes);
    });
  }
}

function buckets(writer: Writer, { offset, bucketCounts }: ExponentialBuckets): void {
  writer.uint32((1 << 3) | VARINT).sint32(offset);
  message(writer, 2, () => {
    for (const count of bucketCounts) writer.uint64(count);
  });
}

/** Integers as `as_int`, as SDKs do; −0 is no integer there. */
function numberValue(writer: Writer, fields: { double: number; int: number }, value: number): void {
  if (Number.isSafeInteger(value) && !Object.is(value, -0))
    writer.uint32((fields.int << 3) | FIXED64).sfixed64(value);
  else double(writer, fields.double, value);
}

function attributes(writer: Writer, field: number, map: AttributeMap): void {
  for (const [key, value] of Object.entries(map)) {
    message(writer, field, () => {
      text(writer, 1, key);
      message(writer, 2, () => anyValue(writer, value));
    });
  }
}

function anyValue(writer: Writer, value: AttributeValue): void {
  if (value === null) return;
  if (typeof value === "boolean") writer.uint32((2 << 3) | VARINT).bool(value);
  else if (typeof value === "number") {
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) writer.uint32((3 << 3) | VARINT).int64(value);
    else double(writer, 4, value);
  } else if (typeof value === "string") {
    if (isBytes(value)) writer.uint32((7 << 3) | BYTES).bytes(Buffer.from(value, "base64"));
    else writer.uint32((1 << 3) | BYTES).string(value);
  } else if (Array.isArray(value)) {
    message(writer, 5, () => {
      for (const element of value as readonly AttributeValue[])
        message(writer, 1, () => anyValue(writer, element));
    });
  } else message(writer, 6, () => attributes(writer, 1, value as AttributeMap));
}

function message(writer: Writer, field: number, write: () => void): void {
  writer.uint32((field << 3) | BYTES).fork();
  write();
  writer.ldelim();
}

function text(writer: Writer, field: number, value: string): void {
  if (value !== "") writer.uint32((field << 3) | BYTES).string(value);
}

function id(writer: Writer, field: number, hex: string | null): void {
  if (hex !== null) writer.uint32((field << 3) | BYTES).bytes(hexBytes(hex));
}

function time(writer: Writer, field: number, timeMs: number | null): void {
  if (timeMs !== null) writer.uint32((field << 3) | FIXED64).fixed64(toNanos(timeMs).toString());
}

function fixed64(writer: Writer, field: number, value: number): void {
  writer.uint32((field << 3) | FIXED64).fixed64(value);
}

function double(writer: Writer, field: number, value: number | null): void {
  if (value !== null) writer.uint32((field << 3) | FIXED64).double(value);
}

function fixed32(writer: Writer, field: number, value: number): void {
  writer.uint32((field << 3) | FIXED32).fixed32(value);
}

function uint32(writer: Writer, field: number, value: number): void {
  if (value !== 0) writer.uint32((field << 3) | VARINT).uint32(value);
}
