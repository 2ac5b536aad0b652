/** Aggregators that fold a group into one number a step: sum, avg, count, min, max, group, stddev, stdvar, quantile. */
import { quantileOf } from "../evaluate/go-math.ts";
import { RunningMean } from "../evaluate/running-mean.ts";
import { type Column, newColumn, relabeled } from "../evaluate/values.ts";
import type { SeriesGroup } from "./groups.ts";

export type FoldAggregator = "sum" | "avg" | "count" | "min" | "max" | "group" | "stddev" | "stdvar";

/** Folds the columns of a group, one after the other, into the steps of the result. */
type Fold = (columns: readonly Column[], result: Column) => void;

const FOLDS: Readonly<Record<FoldAggregator, Fold>> = {
  sum: foldSum,
  avg: foldAverage,
  count: foldCount,
  group: foldGroup,
  min: (columns, result) => foldExtreme(columns, result, (value, least) => value < least),
  max: (columns, result) => foldExtreme(columns, result, (value, greatest) => value > greatest),
  stddev: (columns, result) => foldVariance(columns, result, Math.sqrt),
  stdvar: (columns, result) => foldVariance(columns, result, (variance) => variance),
};

export function foldSeries(op: FoldAggregator, group: SeriesGroup, count: number): Column {
  const [only] = group.columns;
  if (only !== undefined && group.columns.length === 1 && SELF_RESULT.has(op))
    return relabeled(only, group.labels, only.dropName);
  const result = newColumn(group.labels, dropsName(group), count);
  FOLDS[op](group.columns, result);
  return result;
}

function dropsName(group: SeriesGroup): boolean {
  return group.columns.some((column) => column.dropName);
}

/** Aggregators of which a single series is its own result. */
const SELF_RESULT: ReadonlySet<FoldAggregator> = new Set<FoldAggregator>(["sum", "avg", "min", "max"]);

/** Compensated sums, one a step (see `CompensatedSum`; here over columns, without an object a step). */
function foldSum(columns: readonly Column[], result: Column): void {
  const { values: sums, present: seen } = result;
  const compensations = new Float64Array(sums.length);
  for (const { values, present } of columns) {
    for (let step = 0; step < sums.length; step++) {
      if (present[step] === 0) continue;
      const value = values[step] as number;
      seen[step] = 1;
      const sum = sums[step] as number;
      const next = sum + value;
      if (next === Number.POSITIVE_INFINITY || next === Number.NEGATIVE_INFINITY) compensations[step] = 0;
      else if (Math.abs(sum) >= Math.abs(value)) {
        compensations[step] = (compensations[step] as number) + (sum - next + value);
      } else compensations[step] = (compensations[step] as number) + (value - next + sum);
      sums[step] = next;
    }
  }
  for (let step = 0; step < sums.length; step++)
    sums[step] = (sums[step] as number) + (compensations[step] as number);
}

/** The mean of the sum while the sum is finite; a running mean from the step on where it would overflow. */
function foldAverage(columns: readonly Column[], result: Column): void {
  const { values: results, present: seen } = result;
  for (let step = 0; step < results.length; step++) {
    const mean = new RunningMean();
    for (const { values, present } of columns) if (present[step] === 1) mean.add(values[step] as number);
    if (mean.count === 0) continue;
    results[step] = mean.mean;
    seen[step] = 1;
  }
}

function foldCount(columns: readonly Column[], result: Column): void {
  const { values: counts, present: seen } = result;
  for (const { present } of columns) {
    for (let step = 0; step < counts.length; step++) {
      if (present[step] === 0) continue;
      counts[step] = (counts[step] as number) + 1;
      seen[step] = 1;
    }
  }
}

function foldGroup(columns: readonly Column[], result: Column): void {
  for (const { present } of columns)
    for (let step = 0; step < present.length; step++) if (present[step] === 1) result.present[step] = 1;
  result.values.fill(1);
}

/** NaN only when all are. */
function foldExtreme(
  columns: readonly Column[],
  result: Column,
  isBeyond: (value: number, extreme: number) => boolean,
): void {
  const { values: extremes, present: seen } = result;
  for (const { values, present } of columns) {
    for (let step = 0; step < extremes.length; step++) {
      if (present[step] === 0) continue;
      const value = values[step] as number;
      const extreme = extremes[step] as number;
      if (seen[step] === 0 || Number.isNaN(extreme) || isBeyond(value, extreme)) extremes[step] = value;
      seen[step] = 1;
    }
  }
}

/** The population variance (Welford); anything infinite or NaN makes it NaN. */
function foldVariance(
  columns: readonly Column[],
  result: Column,
  finish: (variance: number) => number,
): void {
  const { values: results, present: seen } = result;
  const counts = new Float64Array(results.length);
  const means = new Float64Array(results.length);
  for (const { values, present } of columns) {
    for (let step = 0; step < results.length; step++) {
      if (present[step] === 0) continue;
      const value = values[step] as number;
      const count = (counts[step] as number) + 1;
      const mean = means[step] as number;
      const delta = value - mean;
      const nextMean = count === 1 ? value : mean + delta / count;
      counts[step] = count;
      means[step] = nextMean;
      if (count > 1) results[step] = (results[step] as number) + delta * (value - nextMean);
      else if (!Number.isFinite(value)) results[step] = Number.NaN;
      seen[step] = 1;
    }
  }
  for (let step = 0; step < results.length; step++)
    if (seen[step] === 1) results[step] = finish((results[step] as number) / (counts[step] as number));
}

export function foldQuantile(group: SeriesGroup, quantiles: Float64Array, count: number): Column {
  const result = newColumn(group.labels, dropsName(group), count);
  const numbers = new Float64Array(group.columns.length);
  for (let step = 0; step < count; step++) {
    let used = 0;
    for (const { values, present } of group.columns) {
      if (present[step] === 0) continue;
      numbers[used] = values[step] as number;
      used += 1;
    }
    if (used === 0) continue;
    result.values[step] = quantileOf(quantiles[step] as number, numbers, used);
    result.present[step] = 1;
  }
  return result;
}
