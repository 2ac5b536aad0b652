/**
 * Metrics → samples, named and labelled as Prometheus translates OTLP (PROMETHEUS 7): histograms as `_bucket`, `_sum`,
 * `_count`, summaries with `quantile`. Increments (delta) and starts are passed on as they are: what they come to depends on
 * what came before, and that the recorder knows.
 */
import type { MetricFamily, MetricType, SeriesLabels } from "../../../model/samples.ts";
import {
  type HistogramPoint,
  type Metric,
  NO_RECORDED_VALUE_FLAG,
  type Resource,
  type SummaryPoint,
} from "../wire/otlp-types.ts";
import { textAttribute } from "./origin.ts";
import { prometheusName } from "./prometheus-names.ts";
import type { PointOfStream, SampleBatchBuilder } from "./sample-batch-builder.ts";

/** A process is told by its instance id, else by its host: two hosts never write one series. */
export function instanceLabels({ attributes }: Resource): SeriesLabels {
  const name = textAttribute(attributes, "service.name");
  const namespace = textAttribute(attributes, "service.namespace");
  const instance = textAttribute(attributes, "service.instance.id", "host.name");
  return {
    ...(name === null ? {} : { job: namespace === null ? name : `${namespace}/${name}` }),
    ...(instance === null ? {} : { instance }),
  };
}

/** What else the resource says: `target_info`, which queries join by `job` and `instance`. */
export function addTargetInfo(
  resource: Resource,
  labels: SeriesLabels,
  at: number,
  out: SampleBatchBuilder,
): void {
  if (labels.job === undefined && labels.instance === undefined) return;
  const rest = Object.fromEntries(
    Object.entries(resource.attributes).filter(
      ([key]) => key !== "service.name" && key !== "service.namespace" && key !== "service.instance.id",
    ),
  );
  if (Object.keys(rest).length === 0) return;
  const point = { at, startAt: 0, isDelta: false, isStale: false };
  out.add(rest, { ...labels, __name__: "target_info" }, point, 1);
  out.describe({ family: "target_info", type: "gauge", help: "Target metadata", unit: "" });
}

export function addSamples(metric: Metric, labels: SeriesLabels, out: SampleBatchBuilder): void {
  const name = prometheusName(metric);
  out.describe(familyOf(metric, name));
  switch (metric.kind) {
    case "gauge":
      for (const point of metric.points)
        out.add(point.attributes, { ...labels, __name__: name }, placeOf(point, false, false), point.value);
      return;
    case "sum": {
      const isDelta = metric.temporality === "delta";
      for (const point of metric.points)
        out.add(
          point.attributes,
          { ...labels, __name__: name },
          placeOf(point, isDelta, metric.isMonotonic),
          point.value,
        );
      return;
    }
    case "histogram":
      for (const point of metric.points)
        addHistogram(point, name, labels, placeOf(point, metric.temporality === "delta", true), out);
      return;
    case "exponentialHistogram":
      for (const point of metric.points) {
        const place = placeOf(point, metric.temporality === "delta", true);
        if (place.isStale) addEnd(point, name, labels, place, out);
        else out.addExponential(point.attributes, labels, name, place, point);
      }
      return;
    case "summary":
      for (const point of metric.points) addSummary(point, name, labels, placeOf(point, false, true), out);
  }
}

function familyOf({ kind, description, unit, ...metric }: Metric, name: string): MetricFamily {
  return {
    family: name,
    type: typeOf(kind, "isMonotonic" in metric && metric.isMonotonic),
    help: description,
    unit,
  };
}

function typeOf(kind: Metric["kind"], isMonotonic: boolean): MetricType {
  switch (kind) {
    case "gauge":
      return "gauge";
    case "sum":
      return isMonotonic ? "counter" : "gauge";
    case "histogram":
    case "exponentialHistogram":
      return "histogram";
    case "summary":
      return "summary";
  }
}

function placeOf(
  { timeMs, startTimeMs, flags }: { timeMs: number; startTimeMs: number | null; flags: number },
  isDelta: boolean,
  grows: boolean,
): PointOfStream {
  return {
    at: timeMs,
    startAt: grows || isDelta ? (startTimeMs ?? 0) : 0,
    isDelta,
    isStale: (flags & NO_RECORDED_VALUE_FLAG) !== 0,
  };
}

function addHistogram(
  point: HistogramPoint,
  name: string,
  labels: SeriesLabels,
  place: PointOfStream,
  out: SampleBatchBuilder,
): void {
  const { attributes, count, sum, bucketCounts, explicitBounds } = point;
  let below = 0;
  bucketCounts.forEach((inside, index) => {
    below += inside;
    const bound = explicitBounds[index];
    const le = bound === undefined ? "+Inf" : String(bound);
    out.add(attributes, { ...labels, __name__: `${name}_bucket`, le }, place, below);
  });
  // Without buckets it is one bucket that holds everything.
  if (bucketCounts.length === 0)
    out.add(attributes, { ...labels, __name__: `${name}_bucket`, le: "+Inf" }, place, count);
  if (sum !== null) out.add(attributes, { ...labels, __name__: `${name}_sum` }, place, sum);
  out.add(attributes, { ...labels, __name__: `${name}_count` }, place, count);
}

/** Its buckets are not told with the end; sum and count are what ends with it for sure. */
function addEnd(
  { attributes }: Pick<HistogramPoint, "attributes">,
  name: string,
  labels: SeriesLabels,
  place: PointOfStream,
  out: SampleBatchBuilder,
): void {
  const ended = { ...place, isDelta: false };
  out.add(attributes, { ...labels, __name__: `${name}_bucket`, le: "+Inf" }, ended, Number.NaN);
  for (const part of ["sum", "count"])
    out.add(attributes, { ...labels, __name__: `${name}_${part}` }, ended, Number.NaN);
}

function addSummary(
  { attributes, sum, count, quantiles }: SummaryPoint,
  name: string,
  labels: SeriesLabels,
  place: PointOfStream,
  out: SampleBatchBuilder,
): void {
  out.add(attributes, { ...labels, __name__: `${name}_sum` }, place, sum);
  out.add(attributes, { ...labels, __name__: `${name}_count` }, place, count);
  const now = { ...place, startAt: 0 };
  for (const { quantile, value } of quantiles)
    out.add(attributes, { ...labels, __name__: name, quantile: String(quantile) }, now, value);
}
