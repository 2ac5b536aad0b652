import protobuf from "protobufjs";
import { describe, expect, it } from "vitest";
import {
  encodeExportResponse,
  encodeStatus,
  encodeStatusDetails,
  partialSuccessOf,
  RPC_CODE,
  type RpcStatus,
} from "./encode-response.ts";
import type { OtlpSignal } from "./otlp-types.ts";

/** The messages as their .proto files have them; the three responses differ in the first field's name only. */
const { root } = protobuf.parse(
  `syntax = "proto3";
   message ExportResponse { PartialSuccess partial_success = 1; }
   message PartialSuccess { int64 rejected = 1; string error_message = 2; }
   message Status { int32 code = 1; string message = 2; repeated Any details = 3; }
   message Any { string type_url = 1; bytes value = 2; }
   message BadRequest { repeated FieldViolation field_violations = 1; }
   message FieldViolation { string field = 1; string description = 2; }
   message RetryInfo { Duration retry_delay = 1; }
   message Duration { int64 seconds = 1; int32 nanos = 2; }`,
);

function read(type: string, bytes: Uint8Array): { [key: string]: unknown } {
  const Type = root.lookupType(type);
  return Type.toObject(Type.decode(bytes), { longs: Number });
}

function readStatus(bytes: Uint8Array): unknown {
  const { details = [], ...status } = read("Status", bytes);
  return {
    ...status,
    details: (details as { typeUrl: string; value: Uint8Array }[]).map(({ typeUrl, value }) => ({
      typeUrl,
      ...read(typeUrl.slice(typeUrl.lastIndexOf(".") + 1), value),
    })),
  };
}

const signals: readonly [OtlpSignal, string][] = [
  ["traces", "rejectedSpans"],
  ["metrics", "rejectedDataPoints"],
  ["logs", "rejectedLogRecords"],
];

describe.each(signals)("the answer to %s", (signal, countName) => {
  it("is empty on full success", () => {
    expect(encodeExportResponse(signal, "protobuf")).toHaveLength(0);
    expect(encodeExportResponse(signal, "json").toString()).toBe("{}");
  });

  it("says how many were rejected, and why", () => {
    const partial = { rejectedCount: 3, message: "spans[1]: spanId is missing" };
    expect(read("ExportResponse", encodeExportResponse(signal, "protobuf", partial))).toEqual({
      partialSuccess: { rejected: 3, errorMessage: partial.message },
    });
    expect(JSON.parse(encodeExportResponse(signal, "json", partial).toString())).toEqual({
      partialSuccess: { [countName]: "3", errorMessage: partial.message },
    });
  });

  it("is a warning if nothing was rejected", () => {
    const partial = { rejectedCount: 0, message: "watch out" };
    expect(read("ExportResponse", encodeExportResponse(signal, "protobuf", partial))).toEqual({
      partialSuccess: { errorMessage: "watch out" },
    });
    expect(encodeExportResponse(signal, "json", partial).toString()).toBe(
      '{"partialSuccess":{"errorMessage":"watch out"}}',
    );
  });
});

describe("a status", () => {
  const status: RpcStatus = {
    code: RPC_CODE.invalidArgument,
    message: "bad",
    fieldViolations: [
      { field: "resourceSpans[0]", description: "expected an object, got 1" },
      { field: "", description: "other" },
    ],
    retryDelayMs: 1500,
  };

  it("carries its details in protobuf", () => {
    expect(readStatus(encodeStatus(status, "protobuf"))).toEqual({
      code: 3,
      message: "bad",
      details: [
        {
          typeUrl: "type.googleapis.com/google.rpc.BadRequest",
          fieldViolations: [status.fieldViolations?.[0], { description: "other" }],
        },
        {
          typeUrl: "type.googleapis.com/google.rpc.RetryInfo",
          retryDelay: { seconds: 1, nanos: 500_000_000 },
        },
      ],
    });
  });

  it("carries its details in JSON", () => {
    expect(JSON.parse(encodeStatus(status, "json").toString())).toEqual({
      code: 3,
      message: "bad",
      details: [
        { "@type": "type.googleapis.com/google.rpc.BadRequest", fieldViolations: status.fieldViolations },
        { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "1.500s" },
      ],
    });
  });

  it("has none if there are none", () => {
    const plain = { code: RPC_CODE.resourceExhausted, message: "too large" };
    expect(readStatus(encodeStatus(plain, "protobuf"))).toEqual({ ...plain, details: [] });
    expect(JSON.parse(encodeStatus(plain, "json").toString())).toEqual(plain);
  });

  it.each([
    [0, {}, "0s"],
    [2000, { seconds: 2 }, "2s"],
    [20, { nanos: 20_000_000 }, "0.020s"],
    [0.4, {}, "0s"],
    [-5, {}, "0s"],
  ])("says to retry after %d ms", (retryDelayMs, retryDelay, text) => {
    const busy = { code: RPC_CODE.unavailable, message: "busy", retryDelayMs };
    expect(readStatus(encodeStatusDetails(busy))).toMatchObject({ code: 14, details: [{ retryDelay }] });
    expect(JSON.parse(encodeStatus(busy, "json").toString()).details[0].retryDelay).toBe(text);
  });
});

describe("partialSuccessOf", () => {
  it.each([
    [{ count: 0, reasons: [] }, null],
    [
      { count: 2, reasons: ["a", "b"] },
      { rejectedCount: 2, message: "a; b" },
    ],
    [
      { count: 9, reasons: ["a", "b"] },
      { rejectedCount: 9, message: "a; b; …" },
    ],
    [
      { count: 0, reasons: ["a warning"] },
      { rejectedCount: 0, message: "a warning" },
    ],
  ])("makes of %j: %j", (rejected, expected) => {
    expect(partialSuccessOf(rejected)).toEqual(expected);
  });
});
