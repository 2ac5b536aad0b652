import { Writer } from "protobufjs/minimal.js";
import { describe, expect, it, vi } from "vitest";
import { newAttributeMap } from "./attribute-map.ts";
import type { OtlpDecodeError } from "./decode-error.ts";
import { decodeLogsProtobuf, decodeMetricsProtobuf, decodeTracesProtobuf } from "./decode-protobuf.ts";
import { MAX_ELEMENTS, MAX_VALUE_DEPTH } from "./decode-state.ts";
import type { AttributeValue } from "./otlp-types.ts";
import {
  bytes,
  fixed64,
  id,
  message,
  metricsRequest,
  nested,
  onlyMetricPoint,
  onlySpan,
  refusal,
  requestOf,
  SPAN_ID,
  START_NANOS,
  spanParts,
  TRACE_ID,
  text,
  varint,
  type Write,
} from "./testing/build-requests.ts";
import { encodeTracesProtobuf } from "./testing/encode-protobuf.ts";

// Many runs or megabytes: a second on an idle machine, more on a busy one.
vi.setConfig({ testTimeout: 30_000 });

function refusalOf(body: Buffer): OtlpDecodeError {
  return refusal(() => decodeTracesProtobuf(body));
}

describe("items that are left out", () => {
  it.each<[string, Write[], string]>([
    ["a short span id", [id(2, "0102")], 'spanId has 4 hex digits, expected 16 (span "etl")'],
    ["a long trace id", [id(1, "01".repeat(17))], 'traceId has 34 hex digits, expected 32 (span "etl")'],
    ["an all-zero span id", [id(2, "00".repeat(8))], 'spanId is all zeros (span "etl")'],
    ["an empty trace id", [id(1, "")], 'traceId is missing (span "etl")'],
    ["a wrong parent id", [id(4, "01")], 'parentSpanId has 2 hex digits, expected 16 (span "etl")'],
    ["no start time", [fixed64(7, 0)], 'startTimeUnixNano is missing (span "etl")'],
  ])("a span with %s, keeping the others", (_what, bad, reason) => {
    const decoded = decodeTracesProtobuf(requestOf(spanParts, [...spanParts, ...bad], spanParts));
    expect(decoded.resourceSpans[0]?.scopeSpans[0]?.spans).toHaveLength(2);
    expect(decoded.rejected).toEqual({
      count: 1,
      reasons: [`resourceSpans[0].scopeSpans[0].spans[1]: ${reason}`],
    });
  });

  it("counts all of them but explains only the first five, in short", () => {
    const nameless = [text(5, "x".repeat(5000))];
    const { rejected } = decodeTracesProtobuf(requestOf(...Array.from({ length: 9 }, () => nameless)));
    expect(rejected.count).toBe(9);
    expect(rejected.reasons).toHaveLength(5);
    expect(Math.max(...rejected.reasons.map((reason) => reason.length))).toBeLessThanOrEqual(300);
  });

  it("takes an all-zero parent for none", () => {
    expect(onlySpan(id(4, "00".repeat(8)))?.parentSpanId).toBeNull();
  });

  it("drops a link with a bad id and counts it as dropped", () => {
    const link = [id(1, TRACE_ID), id(2, SPAN_ID)];
    expect(onlySpan(nested(13, ...link), nested(13, id(1, "01")), varint(14, 2))).toMatchObject({
      links: [{ traceId: TRACE_ID, spanId: SPAN_ID }],
      droppedLinksCount: 3,
    });
  });

  it("keeps a log record whose ids are invalid, without them", () => {
    const record = [text(12, "batch.run.started"), id(9, "0102"), id(10, "00".repeat(8))];
    const { resourceLogs, rejected } = decodeLogsProtobuf(
      message(nested(1, nested(2, nested(2, ...record)))),
    );
    expect(resourceLogs[0]?.scopeLogs[0]?.logRecords).toMatchObject([
      { eventName: "batch.run.started", traceId: null, spanId: null, timeMs: null, body: null },
    ]);
    expect(rejected.count).toBe(0);
  });

  const time = fixed64(3, START_NANOS);
  const bound: Write = (writer) => writer.uint32((7 << 3) | 1).double(0.5);
  it.each<[string, Write[], number, string]>([
    [
      "a point without value",
      [text(1, "m"), nested(5, nested(1, time))],
      1,
      'gauge.dataPoints[0]: asInt and asDouble are both missing (metric "m")',
    ],
    [
      "a point without time",
      [text(1, "m"), nested(7, nested(1, fixed64(6, 1)))],
      1,
      'sum.dataPoints[0]: timeUnixNano is missing (metric "m")',
    ],
    [
      "bounds without buckets",
      [text(1, "m"), nested(9, nested(1, time, bound))],
      1,
      'histogram.dataPoints[0]: 0 bucketCounts need 0 explicitBounds, got 1 (metric "m")',
    ],
    [
      "bounds that do not increase",
      [text(1, "m"), nested(9, nested(1, time, bound, bound, fixed64(6, 1), fixed64(6, 1), fixed64(6, 1)))],
      1,
      'histogram.dataPoints[0]: explicitBounds do not increase (metric "m")',
    ],
    ["a metric without name", [nested(11, nested(1, time), nested(1, time))], 2, "the metric has no name"],
    [
      "a metric of a later kind",
      [text(1, "m"), nested(13, nested(1, time))],
      0,
      'no gauge, sum, histogram, exponentialHistogram or summary (metric "m")',
    ],
  ])("%s", (_what, metric, count, reason) => {
    const { rejected } = decodeMetricsProtobuf(metricsRequest(metric));
    const separator = /^[a-z]+\.dataPoints/i.test(reason) ? "." : ": ";
    expect(rejected).toEqual({
      count,
      reasons: [`resourceMetrics[0].scopeMetrics[0].metrics[0]${separator}${reason}`],
    });
  });

  it("an exemplar without a value, keeping its point", () => {
    const exemplar = [nested(5, fixed64(2, START_NANOS)), nested(5, fixed64(6, 3), id(5, "01"))];
    expect(onlyMetricPoint(5, fixed64(3, START_NANOS), fixed64(6, 1), ...exemplar)).toMatchObject({
      exemplars: [{ value: 3, traceId: null, spanId: null, timeMs: null }],
    });
  });
});

