/**
 * The nominal times of a schedule, in its zone, over every DST change. Receives a schedule and instants; hands on
 * instants. Pure.
 *
 * Rules at a DST change (the hour field decides):
 * - **Fixed hours** (`30 2 * * *`, `0 2,14 * * *`, `0 9-17 * * 1-5`): each time of day is meant once. One that falls
 *   into the spring gap happens at the first instant after the gap, and only once even if several fall there. One that
 *   exists twice in autumn happens at its first occurrence.
 * - **A cadence** (`*\/15 * * * *`, `0 * * * *`, `0 *\/2 * * *`): keeps its pace in real time. Times in the gap don't
 *   exist and are not made up; both occurrences in autumn count.
 * - A day that a zone skips altogether (Apia, 30 December 2011) has no slots.
 * So no slot comes twice, none early, and none is lost. An interval counts real time from its anchor.
 */
import type { Schedule } from "@batchwatch/protocol";
import { type CronPattern, parseCron } from "./cron-pattern.ts";
import { type OffsetStretch, offsetStretchAt, wallTimeOf } from "./zone-offsets.ts";

/** Longer jumps skip whole days (a zone that changed sides of the date line): their times are no slots. */
const LONGEST_DST_GAP_MS = 12 * 3_600_000;
/** How far back the slot before is looked for: a year and leap days, step by step. */
const LOOK_BACK_MS = [
  61_000,
  3_600_000,
  86_400_000,
  8 * 86_400_000,
  63 * 86_400_000,
  367 * 86_400_000,
  8 * 366 * 86_400_000,
];

/**
 * The slots at or after `fromAt` and before `toAt`, in order, at most `limit`. For an interval, `fromAt` is the anchor
 * (the last start) and the first slot is one interval after it.
 */
export function slotsBetween(
  schedule: Schedule,
  fromAt: number,
  toAt: number,
  limit: number = Number.POSITIVE_INFINITY,
): number[] {
  const slots: number[] = [];
  let at = schedule.kind === "cron" ? fromAt - 1 : fromAt;
  while (slots.length < limit) {
    const next = nextSlotAfter(schedule, at);
    if (next === null || next >= toAt) break;
    slots.push(next);
    at = next;
  }
  return slots;
}

/** The first slot strictly after an instant; for an interval, one interval after it. Null when none is to come. */
export function nextSlotAfter(schedule: Schedule, at: number): number | null {
  if (schedule.kind === "interval") return at + schedule.everyMs;
  const pattern = parseCron(schedule.cron, schedule);
  let stretch = offsetStretchAt(schedule.timezone, at);
  let before = offsetStretchBefore(schedule.timezone, stretch);
  let after = at;
  for (;;) {
    const slot = nextInStretch(pattern, stretch, before, after);
    if (slot === null) return null;
    if (slot < stretch.to) return slot;
    // Not in this stretch: go on in the next one, whose first instant counts.
    before = stretch;
    stretch = offsetStretchAt(schedule.timezone, stretch.to);
    after = stretch.from - 1;
  }
}

/** The last slot strictly before an instant, null when there is none within eight years. */
export function slotBefore(schedule: Schedule, at: number): number | null {
  if (schedule.kind === "interval") return at - schedule.everyMs;
  for (const lookBackMs of LOOK_BACK_MS) {
    const last = slotsBetween(schedule, at - lookBackMs, at).at(-1);
    if (last !== undefined) return last;
  }
  return null;
}

/**
 * The floating wall time in `zone` that a slot is meant for: the one that the spring gap took away, where the slot
 * happens at its end and `zone` has the same gap; else the wall time at which it happens.
 */
export function nominalWallTime(schedule: Schedule, slotAt: number, zone: string): number {
  const actual = wallTimeOf(slotAt, zone);
  if (schedule.kind === "interval") return actual;
  const pattern = parseCron(schedule.cron, schedule);
  const stretch = offsetStretchAt(schedule.timezone, slotAt);
  const before = stretch.from === slotAt ? offsetStretchBefore(schedule.timezone, stretch) : null;
  const inGap = before === null ? null : firstInGap(pattern, stretch, before);
  if (before === null || inGap === null) return actual;
  const zoneBefore = offsetStretchBefore(zone, offsetStretchAt(zone, slotAt));
  const isSameGap = zoneBefore?.to === slotAt && slotAt + zoneBefore.offsetMs < actual;
  return isSameGap ? inGap - before.offsetMs + zoneBefore.offsetMs : actual;
}

/** Answers a time at or after `stretch.to` when the stretch holds no more slots, null when no time will ever match. */
function nextInStretch(
  pattern: CronPattern,
  stretch: OffsetStretch,
  before: OffsetStretch | null,
  after: number,
): number | null {
  let wallAfter = after + stretch.offsetMs;
  if (before !== null && pattern.hasFixedHours) {
    const wallEndBefore = stretch.from + before.offsetMs;
    const gapMs = stretch.offsetMs - before.offsetMs;
    // Spring: what fell into the gap happens at its end.
    if (after < stretch.from && firstInGap(pattern, stretch, before) !== null) return stretch.from;
    // Autumn: what the stretch before had already is not repeated.
    if (gapMs < 0) wallAfter = Math.max(wallAfter, wallEndBefore - 1);
  }
  const wallAt = pattern.nextAfter(wallAfter);
  return wallAt === null ? null : wallAt - stretch.offsetMs;
}

/** The first floating wall time of fixed hours that the spring gap before `stretch` took away. */
function firstInGap(pattern: CronPattern, stretch: OffsetStretch, before: OffsetStretch): number | null {
  const gapMs = stretch.offsetMs - before.offsetMs;
  if (!pattern.hasFixedHours || gapMs <= 0 || gapMs > LONGEST_DST_GAP_MS) return null;
  const inGap = pattern.nextAfter(stretch.from + before.offsetMs - 1);
  return inGap !== null && inGap < stretch.from + stretch.offsetMs ? inGap : null;
}

function offsetStretchBefore(zone: string, stretch: OffsetStretch): OffsetStretch | null {
  return Number.isFinite(stretch.from) ? offsetStretchAt(zone, stretch.from - 1) : null;
}
