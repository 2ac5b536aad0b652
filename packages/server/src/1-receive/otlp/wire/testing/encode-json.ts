/** For tests and benchmarks: decoded requests back into OTLP/JSON, in the form that SDKs send (64-bit integers as text). */
import type {
  AttributeMap,
  AttributeValue,
  Exemplar,
  InstrumentationScope,
  Metric,
  MetricData,
  Resource,
  ResourceLogs,
  ResourceMetrics,
  ResourceSpans,
} from "../otlp-types.ts";
import { ENUM_VALUES, isBytes, toNanos } from "./wire-values.ts";

export function encodeTracesJson(resourceSpans: readonly ResourceSpans[]): Buffer {
  return toBytes({
    resourceSpans: resourceSpans.map(({ resource, schemaUrl, scopeSpans }) => ({
      resource: resourceJson(resource),
      schemaUrl,
      scopeSpans: scopeSpans.map(({ scope, schemaUrl: scopeSchemaUrl, spans }) => ({
        scope: scopeJson(scope),
        schemaUrl: scopeSchemaUrl,
        spans: spans.map((span) => ({
          ...span,
          kind: ENUM_VALUES.kind.indexOf(span.kind),
          startTimeUnixNano: timeJson(span.startTimeMs),
          endTimeUnixNano: timeJson(span.endTimeMs),
          attributes: attributesJson(span.attributes),
          events: span.events.map((event) => ({
            ...event,
            timeUnixNano: timeJson(event.timeMs),
            attributes: attributesJson(event.attributes),
          })),
          links: span.links.map((link) => ({ ...link, attributes: attributesJson(link.attributes) })),
          status: { ...span.status, code: ENUM_VALUES.statusCode.indexOf(span.status.code) },
        })),
      })),
    })),
  });
}

export function encodeLogsJson(resourceLogs: readonly ResourceLogs[]): Buffer {
  return toBytes({
    resourceLogs: resourceLogs.map(({ resource, schemaUrl, scopeLogs }) => ({
      resource: resourceJson(resource),
      schemaUrl,
      scopeLogs: scopeLogs.map(({ scope, schemaUrl: scopeSchemaUrl, logRecords }) => ({
        scope: scopeJson(scope),
        schemaUrl: scopeSchemaUrl,
        logRecords: logRecords.map((record) => ({
          ...record,
          timeUnixNano: timeJson(record.timeMs),
          observedTimeUnixNano: timeJson(record.observedTimeMs),
          body: valueJson(record.body),
          attributes: attributesJson(record.attributes),
        })),
      })),
    })),
  });
}

export function encodeMetricsJson(resourceMetrics: readonly ResourceMetrics[]): Buffer {
  return toBytes({
    resourceMetrics: resourceMetrics.map(({ resource, schemaUrl, scopeMetrics }) => ({
      resource: resourceJson(resource),
      schemaUrl,
      scopeMetrics: scopeMetrics.map(({ scope, schemaUrl: scopeSchemaUrl, metrics }) => ({
        scope: scopeJson(scope),
        schemaUrl: scopeSchemaUrl,
        metrics: metrics.map(metricJson),
      })),
    })),
  });
}

function metricJson(metric: Metric): object {
  const { name, description, unit, metadata } = metric;
  const data = {
    dataPoints: pointsJson(metric),
    ...("temporality" in metric
      ? { aggregationTemporality: ENUM_VALUES.temporality.indexOf(metric.temporality) }
      : {}),
    ...(metric.kind === "sum" ? { isMonotonic: metric.isMonotonic } : {}),
  };
  return { name, description, unit, metadata: attributesJson(metadata), [metric.kind]: data };
}

