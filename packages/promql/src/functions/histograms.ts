/** histogram_quantile, histogram_quantiles and histogram_fraction over classic buckets. */
import { filterLabels, keyOfOthers, withLabel } from "../evaluate/label-sets.ts";
import { mergeEqualLabels } from "../evaluate/merge-series.ts";
import type { QueryContext } from "../evaluate/query-context.ts";
import { type Column, type EvalValue, newColumn, vectorOf } from "../evaluate/values.ts";
import { stepTime } from "../evaluate/windows.ts";
import { parseFloatText, shortFloatText } from "../go-format/float-text.ts";
import { type Labels, labelValue, METRIC_NAME } from "../labels.ts";
import type { Span } from "../parse/ast.ts";
import { Buckets, bucketFraction, bucketQuantile } from "./classic-buckets.ts";
import {
  scalarArgument,
  stringArgument,
  type ValueCall,
  type ValueFunction,
  vectorArgument,
} from "./function-kinds.ts";

const BUCKET_LABEL = "le";

interface Bucket {
  readonly bound: number;
  readonly values: Float64Array;
  readonly present: Uint8Array;
}

/** The buckets of one histogram, ascending by bound. */
interface Histogram {
  readonly labels: Labels;
  readonly buckets: Bucket[];
}

function histogramsOf(columns: readonly Column[], span: Span, { annotations }: QueryContext): Histogram[] {
  const keyOf = keyOfOthers(new Set([BUCKET_LABEL]));
  const histograms = new Map<string, Histogram>();
  for (const column of columns) {
    const text = labelValue(column.labels, BUCKET_LABEL);
    const bound = parseFloatText(text);
    if (bound === undefined) {
      annotations.badBucketLabel(labelValue(column.labels, METRIC_NAME), text, span);
      continue;
    }
    const key = keyOf(column.labels);
    let histogram = histograms.get(key);
    if (histogram === undefined) {
      histogram = { labels: filterLabels(column.labels, (name) => name !== BUCKET_LABEL), buckets: [] };
      histograms.set(key, histogram);
    }
    histogram.buckets.push({ bound, values: column.values, present: column.present });
  }
  const found = [...histograms.values()];
  for (const { buckets } of found) buckets.sort((a, b) => a.bound - b.bound);
  return found;
}

/** Fills in the counts of a step; false when no bucket has one. */
function fillBuckets(target: Buckets, buckets: readonly Bucket[], step: number): boolean {
  target.clear();
  for (let index = 0; index < buckets.length; index++) {
    const bucket = buckets[index] as Bucket;
    if (bucket.present[step] === 1) target.add(bucket.bound, bucket.values[step] as number);
  }
  return target.length > 0;
}

/** A number for each step of each histogram; undefined where the step has no result. */
function overHistograms(
  histograms: readonly Histogram[],
  count: number,
  labelsOf: (histogram: Histogram) => Labels,
  number: (buckets: Buckets, step: number, histogram: Histogram) => number | undefined,
): Column[] {
  const columns: Column[] = [];
  for (const histogram of histograms) {
    const column = newColumn(labelsOf(histogram), true, count);
    const buckets = new Buckets(histogram.buckets.length);
    for (let step = 0; step < count; step++) {
      if (!fillBuckets(buckets, histogram.buckets, step)) continue;
      const value = number(buckets, step, histogram);
      if (value === undefined) continue;
      column.values[step] = value;
      column.present[step] = 1;
    }
    columns.push(column);
  }
  return columns;
}

interface QuantileQuestion {
  readonly quantiles: Float64Array;
  /** Only the steps with this quantile; undefined = all. */
  readonly only: number | undefined;
  readonly bucketsSpan: Span;
  readonly labelsOf: (histogram: Histogram) => Labels;
}

function quantileColumns(
  histograms: readonly Histogram[],
  { quantiles, only, bucketsSpan, labelsOf }: QuantileQuestion,
  { grid, context }: ValueCall,
): Column[] {
  return overHistograms(histograms, grid.count, labelsOf, (buckets, step, { labels }) => {
    const quantile = quantiles[step] as number;
    if (only !== undefined && !Object.is(quantile, only)) return undefined;
    return bucketQuantile(quantile, buckets, (fix) =>
      context.annotations.forcedMonotonicity(
        bucketsSpan,
        labelValue(labels, METRIC_NAME),
        stepTime(grid, step),
        fix,
      ),
    );
  });
}

function spanOf({ exprs, call }: ValueCall, index: number): Span {
  return exprs[index]?.span ?? call.span;
}

/** The quantile argument; values outside 0…1 are warned of, also when there is no histogram. */
function quantileArgument(call: ValueCall, index: number): Float64Array {
  const quantiles = scalarArgument(call.args, index) ?? new Float64Array(0);
  for (const quantile of quantiles) call.context.annotations.invalidQuantile(quantile, spanOf(call, index));
  return quantiles;
}

function histogramQuantile(call: ValueCall): EvalValue {
  const bucketsSpan = spanOf(call, 1);
  const histograms = histogramsOf(vectorArgument(call.args, 1), bucketsSpan, call.context);
  const quantiles = quantileArgument(call, 0);
  const labelsOf = ({ labels }: Histogram) => labels;
  return vectorOf(quantileColumns(histograms, { quantiles, only: undefined, bucketsSpan, labelsOf }, call));
}

/** Several quantiles at once, each under its own value of a label. */
function histogramQuantiles(call: ValueCall): EvalValue {
  const bucketsSpan = spanOf(call, 0);
  const label = stringArgument(call.args, 1);
  const histograms = histogramsOf(vectorArgument(call.args, 0), bucketsSpan, call.context);
  const columns: Column[] = [];
  for (let index = 2; index < call.args.length; index++) {
    const quantiles = quantileArgument(call, index);
    for (const only of new Set(quantiles)) {
      const text = openMetricsFloat(only);
      const labelsOf = ({ labels }: Histogram) => withLabel(labels, label, text);
      columns.push(...quantileColumns(histograms, { quantiles, only, bucketsSpan, labelsOf }, call));
    }
  }
  return vectorOf(mergeEqualLabels(columns));
}

/** As OpenMetrics writes bounds and quantiles: whole numbers with `.0`. */
function openMetricsFloat(value: number): string {
  const text = shortFloatText(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

function histogramFraction(call: ValueCall): EvalValue {
  const { args, grid, context } = call;
  const histograms = histogramsOf(vectorArgument(args, 2), spanOf(call, 2), context);
  const lower = scalarArgument(args, 0);
  const upper = scalarArgument(args, 1);
  return vectorOf(
    overHistograms(
      histograms,
      grid.count,
      ({ labels }) => labels,
      (buckets, step) => bucketFraction(lower?.[step] ?? Number.NaN, upper?.[step] ?? Number.NaN, buckets),
    ),
  );
}

export const HISTOGRAM_FUNCTIONS: Readonly<Record<string, ValueFunction>> = {
  histogram_quantile: { kind: "value", evaluate: histogramQuantile },
  histogram_quantiles: { kind: "value", evaluate: histogramQuantiles },
  histogram_fraction: { kind: "value", evaluate: histogramFraction },
};
