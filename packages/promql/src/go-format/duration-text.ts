/** Durations as Prometheus writes them: `1y2w3d4h5m6s7ms`, each unit at most once and in this order. */
const SECOND_MS = 1000;
const UNITS: readonly (readonly [unit: string, ms: number, exact: boolean])[] = [
  // A unit that is `exact` is only printed when nothing remains below it (Prometheus prints 8d as 8d, 7d as 1w).
  ["y", 365 * 24 * 3600 * SECOND_MS, true],
  ["w", 7 * 24 * 3600 * SECOND_MS, true],
  ["d", 24 * 3600 * SECOND_MS, true],
  ["h", 3600 * SECOND_MS, false],
  ["m", 60 * SECOND_MS, false],
  ["s", SECOND_MS, false],
  ["ms", 1, false],
];

const PATTERN = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;
/** Go keeps durations as 64-bit nanoseconds. */
const MOST_MS = 9_223_372_036_854;

/** Milliseconds, or what is wrong with the text (in Prometheus's words). */
export function parseDuration(text: string): number | { readonly problem: string } {
  if (text === "") return { problem: "empty duration string" };
  if (text === "0") return 0;
  const match = PATTERN.exec(text);
  if (match === null) return { problem: `not a valid duration string: ${JSON.stringify(text)}` };
  let ms = 0;
  for (const [index, [, unitMs]] of UNITS.entries()) {
    const count = match[index + 1];
    if (count !== undefined) ms += Number(count) * unitMs;
  }
  return ms > MOST_MS ? { problem: "duration out of range" } : ms;
}

/** The text of a duration of whole milliseconds; a negative one with a minus sign before it. */
export function durationText(ms: number): string {
  if (ms === 0) return "0s";
  if (ms < 0) return `-${durationText(-ms)}`;
  let rest = Math.round(ms);
  let text = "";
  for (const [unit, unitMs, exact] of UNITS) {
    if (exact && rest % unitMs !== 0) continue;
    const count = Math.floor(rest / unitMs);
    if (count === 0) continue;
    text += `${count}${unit}`;
    rest -= count * unitMs;
  }
  return text;
}
