/**
 * rate, increase and delta with `anchored` (from the last sample at or before the window's start, no extrapolation) and
 * `smoothed` (the values at both edges of the window by interpolation).
 */
import type { Column, SampleRun } from "../evaluate/values.ts";
import type { WindowFrame, WindowKernel } from "../evaluate/windows.ts";
import type { RateKind } from "./rates.ts";

const MS_PER_SECOND = 1000;

export function extendedRateKernel(
  run: SampleRun,
  column: Column,
  window: WindowFrame,
  { isCounter, perSecond }: RateKind,
): WindowKernel {
  const { times, values } = run;
  const smoothed = window.mode === "smoothed";
  return (low, high, step, end) => {
    const start = end - window.rangeMs;
    const edges = edgeSamples(times, low, high, start, end, smoothed);
    if (edges === undefined) return;
    const { first, last } = edges;
    const left = leftValue(run, first, start, smoothed, isCounter);
    const right = rightValue(run, first, last, end, smoothed, isCounter);
    let growth = right - left;
    if (isCounter) {
      const from = (times[first] as number) <= start ? first + 1 : first;
      const to = (times[last] as number) >= end ? last - 1 : last;
      growth += lostToResets(values, from, to, left, right);
    }
    column.values[step] = perSecond ? growth / (window.rangeMs / MS_PER_SECOND) : growth;
    column.present[step] = 1;
  };
}

/** The first and last sample that count: the one at or before the start, and (smoothed) the one at or after the end. */
export function edgeSamples(
  times: Float64Array,
  low: number,
  high: number,
  start: number,
  end: number,
  smoothed: boolean,
): { readonly first: number; readonly last: number } | undefined {
  let last = high - 1;
  let first = low;
  while (first < last && (times[first] as number) <= start) first += 1;
  first = Math.max(low, first - 1);
  if (smoothed) {
    let index = low;
    while (index < last && (times[index] as number) < end) index += 1;
    last = index;
  }
  if ((times[last] as number) <= start) return undefined;
  if (smoothed && (times[first] as number) > end) return undefined;
  return { first, last };
}

/** The value at the start of the window. */
export function leftValue(
  { times, values }: SampleRun,
  first: number,
  start: number,
  smoothed: boolean,
  isCounter: boolean,
): number {
  if (!smoothed || (times[first] as number) >= start) return values[first] as number;
  const after = values[first + 1] as number;
  const before = values[first] as number;
  // After a reset the counter rose from zero.
  return interpolate(times, first, start, isCounter && after < before ? 0 : before, after);
}

/** The value at the end of the window. */
export function rightValue(
  { times, values }: SampleRun,
  first: number,
  last: number,
  end: number,
  smoothed: boolean,
  isCounter: boolean,
): number {
  if (!smoothed || last <= first || (times[last] as number) <= end) return values[last] as number;
  const before = values[last - 1] as number;
  const after = values[last] as number;
  return interpolate(times, last - 1, end, isCounter && after < before ? 0 : before, after);
}

function interpolate(times: Float64Array, index: number, at: number, before: number, after: number): number {
  const from = times[index] as number;
  const to = times[index + 1] as number;
  return before + ((after - before) * (at - from)) / (to - from);
}

function lostToResets(values: Float64Array, from: number, to: number, left: number, right: number): number {
  let lost = 0;
  let previous = left;
  for (let index = from; index <= to; index++) {
    const value = values[index] as number;
    if (value < previous) lost += previous;
    previous = value;
  }
  return right < previous ? lost + previous : lost;
}
