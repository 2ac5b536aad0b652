/**
 * Clock times on calendar days: "06:00 on the slot's day in Berlin". A day is ISO text, "2026-11-23".
 */
import { WEEKDAYS, type Weekday } from "@batchwatch/protocol";
import { instantOfWallTime, wallTimeOf } from "./zone-offsets.ts";

export const DAY_MS = 86_400_000;

/** The calendar day of an instant, as people in the zone say it. */
export function localDay(at: number, zone: string): string {
  return dayOfWallTime(wallTimeOf(at, zone));
}

/** The calendar day of a floating wall time. */
export function dayOfWallTime(wallAt: number): string {
  return new Date(wallAt).toISOString().slice(0, 10);
}

/** Milliseconds after midnight of a floating wall time. */
export function timeOfDayOfWallTime(wallAt: number): number {
  return wallAt - Math.floor(wallAt / DAY_MS) * DAY_MS;
}

export function addDays(day: string, days: number): string {
  return dayOfWallTime(floatingMidnight(day) + days * DAY_MS);
}

export function weekdayOf(day: string): Weekday {
  // 1970-01-01 was a Thursday; WEEKDAYS starts with Monday.
  const index = (((Math.floor(floatingMidnight(day) / DAY_MS) + 3) % 7) + 7) % 7;
  return WEEKDAYS[index] ?? "mon";
}

/**
 * The instant of a clock time on a day. In the spring gap: the first instant after the gap. In the autumn fold: the
 * first occurrence.
 *
 * @example clockTimeOn("2026-03-29", 2.5 * 3_600_000, "Europe/Berlin") // 2026-03-29T01:00:00Z, that is 03:00 there
 */
export function clockTimeOn(day: string, timeOfDayMs: number, zone: string): number {
  return instantOfWallTime(floatingMidnight(day) + timeOfDayMs, zone);
}

function floatingMidnight(day: string): number {
  const at = Date.parse(`${day}T00:00:00Z`);
  if (Number.isNaN(at)) throw new RangeError(`"${day}" is no calendar day; write it as YYYY-MM-DD.`);
  return at;
}
