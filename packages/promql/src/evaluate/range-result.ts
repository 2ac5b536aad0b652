/** A range vector as the answer of an instant query: the samples of each series inside the window. */
import { edgeSamples, leftValue, rightValue } from "../functions/extended-rates.ts";
import type { MatrixSeries } from "../query-result.ts";
import type { RangeArgument } from "./evaluate.ts";
import { frameTime } from "./select.ts";
import type { SampleRun } from "./values.ts";

export function rangeResult({ frame, rangeMs, mode, runs }: RangeArgument): MatrixSeries[] {
  const end = frameTime(frame, 0);
  const start = end - rangeMs;
  const series: MatrixSeries[] = [];
  for (const run of runs) {
    const found = mode === "plain" ? within(run, start, end) : extended(run, start, end, mode === "smoothed");
    if (found !== undefined) series.push(found);
  }
  return series;
}

function within({ labels, times, values }: SampleRun, start: number, end: number): MatrixSeries | undefined {
  let low = 0;
  let high = times.length;
  while (low < high && (times[low] as number) <= start) low += 1;
  while (low < high && (times[high - 1] as number) > end) high -= 1;
  if (low === high) return undefined;
  return { labels, times: times.slice(low, high), values: values.slice(low, high) };
}

/** With a sample at each edge of the window: the one before it, or one by interpolation. */
function extended(run: SampleRun, start: number, end: number, smoothed: boolean): MatrixSeries | undefined {
  const { labels, times, values } = run;
  const edges = times.length === 0 ? undefined : edgeSamples(times, 0, times.length, start, end, smoothed);
  if (edges === undefined) return undefined;
  const { first, last } = edges;
  const left = leftValue(run, first, start, smoothed, false);
  const right = rightValue(run, first, last, end, smoothed, false);
  const from = (times[first] as number) <= start ? first + 1 : first;
  const to = (times[last] as number) >= end ? last : last + 1;
  return {
    labels,
    times: framed(start, times.subarray(from, to), end),
    values: framed(left, values.subarray(from, to), right),
  };
}

function framed(first: number, inner: Float64Array, last: number): Float64Array {
  const whole = new Float64Array(inner.length + 2);
  whole[0] = first;
  whole.set(inner, 1);
  whole[inner.length + 1] = last;
  return whole;
}
