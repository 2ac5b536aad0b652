/**
 * Writes OTLP answers: `Export{Trace,Metrics,Logs}ServiceResponse` with an optional partial success, and `google.rpc.Status` with
 * BadRequest and RetryInfo details (google/rpc/error_details.proto), in protobuf or JSON. The format of an answer is the one the
 * request really had.
 */
import { Writer } from "protobufjs/minimal.js";
import type { OtlpFormat, OtlpSignal, RejectedItems } from "./otlp-types.ts";

/** Numbers of google.rpc.Code that a receiver answers with. */
export const RPC_CODE = {
  invalidArgument: 3,
  permissionDenied: 7,
  resourceExhausted: 8,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/** Shown in the client's log. With `rejectedCount` 0 it is a warning. Clients never send the rejected items again. */
export interface PartialSuccess {
  readonly rejectedCount: number;
  readonly message: string;
}

export interface FieldViolation {
  /** Path of the field, as in OtlpDecodeError.fieldPath. */
  readonly field: string;
  readonly description: string;
}

export interface RpcStatus {
  /** One of RPC_CODE. */
  readonly code: number;
  readonly message: string;
  readonly fieldViolations?: readonly FieldViolation[];
  /** How long the client should wait; without it a client must not take RESOURCE_EXHAUSTED as retryable. */
  readonly retryDelayMs?: number;
}

const REJECTED_COUNT_NAMES = {
  traces: "rejectedSpans",
  metrics: "rejectedDataPoints",
  logs: "rejectedLogRecords",
} as const satisfies Record<OtlpSignal, string>;

const BAD_REQUEST_URL = "type.googleapis.com/google.rpc.BadRequest";
const RETRY_INFO_URL = "type.googleapis.com/google.rpc.RetryInfo";

/** Tags of field 1 to 3 as a varint, and of 1 to 3 as text, bytes or a message. */
const VARINT_1 = 0x08;
const VARINT_2 = 0x10;
const BYTES_1 = 0x0a;
const BYTES_2 = 0x12;
const BYTES_3 = 0x1a;

/**
 * What a decoder left out, as a partial success.
 * @returns `null` if nothing was: answer full success
 */
export function partialSuccessOf(rejected: RejectedItems): PartialSuccess | null {
  if (rejected.count === 0 && rejected.reasons.length === 0) return null;
  const untold = rejected.count > rejected.reasons.length ? ["…"] : [];
  return { rejectedCount: rejected.count, message: [...rejected.reasons, ...untold].join("; ") };
}

/**
 * The body of a 200 answer. Full success is an empty message: 0 bytes, or `{}`.
 * @example encodeExportResponse("traces", "json", { rejectedCount: 1, message: "…" })
 *   // {"partialSuccess":{"rejectedSpans":"1","errorMessage":"…"}}
 */
export function encodeExportResponse(
  signal: OtlpSignal,
  format: OtlpFormat,
  partialSuccess: PartialSuccess | null = null,
): Buffer {
  if (format === "json") return jsonBytes(exportResponseAsJson(signal, partialSuccess));
  const writer = Writer.create();
  if (partialSuccess !== null) {
    writer.uint32(BYTES_1).fork();
    if (partialSuccess.rejectedCount > 0) writer.uint32(VARINT_1).uint32(partialSuccess.rejectedCount);
    writeText(writer, BYTES_2, partialSuccess.message);
    writer.ldelim();
  }
  return finish(writer);
}

/** The body of a 4xx or 5xx answer. */
export function encodeStatus(status: RpcStatus, format: OtlpFormat): Buffer {
  return format === "json" ? jsonBytes(statusAsJson(status)) : finish(writeStatus(status));
}

/**
 * The value of the gRPC trailer `grpc-status-details-bin`; grpc-js encodes it to base64 itself.
 * @example metadata.set("grpc-status-details-bin", encodeStatusDetails({ code: RPC_CODE.unavailable, message, retryDelayMs: 2000 }))
 */
export function encodeStatusDetails(status: RpcStatus): Buffer {
  return finish(writeStatus(status));
}

function exportResponseAsJson(signal: OtlpSignal, partialSuccess: PartialSuccess | null): object {
  if (partialSuccess === null) return {};
  const { rejectedCount, message } = partialSuccess;
  return {
    partialSuccess: {
      // An int64: text in the protobuf JSON mapping.
      ...(rejectedCount > 0 ? { [REJECTED_COUNT_NAMES[signal]]: String(rejectedCount) } : {}),
      ...(message === "" ? {} : { errorMessage: message }),
    },
  };
}

function statusAsJson({ code, message, fieldViolations = [], retryDelayMs }: RpcStatus): object {
  const details: object[] = [];
  if (fieldViolations.length > 0) details.push({ "@type": BAD_REQUEST_URL, fieldViolations });
  if (retryDelayMs !== undefined)
    details.push({ "@type": RETRY_INFO_URL, retryDelay: durationText(retryDelayMs) });
  return { code, message, ...(details.length > 0 ? { details } : {}) };
}

function writeStatus({ code, message, fieldViolations = [], retryDelayMs }: RpcStatus): Writer {
  const writer = Writer.create();
  if (code !== 0) writer.uint32(VARINT_1).int32(code);
  writeText(writer, BYTES_2, message);
  if (fieldViolations.length > 0) writeDetail(writer, BAD_REQUEST_URL, badRequestBytes(fieldViolations));
  if (retryDelayMs !== undefined) writeDetail(writer, RETRY_INFO_URL, retryInfoBytes(retryDelayMs));
  return writer;
}

/** Status.details is a list of google.protobuf.Any: type_url 1, value 2. */
function writeDetail(writer: Writer, typeUrl: string, value: Uint8Array): void {
  writer.uint32(BYTES_3).fork();
  writeText(writer, BYTES_1, typeUrl);
  writer.uint32(BYTES_2).bytes(value).ldelim();
}

function badRequestBytes(violations: readonly FieldViolation[]): Uint8Array {
  const writer = Writer.create();
  for (const { field, description } of violations) {
    writer.uint32(BYTES_1).fork();
    writeText(writer, BYTES_1, field);
    writeText(writer, BYTES_2, description);
    writer.ldelim();
  }
  return writer.finish();
}

/** RetryInfo.retry_delay 1 is a google.protobuf.Duration: seconds 1, nanos 2. */
function retryInfoBytes(retryDelayMs: number): Uint8Array {
  const { seconds, nanos } = toDuration(retryDelayMs);
  const writer = Writer.create();
  writer.uint32(BYTES_1).fork();
  if (seconds > 0) writer.uint32(VARINT_1).uint32(seconds);
  if (nanos > 0) writer.uint32(VARINT_2).int32(nanos);
  return writer.ldelim().finish();
}

function toDuration(durationMs: number): { seconds: number; nanos: number } {
  const wholeMs = Math.max(0, Math.round(durationMs));
  return { seconds: Math.floor(wholeMs / 1000), nanos: (wholeMs % 1000) * 1_000_000 };
}

/** The JSON form of a Duration, e.g. `1.500s`. */
function durationText(durationMs: number): string {
  const { seconds, nanos } = toDuration(durationMs);
  return nanos === 0 ? `${seconds}s` : `${seconds}.${String(nanos / 1_000_000).padStart(3, "0")}s`;
}

function writeText(writer: Writer, tag: number, text: string): void {
  if (text !== "") writer.uint32(tag).string(text);
}

function finish(writer: Writer): Buffer {
  return Buffer.from(writer.finish());
}

function jsonBytes(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}
