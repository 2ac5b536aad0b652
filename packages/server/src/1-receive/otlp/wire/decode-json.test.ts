import { describe, expect, it } from "vitest";
import { decodeLogsJson, decodeMetricsJson, decodeTracesJson } from "./decode-json.ts";
import type { AttributeValue, Span } from "./otlp-types.ts";
import {
  jsonBody,
  metricsJson,
  onlyPointOfJson,
  onlySpanOfJson,
  SPAN_JSON,
  tracesJson,
  valueOfJson,
} from "./testing/build-requests.ts";

describe("spans", () => {
  it.each<[string, object, Partial<Span>]>([
    ["ids in any case", {}, { traceId: "0af7651916cd43dd8448eb211c80319c" }],
    ['parentSpanId "" as a root', { parentSpanId: "" }, { parentSpanId: null }],
    ["parentSpanId null as a root", { parentSpanId: null }, { parentSpanId: null }],
    ["an all-zero parent as a root", { parentSpanId: "0000000000000000" }, { parentSpanId: null }],
    [
      "times as text",
      { endTimeUnixNano: "1767225600123457789" },
      { endTimeMs: Number("1767225600123.457789") },
    ],
    ["times as numbers", { endTimeUnixNano: 1767225600123000000 }, { endTimeMs: 1767225600123 }],
    ["no end time", {}, { endTimeMs: null }],
    ["end time 0", { endTimeUnixNano: "0" }, { endTimeMs: null }],
    ["a short time", { endTimeUnixNano: "1500000" }, { endTimeMs: 1.5 }],
    ["the kind as a number", { kind: 5 }, { kind: "consumer" }],
    ["the kind as a numeric text", { kind: "3" }, { kind: "client" }],
    ["the kind as a name", { kind: "SPAN_KIND_SERVER" }, { kind: "server" }],
    ["the kind as a bare name", { kind: "internal" }, { kind: "internal" }],
    ["a kind of a later version", { kind: 17 }, { kind: "unspecified" }],
    [
      "status by number",
      { status: { code: 2, message: "bad" } },
      { status: { code: "error", message: "bad" } },
    ],
    ["status by name", { status: { code: "STATUS_CODE_OK" } }, { status: { code: "ok", message: "" } }],
    ["status null", { status: null }, { status: { code: "unset", message: "" } }],
    ["flags with remote bits", { flags: 769 }, { flags: 769 }],
    ["counts as text", { droppedEventsCount: "3" }, { droppedEventsCount: 3 }],
    [
      "null lists",
      { attributes: null, events: null, links: null },
      { attributes: {}, events: [], links: [] },
    ],
    ["unknown keys", { colour: "red", trace_id: 7, attributes_: 1 }, { name: "etl" }],
    ["lone surrogates in text", { name: "a\ud800b" }, { name: "a\ufffdb" }],
  ])("reads %s", (_what, fields, expected) => {
    expect(onlySpanOfJson(fields)).toMatchObject(expected);
  });

  it("ignores snake_case keys, as the specification says", () => {
    expect(decodeTracesJson(jsonBody({ resource_spans: [{}] })).resourceSpans).toEqual([]);
  });

  it.each<[string, object, string]>([
    [
      "base64 ids",
      { spanId: "t61rcWkgMzE=" },
      'spanId is not hexadecimal: got "t61rcWkgMzE="; OTLP/JSON ids are hexadecimal, not base64 (span "etl")',
    ],
    ["short ids", { traceId: "abc" }, 'traceId has 3 hex digits, expected 32 (span "etl")'],
    ["missing ids", { traceId: null }, 'traceId is missing (span "etl")'],
    ["a missing start", { startTimeUnixNano: null }, 'startTimeUnixNano is missing (span "etl")'],
  ])("leaves out a span with %s and keeps the others", (_what, fields, reason) => {
    const { resourceSpans, rejected } = decodeTracesJson(
      tracesJson(SPAN_JSON, { ...SPAN_JSON, ...fields }, SPAN_JSON),
    );
    expect(resourceSpans[0]?.scopeSpans[0]?.spans).toHaveLength(2);
    expect(rejected).toEqual({ count: 1, reasons: [`resourceSpans[0].scopeSpans[0].spans[1]: ${reason}`] });
  });

  it("drops a link with a bad id and counts it", () => {
    const good = { traceId: SPAN_JSON.traceId, spanId: SPAN_JSON.spanId };
    expect(onlySpanOfJson({ links: [good, { ...good, spanId: "x" }], droppedLinksCount: 1 })).toMatchObject({
      links: [{ spanId: SPAN_JSON.spanId }],
      droppedLinksCount: 2,
    });
  });
});

