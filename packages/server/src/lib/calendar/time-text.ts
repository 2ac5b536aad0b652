/** Times in the words that people read in explanations. Lengths of time: the protocol's `formatDuration`. */
import { localDay } from "./clock-time.ts";
import { wallTimeOf } from "./zone-offsets.ts";

/** "2026-11-23 02:10:05 Europe/Berlin". Seconds are left out when they are 0. */
export function instantText(at: number, zone: string): string {
  return `${localDay(at, zone)} ${clockText(at, zone)} ${zone}`;
}

/**
 * An instant in a sentence that names another one in full: with its date only where that is another day, and never with
 * the zone again.
 */
export function besideText(at: number, zone: string, namedAt: number): string {
  const day = localDay(at, zone);
  return day === localDay(namedAt, zone) ? clockText(at, zone) : `${day} ${clockText(at, zone)}`;
}

/** What `instantText` wrote of today loses its date: for text that is read now, not kept. */
export function withoutToday(text: string, zone: string, now: number): string {
  const today = localDay(now, zone);
  const clock = String.raw`(\d\d:\d\d(?::\d\d)? ${zone.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")})`;
  return text.includes(today) ? text.replaceAll(new RegExp(`\\b${today} ${clock}`, "g"), "$1") : text;
}

/** "02:10", with seconds where there are any. */
export function clockText(at: number, zone: string): string {
  const text = new Date(wallTimeOf(at, zone)).toISOString();
  return text.slice(17, 19) === "00" ? text.slice(11, 16) : text.slice(11, 19);
}

/** A clock time given as milliseconds after midnight. */
export function timeOfDayText(timeOfDayMs: number): string {
  return clockText(timeOfDayMs, "UTC");
}
