import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import protobuf from "protobufjs";
import { describe, expect, it, vi } from "vitest";
import { decodeLogs, decodeMetrics, decodeTraces } from "./decode-request.ts";
import type { OtlpFormat, OtlpSignal } from "./otlp-types.ts";
import { sniffFormat } from "./sniff-format.ts";
import { arbitraryLogs, arbitraryMetrics, arbitraryTraces } from "./testing/arbitrary-requests.ts";
import { encodeLogsJson, encodeMetricsJson, encodeTracesJson } from "./testing/encode-json.ts";
import { FIXTURES_MISSING, hasOtlpFixtures, otlpFixtures, readCaptures } from "./testing/shared-fixtures.ts";

// Many runs or megabytes: a second on an idle machine, more on a busy one.
vi.setConfig({ testTimeout: 30_000 });

const requests = readCaptures();
const captures = Object.entries(Object.groupBy(requests, ({ capture }) => capture)).map(
  ([capture, of = []]) => {
    return { capture, requests: of };
  },
);

function decode(signal: OtlpSignal, body: Buffer, format: OtlpFormat) {
  switch (signal) {
    case "traces":
      return decodeTraces(body, format);
    case "metrics":
      return decodeMetrics(body, format);
    case "logs":
      return decodeLogs(body, format);
  }
}

if (!hasOtlpFixtures) it("has its fixtures", (context) => context.skip(FIXTURES_MISSING));

describe.skipIf(!hasOtlpFixtures)("requests as SDKs sent them", () => {
  it("are there for every signal, with raw bodies", () => {
    const withRaw = requests.filter(({ raw }) => raw !== null);
    expect(new Set(withRaw.map(({ signal }) => signal))).toEqual(new Set(["traces", "metrics", "logs"]));
    expect(withRaw.length).toBeGreaterThan(100);
  });

  it.each(captures)("$capture: protobuf decodes to the same as its JSON", ({ requests: captured }) => {
    for (const { signal, raw, json, contentType, file } of captured) {
      if (raw === null) continue;
      const decoded = decode(signal, raw, sniffFormat(raw, contentType));
      expect(decoded, file).toEqual(decode(signal, json, "json"));
      expect(decoded.rejected, file).toEqual({ count: 0, reasons: [] });
    }
  });

  it.each(captures)("$capture: JSON loses no span, point or record", ({ requests: captured }) => {
    for (const { signal, json, file } of captured) {
      expect(sniffFormat(json), file).toBe("json");
      const decoded = decode(signal, json, "json");
      expect(decoded.rejected.count, file).toBe(0);
      const timesIn = json.toString().match(/"timeUnixNano"|"endTimeUnixNano"/g)?.length ?? 0;
      const timesOut = JSON.stringify(decoded).match(/"timeMs":\d|"endTimeMs":\d/g)?.length ?? 0;
      expect(timesOut, file).toBe(timesIn);
    }
  });
});