describe("attribute values", () => {
  it.each<[unknown, AttributeValue]>([
    [{ stringValue: "x" }, "x"],
    [{ stringValue: "" }, ""],
    [{ boolValue: false }, false],
    [{ intValue: "42" }, 42],
    [{ intValue: 42 }, 42],
    [{ intValue: "-7" }, -7],
    [{ intValue: "9007199254740991" }, 9007199254740991],
    [{ intValue: "9007199254740993" }, "9007199254740993"],
    [{ intValue: "-9223372036854775808" }, "-9223372036854775808"],
    [{ intValue: "0000000000000000007" }, 7],
    [{ doubleValue: 0.5 }, 0.5],
    [{ doubleValue: "NaN" }, Number.NaN],
    [{ doubleValue: "-Infinity" }, Number.NEGATIVE_INFINITY],
    [{ doubleValue: "1.5e3" }, 1500],
    [{ bytesValue: "AQL/" }, "AQL/"],
    [{ bytesValue: "AQL_" }, "AQL/"],
    [{ bytesValue: "AQ" }, "AQ=="],
    [{ arrayValue: { values: [{ intValue: 1 }, {}] } }, [1, null]],
    [{ arrayValue: {} }, []],
    [{ kvlistValue: { values: [{ key: "a", value: { boolValue: true } }] } }, { a: true }],
    [{ kvlistValue: {} }, {}],
    [{}, null],
    [null, null],
    [{ stringValue: null }, null],
    [{ laterValue: 1 }, null],
  ])("reads %j as %j", (anyValue, expected) => {
    expect(valueOfJson(anyValue)).toEqual(expected);
  });

  it("takes __proto__ for a key like any other", () => {
    const { resourceSpans } = decodeTracesJson(
      Buffer.from(
        '{"__proto__":1,"resourceSpans":[{"resource":{"attributes":[{"key":"__proto__","value":{"intValue":1}}]}}]}',
      ),
    );
    const attributes = resourceSpans[0]?.resource.attributes ?? {};
    expect(Object.entries(attributes)).toEqual([["__proto__", 1]]);
  });
});

