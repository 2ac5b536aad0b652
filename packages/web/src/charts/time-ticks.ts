/** Ticks of an axis of time at round clock times of the zone shown, each with its words: a new day by its date. Pure. */
import { formatInstant } from "../format/instant.ts";

export interface TimeTick {
  at: number;
  label: string;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS = [
  ...[1, 5, 10, 30].map((count) => count * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((count) => count * MINUTE),
  ...[1, 2, 3, 6, 12].map((count) => count * HOUR),
  ...[1, 2, 7, 14, 28].map((count) => count * DAY),
];

export function timeTicks(
  { from, to }: { from: number; to: number },
  zone: string,
  most: number,
): TimeTick[] {
  const step =
    STEPS.find((length) => (to - from) / length <= most) ?? Math.ceil((to - from) / most / DAY) * DAY;
  const ticks: TimeTick[] = [];
  // The offset of the zone can change within the range (DST): each tick is rounded by the offset at its own place.
  for (
    let at = roundUp(from, step, zone);
    at <= to && ticks.length <= most + 1;
    at = roundUp(at + 1, step, zone)
  )
    ticks.push({ at, label: words(at, step, zone) });
  return ticks;
}

function roundUp(at: number, step: number, zone: string): number {
  const offset = offsetOf(at, zone);
  const rounded = Math.ceil((at + offset) / step) * step - offset;
  const there = offsetOf(rounded, zone);
  if (there === offset) return rounded;
  // Behind a change of offset the round times stand elsewhere: the one before, if it is behind the change too, else the next.
  const before = Math.floor((rounded + there) / step) * step - there;
  if (before >= at && offsetOf(before, zone) === there) return before;
  return Math.ceil((rounded + there) / step) * step - there;
}

function words(at: number, step: number, zone: string): string {
  const clock = formatInstant(at, { zone, nowAt: at, seconds: step < MINUTE });
  const isMidnight = /^00:00/.test(clock);
  if (step >= DAY || isMidnight)
    return formatInstant(at, { zone, nowAt: at, withDay: true }).replace(/\u00a000:00$/, "");
  return clock;
}

const OFFSETS = new Map<string, Intl.DateTimeFormat>();

/** Milliseconds that the zone's clock is ahead of UTC. */
function offsetOf(at: number, zone: string): number {
  if (zone === "UTC") return 0;
  let format = OFFSETS.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "longOffset" });
    OFFSETS.set(zone, format);
  }
  const text = format.formatToParts(at).find(({ type }) => type === "timeZoneName")?.value ?? "GMT";
  const match = /GMT([+-])(\d\d):?(\d\d)(?::(\d\d))?/.exec(text);
  if (match === null) return 0;
  const [, sign, hours, minutes, seconds = "0"] = match;
  return (
    (sign === "-" ? -1 : 1) * (Number(hours) * HOUR + Number(minutes) * MINUTE + Number(seconds) * SECOND)
  );
}