function pointsJson(data: MetricData): object[] {
  switch (data.kind) {
    case "gauge":
    case "sum":
      return data.points.map(({ value, exemplars, ...point }) => ({
        ...pointJson(point),
        ...numberJson(value),
        exemplars: exemplars.map(exemplarJson),
      }));
    case "histogram":
      return data.points.map(({ exemplars, ...point }) => ({
        ...pointJson(point),
        ...distributionJson(point),
        bucketCounts: point.bucketCounts.map(String),
        explicitBounds: point.explicitBounds.map(doubleJson),
        exemplars: exemplars.map(exemplarJson),
      }));
    case "exponentialHistogram":
      return data.points.map(({ exemplars, ...point }) => ({
        ...pointJson(point),
        ...distributionJson(point),
        scale: point.scale,
        zeroCount: String(point.zeroCount),
        zeroThreshold: doubleJson(point.zeroThreshold),
        positive: { ...point.positive, bucketCounts: point.positive.bucketCounts.map(String) },
        negative: { ...point.negative, bucketCounts: point.negative.bucketCounts.map(String) },
        exemplars: exemplars.map(exemplarJson),
      }));
    case "summary":
      return data.points.map((point) => ({
        ...pointJson(point),
        count: String(point.count),
        sum: doubleJson(point.sum),
        quantileValues: point.quantiles.map(({ quantile, value }) => ({
          quantile: doubleJson(quantile),
          value: doubleJson(value),
        })),
      }));
  }
}

function pointJson(point: {
  attributes: AttributeMap;
  startTimeMs: number | null;
  timeMs: number;
  flags: number;
}): object {
  return {
    attributes: attributesJson(point.attributes),
    startTimeUnixNano: timeJson(point.startTimeMs),
    timeUnixNano: timeJson(point.timeMs),
    flags: point.flags,
  };
}

function distributionJson(point: {
  count: number;
  sum: number | null;
  min: number | null;
  max: number | null;
}): object {
  return {
    count: String(point.count),
    sum: doubleJson(point.sum),
    min: doubleJson(point.min),
    max: doubleJson(point.max),
  };
}

function exemplarJson({ timeMs, value, traceId, spanId, attributes }: Exemplar): object {
  return {
    timeUnixNano: timeJson(timeMs),
    ...numberJson(value),
    traceId,
    spanId,
    filteredAttributes: attributesJson(attributes),
  };
}

function resourceJson(resource: Resource): object {
  return { ...resource, attributes: attributesJson(resource.attributes) };
}

function scopeJson(scope: InstrumentationScope): object {
  return { ...scope, attributes: attributesJson(scope.attributes) };
}

function attributesJson(map: AttributeMap): object[] {
  return Object.entries(map).map(([key, value]) => ({ key, value: valueJson(value) }));
}

function valueJson(value: AttributeValue): object {
  if (value === null) return {};
  if (typeof value === "boolean") return { boolValue: value };
  if (typeof value === "number") {
    return isWireInteger(value) ? { intValue: String(value) } : { doubleValue: doubleJson(value) };
  }
  if (typeof value === "string") return isBytes(value) ? { bytesValue: value } : { stringValue: value };
  if (Array.isArray(value))
    return { arrayValue: { values: (value as readonly AttributeValue[]).map(valueJson) } };
  return { kvlistValue: { values: attributesJson(value as AttributeMap) } };
}

function numberJson(value: number): object {
  return isWireInteger(value) ? { asInt: String(value) } : { asDouble: doubleJson(value) };
}

function isWireInteger(value: number): boolean {
  return Number.isSafeInteger(value) && !Object.is(value, -0);
}

/** JSON has no NaN and no infinities, and JSON.stringify drops the sign of −0. */
function doubleJson(value: number | null): number | string | null {
  if (Object.is(value, -0)) return "-0.0";
  return value === null || Number.isFinite(value) ? value : String(value);
}

function timeJson(timeMs: number | null): string | null {
  return timeMs === null ? null : toNanos(timeMs).toString();
}

function toBytes(request: object): Buffer {
  return Buffer.from(JSON.stringify(request));
}
