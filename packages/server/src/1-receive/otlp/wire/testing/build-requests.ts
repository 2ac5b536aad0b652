/** For tests: requests built field by field, for what the encoders never write. */
import { Writer } from "protobufjs/minimal.js";
import { OtlpDecodeError } from "../decode-error.ts";
import { decodeMetricsJson, decodeTracesJson } from "../decode-json.ts";
import { decodeMetricsProtobuf, decodeTracesProtobuf } from "../decode-protobuf.ts";
import type { AttributeValue, Span } from "../otlp-types.ts";

/** The error that the decoder refuses with. */
export function refusal(decode: () => unknown): OtlpDecodeError {
  try {
    decode();
  } catch (error) {
    if (error instanceof OtlpDecodeError) return error;
    throw error;
  }
  throw new Error("was not refused");
}

// Protobuf

export const TRACE_ID = "0af7651916cd43dd8448eb211c80319c";
export const SPAN_ID = "b7ad6b7169203331";
export const START_NANOS = 1_767_225_600_123_456_789n;

export type Write = (writer: Writer) => void;

export function message(...parts: Write[]): Buffer {
  const writer = Writer.create();
  for (const part of parts) part(writer);
  return Buffer.from(writer.finish());
}
export function bytes(field: number, value: Uint8Array): Write {
  return (writer) => writer.uint32((field << 3) | 2).bytes(value);
}
export function text(field: number, value: string): Write {
  return bytes(field, Buffer.from(value));
}
export function varint(field: number, value: number | string): Write {
  return (writer) => writer.uint32(field << 3).uint64(value);
}
export function fixed64(field: number, value: number | bigint): Write {
  return (writer) => writer.uint32((field << 3) | 1).fixed64(value.toString());
}
export function nested(field: number, ...parts: Write[]): Write {
  return bytes(field, message(...parts));
}
export function id(field: number, hex: string): Write {
  return bytes(field, Buffer.from(hex, "hex"));
}

export const spanParts = [id(1, TRACE_ID), id(2, SPAN_ID), fixed64(7, START_NANOS), text(5, "etl")];
export function requestOf(...spans: Write[][]): Buffer {
  return message(nested(1, nested(2, ...spans.map((parts) => nested(2, ...parts)))));
}
export function onlySpan(...parts: Write[]): Span | undefined {
  return decodeTracesProtobuf(requestOf([...spanParts, ...parts])).resourceSpans[0]?.scopeSpans[0]?.spans[0];
}
export function attribute(value: Write): Write {
  return nested(9, text(1, "key"), nested(2, value));
}
export function metricsRequest(metric: Write[]): Buffer {
  return message(nested(1, nested(2, nested(2, ...metric))));
}
export function onlyMetricPoint(dataField: number, ...parts: Write[]): unknown {
  const { resourceMetrics } = decodeMetricsProtobuf(
    metricsRequest([text(1, "m"), nested(dataField, nested(1, ...parts))]),
  );
  return resourceMetrics[0]?.scopeMetrics[0]?.metrics[0]?.points[0];
}

// OTLP/JSON

export const SPAN_JSON = {
  traceId: "0AF7651916CD43DD8448EB211C80319C",
  spanId: "b7ad6b7169203331",
  name: "etl",
  startTimeUnixNano: "1767225600123456789",
};

export function jsonBody(request: unknown): Buffer {
  return Buffer.from(JSON.stringify(request));
}
export function tracesJson(...spans: object[]): Buffer {
  return jsonBody({ resourceSpans: [{ scopeSpans: [{ spans }] }] });
}
export function onlySpanOfJson(fields: object): Span | undefined {
  return decodeTracesJson(tracesJson({ ...SPAN_JSON, ...fields })).resourceSpans[0]?.scopeSpans[0]?.spans[0];
}
export function valueOfJson(anyValue: unknown): AttributeValue | undefined {
  return onlySpanOfJson({ attributes: [{ key: "key", value: anyValue }] })?.attributes.key;
}
export function metricsJson(metric: object): Buffer {
  return jsonBody({ resourceMetrics: [{ scopeMetrics: [{ metrics: [metric] }] }] });
}
export function onlyPointOfJson(kind: string, point: object): unknown {
  const body = metricsJson({ name: "m", [kind]: { dataPoints: [{ timeUnixNano: "1000000", ...point }] } });
  return decodeMetricsJson(body).resourceMetrics[0]?.scopeMetrics[0]?.metrics[0]?.points[0];
}
