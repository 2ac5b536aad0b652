/**
 * The time that a dashboard or a query looks at, as it stands in the address: `from` and `to`, each relative ("now-6h",
 * "now") or an instant (epoch milliseconds or ISO 8601). Also the steps of a range and its ticks' distance. Pure.
 */
import { parseDuration } from "@batchwatch/protocol/duration";

export interface TimeRange {
  from: string;
  to: string;
}

export interface Period {
  /** Epoch milliseconds. */
  from: number;
  to: number;
}

export const RANGE_CHOICES = ["15m", "1h", "3h", "6h", "12h", "24h", "2d", "7d", "30d", "90d"] as const;
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Of a range query: not finer than the meter writes, and few enough for a chart. */
const STEPS_MS = [
  ...[15, 30].map((count) => count * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((count) => count * MINUTE),
  ...[1, 2, 3, 6, 12].map((count) => count * HOUR),
  DAY,
  7 * DAY,
];
const MOST_POINTS = 400;
const SHORTEST_MS = MINUTE;

export function relativeRange(length: string): TimeRange {
  return { from: `now-${length}`, to: "now" };
}

/** The range in the address; what cannot be read counts as not said. */
export function readTimeRange(params: URLSearchParams, usual: TimeRange): TimeRange {
  const from = params.get("from") ?? usual.from;
  const to = params.get("to") ?? (params.has("from") ? "now" : usual.to);
  return periodOf({ from, to }, 0) === null ? usual : { from, to };
}

/** null where one of the two cannot be read, or nothing lies between them. */
export function periodOf(range: TimeRange, nowAt: number): Period | null {
  const [from, to] = [instantOf(range.from, nowAt), instantOf(range.to, nowAt)];
  return from === null || to === null || to - from < SECOND ? null : { from, to };
}

export function isRelative({ to }: TimeRange): boolean {
  return to.startsWith("now");
}

/** "6h" for the last six hours; null for any other range. */
export function lengthOf({ from, to }: TimeRange): string | null {
  return to === "now" && from.startsWith("now-") ? from.slice("now-".length) : null;
}

export function absoluteRange({ from, to }: Period): TimeRange {
  const end = Math.max(Math.round(to), Math.round(from) + SHORTEST_MS);
  return { from: String(Math.round(from)), to: String(end) };
}

/** Twice as long around the same middle, or the same length further back or ahead; never beyond now. */
export function moved(period: Period, move: "out" | "back" | "ahead", nowAt: number): TimeRange {
  const length = period.to - period.from;
  const shift = { out: 0, back: -length / 2, ahead: length / 2 }[move];
  const grow = move === "out" ? length / 2 : 0;
  const to = Math.min(nowAt, period.to + shift + grow);
  return absoluteRange({ from: to - length - 2 * grow, to });
}

export function stepFor({ from, to }: Period): number {
  const length = to - from;
  return STEPS_MS.find((step) => length / step <= MOST_POINTS) ?? Math.ceil(length / MOST_POINTS / DAY) * DAY;
}

/** The steps of a range stand at multiples of the step, so that the same points come again when it moves on. */
export function alignedTo({ from, to }: Period, stepMs: number): Period {
  return { from: Math.floor(from / stepMs) * stepMs, to: Math.floor(to / stepMs) * stepMs };
}

function instantOf(text: string, nowAt: number): number | null {
  const relative = /^now(?:([+-])(.+))?$/.exec(text.trim());
  if (relative !== null) {
    if (relative[2] === undefined) return nowAt;
    try {
      return nowAt + (relative[1] === "-" ? -1 : 1) * parseDuration(relative[2].trim());
    } catch {
      return null;
    }
  }
  const at = /^-?\d+$/.test(text.trim()) ? Number(text) : Date.parse(text);
  return Number.isFinite(at) ? at : null;
}