describe("requests that are refused", () => {
  it.each<[string, Buffer]>([
    ["a length beyond the end", Buffer.of(0x0a, 0x05, 0x01)],
    ["an inner length beyond its message", Buffer.of(0x0a, 0x02, 0x0a, 0x05, 0, 0, 0, 0, 0)],
    ["a lonely end of group", Buffer.of(0x0c)],
    ["a group that does not end", Buffer.of(0x0b, 0x08)],
    ["groups nested beyond reason", Buffer.alloc(100_000, 0x0b)],
    ["field number 0", Buffer.of(0x00, 0x00)],
    [
      "an integer of eleven bytes",
      requestOf([nested(9, bytes(2, Buffer.concat([Buffer.of(0x18), Buffer.alloc(11, 0x80)])))]),
    ],
    ["JSON", Buffer.from('{"resourceSpans":[]}')],
  ])("%s", (_what, body) => {
    expect(refusalOf(body).code).toBe("OTLP_MALFORMED_PROTOBUF");
  });

  it("says where", () => {
    const good = nested(2, nested(2, ...spanParts));
    const bad = nested(2, nested(2, ...spanParts), bytes(2, Buffer.of(0x0a, 0x10, 0x01)));
    expect(refusalOf(message(nested(1, good), nested(1, good, bad)))).toMatchObject({
      fieldPath: "resourceSpans[1].scopeSpans[1].spans[1]",
      message: expect.stringMatching(
        /^resourceSpans\[1\]\.scopeSpans\[1\]\.spans\[1\]: not a protobuf message of this kind: at byte \d+ of \d+, a (value|field) of 16 bytes starts 1 bytes before the end of its message$/,
      ),
    });
  });

  it(`values nested deeper than ${MAX_VALUE_DEPTH} levels`, () => {
    function nestedList(depth: number): AttributeValue {
      let value: AttributeValue = [];
      for (let level = 1; level < depth; level++) value = level % 2 === 0 ? [value] : { nested: value };
      return value;
    }
    function request(depth: number): Buffer {
      const attributes = newAttributeMap();
      attributes.deep = nestedList(depth);
      return encodeTracesProtobuf([
        { resource: { attributes, droppedAttributesCount: 0 }, schemaUrl: "", scopeSpans: [] },
      ]);
    }
    expect(decodeTracesProtobuf(request(MAX_VALUE_DEPTH)).resourceSpans).toHaveLength(1);
    expect(refusalOf(request(MAX_VALUE_DEPTH + 1))).toMatchObject({
      code: "OTLP_NESTED_TOO_DEEPLY",
      fieldPath: "resourceSpans[0]",
    });
  });

  /** Like `nested` for each field in turn, outermost first, without copying megabytes at each level. */
  function wrap(fields: readonly number[], payload: Buffer): Buffer {
    const parts: Uint8Array[] = [payload];
    let size = payload.length;
    for (const field of fields.toReversed()) {
      const header = Writer.create()
        .uint32((field << 3) | 2)
        .uint32(size)
        .finish();
      parts.unshift(header);
      size += header.length;
    }
    return Buffer.concat(parts);
  }

  it("millions of empty messages, before they fill the memory", () => {
    const attributes = Buffer.alloc(2 * (MAX_ELEMENTS + 1), Buffer.of(0x0a, 0x00));
    expect(refusalOf(wrap([1, 1], attributes))).toMatchObject({
      code: "OTLP_TOO_MANY_ELEMENTS",
      message: `resourceSpans[0]: the request has more than ${MAX_ELEMENTS} elements; send smaller batches`,
    });
  });

  it("a packed list of tens of millions of one-byte numbers", () => {
    const bomb = wrap([1, 2, 2, 10, 1, 8, 2], Buffer.alloc(8 * MAX_ELEMENTS));
    expect(() => decodeMetricsProtobuf(bomb)).toThrow(/more than \d+ elements/);
  });
});
