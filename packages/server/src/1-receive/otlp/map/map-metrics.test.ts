import { isStaleAt } from "@batchwatch/promql";
import { describe, expect, test } from "vitest";
import { context, metrics, NOW, ROOT_ID, TRACE_ID } from "../test-support/mapping.ts";
import type { Metric, MetricData, NumberPoint } from "../wire/otlp-types.ts";
import { mapMetrics } from "./map-metrics.ts";

const RESOURCE = { "service.name": "worker", "service.namespace": "batch", "service.instance.id": "i1" };

function metric(name: string, data: MetricData, unit = ""): Metric {
  return { name, description: "", unit, metadata: {}, ...data };
}

function point(value: number, more: Partial<NumberPoint> = {}): NumberPoint {
  return { attributes: {}, startTimeMs: NOW - 60_000, timeMs: NOW, flags: 0, value, exemplars: [], ...more };
}

function counter(
  name: string,
  points: readonly NumberPoint[],
  temporality: "cumulative" | "delta" = "cumulative",
): Metric {
  return metric(name, { kind: "sum", temporality, isMonotonic: true, points });
}

function samplesOf(...given: Metric[]) {
  const { samples } = mapMetrics(metrics(given, RESOURCE), context());
  if (samples === null) return [];
  return [...samples.seriesIndex].map((index, at) => ({
    labels: samples.series[index],
    value: samples.values[at],
  }));
}

const LABELS = { job: "batch/worker", instance: "i1" };

describe("samples", () => {
  test("carry Prometheus's names and labels", () => {
    const attributes = { "http.route": "/a", "http-route": "/b", code: 200, ok: true, none: null };
    expect(samplesOf(counter("http.requests", [point(3, { attributes })]))).toEqual([
      {
        labels: { ...LABELS, __name__: "http_requests_total", http_route: "/b;/a", code: "200", ok: "true" },
        value: 3,
      },
    ]);
  });

  test("of delta streams are told to be increments, with their starts", () => {
    const { samples } = mapMetrics(metrics([counter("n", [point(1)], "delta")]), context());
    expect(samples?.streams).toEqual({
      startTimes: Float64Array.of(NOW - 60_000),
      deltas: Uint8Array.of(1),
    });
  });

  test("of gauges have no start", () => {
    const { samples } = mapMetrics(metrics([metric("g", { kind: "gauge", points: [point(1)] })]), context());
    expect(samples?.streams).toBeUndefined();
  });

  test("without a value are stale markers", () => {
    const { samples } = mapMetrics(
      metrics([metric("g", { kind: "gauge", points: [point(Number.NaN, { flags: 1 })] })]),
      context(),
    );
    expect(samples !== null && isStaleAt(samples.values, 0)).toBe(true);
  });

  test("name what else the resource says", () => {
    const resource = { ...RESOURCE, "service.version": "1.2" };
    const { samples } = mapMetrics(metrics([counter("n", [point(1)])], resource), context());
    expect(samples?.series.at(-1)).toEqual({ ...LABELS, __name__: "target_info", service_version: "1.2" });
    expect(samples?.families).toContainEqual({ family: "n_total", type: "counter", help: "", unit: "" });
  });

  test("of batch jobs are none, those that name no job excepted", () => {
    const given = counter("batch_job_rows_total", [point(1, { attributes: { job_name: "a" } }), point(2)]);
    const { samples, metricPoints, items } = mapMetrics(metrics([given]), context());
    expect([samples?.values.length, metricPoints.length, items]).toEqual([1, 1, 2]);
  });

  test("of a histogram are its buckets, sum and count", () => {
    const histogram = {
      ...point(0),
      count: 3,
      sum: 7,
      min: null,
      max: null,
      bucketCounts: [1, 2],
      explicitBounds: [5],
    };
    const samples = samplesOf(
      metric("d", { kind: "histogram", temporality: "cumulative", points: [histogram] }, "s"),
    );
    expect(samples.map(({ labels, value }) => [labels?.__name__, labels?.le, value])).toEqual([
      ["d_seconds_bucket", "5", 1],
      ["d_seconds_bucket", "+Inf", 3],
      ["d_seconds_sum", undefined, 7],
      ["d_seconds_count", undefined, 3],
    ]);
  });

  test("are none at an absurd time", () => {
    const asked = context();
    const { samples } = mapMetrics(metrics([counter("n", [point(1, { timeMs: 5 }), point(2)])]), asked);
    expect([samples?.times.length, asked.leftOut.items().count]).toEqual([1, 1]);
  });
});

describe("points of the batch families", () => {
  const exemplars = [{ timeMs: NOW - 5_000, value: 1, traceId: TRACE_ID, spanId: ROOT_ID, attributes: {} }];

  test("are in seconds, whatever unit of time they are told in", () => {
    const histogram = {
      ...point(0, { attributes: { job_name: "a" } }),
      count: 3,
      sum: 7_000,
      min: null,
      max: null,
      bucketCounts: [1, 2],
      explicitBounds: [5_000],
    };
    const given = metric(
      "batch_job_duration_seconds",
      { kind: "histogram", temporality: "cumulative", points: [histogram] },
      "ms",
    );
    const { metricPoints } = mapMetrics(metrics([given]), context());
    expect(metricPoints).toMatchObject([{ value: 7, count: 3, buckets: { bounds: [5], below: [1] } }]);
  });

  test("are read with their exemplars", () => {
    const given = counter("batch_job_completions_total", [
      point(2, { attributes: { job_name: "a", error_type: null }, exemplars }),
    ]);
    const { metricPoints } = mapMetrics(metrics([given], RESOURCE), context());
    expect(metricPoints).toMatchObject([
      {
        family: "batch_job_completions_total",
        kind: "counter",
        temporality: "cumulative",
        attributes: { job_name: "a" },
        startAt: NOW - 60_000,
        at: NOW,
        value: 2,
        exemplars: [{ at: NOW - 5_000, traceId: TRACE_ID, spanId: ROOT_ID }],
      },
    ]);
  });

  test("are known by the name that Prometheus would give them too", () => {
    const { metricPoints } = mapMetrics(
      metrics([counter("batch.job.completions", [point(1, { attributes: { job_name: "a" } })])]),
      context(),
    );
    expect(metricPoints[0]?.family).toBe("batch_job_completions_total");
  });

  test("are one stream whatever the order of their attributes, another one for another process", () => {
    const streamOf = (attributes: NumberPoint["attributes"], resource: typeof RESOURCE) =>
      mapMetrics(
        metrics([counter("batch_job_completions_total", [point(1, { attributes })])], resource),
        context(),
      ).metricPoints[0]?.streamId;
    const one = streamOf({ job_name: "a", status: "success" }, RESOURCE);
    expect(streamOf({ status: "success", job_name: "a" }, RESOURCE)).toBe(one);
    expect(
      streamOf({ job_name: "a", status: "success" }, { ...RESOURCE, "service.instance.id": "i2" }),
    ).not.toBe(one);
  });

  test("without a value say nothing", () => {
    const { metricPoints } = mapMetrics(
      metrics([counter("batch_job_completions_total", [point(Number.NaN, { flags: 1 })])]),
      context(),
    );
    expect(metricPoints).toEqual([]);
  });

  test("a start that cannot be counts as none", () => {
    const { metricPoints } = mapMetrics(
      metrics([
        counter("batch_job_completions_total", [point(1, { startTimeMs: 5, attributes: { job_name: "a" } })]),
      ]),
      context(),
    );
    expect(metricPoints[0]?.startAt).toBe(0);
  });
});
