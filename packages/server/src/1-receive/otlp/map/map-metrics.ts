/**
 * Metrics → samples (all of them) and metric points (those of the `batch_job_*` families, from which runs are told: INGEST 5).
 *
 * Samples: names and labels as Prometheus translates OTLP; histograms as `_bucket`, `_sum`, `_count`; exponential histograms as `_sum`
 * and `_count` (their buckets wait for native histograms); summaries with `quantile`. Delta streams carry
 * `otel_temporality="delta"`, so that they never mix with running totals.
 */
import { createHash } from "node:crypto";
import { METRIC_NAMES } from "@batchwatch/protocol";
import type { MetricPoint, SampleBatch, SeriesLabels } from "../../../model/samples.ts";
import {
  type AttributeMap,
  type DecodedMetrics,
  type Exemplar,
  type ExponentialHistogramPoint,
  type HistogramPoint,
  type Metric,
  NO_RECORDED_VALUE_FLAG,
  type NumberPoint,
  type Resource,
  type SummaryPoint,
  type Temporality,
} from "../wire/otlp-types.ts";
import { type MapContext, type Origin, originOf, textAttribute } from "./origin.ts";
import { prometheusName } from "./prometheus-names.ts";
import { SampleBatchBuilder } from "./sample-batch-builder.ts";

const FAMILIES: ReadonlySet<string> = new Set(Object.values(METRIC_NAMES));

export interface MappedMetrics {
  samples: SampleBatch | null;
  metricPoints: MetricPoint[];
}

/** What every point below one resource and scope shares. */
interface PointSource {
  origin: Origin;
  context: MapContext;
  instanceId: string;
  scopeName: string;
  /** `job` and `instance`, as Prometheus names the exporting process. */
  labels: SeriesLabels;
}

export function mapMetrics(request: DecodedMetrics, context: MapContext): MappedMetrics {
  const samples = new SampleBatchBuilder();
  const metricPoints: MetricPoint[] = [];
  for (const { resource, scopeMetrics } of request.resourceMetrics) {
    const instanceId = hashOf(resource.attributes);
    const origin = originOf(resource, context);
    for (const { scope, metrics } of scopeMetrics) {
      const source: PointSource = {
        origin,
        context,
        instanceId,
        scopeName: scope.name,
        labels: instanceLabels(resource),
      };
      for (const given of metrics) {
        const metric = acceptable(given, context);
        addSamples(metric, source, samples);
        metricPoints.push(...pointsOf(metric, source));
      }
    }
  }
  return { samples: samples.build(), metricPoints };
}

/** Without the points whose times cannot be; a start that cannot be counts as none. */
function acceptable(metric: Metric, { leftOut }: MapContext): Metric {
  const item = `a point of ${JSON.stringify(metric.name.slice(0, 80))}`;
  const checked = <Point extends NumberPoint | HistogramPoint | ExponentialHistogramPoint | SummaryPoint>(
    points: readonly Point[],
  ): Point[] =>
    points.flatMap((point) => {
      if (leftOut.rejectsTime("timeUnixNano", point.timeMs, item)) return [];
      const attributes = leftOut.cut(point.attributes, item);
      const isStartKnown = point.startTimeMs === null || leftOut.isPlausible(point.startTimeMs);
      if (isStartKnown && attributes === point.attributes) return point;
      return { ...point, attributes, startTimeMs: isStartKnown ? point.startTimeMs : null };
    });
  switch (metric.kind) {
    case "gauge":
    case "sum":
      return { ...metric, points: checked(metric.points) };
    case "histogram":
      return { ...metric, points: checked(metric.points) };
    case "exponentialHistogram":
      return { ...metric, points: checked(metric.points) };
    case "summary":
      return { ...metric, points: checked(metric.points) };
  }
}

// ── samples ─────────────────────────────────────────────────────────────────────────────────────────

/** A process is told by its instance id, else by its host: two hosts never write one series. */
function instanceLabels({ attributes }: Resource): SeriesLabels {
  const name = textAttribute(attributes, "service.name");
  const namespace = textAttribute(attributes, "service.namespace");
  const instance = textAttribute(attributes, "service.instance.id", "host.name");
  return {
    ...(name === null ? {} : { job: namespace === null ? name : `${namespace}/${name}` }),
    ...(instance === null ? {} : { instance }),
  };
}

function addSamples(metric: Metric, source: PointSource, samples: SampleBatchBuilder): void {
  const name = prometheusName(metric);
  const delta = "temporality" in metric && metric.temporality === "delta";
  const ofAll = { ...source.labels, ...(delta ? { otel_temporality: "delta" } : {}) };
  switch (metric.kind) {
    case "gauge":
    case "sum": {
      const own = { ...ofAll, __name__: name };
      for (const { attributes, timeMs, value } of metric.points) samples.add(attributes, own, timeMs, value);
      return;
    }
    case "histogram":
      for (const point of metric.points) addHistogram(point, name, ofAll, samples);
      return;
    case "exponentialHistogram":
      for (const { attributes, timeMs, sum, count } of metric.points) {
        if (sum !== null) samples.add(attributes, { ...ofAll, __name__: `${name}_sum` }, timeMs, sum);
        samples.add(attributes, { ...ofAll, __name__: `${name}_count` }, timeMs, count);
      }
      return;
    case "summary":
      for (const { attributes, timeMs, sum, count, quantiles } of metric.points) {
        samples.add(attributes, { ...ofAll, __name__: `${name}_sum` }, timeMs, sum);
        samples.add(attributes, { ...ofAll, __name__: `${name}_count` }, timeMs, count);
        for (const { quantile, value } of quantiles)
          samples.add(attributes, { ...ofAll, __name__: name, quantile: String(quantile) }, timeMs, value);
      }
  }
}

