/**
 * Classic histograms: cumulative counts up to each bound `le`. The bounds of a histogram are sorted and joined once for a
 * series; a step only fills in the counts.
 */
import { isInsignificant } from "./almost-equal.ts";

export interface MonotonicityFix {
  readonly leastBound: number;
  readonly greatestBound: number;
  readonly greatestDecrease: number;
}

/** The buckets of one histogram in one step, ascending by bound, equal bounds joined. Reused from step to step. */
export class Buckets {
  readonly bounds: Float64Array;
  readonly counts: Float64Array;
  length = 0;

  constructor(most: number) {
    this.bounds = new Float64Array(most);
    this.counts = new Float64Array(most);
  }

  clear(): void {
    this.length = 0;
  }

  /** In ascending order of bounds. */
  add(bound: number, count: number): void {
    const last = this.length - 1;
    if (last >= 0 && this.bounds[last] === bound) {
      this.counts[last] = (this.counts[last] as number) + count;
      return;
    }
    this.bounds[this.length] = bound;
    this.counts[this.length] = count;
    this.length += 1;
  }

  get hasInfiniteBound(): boolean {
    return this.length > 0 && this.bounds[this.length - 1] === Number.POSITIVE_INFINITY;
  }
}

/** Counts that differ by less than this share are the same number, calculated in another order. */
const TOLERANCE = 1e-12;

/** Raises counts that fall; answers what was raised. Differences of rounding are evened out without a word. */
export function makeMonotonic({ counts, bounds, length }: Buckets): MonotonicityFix | undefined {
  let leastBound = Number.POSITIVE_INFINITY;
  let greatestBound = Number.NEGATIVE_INFINITY;
  let greatestDecrease = 0;
  let fixed = false;
  let previous = counts[0] as number;
  for (let index = 1; index < length; index++) {
    const count = counts[index] as number;
    if (count === previous) continue;
    // The common case: clearly more than before.
    if (count - previous > TOLERANCE * (count + previous)) {
      previous = count;
      continue;
    }
    if (isInsignificant(previous, count, TOLERANCE)) {
      counts[index] = previous;
    } else if (count < previous) {
      counts[index] = previous;
      fixed = true;
      leastBound = Math.min(leastBound, bounds[index] as number);
      greatestBound = Math.max(greatestBound, bounds[index] as number);
      greatestDecrease = Math.max(greatestDecrease, previous - count);
    } else previous = count;
  }
  return fixed ? { leastBound, greatestBound, greatestDecrease } : undefined;
}

/** The q-quantile, linear within a bucket. Makes the counts monotonic and tells `onFix` if it had to. */
export function bucketQuantile(
  quantile: number,
  buckets: Buckets,
  onFix: (fix: MonotonicityFix) => void,
): number {
  if (Number.isNaN(quantile)) return Number.NaN;
  if (quantile < 0) return Number.NEGATIVE_INFINITY;
  if (quantile > 1) return Number.POSITIVE_INFINITY;
  if (!buckets.hasInfiniteBound) return Number.NaN;
  const fix = makeMonotonic(buckets);
  if (fix !== undefined) onFix(fix);
  const { bounds, counts, length } = buckets;
  if (length < 2) return Number.NaN;
  const observations = counts[length - 1] as number;
  if (observations === 0 || Number.isNaN(observations)) return Number.NaN;
  let rank = quantile * observations;
  const last = length - 1;
  let index = 0;
  while (index < last && !((counts[index] as number) >= rank)) index += 1;
  if (index === last) return bounds[last - 1] as number;
  const end = bounds[index] as number;
  if (index === 0 && end <= 0) return end;
  let start = 0;
  let count = counts[index] as number;
  if (index > 0) {
    start = bounds[index - 1] as number;
    count -= counts[index - 1] as number;
    rank -= counts[index - 1] as number;
  }
  return start + (end - start) * (rank / count);
}

/** The share of observations between two values, linear within a bucket; infinitely wide buckets give nothing. */
export function bucketFraction(lower: number, upper: number, buckets: Buckets): number {
  if (!buckets.hasInfiniteBound) return Number.NaN;
  const { counts, length } = buckets;
  const total = counts[length - 1] as number;
  if (total === 0 || Number.isNaN(lower) || Number.isNaN(upper)) return Number.NaN;
  if (lower >= upper) return 0;
  const lowerRank = rankOf(lower, buckets, total);
  const upperRank = rankOf(upper, buckets, total);
  return (upperRank - lowerRank) / total;
}

/** How many observations lie below a value. */
function rankOf(value: number, { bounds, counts, length }: Buckets, total: number): number {
  let below = 0;
  let lowerBound = (bounds[0] as number) <= 0 ? Number.NEGATIVE_INFINITY : 0;
  for (let index = 0; index < length; index++) {
    if (index > 0) lowerBound = bounds[index - 1] as number;
    const upperBound = bounds[index] as number;
    const count = counts[index] as number;
    if (lowerBound >= value) return Math.min(below, total);
    if (upperBound > value) {
      if (lowerBound === Number.NEGATIVE_INFINITY) return Math.min(count, total);
      return Math.min(total, below + ((count - below) * (value - lowerBound)) / (upperBound - lowerBound));
    }
    below = count;
  }
  return total;
}