describe("metrics", () => {
  it.each<[string, string, object, object]>([
    ["asInt as text, and 0 of it", "gauge", { asInt: "0" }, { value: 0 }],
    ["asInt as a number", "gauge", { asInt: 7 }, { value: 7 }],
    [
      "asInt beyond 2^53 as the nearest double",
      "gauge",
      { asInt: "9007199254740993" },
      { value: 9007199254740992 },
    ],
    ["asDouble NaN", "gauge", { asDouble: "NaN" }, { value: Number.NaN }],
    ["no recorded value", "gauge", { flags: 1 }, { value: Number.NaN, flags: 1 }],
    [
      "counts as text",
      "histogram",
      { count: "3", bucketCounts: ["1", "2"], explicitBounds: [1] },
      { count: 3, bucketCounts: [1, 2] },
    ],
    [
      "counts as numbers",
      "histogram",
      { count: 3, bucketCounts: [1, 2], explicitBounds: ["1"] },
      { explicitBounds: [1], bucketCounts: [1, 2] },
    ],
    [
      "a histogram without sum, min and max",
      "histogram",
      { count: 1 },
      { sum: null, min: null, max: null, bucketCounts: [] },
    ],
    [
      "an exponential histogram",
      "exponentialHistogram",
      { scale: -2, zeroCount: "1", negative: { offset: -5, bucketCounts: ["0"] } },
      {
        scale: -2,
        zeroCount: 1,
        negative: { offset: -5, bucketCounts: [0] },
        positive: { offset: 0, bucketCounts: [] },
      },
    ],
    [
      "a summary",
      "summary",
      { count: 2, sum: 1.5, quantileValues: [{ quantile: 0.5, value: 1 }, {}] },
      {
        quantiles: [
          { quantile: 0.5, value: 1 },
          { quantile: 0, value: 0 },
        ],
      },
    ],
    [
      "exemplars",
      "gauge",
      { asInt: 1, exemplars: [{ asDouble: 2, traceId: "", filteredAttributes: [] }, { timeUnixNano: "5" }] },
      { exemplars: [{ value: 2, traceId: null, spanId: null, timeMs: null }] },
    ],
  ])("reads %s", (_what, kind, point, expected) => {
    expect(onlyPointOfJson(kind, point)).toMatchObject({ timeMs: 1, ...expected });
  });

  it("reads temporality by number and by name", () => {
    for (const aggregationTemporality of [2, "2", "AGGREGATION_TEMPORALITY_CUMULATIVE"]) {
      const { resourceMetrics } = decodeMetricsJson(
        metricsJson({ name: "m", sum: { aggregationTemporality } }),
      );
      expect(resourceMetrics[0]?.scopeMetrics[0]?.metrics[0]).toMatchObject({ temporality: "cumulative" });
    }
  });

  it("gives the reasons of points that are left out", () => {
    const points = [{ asInt: 1 }, { timeUnixNano: "5" }, { timeUnixNano: "5", asInt: 1 }];
    const { rejected } = decodeMetricsJson(metricsJson({ name: "m", gauge: { dataPoints: points } }));
    const place = "resourceMetrics[0].scopeMetrics[0].metrics[0].gauge.dataPoints";
    expect(rejected).toEqual({
      count: 2,
      reasons: [
        `${place}[0]: timeUnixNano is missing (metric "m")`,
        `${place}[1]: asInt and asDouble are both missing (metric "m")`,
      ],
    });
  });
});

describe("logs", () => {
  it.each<[string, object, object]>([
    ["severity by number", { severityNumber: 17 }, { severityNumber: 17 }],
    ["severity by name", { severityNumber: "SEVERITY_NUMBER_WARN2" }, { severityNumber: 14 }],
    ["a severity beyond the scale", { severityNumber: 99 }, { severityNumber: 0 }],
    ["no body", {}, { body: null, timeMs: null }],
    ["an empty body", { body: {} }, { body: null }],
    [
      "a body that is a map",
      { body: { kvlistValue: { values: [{ key: "a", value: {} }] } } },
      { body: { a: null } },
    ],
    ["invalid ids as none", { traceId: "zz", spanId: "00" }, { traceId: null, spanId: null }],
  ])("reads %s", (_what, record, expected) => {
    const { resourceLogs, rejected } = decodeLogsJson(
      jsonBody({ resourceLogs: [{ scopeLogs: [{ logRecords: [record] }] }] }),
    );
    expect(resourceLogs[0]?.scopeLogs[0]?.logRecords).toMatchObject([expected]);
    expect(rejected.count).toBe(0);
  });
});

it("takes an empty body for an empty request, and a byte order mark for nothing", () => {
  expect(decodeTracesJson(Buffer.alloc(0)).resourceSpans).toEqual([]);
  expect(decodeTracesJson(Buffer.from("\ufeff{}")).resourceSpans).toEqual([]);
  expect(decodeLogsJson(Buffer.from("{}")).resourceLogs).toEqual([]);
  expect(decodeMetricsJson(Buffer.from('{"resourceMetrics":null}')).resourceMetrics).toEqual([]);
});

it("replaces invalid UTF-8", () => {
  const body = Buffer.concat([
    Buffer.from('{"resourceSpans":[{"schemaUrl":"a'),
    Buffer.of(0xff),
    Buffer.from('"}]}'),
  ]);
  expect(decodeTracesJson(body).resourceSpans[0]?.schemaUrl).toBe("a\ufffd");
});
