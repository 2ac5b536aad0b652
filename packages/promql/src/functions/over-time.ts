/** Functions that fold the samples of a window into one number: `…_over_time`. */
import { CompensatedSum, quantileOf } from "../evaluate/go-math.ts";
import { RunningMean } from "../evaluate/running-mean.ts";
import type { PrepareKernel } from "../evaluate/windows.ts";
import type { WindowFunction } from "./function-kinds.ts";
import { SlidingSorted } from "./sliding-sorted.ts";

const MS_PER_SECOND = 1000;

function overTime(prepare: PrepareKernel, keepsName = false): WindowFunction {
  return { kind: "window", keepsName, wantsCounter: false, prepare };
}

/** A window to a number; every window with a sample gives one. */
function fold(
  number: (values: Float64Array, low: number, high: number, times: Float64Array) => number,
): PrepareKernel {
  return ({ times, values }, column) =>
    (low, high, step) => {
      column.values[step] = number(values, low, high, times);
      column.present[step] = 1;
    };
}

/** Sums of whole numbers are exact up to here, in whatever order they are made. */
const MOST_EXACT = Number.MAX_SAFE_INTEGER;

/** Sums up to each sample, if all values are whole and no sum is rounded: a window's sum is then one difference. */
function exactPrefixSums(values: Float64Array): Float64Array | undefined {
  const sums = new Float64Array(values.length + 1);
  let sum = 0;
  let size = 0;
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as number;
    if (!Number.isInteger(value)) return undefined;
    sum += value;
    size += Math.abs(value);
    if (size > MOST_EXACT) return undefined;
    sums[index + 1] = sum;
  }
  return sums;
}

const sumOverTime: PrepareKernel = ({ values }, { values: results, present }) => {
  const sums = exactPrefixSums(values);
  return (low, high, step) => {
    present[step] = 1;
    results[step] =
      sums === undefined ? sum(values, low, high) : (sums[high] as number) - (sums[low] as number);
  };
};

const averageOverTime: PrepareKernel = ({ values }, { values: results, present }) => {
  const sums = exactPrefixSums(values);
  return (low, high, step) => {
    present[step] = 1;
    results[step] =
      sums === undefined
        ? average(values, low, high)
        : ((sums[high] as number) - (sums[low] as number)) / (high - low);
  };
};

/** Kahan–Neumaier, as `CompensatedSum`; written out because it is the hottest of loops. */
function sum(values: Float64Array, low: number, high: number): number {
  let total = 0;
  let compensation = 0;
  for (let index = low; index < high; index++) {
    const value = values[index] as number;
    const next = total + value;
    if (next === Number.POSITIVE_INFINITY || next === Number.NEGATIVE_INFINITY) compensation = 0;
    else if (Math.abs(total) >= Math.abs(value)) compensation += total - next + value;
    else compensation += value - next + total;
    total = next;
  }
  return total + compensation;
}

/** The mean of the sum while that is finite; otherwise found step by step. */
function average(values: Float64Array, low: number, high: number): number {
  let total = 0;
  let compensation = 0;
  for (let index = low; index < high; index++) {
    const value = values[index] as number;
    const next = total + value;
    if (Math.abs(total) >= Math.abs(value)) compensation += total - next + value;
    else compensation += value - next + total;
    total = next;
  }
  const count = high - low;
  if (Number.isFinite(total)) return total / count + compensation / count;
  const running = new RunningMean();
  for (let index = low; index < high; index++) running.add(values[index] as number);
  return running.mean;
}

type IsBeyond = (value: number, extreme: number) => boolean;

/**
 * The smallest or largest value of each window, in time proportional to the samples: a queue of those that can still
 * become it. Of equal ones the last stays; NaN is left out, so an empty queue means that all are NaN.
 */
