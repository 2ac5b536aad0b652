/** ExportMetricsServiceRequest from OTLP/JSON (metrics.proto). */
import {
  keepMetric,
  NO_TIME,
  named,
  problemOfBuckets,
  problemOfNumberPoint,
  spanIdOrNull,
  traceIdOrNull,
} from "./check-items.ts";
import { decodeAttributes, decodeResource, decodeScope } from "./decode-json-common.ts";
import { NO_BUCKETS } from "./empty-values.ts";
import { TEMPORALITY_NAMES, temporalityOf } from "./enum-values.ts";
import type { JsonObject, JsonReader } from "./json-reader.ts";
import type {
  Exemplar,
  ExponentialBuckets,
  ExponentialHistogramPoint,
  HistogramPoint,
  Metric,
  MetricData,
  NumberPoint,
  ResourceMetrics,
  ScopeMetrics,
  SummaryPoint,
  Temporality,
} from "./otlp-types.ts";

export function decodeResourceMetrics(object: JsonObject, reader: JsonReader): ResourceMetrics {
  return {
    resource: decodeResource(object, reader),
    schemaUrl: reader.text(object, "schemaUrl"),
    scopeMetrics: reader.objects(object, "scopeMetrics", decodeScopeMetrics),
  };
}

function decodeScopeMetrics(object: JsonObject, reader: JsonReader): ScopeMetrics {
  return {
    scope: decodeScope(object, reader),
    schemaUrl: reader.text(object, "schemaUrl"),
    metrics: reader.objects(object, "metrics", decodeMetric),
  };
}

function decodeMetric(object: JsonObject, reader: JsonReader): Metric | null {
  const name = reader.text(object, "name");
  const description = {
    name,
    description: reader.text(object, "description"),
    unit: reader.text(object, "unit"),
    metadata: decodeAttributes(object, "metadata", reader),
  };
  return keepMetric(reader.state, description, decodeMetricData(object, reader, name));
}

function decodeMetricData(metric: JsonObject, reader: JsonReader, name: string): MetricData | null {
  return (
    reader.object<MetricData>(metric, "gauge", (gauge) => ({
      kind: "gauge",
      points: decodePoints(gauge, reader, name, decodeNumberPoint),
    })) ??
    reader.object<MetricData>(metric, "sum", (sum) => ({
      kind: "sum",
      temporality: decodeTemporality(sum, reader),
      isMonotonic: reader.flag(sum, "isMonotonic"),
      points: decodePoints(sum, reader, name, decodeNumberPoint),
    })) ??
    reader.object<MetricData>(metric, "histogram", (histogram) => ({
      kind: "histogram",
      temporality: decodeTemporality(histogram, reader),
      points: decodePoints(histogram, reader, name, decodeHistogramPoint),
    })) ??
    reader.object<MetricData>(metric, "exponentialHistogram", (histogram) => ({
      kind: "exponentialHistogram",
      temporality: decodeTemporality(histogram, reader),
      points: decodePoints(histogram, reader, name, decodeExponentialHistogramPoint),
    })) ??
    reader.object<MetricData>(metric, "summary", (summary) => ({
      kind: "summary",
      points: decodePoints(summary, reader, name, decodeSummaryPoint),
    }))
  );
}

function decodeTemporality(data: JsonObject, reader: JsonReader): Temporality {
  return temporalityOf(reader.enumNumber(data, "aggregationTemporality", TEMPORALITY_NAMES));
}

/** A point, or the problem for which it is left out. */
type PointOrProblem<Point> = Point | string;

function decodePoints<Point extends object>(
  data: JsonObject,
  reader: JsonReader,
  metricName: string,
  decode: (object: JsonObject, reader: JsonReader) => PointOrProblem<Point>,
): readonly Point[] {
  return reader.objects(data, "dataPoints", (object) => {
    const point = decode(object, reader);
    if (typeof point !== "string") return point;
    reader.state.reject(point + named("metric", metricName));
    return null;
  });
}

