/**
 * The one expected slot of an interval schedule ("at least every 6 h"): one interval after the last start, else after
 * the last slot that went by without one, else after the job (or its schedule) became known.
 */
import type { Slot } from "../../model/watch.ts";
import type { WatchParts } from "../watch-parts.ts";
import { expectedSlot, type NewSlot, type ScheduledJob } from "./new-slot.ts";
import { slotWindow } from "./slot-times.ts";

const RUNS_LOOKED_AT = 10;
const SLOTS_LOOKED_AT = 5;

/** `unwanted`: an expected slot at another time is there and must go first. */
export async function intervalSlots(
  { store, uptime }: WatchParts,
  job: ScheduledJob,
  now: number,
  goesOn: boolean,
): Promise<{ wanted: NewSlot; unwanted: boolean }> {
  const { schedule } = job.settings;
  if (schedule.kind !== "interval") throw new Error("this schedule is no interval");
  const [recentRuns, recentSlots, next] = await Promise.all([
    store.recentRuns([job.id], RUNS_LOOKED_AT),
    store.recentSlots([job.id], now + 1, SLOTS_LOOKED_AT),
    store.nextSlots([job.id], now),
  ]);
  const starts = (recentRuns.get(job.id) ?? [])
    .filter((run) => run.runType !== "backfill")
    .map((run) => run.startedAt ?? run.completedAt ?? 0);
  const slots: Slot[] = recentSlots.get(job.id) ?? [];
  const ended = slots
    .filter((slot) => slot.state === "missed" || slot.state === "unknown" || slot.state === "skipped")
    .map((slot) => slot.slotAt);
  const anchorAt = Math.max(job.firstSeenAt, ...starts, ...ended);
  // A schedule that is declared only now asks nothing of the past; nor does the time in which we were away.
  const knownAt = goesOn || slots.length > 0 ? anchorAt : Math.max(anchorAt, now - schedule.everyMs);
  const slotAt = uptime.noticeableAt(knownAt + schedule.everyMs);
  const upcoming = next.get(job.id);
  const expected = [...slots, ...(upcoming === undefined ? [] : [upcoming])].filter(
    (slot) => slot.state === "expected",
  );
  const wanted = expectedSlot(job, slotAt, {
    ...slotWindow(job.settings, slotAt, slotAt - schedule.everyMs, slotAt + schedule.everyMs),
    earlyAt: anchorAt + 1,
  });
  return {
    wanted,
    unwanted: expected.some((slot) => slot.slotAt !== slotAt || slot.lateAt !== wanted.lateAt),
  };
}