function addHistogram(
  point: HistogramPoint,
  name: string,
  ofAll: SeriesLabels,
  samples: SampleBatchBuilder,
): void {
  const { attributes, timeMs } = point;
  let cumulative = 0;
  point.bucketCounts.forEach((count, index) => {
    cumulative += count;
    const bound = point.explicitBounds[index];
    const le = bound === undefined ? "+Inf" : String(bound);
    samples.add(attributes, { ...ofAll, __name__: `${name}_bucket`, le }, timeMs, cumulative);
  });
  if (point.sum !== null) samples.add(attributes, { ...ofAll, __name__: `${name}_sum` }, timeMs, point.sum);
  samples.add(attributes, { ...ofAll, __name__: `${name}_count` }, timeMs, point.count);
}

// ── points of the batch families ────────────────────────────────────────────────────────────────────

function pointsOf(metric: Metric, source: PointSource): MetricPoint[] {
  const family = familyOf(metric);
  if (family === null) return [];
  switch (metric.kind) {
    case "gauge":
      return recorded(metric.points).map((point) => metricPoint(family, "gauge", null, point, source));
    case "sum": {
      const temporality = metric.temporality === "delta" ? "delta" : "cumulative";
      const kind = metric.isMonotonic || family.endsWith("_total") ? "counter" : "updown";
      return recorded(metric.points).map((point) => metricPoint(family, kind, temporality, point, source));
    }
    case "histogram":
      return recorded(metric.points).map((point) =>
        histogramPoint(family, metric.temporality, point, source),
      );
    case "exponentialHistogram":
      return recorded(metric.points).map((point) =>
        histogramPoint(family, metric.temporality, point, source),
      );
    case "summary":
      return [];
  }
}

function histogramPoint(
  family: string,
  temporality: Temporality,
  point: HistogramPoint | ExponentialHistogramPoint,
  source: PointSource,
): MetricPoint {
  const given = temporality === "delta" ? "delta" : "cumulative";
  return {
    ...metricPoint(family, "histogram", given, { ...point, value: point.sum ?? 0 }, source),
    count: point.count,
    ...(point.min === null ? {} : { min: point.min }),
    ...(point.max === null ? {} : { max: point.max }),
  };
}

function recorded<T extends { flags: number }>(points: readonly T[]): T[] {
  return points.filter((point) => (point.flags & NO_RECORDED_VALUE_FLAG) === 0);
}

/** The family by its own name, or by the name that Prometheus would give it (`batch_job_duration` in `s`). */
function familyOf(metric: Metric): string | null {
  if (FAMILIES.has(metric.name)) return metric.name;
  const name = prometheusName(metric);
  return FAMILIES.has(name) ? name : null;
}

function metricPoint(
  family: string,
  kind: MetricPoint["kind"],
  temporality: MetricPoint["temporality"],
  point: Pick<NumberPoint, "attributes" | "startTimeMs" | "timeMs" | "value" | "exemplars">,
  source: PointSource,
): MetricPoint {
  const attributes = scalarAttributes(point.attributes);
  return {
    family,
    kind,
    temporality,
    streamId: hashOf([source.instanceId, source.scopeName, family, temporality, attributes]),
    instanceId: source.instanceId,
    attributes,
    startAt: point.startTimeMs ?? 0,
    at: point.timeMs,
    receivedAt: source.context.receivedAt,
    value: point.value,
    exemplars: point.exemplars
      .map((exemplar) => exemplarOf(exemplar, point.timeMs))
      .filter(({ at }) => source.context.leftOut.isPlausible(at)),
    namespace: attributes["batch.namespace"] ?? source.origin.namespace,
    environment: source.origin.environment,
  };
}

function exemplarOf(exemplar: Exemplar, pointAt: number): MetricPoint["exemplars"][number] {
  return {
    at: exemplar.timeMs ?? pointAt,
    value: exemplar.value,
    traceId: exemplar.traceId,
    spanId: exemplar.spanId,
  };
}

/** By their own keys; empty values are left out. */
function scalarAttributes(attributes: AttributeMap): Record<string, string> {
  const scalars: Record<string, string> = {};
  for (const key of Object.keys(attributes)) {
    const text = textAttribute(attributes, key);
    if (text !== null) scalars[key] = text;
  }
  return scalars;
}

function hashOf(value: unknown): string {
  return createHash("sha256").update(canonical(value)).digest("base64url").slice(0, 22);
}

/** JSON with sorted keys: the order in which attributes are sent says nothing. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    member !== null && typeof member === "object" && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}