describe.skipIf(!hasOtlpFixtures)("the protocol's own examples", () => {
  function example(name: string): Buffer {
    return readFileSync(join(otlpFixtures, "examples", name));
  }

  it("reads trace.json", () => {
    const { resourceSpans } = decodeTraces(example("trace.json"), "json");
    expect(resourceSpans).toMatchObject([
      {
        resource: { attributes: { "service.name": "my.service" } },
        scopeSpans: [
          {
            scope: { name: "my.library", version: "1.0.0" },
            spans: [
              {
                traceId: "5b8efff798038103d269b633813fc60c",
                spanId: "eee19b7ec3c1b174",
                parentSpanId: "eee19b7ec3c1b173",
                name: "I'm a server span",
                kind: "server",
                startTimeMs: 1544712660000,
                endTimeMs: 1544712661000,
                attributes: { "my.span.attr": "some value" },
              },
            ],
          },
        ],
      },
    ]);
  });

  it("reads metrics.json", () => {
    const { resourceMetrics } = decodeMetrics(example("metrics.json"), "json");
    const timeMs = 1544712660300;
    expect(resourceMetrics[0]?.scopeMetrics[0]?.metrics).toMatchObject([
      {
        name: "my.counter",
        kind: "sum",
        temporality: "delta",
        isMonotonic: true,
        points: [{ value: 5, timeMs }],
      },
      { name: "my.gauge", kind: "gauge", points: [{ value: 10, startTimeMs: null, timeMs }] },
      {
        name: "my.histogram",
        kind: "histogram",
        points: [{ count: 2, sum: 2, min: 0, max: 2, bucketCounts: [1, 1], explicitBounds: [1] }],
      },
      {
        name: "my.exponential.histogram",
        kind: "exponentialHistogram",
        points: [
          { count: 3, sum: 10, scale: 0, zeroCount: 1, positive: { offset: 1, bucketCounts: [0, 2] } },
        ],
      },
    ]);
  });

  it("reads logs.json", () => {
    const { resourceLogs } = decodeLogs(example("logs.json"), "json");
    expect(resourceLogs[0]?.scopeLogs[0]?.logRecords).toMatchObject([
      {
        timeMs: 1544712660300,
        severityNumber: 10,
        severityText: "Information",
        traceId: "5b8efff798038103d269b633813fc60c",
        spanId: "eee19b7ec3c1b174",
        body: "Example log record",
        attributes: {
          "boolean.attribute": true,
          "int.attribute": 10,
          "double.attribute": 637.704,
          "array.attribute": ["many", "values"],
          "map.attribute": { "some.map.key": "some value" },
        },
      },
    ]);
  });

  it("reads events.json", () => {
    const { resourceLogs } = decodeLogs(example("events.json"), "json");
    expect(resourceLogs[0]?.scopeLogs[0]?.logRecords).toMatchObject([
      { eventName: "browser.page_view", body: { type: 0, title: "Free Online GUID Generator" } },
    ]);
  });
});

describe.skipIf(!hasOtlpFixtures)("requests encoded by protobufjs from the protocol's own schemas", () => {
  const schemas = new protobuf.Root();
  schemas.resolvePath = (_origin, target) => join(otlpFixtures, "proto", target);

  function encoder(signal: "trace" | "metrics" | "logs", type: string): (json: Buffer) => Buffer {
    if (!hasOtlpFixtures) return (json) => json;
    schemas.loadSync(`opentelemetry/proto/collector/${signal}/v1/${signal}_service.proto`);
    const Request = schemas.lookupType(`opentelemetry.proto.collector.${signal}.v1.${type}`);
    return (json) =>
      Buffer.from(Request.encode(Request.fromObject(withBinaryIds(JSON.parse(json.toString())))).finish());
  }

  /** OTLP/JSON has ids in hexadecimal, protobufjs wants bytes. */
  function withBinaryIds(json: unknown): { [key: string]: unknown } {
    return JSON.parse(JSON.stringify(json), (key, value: unknown) =>
      /^(traceId|spanId|parentSpanId)$/.test(key) && typeof value === "string"
        ? Buffer.from(value, "hex").toString("base64")
        : value,
    ) as { [key: string]: unknown };
  }

  it("reads traces", () => {
    const encode = encoder("trace", "ExportTraceServiceRequest");
    fc.assert(
      fc.property(arbitraryTraces, (resourceSpans) => {
        const body = encode(encodeTracesJson(resourceSpans));
        expect(decodeTraces(body, "protobuf")).toEqual({
          resourceSpans,
          rejected: { count: 0, reasons: [] },
        });
      }),
      { numRuns: 50 },
    );
  });

  it("reads metrics", () => {
    const encode = encoder("metrics", "ExportMetricsServiceRequest");
    fc.assert(
      fc.property(arbitraryMetrics, (resourceMetrics) => {
        const body = encode(encodeMetricsJson(resourceMetrics));
        expect(decodeMetrics(body, "protobuf")).toEqual({
          resourceMetrics,
          rejected: { count: 0, reasons: [] },
        });
      }),
      { numRuns: 50 },
    );
  });

  it("reads logs", () => {
    const encode = encoder("logs", "ExportLogsServiceRequest");
    fc.assert(
      fc.property(arbitraryLogs, (resourceLogs) => {
        const body = encode(encodeLogsJson(resourceLogs));
        expect(decodeLogs(body, "protobuf")).toEqual({ resourceLogs, rejected: { count: 0, reasons: [] } });
      }),
      { numRuns: 50 },
    );
  });
});
