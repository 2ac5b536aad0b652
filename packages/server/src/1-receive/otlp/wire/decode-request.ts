/** Decodes a request of either format; which one it is says sniffFormat. @throws OtlpDecodeError */
import { decodeLogsJson, decodeMetricsJson, decodeTracesJson } from "./decode-json.ts";
import { decodeLogsProtobuf, decodeMetricsProtobuf, decodeTracesProtobuf } from "./decode-protobuf.ts";
import type { DecodedLogs, DecodedMetrics, DecodedTraces, OtlpFormat } from "./otlp-types.ts";

export function decodeTraces(body: Buffer, format: OtlpFormat): DecodedTraces {
  return format === "json" ? decodeTracesJson(body) : decodeTracesProtobuf(body);
}

export function decodeMetrics(body: Buffer, format: OtlpFormat): DecodedMetrics {
  return format === "json" ? decodeMetricsJson(body) : decodeMetricsProtobuf(body);
}

export function decodeLogs(body: Buffer, format: OtlpFormat): DecodedLogs {
  return format === "json" ? decodeLogsJson(body) : decodeLogsProtobuf(body);
}
