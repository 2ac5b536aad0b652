/** Instants in words: relative ("14 s ago", "in 2 h 10 m") and absolute in a named zone ("23 Nov 02:00:12 CET"). */
import { formatCoarseDuration } from "./duration.ts";

export interface InstantStyle {
  zone: string;
  /** "Today" is left out of the text; which day it is depends on this. */
  nowAt: number;
  seconds?: boolean;
  milliseconds?: boolean;
  /** Say the zone's short name. Left out where a heading says it. */
  withZone?: boolean;
  /** Say the day even when it is today. */
  withDay?: boolean;
}

export function formatRelative(at: number, nowAt: number): string {
  const ahead = at - nowAt;
  if (Math.abs(ahead) < 1_000) return "now";
  const words = formatCoarseDuration(ahead);
  return ahead > 0 ? `in ${words}` : `${words} ago`;
}

export function formatInstant(at: number, style: InstantStyle): string {
  const parts = partsOf(at, style.zone);
  const today = partsOf(style.nowAt, style.zone);
  const clock = [`${parts.hour}:${parts.minute}`];
  if (style.seconds || style.milliseconds) clock.push(`:${parts.second}`);
  if (style.milliseconds) clock.push(`.${String(((at % 1_000) + 1_000) % 1_000).padStart(3, "0")}`);
  const words: string[] = [];
  const sameYear = parts.year === today.year;
  const sameDay = sameYear && parts.month === today.month && parts.day === today.day;
  if (style.withDay || !sameDay) words.push(`${parts.day} ${parts.month}`);
  if (!sameYear) words.push(parts.year);
  words.push(clock.join(""));
  if (style.withZone) words.push(zoneName(at, style.zone));
  return words.join(" ").replaceAll(" ", "\u00a0");
}

/** All there is to say: day, year, clock to the millisecond, zone, and the same in UTC. For a hover. */
export function formatFullInstant(at: number, zone: string): string {
  const own = fullIn(at, zone);
  return zone === "UTC" ? own : `${own}\n${fullIn(at, "UTC")}`;
}

/** False for a zone that this browser does not know; its times are then shown in UTC. */
export function isKnownZone(zone: string): boolean {
  try {
    clockOf(zone);
    return true;
  } catch {
    return false;
  }
}

function fullIn(at: number, zone: string): string {
  const parts = partsOf(at, zone);
  const fraction = String(((at % 1_000) + 1_000) % 1_000).padStart(3, "0");
  return `${parts.weekday} ${parts.day} ${parts.month} ${parts.year} ${parts.hour}:${parts.minute}:${parts.second}.${fraction} ${zone}`;
}

const CLOCKS = new Map<string, Intl.DateTimeFormat>();
const ZONE_NAMES = new Map<string, Intl.DateTimeFormat>();

function clockOf(zone: string): Intl.DateTimeFormat {
  let clock = CLOCKS.get(zone);
  if (!clock) {
    clock = new Intl.DateTimeFormat("en-GB", {
      timeZone: zone,
      weekday: "short",
      day: "numeric",
      month: "short",
      year: "numeric",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      hourCycle: "h23",
    });
    CLOCKS.set(zone, clock);
  }
  return clock;
}

type Parts = Record<"weekday" | "day" | "month" | "year" | "hour" | "minute" | "second", string>;

function partsOf(at: number, zone: string): Parts {
  const parts: Parts = { weekday: "", day: "", month: "", year: "", hour: "", minute: "", second: "" };
  for (const part of clockOf(zone).formatToParts(at)) {
    if (part.type in parts) parts[part.type as keyof Parts] = part.value;
  }
  return parts;
}

function zoneName(at: number, zone: string): string {
  if (zone === "UTC") return "UTC";
  let names = ZONE_NAMES.get(zone);
  if (!names) {
    names = new Intl.DateTimeFormat("en-GB", { timeZone: zone, timeZoneName: "short" });
    ZONE_NAMES.set(zone, names);
  }
  return names.formatToParts(at).find((part) => part.type === "timeZoneName")?.value ?? zone;
}
