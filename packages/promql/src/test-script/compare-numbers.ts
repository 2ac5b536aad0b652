/** When two numbers count as equal: relative to their size, because sums may be taken in another order. */
const EPSILON = 1e-6;
const SMALLEST_NORMAL = 2.2250738585072014e-308;

export function almostEqual(a: number, b: number, epsilon: number = EPSILON): boolean {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) && Number.isNaN(b);
  if (a === b) return true;
  const sum = Math.abs(a) + Math.abs(b);
  const difference = Math.abs(a - b);
  if (a === 0 || b === 0 || sum < SMALLEST_NORMAL) return difference < epsilon * SMALLEST_NORMAL;
  return difference / Math.min(sum, Number.MAX_VALUE) < epsilon;
}
