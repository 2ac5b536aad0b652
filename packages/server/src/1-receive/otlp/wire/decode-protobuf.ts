/**
 * Decodes OTLP requests from protobuf, straight off protobufjs's Reader: no generated code, no reflection. Follows
 * opentelemetry-proto 1.11.0. An empty body is an empty request. Fields and messages this version does not know are skipped.
 *
 * @throws OtlpDecodeError if the bytes are no such message; an item with invalid ids or values is only left out (`rejected`).
 */
import { OtlpDecodeError } from "./decode-error.ts";
import { readLogs } from "./decode-protobuf-logs.ts";
import { readMetrics } from "./decode-protobuf-metrics.ts";
import { readTraces } from "./decode-protobuf-traces.ts";
import type { DecodedLogs, DecodedMetrics, DecodedTraces } from "./otlp-types.ts";
import { ProtobufReader } from "./protobuf-reader.ts";

export function decodeTracesProtobuf(body: Buffer): DecodedTraces {
  const reader = new ProtobufReader(body);
  return { resourceSpans: readWhole(reader, readTraces), rejected: reader.state.rejected() };
}

export function decodeLogsProtobuf(body: Buffer): DecodedLogs {
  const reader = new ProtobufReader(body);
  return { resourceLogs: readWhole(reader, readLogs), rejected: reader.state.rejected() };
}

export function decodeMetricsProtobuf(body: Buffer): DecodedMetrics {
  const reader = new ProtobufReader(body);
  return { resourceMetrics: readWhole(reader, readMetrics), rejected: reader.state.rejected() };
}

function readWhole<T>(reader: ProtobufReader, read: (reader: ProtobufReader) => T): T {
  try {
    return read(reader);
  } catch (error) {
    if (error instanceof OtlpDecodeError || error instanceof TypeError || !(error instanceof Error))
      throw error;
    // The Reader throws plain Errors and RangeErrors for whatever it cannot read.
    const problem = `not a protobuf message of this kind: at byte ${reader.pos} of ${reader.buf.length}, ${error.message}`;
    throw new OtlpDecodeError("OTLP_MALFORMED_PROTOBUF", reader.state.fieldPath(), problem);
  }
}