function decodeNumberPoint(object: JsonObject, reader: JsonReader): PointOrProblem<NumberPoint> {
  const value = decodeNumber(object, reader);
  const timeMs = reader.timeMs(object, "timeUnixNano");
  const base = decodePointBase(object, reader);
  const exemplars = reader.objects(object, "exemplars", decodeExemplar);
  const problem = problemOfNumberPoint(timeMs, value, base.flags);
  if (problem !== null || timeMs === null) return problem ?? NO_TIME;
  return { ...base, timeMs, value: value ?? Number.NaN, exemplars };
}

function decodeHistogramPoint(object: JsonObject, reader: JsonReader): PointOrProblem<HistogramPoint> {
  const timeMs = reader.timeMs(object, "timeUnixNano");
  const point = {
    ...decodePointBase(object, reader),
    ...decodeDistribution(object, reader),
    bucketCounts: reader.uint64s(object, "bucketCounts"),
    explicitBounds: reader.doubles(object, "explicitBounds"),
    exemplars: reader.objects(object, "exemplars", decodeExemplar),
  };
  const problem = problemOfBuckets(point);
  return problem !== null || timeMs === null ? (problem ?? NO_TIME) : { ...point, timeMs };
}

function decodeExponentialHistogramPoint(
  object: JsonObject,
  reader: JsonReader,
): PointOrProblem<ExponentialHistogramPoint> {
  const timeMs = reader.timeMs(object, "timeUnixNano");
  const point = {
    ...decodePointBase(object, reader),
    ...decodeDistribution(object, reader),
    scale: reader.int32(object, "scale"),
    zeroCount: reader.uint64(object, "zeroCount"),
    zeroThreshold: reader.double(object, "zeroThreshold"),
    positive: reader.object(object, "positive", decodeBuckets) ?? NO_BUCKETS,
    negative: reader.object(object, "negative", decodeBuckets) ?? NO_BUCKETS,
    exemplars: reader.objects(object, "exemplars", decodeExemplar),
  };
  return timeMs === null ? NO_TIME : { ...point, timeMs };
}

function decodeSummaryPoint(object: JsonObject, reader: JsonReader): PointOrProblem<SummaryPoint> {
  const timeMs = reader.timeMs(object, "timeUnixNano");
  const point = {
    ...decodePointBase(object, reader),
    count: reader.uint64(object, "count"),
    sum: reader.double(object, "sum"),
    quantiles: reader.objects(object, "quantileValues", (quantile) => ({
      quantile: reader.double(quantile, "quantile"),
      value: reader.double(quantile, "value"),
    })),
  };
  return timeMs === null ? NO_TIME : { ...point, timeMs };
}

function decodePointBase(object: JsonObject, reader: JsonReader) {
  return {
    attributes: decodeAttributes(object, "attributes", reader),
    startTimeMs: reader.timeMs(object, "startTimeUnixNano"),
    flags: reader.uint32(object, "flags"),
  };
}

function decodeDistribution(object: JsonObject, reader: JsonReader) {
  return {
    count: reader.uint64(object, "count"),
    sum: reader.doubleOrNull(object, "sum"),
    min: reader.doubleOrNull(object, "min"),
    max: reader.doubleOrNull(object, "max"),
  };
}

function decodeNumber(object: JsonObject, reader: JsonReader): number | null {
  return reader.int64OrNull(object, "asInt") ?? reader.doubleOrNull(object, "asDouble");
}

function decodeBuckets(object: JsonObject, reader: JsonReader): ExponentialBuckets {
  return { offset: reader.int32(object, "offset"), bucketCounts: reader.uint64s(object, "bucketCounts") };
}

function decodeExemplar(object: JsonObject, reader: JsonReader): Exemplar | null {
  const value = decodeNumber(object, reader);
  const rest = {
    timeMs: reader.timeMs(object, "timeUnixNano"),
    traceId: traceIdOrNull(reader.hexId(object, "traceId")),
    spanId: spanIdOrNull(reader.hexId(object, "spanId")),
    attributes: decodeAttributes(object, "filteredAttributes", reader),
  };
  return value === null ? null : { value, ...rest };
}
