/** The least normal number; below it a share of the numbers means nothing. */
const LEAST_NORMAL = 2.2250738585072014e-308;

/** True when two numbers differ by less than `tolerance` of their sum. */
export function isInsignificant(left: number, right: number, tolerance: number): boolean {
  if (Number.isNaN(left) && Number.isNaN(right)) return true;
  if (left === right) return true;
  const sum = Math.abs(left) + Math.abs(right);
  const difference = Math.abs(left - right);
  if (left === 0 || right === 0 || sum < LEAST_NORMAL) return difference < tolerance * LEAST_NORMAL;
  return difference / Math.min(sum, Number.MAX_VALUE) < tolerance;
}