function extremeOverTime(isBeyond: IsBeyond, result: "value" | "time"): PrepareKernel {
  return ({ times, values }, { values: results, present }) => {
    const queue = new Int32Array(values.length);
    let head = 0;
    let tail = 0;
    let next = 0;
    const enter = (index: number) => {
      const value = values[index] as number;
      if (Number.isNaN(value)) return;
      while (tail > head && !isBeyond(values[queue[tail - 1] as number] as number, value)) tail -= 1;
      queue[tail] = index;
      tail += 1;
    };
    return (low, high, step) => {
      for (next = Math.max(next, low); next < high; next++) enter(next);
      while (head < tail && (queue[head] as number) < low) head += 1;
      const found = head < tail ? (queue[head] as number) : high - 1;
      results[step] = result === "value" ? (values[found] as number) : timeAt(times, found);
      present[step] = 1;
    };
  };
}

const above: IsBeyond = (value, extreme) => value > extreme;
const below: IsBeyond = (value, extreme) => value < extreme;

/** The population variance, with compensated sums. */
function variance(values: Float64Array, low: number, high: number): number {
  const center = new CompensatedSum();
  const squares = new CompensatedSum();
  let count = 0;
  for (let index = low; index < high; index++) {
    const value = values[index] as number;
    count += 1;
    const delta = value - center.total;
    center.add(delta / count);
    squares.add(delta * (value - center.total));
  }
  return squares.total / count;
}

const quantileOverTime: PrepareKernel = ({ values }, column, { scalars, argumentSpans, annotations }) => {
  const sorted = new SlidingSorted(values);
  const quantiles = scalars[0];
  const span = argumentSpans[0];
  return (low, high, step) => {
    const quantile = quantiles?.[step] ?? Number.NaN;
    if (span !== undefined) annotations.invalidQuantile(quantile, span);
    column.values[step] = sorted.quantile(quantile, low, high);
    column.present[step] = 1;
  };
};

/** The median of the distances from the median; NaN if a sample is. */
const medianDeviation: PrepareKernel = ({ values }, column) => {
  const numbers = new Float64Array(values.length);
  return (low, high, step) => {
    const count = high - low;
    numbers.set(values.subarray(low, high));
    const median = quantileOf(0.5, numbers, count);
    let hasNaN = false;
    for (let index = 0; index < count; index++) {
      const value = values[low + index] as number;
      if (Number.isNaN(value)) hasNaN = true;
      numbers[index] = Math.abs(value - median);
    }
    column.values[step] = hasNaN ? Number.NaN : quantileOf(0.5, numbers, count);
    column.present[step] = 1;
  };
};

function timeAt(times: Float64Array, index: number): number {
  return (times[index] as number) / MS_PER_SECOND;
}

export const OVER_TIME_FUNCTIONS: Readonly<Record<string, WindowFunction>> = {
  avg_over_time: overTime(averageOverTime),
  sum_over_time: overTime(sumOverTime),
  count_over_time: overTime(fold((_, low, high) => high - low)),
  present_over_time: overTime(fold(() => 1)),
  min_over_time: overTime(extremeOverTime(below, "value")),
  max_over_time: overTime(extremeOverTime(above, "value")),
  first_over_time: overTime(
    fold((values, low) => values[low] as number),
    true,
  ),
  last_over_time: overTime(
    fold((values, _, high) => values[high - 1] as number),
    true,
  ),
  stdvar_over_time: overTime(fold(variance)),
  stddev_over_time: overTime(fold((values, low, high) => Math.sqrt(variance(values, low, high)))),
  quantile_over_time: overTime(quantileOverTime),
  mad_over_time: overTime(medianDeviation),
  ts_of_first_over_time: overTime(fold((_, low, _high, times) => timeAt(times, low))),
  ts_of_last_over_time: overTime(fold((_, _low, high, times) => timeAt(times, high - 1))),
  ts_of_min_over_time: overTime(extremeOverTime(below, "time")),
  ts_of_max_over_time: overTime(extremeOverTime(above, "time")),
};
