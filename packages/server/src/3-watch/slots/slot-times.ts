/**
 * The instants that belong to a slot: its window, its start-by and its complete-by. Pure; clock times are in their
 * zone over every DST change. The defaults are those of `ScheduleInput` in protocol/job-settings.ts.
 */
import type { CompleteBy, JobSettings, Schedule, StartBy } from "@batchwatch/protocol";
import {
  addDays,
  clockTimeOn,
  dayOfWallTime,
  timeOfDayOfWallTime,
  weekdayOf,
} from "../../lib/calendar/clock-time.ts";
import { nominalWallTime } from "../../lib/calendar/schedule-slots.ts";
import { wallTimeOf } from "../../lib/calendar/zone-offsets.ts";

const DEFAULT_EARLY_WINDOW_MS = 5 * 60_000;
const DEFAULT_LATE_WINDOW_MS = 10 * 60_000;

export interface SlotWindow {
  earlyAt: number;
  lateAt: number;
}

/**
 * - Early: what is set, else 5 min; at most half the distance to the slot before, unless set.
 * - Late: what is set, else 10 min, at most half the distance to the next slot; but never before a declared start-by.
 * - An interval is satisfied by any start after its anchor, so its early window reaches back to there.
 */
export function slotWindow(
  settings: JobSettings & { schedule: Schedule },
  slotAt: number,
  previousAt: number | null,
  nextAt: number | null,
): SlotWindow {
  const { schedule } = settings;
  const halfBefore = previousAt === null ? Number.POSITIVE_INFINITY : Math.floor((slotAt - previousAt) / 2);
  const halfAfter = nextAt === null ? Number.POSITIVE_INFINITY : Math.floor((nextAt - slotAt) / 2);
  const earlyMs = schedule.earlyWindowMs ?? Math.min(DEFAULT_EARLY_WINDOW_MS, halfBefore);
  const lateMs = schedule.lateWindowMs ?? Math.min(DEFAULT_LATE_WINDOW_MS, halfAfter);
  const startByAt = settings.startBy === null ? null : startByAtOf(settings.startBy, slotAt, schedule);
  const lateAt = slotAt + lateMs;
  return {
    earlyAt: schedule.kind === "interval" ? slotAt - schedule.everyMs + 1 : slotAt - earlyMs,
    lateAt: schedule.lateWindowMs === null && startByAt !== null ? Math.max(lateAt, startByAt) : lateAt,
  };
}

/** An offset after the slot, or the first such clock time at or after it. */
export function startByAtOf(startBy: StartBy, slotAt: number, schedule: Schedule): number {
  if (startBy.kind === "offset") return slotAt + startBy.offsetMs;
  const zone = schedule.timezone;
  const meantAt = nominalWallTime(schedule, slotAt, zone);
  const offset = startBy.timeOfDayMs < timeOfDayOfWallTime(meantAt) ? 1 : 0;
  return clockTimeAfterSlot({ slotAt, meantAt, offset, timeOfDayMs: startBy.timeOfDayMs, zone });
}

/** The zone in which a job's complete-by is meant. */
export function completeByZone(settings: JobSettings): string {
  return settings.mustCompleteBy?.timezone ?? settings.schedule?.timezone ?? "UTC";
}

/**
 * The complete-by of a slot (or, without a schedule, of a start), null when it has none on the slot's weekday. The day is
 * the one that the slot is meant for, in the deadline's zone; without a day offset, a clock time before the slot's own is
 * on the next day.
 */
export function completeByAtOf(
  completeBy: CompleteBy,
  slotAt: number,
  zone: string,
  schedule: Schedule | null,
): number | null {
  const { days, dayOffset, timeOfDayMs } = completeBy;
  const meantAt = schedule === null ? wallTimeOf(slotAt, zone) : nominalWallTime(schedule, slotAt, zone);
  if (days !== null && !days.includes(weekdayOf(dayOfWallTime(meantAt)))) return null;
  const offset = dayOffset ?? (timeOfDayMs < timeOfDayOfWallTime(meantAt) ? 1 : 0);
  return clockTimeAfterSlot({ slotAt, meantAt, offset, timeOfDayMs, zone });
}

/**
 * A clock time on the slot's day or `offset` days later. Where a change of the clocks moved the slot up to it or past it, it
 * keeps its distance from the slot: "02:30, done by 02:45" leaves 15 minutes on the day that has neither.
 */
function clockTimeAfterSlot(of: {
  slotAt: number;
  /** Floating wall time. */
  meantAt: number;
  offset: number;
  timeOfDayMs: number;
  zone: string;
}): number {
  const { slotAt, meantAt, offset, timeOfDayMs, zone } = of;
  const at = clockTimeOn(addDays(dayOfWallTime(meantAt), offset), timeOfDayMs, zone);
  const distanceMs = timeOfDayMs - timeOfDayOfWallTime(meantAt);
  if (offset > 0 || distanceMs < 0) return at;
  return at > slotAt ? at : slotAt + distanceMs;
}
