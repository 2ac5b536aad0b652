/**
 * Metrics of the `batch_job_*` families → metric points, from which the recorder tells runs (INGEST 5) and the meter goes
 * on counting (SEMANTICS section 7). They are no samples: one server-held series a label set takes their place.
 */
import { createHash } from "node:crypto";
import { METRIC_NAMES } from "@batchwatch/protocol";
import { toClassic } from "../../../model/exponential-histogram.ts";
import type { MetricPoint } from "../../../model/samples.ts";
import {
  type AttributeMap,
  type Exemplar,
  type ExponentialHistogramPoint,
  type HistogramPoint,
  type Metric,
  NO_RECORDED_VALUE_FLAG,
  type NumberPoint,
  type Temporality,
} from "../wire/otlp-types.ts";
import { type MapContext, type Origin, textAttribute } from "./origin.ts";
import { prometheusName } from "./prometheus-names.ts";

const FAMILIES: ReadonlySet<string> = new Set(Object.values(METRIC_NAMES));
const OF_BATCH_JOBS = /^batch_jobs?_/;

/** What every point below one resource and scope shares. */
export interface PointSource {
  origin: Origin;
  context: MapContext;
  instanceId: string;
  scopeName: string;
}

/**
 * The family by its own name, or by the name that Prometheus would give it (`batch_job_duration` in `s`). null: no metric of
 * batch jobs, or one that cannot be gone on with.
 */
export function batchFamily(metric: Metric): string | null {
  if (metric.kind === "summary") return null;
  if (FAMILIES.has(metric.name)) return metric.name;
  const name = prometheusName(metric);
  return OF_BATCH_JOBS.test(name) ? name : null;
}

/** A point that names no job is an ordinary sample. */
export function namesJob(attributes: AttributeMap): boolean {
  return ["job_name", "batch.job.name", "dag_id"].some((key) => textAttribute(attributes, key) !== null);
}

export function batchPoints(family: string, metric: Metric, source: PointSource): MetricPoint[] {
  const factor = secondsFactor(family, metric);
  const number = (
    kind: "gauge" | "counter" | "updown",
    temporality: MetricPoint["temporality"],
    points: readonly NumberPoint[],
  ): MetricPoint[] =>
    recorded(points).map((point) =>
      metricPoint(family, kind, temporality, { ...point, value: point.value * factor }, source),
    );
  switch (metric.kind) {
    case "gauge":
      return number("gauge", null, metric.points);
    case "sum": {
      const kind = metric.isMonotonic || family.endsWith("_total") ? "counter" : "updown";
      return number(kind, metric.temporality === "delta" ? "delta" : "cumulative", metric.points);
    }
    case "histogram":
      return recorded(metric.points).map((point) => {
        let below = 0;
        const counts = point.bucketCounts.slice(0, point.explicitBounds.length).map((inside) => {
          below += inside;
          return below;
        });
        const buckets = { bounds: point.explicitBounds.map((bound) => bound * factor), below: counts };
        return histogramPoint(family, metric.temporality, point, buckets, factor, source);
      });
    case "exponentialHistogram":
      return recorded(metric.points).map((point) => {
        const { bounds, below } = toClassic(point);
        const buckets = { bounds: bounds.map((bound) => bound * factor), below };
        return histogramPoint(family, metric.temporality, point, buckets, factor, source);
      });
    case "summary":
      return [];
  }
}

/** A family in seconds that is told in another unit of time. */
function secondsFactor(family: string, { unit }: Metric): number {
  if (!family.endsWith("_seconds")) return 1;
  return { ms: 1e-3, us: 1e-6, ns: 1e-9, min: 60, h: 3600 }[unit] ?? 1;
}

function histogramPoint(
  family: string,
  temporality: Temporality,
  point: HistogramPoint | ExponentialHistogramPoint,
  buckets: NonNullable<MetricPoint["buckets"]>,
  factor: number,
  source: PointSource,
): MetricPoint {
  const given = temporality === "delta" ? "delta" : "cumulative";
  const { sum, min, max, count } = point;
  return {
    ...metricPoint(family, "histogram", given, { ...point, value: (sum ?? 0) * factor }, source),
    count,
    buckets,
    ...(min === null ? {} : { min: min * factor }),
    ...(max === null ? {} : { max: max * factor }),
  };
}

function recorded<T extends { flags: number }>(points: readonly T[]): T[] {
  return points.filter((point) => (point.flags & NO_RECORDED_VALUE_FLAG) === 0);
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
    environment: attributes["deployment.environment.name"] ?? source.origin.environment,
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

export function hashOf(value: unknown): string {
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
