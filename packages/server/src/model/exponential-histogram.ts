/**
 * Exponential histograms on their way to the metric store. Their buckets are the powers of 2^(2^−scale); the store's engine
 * knows classic buckets, so they become such ones, on a grid that is the same for every histogram: streams of different
 * scales can be added, and `histogram_quantile` works. A store of native histograms would take the samples as they are: it is
 * the one user of `ToClassic` that would go.
 */
import type { HistogramValue } from "./meter.ts";
import type { SeriesLabels } from "./samples.ts";

export interface ExponentialBuckets {
  readonly offset: number;
  readonly bucketCounts: readonly number[];
}

export interface ExponentialHistogram {
  count: number;
  /** null: not recorded. */
  sum: number | null;
  scale: number;
  zeroCount: number;
  zeroThreshold: number;
  positive: ExponentialBuckets;
  negative: ExponentialBuckets;
}

/** One point of one exported stream. */
export interface ExponentialSample extends ExponentialHistogram {
  family: string;
  /** Without `__name__` and `le`. */
  labels: SeriesLabels;
  at: number;
  /** 0 = not given. */
  startAt: number;
  isDelta: boolean;
}

export type ToClassic = (histogram: ExponentialHistogram) => HistogramValue;

/** Two buckets to each doubling: a quantile is then within some 20 % of what was measured. */
const FINEST_SCALE = 1;
/** Wider than this, neighbouring buckets are joined. */
const MOST_BUCKETS = 64;

export const toClassic: ToClassic = (histogram) => {
  const scale = commonScale(histogram);
  const negative = regroup(histogram.negative, histogram.scale, scale);
  const positive = regroup(histogram.positive, histogram.scale, scale);
  const bounds: number[] = [];
  const below: number[] = [];
  let total = 0;
  const push = (bound: number, inside: number): void => {
    total += inside;
    // Beyond what a double holds: all of it is in `+Inf`, or in the bucket before.
    if (!Number.isFinite(bound)) return;
    if (bounds.at(-1) === bound) below[below.length - 1] = total;
    else {
      bounds.push(bound);
      below.push(total);
    }
  };
  // The largest values are the lowest here: bucket i holds [−base^(i+1), −base^i).
  for (const [index, inside] of negative.toReversed()) push(-boundOf(index - 1, scale), inside);
  if (histogram.zeroCount > 0 || negative.length > 0) push(histogram.zeroThreshold, histogram.zeroCount);
  const [first] = positive;
  // Interpolation begins at the lower end of the lowest bucket.
  if (first !== undefined) {
    const lowest = boundOf(first[0] - 1, scale);
    if (lowest > (bounds.at(-1) ?? Number.NEGATIVE_INFINITY)) push(lowest, 0);
  }
  for (const [index, inside] of positive) push(boundOf(index, scale), inside);
  return { count: histogram.count, sum: histogram.sum ?? 0, bounds, below };
};

/** Upper bound of a bucket: base^(index + 1). */
function boundOf(index: number, scale: number): number {
  return 2 ** ((index + 1) * 2 ** -scale);
}

function commonScale({ scale, positive, negative }: ExponentialHistogram): number {
  let coarser = Math.min(scale, FINEST_SCALE);
  while (widthOf(positive, scale, coarser) + widthOf(negative, scale, coarser) > MOST_BUCKETS) coarser -= 1;
  return coarser;
}

function widthOf({ offset, bucketCounts }: ExponentialBuckets, from: number, to: number): number {
  if (bucketCounts.every((count) => count === 0)) return 0;
  const shift = 2 ** (from - to);
  return Math.floor((offset + bucketCounts.length - 1) / shift) - Math.floor(offset / shift) + 1;
}

/** Index and count of each bucket at the coarser scale, from the first to the last that holds anything, gaps included. */
function regroup({ offset, bucketCounts }: ExponentialBuckets, from: number, to: number): [number, number][] {
  const shift = 2 ** (from - to);
  const byIndex = new Map<number, number>();
  bucketCounts.forEach((count, position) => {
    if (count === 0) return;
    const index = Math.floor((offset + position) / shift);
    byIndex.set(index, (byIndex.get(index) ?? 0) + count);
  });
  if (byIndex.size === 0) return [];
  const first = Math.min(...byIndex.keys());
  const last = Math.max(...byIndex.keys());
  return Array.from({ length: last - first + 1 }, (_, step) => [
    first + step,
    byIndex.get(first + step) ?? 0,
  ]);
}
