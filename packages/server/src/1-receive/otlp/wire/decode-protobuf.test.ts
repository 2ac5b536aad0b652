import { describe, expect, it } from "vitest";
import { decodeLogsProtobuf, decodeMetricsProtobuf, decodeTracesProtobuf } from "./decode-protobuf.ts";
import type { AttributeValue } from "./otlp-types.ts";
import {
  attribute,
  bytes,
  fixed64,
  nested,
  onlyMetricPoint,
  onlySpan,
  requestOf,
  START_NANOS,
  spanParts,
  text,
  varint,
  type Write,
} from "./testing/build-requests.ts";

describe("what is not known", () => {
  it.each<[string, Write]>([
    ["a field of a later version", varint(99, 7)],
    ["a long field of a later version", text(1000, "later")],
    [
      "a group",
      (writer) =>
        writer
          .uint32((20 << 3) | 3)
          .uint32(1 << 3)
          .uint32(5)
          .uint32((20 << 3) | 4),
    ],
    ["a group in a group", (writer) => writer.uint32(163).uint32(163).uint32(164).uint32(164)],
    ["a known field with another wire type", varint(5, 12)],
    ["a fixed32", (writer) => writer.uint32((30 << 3) | 5).fixed32(1)],
  ])("skips %s", (_what, unknown) => {
    const decoded = decodeTracesProtobuf(requestOf([unknown, ...spanParts, unknown]));
    expect(decoded).toEqual(decodeTracesProtobuf(requestOf([...spanParts])));
    expect(decoded.resourceSpans[0]?.scopeSpans[0]?.spans[0]?.name).toBe("etl");
  });

  it("reads enum numbers of a later version as unspecified", () => {
    expect(onlySpan(varint(6, 77), nested(15, varint(3, 9)))).toMatchObject({
      kind: "unspecified",
      status: { code: "unset" },
    });
  });
});

describe("values", () => {
  it("keeps times below a microsecond exact", () => {
    expect(onlySpan(fixed64(8, START_NANOS + 1000n))).toMatchObject({
      startTimeMs: Number("1767225600123.456789"),
      endTimeMs: Number("1767225600123.457789"),
    });
  });

  it("has no end time for a span that has not ended", () => {
    expect(onlySpan(fixed64(8, 0))?.endTimeMs).toBeNull();
  });

  it.each<[string, Write, AttributeValue]>([
    ["text", text(1, "x"), "x"],
    ["empty text", text(1, ""), ""],
    ["invalid UTF-8", bytes(1, Buffer.of(0x61, 0xff, 0x62)), "a\ufffdb"],
    ["text cut inside a character", bytes(1, Buffer.of(0xe2, 0x82)), "\ufffd"],
    ["true", varint(2, 1), true],
    ["a small integer", varint(3, 42), 42],
    ["a negative integer", (writer) => writer.uint32(24).int64(-5), -5],
    ["the largest exact integer", varint(3, "9007199254740991"), 9007199254740991],
    ["an integer beyond 2^53", varint(3, "9007199254740993"), "9007199254740993"],
    ["the least int64", (writer) => writer.uint32(24).int64("-9223372036854775808"), "-9223372036854775808"],
    ["a double", (writer) => writer.uint32(33).double(0.1), 0.1],
    ["minus zero", (writer) => writer.uint32(33).double(-0), -0],
    ["bytes", bytes(7, Buffer.of(1, 2, 255)), "AQL/"],
    ["an empty list", nested(5), []],
    ["a list with an empty value", nested(5, nested(1), nested(1, varint(3, 1))), [null, 1]],
    ["an index into a profile's string table", varint(8, 3), null],
  ])("reads %s", (_what, wire, expected) => {
    expect(onlySpan(attribute(wire))?.attributes).toEqual({ key: expected });
  });

  it("never takes invalid UTF-8 for a text it has seen before", () => {
    const latin1 = Array.from({ length: 128 * 128 }, (_, index) =>
      Buffer.of(0x80 + (index >> 7), 0x80 + (index & 0x7f)),
    );
    const invalid = latin1.filter((twoBytes) => twoBytes.toString("utf8").includes("\ufffd"));
    const mistaken = invalid.filter((twoBytes) => {
      const valid = onlySpan(text(5, twoBytes.toString("latin1")));
      const garbled = onlySpan(bytes(5, twoBytes));
      return valid?.name !== twoBytes.toString("latin1") || garbled?.name !== twoBytes.toString("utf8");
    });
    expect(mistaken).toEqual([]);
    expect(invalid.length).toBeGreaterThan(10_000);
  });

  it("reads a key without a value as null, and the last of two equal keys", () => {
    expect(
      onlySpan(nested(9, text(1, "empty")), attribute(varint(3, 1)), attribute(varint(3, 2)))?.attributes,
    ).toEqual({
      empty: null,
      key: 2,
    });
  });

  it("takes __proto__ for a key like any other", () => {
    const attributes = onlySpan(nested(9, text(1, "__proto__"), nested(2, nested(6))))?.attributes ?? {};
    expect(Object.keys(attributes)).toEqual(["__proto__"]);
    expect("toString" in attributes).toBe(false);
  });

  it("reads lists of numbers packed and one by one", () => {
    const unpacked = [1, 2].map((value) => fixed64(6, value));
    const bound: Write = (writer) => writer.uint32((7 << 3) | 1).double(0.5);
    const packed: Write = (writer) =>
      writer
        .uint32((6 << 3) | 2)
        .fork()
        .fixed64(1)
        .fixed64(2)
        .ldelim();
    const expected = { bucketCounts: [1, 2], explicitBounds: [0.5] };
    expect(onlyMetricPoint(9, fixed64(3, START_NANOS), bound, ...unpacked)).toMatchObject(expected);
    expect(onlyMetricPoint(9, fixed64(3, START_NANOS), bound, packed)).toMatchObject(expected);
    const buckets = nested(8, varint(1, 5), varint(2, 300), varint(2, 1));
    expect(onlyMetricPoint(10, fixed64(3, START_NANOS), buckets)).toMatchObject({
      positive: { offset: -3, bucketCounts: [300, 1] },
      negative: { offset: 0, bucketCounts: [] },
    });
  });

  it("reads a point that says it has no value as NaN with its flag", () => {
    expect(onlyMetricPoint(5, fixed64(3, START_NANOS), varint(8, 1))).toMatchObject({
      value: Number.NaN,
      flags: 1,
    });
  });

  it("takes no body for an empty request", () => {
    const rejected = { count: 0, reasons: [] };
    expect(decodeTracesProtobuf(Buffer.alloc(0))).toEqual({ resourceSpans: [], rejected });
    expect(decodeMetricsProtobuf(Buffer.alloc(0))).toEqual({ resourceMetrics: [], rejected });
    expect(decodeLogsProtobuf(Buffer.alloc(0))).toEqual({ resourceLogs: [], rejected });
  });
});
