/**
 * Lengths of time as people write them ("90s", "1h 30m", "PT15M") and as they are shown ("1 h 04 m", "12.3 s").
 * Inside the product a duration is a number of milliseconds.
 */
import type { DurationInput } from "./job-settings.ts";

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const WEEK_MS = 7 * DAY_MS;

/** Ten years: longer than any limit of a batch job, short enough that sums stay exact. */
export const MAX_DURATION_MS = 3660 * DAY_MS;

const UNIT_MS: ReadonlyMap<string, number> = new Map(
  (
    [
      [1, "ms msec msecs millisecond milliseconds"],
      [SECOND_MS, "s sec secs second seconds"],
      [MINUTE_MS, "m min mins minute minutes"],
      [HOUR_MS, "h hr hrs hour hours"],
      [DAY_MS, "d day days"],
      [WEEK_MS, "w week weeks"],
    ] as const
  ).flatMap(([ms, names]) => names.split(" ").map((name): [string, number] => [name, ms])),
);

const PART = /\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*/y;
const ISO_DURATION = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/i;

/**
 * Reads a length of time.
 * @param input "500ms", "90s", "1h 30m", "2d", "1.5h", ISO 8601 ("PT15M"), or a number of milliseconds; never negative,
 *   at most ten years.
 * @returns whole milliseconds, e.g. `parseDuration("1h 30m")` → 5400000.
 * @throws RangeError that says what is wrong and how to write it; a retry never helps.
 */
export function parseDuration(input: DurationInput): number {
  const ms = typeof input === "number" ? input : parseText(input);
  if (!Number.isFinite(ms) || ms < 0)
    throw new RangeError(`"${input}" is no length of time: it must be 0 or more`);
  if (ms > MAX_DURATION_MS) throw new RangeError(`"${input}" is longer than ten years`);
  return Math.round(ms);
}

export type DurationReading = { ok: true; ms: number } | { ok: false; why: string };

/**
 * A length of time as somebody sets it: text with a unit. A bare number other than 0 is refused, since it does not say
 * what it counts.
 */
export function readDuration(input: DurationInput): DurationReading {
  try {
    return { ok: true, ms: parseDuration(typeof input === "number" ? String(input) : input) };
  } catch (error) {
    return { ok: false, why: error instanceof Error ? error.message : String(error) };
  }
}

function parseText(input: string): number {
  const text = input.trim().toLowerCase();
  if (text === "0") return 0;
  if (/^\d+(\.\d+)?$/.test(text))
    throw new RangeError(`"${input}" has no unit: write ${text}s, ${text}m, ${text}h or ${text}ms`);
  return parseIso(text) ?? parseParts(input, text);
}

function parseIso(text: string): number | null {
  const match = ISO_DURATION.exec(text);
  if (match === null || text === "p" || text.endsWith("t")) return null;
  const units = [WEEK_MS, DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS];
  return units.reduce((sum, unit, index) => sum + Number(match[index + 1] ?? 0) * unit, 0);
}

function parseParts(input: string, text: string): number {
  const shown = input.length > 60 ? `${input.slice(0, 60)}…` : input;
  let sum = 0;
  let smallest = Number.POSITIVE_INFINITY;
  PART.lastIndex = 0;
  while (PART.lastIndex < text.length || text === "") {
    const match = PART.exec(text);
    const unit = UNIT_MS.get(match?.[2] ?? "");
    if (match === null || unit === undefined)
      throw new RangeError(`"${shown}" is no length of time: write it like 90s, 30m, 1h 30m or 2d`);
    if (unit >= smallest)
      throw new RangeError(`"${shown}" names its units out of order: write the larger first, like 1h 30m`);
    smallest = unit;
    sum += Number(match[1]) * unit;
  }
  return sum;
}

/**
 * A duration for people: at most two units, the second with two digits.
 * @returns "0 ms", "850 ms", "12.3 s", "4 m 05 s", "1 h 04 m", "2 d 03 h"; a negative one with "−" before it.
 */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms)) return "–";
  if (ms < 0) return `−${formatDuration(-ms)}`;
  if (Math.round(ms) < SECOND_MS) return `${Math.round(ms)} ms`;
  const tenths = Math.round(ms / 100) / 10;
  if (tenths < 60) return `${tenths} s`;
  const seconds = Math.round(ms / SECOND_MS);
  if (seconds < 3600) return twoUnits(seconds, 60, "m", "s");
  const minutes = Math.round(ms / MINUTE_MS);
  if (minutes < 24 * 60) return twoUnits(minutes, 60, "h", "m");
  return twoUnits(Math.round(ms / HOUR_MS), 24, "d", "h");
}

/** The same for a limit that somebody set: with a third unit where two would not be exact ("1 h 30 m 15 s"). */
export function formatExactDuration(ms: number): string {
  const text = formatDuration(ms);
  return parseDuration(text) === Math.round(ms) ? text : durationText(ms).replaceAll(/(\d)([a-z])/g, "$1 $2");
}

function twoUnits(count: number, base: number, large: string, small: string): string {
  const rest = count % base;
  const head = `${Math.floor(count / base)} ${large}`;
  return rest === 0 ? head : `${head} ${String(rest).padStart(2, "0")} ${small}`;
}

/** A duration as a setting is written: exact, and read back by `parseDuration` ("1h 30m", "90s", "1d 500ms"). */
export function durationText(ms: number): string {
  const units: readonly [string, number][] = [
    ["d", DAY_MS],
    ["h", HOUR_MS],
    ["m", MINUTE_MS],
    ["s", SECOND_MS],
    ["ms", 1],
  ];
  let rest = Math.round(ms);
  const parts: string[] = [];
  for (const [name, unit] of units) {
    const count = Math.floor(rest / unit);
    rest -= count * unit;
    if (count > 0) parts.push(`${count}${name}`);
  }
  return parts.length === 0 ? "0s" : parts.join(" ");
}
