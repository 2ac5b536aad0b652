/** Times and lengths of time in the words that people read in explanations. */
import { localDay } from "./clock-time.ts";
import { wallTimeOf } from "./zone-offsets.ts";

const UNITS = [
  { name: "d", ms: 86_400_000 },
  { name: "h", ms: 3_600_000 },
  { name: "min", ms: 60_000 },
  { name: "s", ms: 1000 },
] as const;

/** The two largest units: "1 h 5 min"; seconds alone with one decimal: "1.5 s"; under a second: "250 ms". */
export function durationText(ms: number): string {
  const exact = Math.abs(ms);
  if (exact < 999.5) return `${Math.round(exact)} ms`;
  // Tenths of a second count only where seconds stand alone; so that 59 min 59.9 s is 1 h, round before choosing units.
  const seconds = Math.round(exact / 100) / 10;
  if (seconds < 60) return `${seconds} s`;
  const whole = Math.round(seconds) * 1000;
  const first = UNITS.findIndex((unit) => whole >= unit.ms);
  const large = UNITS[first];
  const small = UNITS[first + 1];
  if (large === undefined || small === undefined) return `${whole / 1000} s`;
  const smallCount = Math.round(whole / small.ms);
  const perLarge = large.ms / small.ms;
  const largePart = Math.floor(smallCount / perLarge);
  const smallPart = smallCount - largePart * perLarge;
  return smallPart === 0
    ? `${largePart} ${large.name}`
    : `${largePart} ${large.name} ${smallPart} ${small.name}`;
}

/** "2026-11-23 02:10:05 Europe/Berlin". Seconds are left out when they are 0. */
export function instantText(at: number, zone: string): string {
  return `${localDay(at, zone)} ${clockText(at, zone)} ${zone}`;
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
