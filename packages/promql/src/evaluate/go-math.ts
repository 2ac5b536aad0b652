/** Where Go's arithmetic on infinities and NaN differs from JavaScript's. */

export function goMax(a: number, b: number): number {
  if (a === Number.POSITIVE_INFINITY || b === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY;
  return Math.max(a, b);
}

export function goMin(a: number, b: number): number {
  if (a === Number.NEGATIVE_INFINITY || b === Number.NEGATIVE_INFINITY) return Number.NEGATIVE_INFINITY;
  return Math.min(a, b);
}

export function goPow(base: number, exponent: number): number {
  if (base === 1) return 1;
  if (base === -1 && (exponent === Number.POSITIVE_INFINITY || exponent === Number.NEGATIVE_INFINITY))
    return 1;
  return base ** exponent;
}

/** A running sum with its compensation (Kahan–Neumaier); `total` gives the two together. */
export class CompensatedSum {
  sum: number;
  compensation = 0;

  constructor(first = 0) {
    this.sum = first;
  }

  add(value: number): void {
    const next = this.sum + value;
    // An infinite sum has no error to keep; NaN would spoil the compensation for good.
    if (next === Number.POSITIVE_INFINITY || next === Number.NEGATIVE_INFINITY) this.compensation = 0;
    else if (Math.abs(this.sum) >= Math.abs(value)) this.compensation += this.sum - next + value;
    else this.compensation += value - next + this.sum;
    this.sum = next;
  }

  get total(): number {
    return this.sum + this.compensation;
  }
}

/** The q-quantile of sorted numbers (NaN first), linear between neighbours; NaN of nothing. */
export function sortedQuantile(
  quantile: number,
  sorted: Float64Array,
  count: number,
  nanCount: number,
): number {
  if (count === 0 || Number.isNaN(quantile)) return Number.NaN;
  if (quantile < 0) return Number.NEGATIVE_INFINITY;
  if (quantile > 1) return Number.POSITIVE_INFINITY;
  const rank = quantile * (count - 1);
  const lowerIndex = Math.max(0, Math.floor(rank));
  const upperIndex = Math.min(count - 1, lowerIndex + 1);
  const weight = rank - Math.floor(rank);
  return (
    valueAtRank(sorted, lowerIndex, nanCount) * (1 - weight) +
    valueAtRank(sorted, upperIndex, nanCount) * weight
  );
}

/** Typed arrays sort NaN to the end; PromQL ranks it lowest. */
function valueAtRank(sorted: Float64Array, rank: number, nanCount: number): number {
  return rank < nanCount ? Number.NaN : (sorted[rank - nanCount] ?? Number.NaN);
}

/** Sorts the first `count` numbers in place and answers their quantile. */
export function quantileOf(quantile: number, numbers: Float64Array, count: number): number {
  const used = numbers.subarray(0, count);
  used.sort();
  let nanCount = 0;
  while (nanCount < count && Number.isNaN(used[count - 1 - nanCount])) nanCount += 1;
  return sortedQuantile(quantile, used, count, nanCount);
}
