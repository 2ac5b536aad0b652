/** Ticks of an axis of durations at lengths that people count in: 1, 2, 5, 10, 15, 30 of a unit. Pure. */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const STEPS = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((count) => count * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((count) => count * MINUTE),
  ...[1, 2, 3, 6, 12, 24, 48, 96, 168].map((count) => count * HOUR),
];
const MOST_TICKS = 4;

export function durationAxis(longestMs: number): { max: number; interval: number } {
  const interval =
    STEPS.find((step) => longestMs / step <= MOST_TICKS) ??
    Math.ceil(longestMs / MOST_TICKS / (24 * HOUR)) * 24 * HOUR;
  return { interval, max: Math.max(1, Math.ceil(longestMs / interval)) * interval };
}
