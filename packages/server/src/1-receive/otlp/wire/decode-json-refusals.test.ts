import { describe, expect, it, vi } from "vitest";
import { decodeLogsJson, decodeMetricsJson, decodeTracesJson } from "./decode-json.ts";
import { MAX_ELEMENTS, MAX_VALUE_DEPTH } from "./decode-state.ts";
import {
  jsonBody,
  metricsJson,
  refusal,
  SPAN_JSON,
  tracesJson,
  valueOfJson,
} from "./testing/build-requests.ts";

// Many runs or megabytes: a second on an idle machine, more on a busy one.
vi.setConfig({ testTimeout: 30_000 });

describe("requests that are refused", () => {
  const place = "resourceSpans[0].scopeSpans[0].spans[2]";
  it.each<[object, string]>([
    [{ startTimeUnixNano: "abc" }, `${place}.startTimeUnixNano: expected an integer, got "abc"`],
    [{ startTimeUnixNano: -1 }, `${place}.startTimeUnixNano: expected an integer from 0 to 2^64 - 1, got -1`],
    [
      { startTimeUnixNano: "99999999999999999999" },
      `${place}.startTimeUnixNano: expected an integer below 2^64, got "99999999999999999999"`,
    ],
    [
      { startTimeUnixNano: "2026-01-01T00:00:00Z" },
      `${place}.startTimeUnixNano: expected an integer, got "2026-01-01T00:00:00Z"`,
    ],
    [{ endTimeUnixNano: 1.5 }, `${place}.endTimeUnixNano: expected an integer from 0 to 2^64 - 1, got 1.5`],
    [{ name: 7 }, `${place}.name: expected a string, got 7`],
    [{ traceId: [1] }, `${place}.traceId: expected a string, got an array`],
    [
      { kind: "SPAN_KIND_ROUND" },
      `${place}.kind: expected a number or a name like SPAN_KIND_…, got "SPAN_KIND_ROUND"`,
    ],
    [{ flags: 2 ** 32 }, `${place}.flags: expected an integer from 0 to 4294967295, got 4294967296`],
    [{ attributes: {} }, `${place}.attributes: expected an array, got an object`],
    [{ attributes: [null] }, `${place}.attributes[0]: expected an object, got null`],
    [{ attributes: [{ value: "x" }] }, `${place}.attributes[0].value: expected an object, got "x"`],
    [
      { attributes: [{ value: { intValue: "1.5" } }] },
      `${place}.attributes[0].value.intValue: expected an integer, got "1.5"`,
    ],
    [
      { attributes: [{ value: { intValue: "9223372036854775808" } }] },
      `${place}.attributes[0].value.intValue: expected a signed 64-bit integer, got "9223372036854775808"`,
    ],
    [
      { attributes: [{ value: { boolValue: "yes" } }] },
      `${place}.attributes[0].value.boolValue: expected true or false, got "yes"`,
    ],
    [
      { attributes: [{ value: { bytesValue: "§" } }] },
      `${place}.attributes[0].value.bytesValue: expected base64, got "§"`,
    ],
    [
      { attributes: [{ value: { doubleValue: "" } }] },
      `${place}.attributes[0].value.doubleValue: expected a number, got ""`,
    ],
    [{ events: [{ name: "a" }, { name: true }] }, `${place}.events[1].name: expected a string, got true`],
    [{ name: "x", status: "OK" }, `${place}.status: expected an object, got "OK"`],
    [{ traceState: { a: 1 } }, `${place}.traceState: expected a string, got an object`],
  ])("%j", (fields, message) => {
    const error = refusal(() =>
      decodeTracesJson(tracesJson(SPAN_JSON, SPAN_JSON, { ...SPAN_JSON, ...fields })),
    );
    expect(error).toMatchObject({ code: "OTLP_WRONG_TYPE", message });
    expect(message).toBe(`${error.fieldPath}: ${error.problem}`);
  });

  it("names the element of a list of numbers", () => {
    const point = { timeUnixNano: "5", bucketCounts: ["1", "x"], explicitBounds: [1] };
    const body = metricsJson({ name: "m", histogram: { dataPoints: [point] } });
    expect(refusal(() => decodeMetricsJson(body)).message).toBe(
      'resourceMetrics[0].scopeMetrics[0].metrics[0].histogram.dataPoints[0].bucketCounts[1]: expected an integer, got "x"',
    );
  });

  it.each([
    ["[]", "OTLP_WRONG_TYPE", "expected an object, got an array"],
    ["null", "OTLP_WRONG_TYPE", "expected an object, got null"],
    ["{", "OTLP_MALFORMED_JSON", /^not JSON: /],
    ["   ", "OTLP_MALFORMED_JSON", /^not JSON: /],
    ['{"resourceSpans":', "OTLP_MALFORMED_JSON", /^not JSON: /],
    ["[".repeat(100_000), "OTLP_MALFORMED_JSON", /^not JSON: /],
  ])("%.20s", (text, code, message) => {
    const error = refusal(() => decodeTracesJson(Buffer.from(text)));
    expect(error).toMatchObject({ code, fieldPath: "", message: expect.stringMatching(message) });
  });

  it(`values nested deeper than ${MAX_VALUE_DEPTH} levels`, () => {
    function nestedList(depth: number): object {
      let value: object = { arrayValue: {} };
      for (let level = 1; level < depth; level++) {
        value =
          level % 2 === 0
            ? { arrayValue: { values: [value] } }
            : { kvlistValue: { values: [{ key: "k", value }] } };
      }
      return value;
    }
    expect(valueOfJson(nestedList(MAX_VALUE_DEPTH))).toBeDefined();
    expect(refusal(() => valueOfJson(nestedList(MAX_VALUE_DEPTH + 1))).code).toBe("OTLP_NESTED_TOO_DEEPLY");
  });

  it("millions of empty objects, before they fill the memory", () => {
    const bomb = Buffer.from(`{"resourceSpans":[${"{},".repeat(MAX_ELEMENTS)}{}]}`);
    expect(refusal(() => decodeTracesJson(bomb)).code).toBe("OTLP_TOO_MANY_ELEMENTS");
  });

  it("does not count what stands inside texts", () => {
    const text = `${"{[,".repeat(8)}"\\`.repeat(MAX_ELEMENTS / 8);
    const record = { body: { stringValue: text } };
    const body = jsonBody({ resourceLogs: [{ scopeLogs: [{ logRecords: [record] }] }] });
    expect(decodeLogsJson(body).resourceLogs).toHaveLength(1);
  });
});
