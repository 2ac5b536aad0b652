/** Whether an instant lies in a time interval of the configuration, by the clock and calendar of the interval's zone. Pure. */
import { wallTimeOf } from "../../lib/calendar/zone-offsets.ts";
import type { NumberRange, RouteOptions, TimeInterval, TimePeriod } from "../../model/routing.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/**
 * Why a route sends nothing now, null when it may: "muted by time interval nights". A name without an interval cannot be:
 * the file was refused.
 */
export function quietBecause(
  { muteTimeIntervals, activeTimeIntervals }: RouteOptions,
  intervals: ReadonlyMap<string, TimeInterval>,
  at: number,
): string | null {
  const holds = (name: string): boolean => {
    const interval = intervals.get(name);
    return interval !== undefined && isInInterval(interval, at);
  };
  if (activeTimeIntervals.length > 0 && !activeTimeIntervals.some(holds))
    return `outside of the active time interval ${activeTimeIntervals.join(", ")}`;
  const muting = muteTimeIntervals.find(holds);
  return muting === undefined ? null : `muted by time interval ${muting}`;
}

export function isInInterval({ periods }: TimeInterval, at: number): boolean {
  return periods.some((period) => isInPeriod(period, at));
}

function isInPeriod(period: TimePeriod, at: number): boolean {
  const wallAt = wallTimeOf(at, period.zone);
  const wall = new Date(wallAt);
  const minute = Math.floor((wallAt - Math.floor(wallAt / DAY_MS) * DAY_MS) / MINUTE_MS);
  const isIn = (ranges: readonly NumberRange[] | null, value: number): boolean =>
    ranges === null || ranges.some(({ from, to }) => value >= from && value <= to);
  return (
    (period.times === null || period.times.some(({ from, to }) => minute >= from && minute < to)) &&
    isInDays(period.daysOfMonth, wall) &&
    isIn(period.months, wall.getUTCMonth() + 1) &&
    isIn(period.weekdays, wall.getUTCDay()) &&
    isIn(period.years, wall.getUTCFullYear())
  );
}

function isInDays(ranges: readonly NumberRange[] | null, wall: Date): boolean {
  if (ranges === null) return true;
  const last = new Date(Date.UTC(wall.getUTCFullYear(), wall.getUTCMonth() + 1, 0)).getUTCDate();
  const day = wall.getUTCDate();
  const dayOf = (value: number): number => (value < 0 ? last + value + 1 : value);
  // A range that begins after the month's end is not in the month; one that passes its ends is cut.
  return ranges.some(({ from, to }) => dayOf(from) <= last && day >= dayOf(from) && day <= dayOf(to));
}
