/**
 * Metrics → samples, or metric points where they are of batch jobs: each metric becomes one or the other. Points whose times
 * cannot be are left out and counted.
 */
import type { LabelledBatch, MetricPoint } from "../../../model/samples.ts";
import type {
  DecodedMetrics,
  ExponentialHistogramPoint,
  HistogramPoint,
  Metric,
  NumberPoint,
  SummaryPoint,
} from "../wire/otlp-types.ts";
import { batchFamily, batchPoints, hashOf, namesJob, type PointSource } from "./batch-points.ts";
import { addSamples, addTargetInfo, instanceLabels } from "./metric-samples.ts";
import { type MapContext, originOf } from "./origin.ts";
import { SampleBatchBuilder } from "./sample-batch-builder.ts";

export interface MappedMetrics {
  samples: LabelledBatch | null;
  metricPoints: MetricPoint[];
  /** Samples and points together. */
  items: number;
}

export function mapMetrics(request: DecodedMetrics, context: MapContext): MappedMetrics {
  const samples = new SampleBatchBuilder();
  const metricPoints: MetricPoint[] = [];
  for (const { resource, scopeMetrics } of request.resourceMetrics) {
    const labels = instanceLabels(resource);
    const source: Omit<PointSource, "scopeName"> = {
      origin: originOf(resource, context),
      context,
      instanceId: hashOf(resource.attributes),
    };
    let lastAt = 0;
    for (const { scope, metrics } of scopeMetrics)
      for (const given of metrics) {
        const metric = acceptable(given, context);
        const family = batchFamily(metric);
        if (family !== null) {
          const ofJobs = withPoints(metric, ({ attributes }) => namesJob(attributes));
          metricPoints.push(...batchPoints(family, ofJobs, { ...source, scopeName: scope.name }));
        }
        const rest = family === null ? metric : withPoints(metric, ({ attributes }) => !namesJob(attributes));
        if (rest.points.length > 0) addSamples(rest, labels, samples);
        for (const { timeMs } of rest.points) if (timeMs > lastAt) lastAt = timeMs;
      }
    if (lastAt > 0) addTargetInfo(resource, labels, lastAt, samples);
  }
  return {
    samples: samples.build(context.namespace),
    metricPoints,
    items: samples.length + metricPoints.length,
  };
}

type AnyPoint = NumberPoint | HistogramPoint | ExponentialHistogramPoint | SummaryPoint;

function withPoints(metric: Metric, keep: (point: AnyPoint) => boolean): Metric {
  switch (metric.kind) {
    case "gauge":
    case "sum":
      return { ...metric, points: metric.points.filter(keep) };
    case "histogram":
      return { ...metric, points: metric.points.filter(keep) };
    case "exponentialHistogram":
      return { ...metric, points: metric.points.filter(keep) };
    case "summary":
      return { ...metric, points: metric.points.filter(keep) };
  }
}

/** Without the points whose times cannot be; a start that cannot be counts as none. */
function acceptable(metric: Metric, { leftOut }: MapContext): Metric {
  const item = `a point of ${JSON.stringify(metric.name.slice(0, 80))}`;
  const checked = <Point extends AnyPoint>(points: readonly Point[]): Point[] =>
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
