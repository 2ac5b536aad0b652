/** start_late: the declared start-by of a slot passed before its run started. */
import { formatDuration } from "@batchwatch/protocol";
import { besideText, instantText } from "../../lib/calendar/time-text.ts";
import type { Job } from "../../model/job.ts";
import type { Slot } from "../../model/watch.ts";
import { startByAtOf } from "../slots/slot-times.ts";
import type { Finding, SlotContext, SlotDetector } from "./detector.ts";
import { whenRunSucceedsOrIsCalledOff } from "./mending.ts";

export const startLate: SlotDetector = {
  type: "start_late",
  kind: "slot_start_by",
  limitAt,
  examine: examineStart,
  mends(context) {
    const { run, slot, job, zone } = context;
    if (context.isOwn && slot !== null && run.startedAt !== null) {
      const limit = limitAt(slot, job);
      if (limit !== null && run.startedAt <= limit)
        return `The run had started in time, at ${instantText(run.startedAt, zone)}; its report came late.`;
    }
    return whenRunSucceedsOrIsCalledOff(context);
  },
};

function limitAt(slot: Slot, job: Job): number | null {
  const { startBy, schedule } = job.settings;
  return startBy === null || schedule === null ? null : startByAtOf(startBy, slot.slotAt, schedule);
}

function examineStart({ slot, run, job, zone, now, uptime }: SlotContext): Finding | null {
  const limit = limitAt(slot, job);
  if (limit === null || slot.state === "skipped" || slot.state === "unknown") return null;
  if (run?.runType === "backfill" || run?.phase === "cancelled" || run?.phase === "skipped") return null;
  const limitText = `a start by ${instantText(limit, zone)}`;
  const startedAt = run?.startedAt ?? null;
  if (startedAt !== null) {
    if (startedAt <= limit) return null;
    return {
      at: limit,
      limitText,
      valueText: `started at ${instantText(startedAt, zone)}`,
      explanation: `The run of the slot ${instantText(slot.slotAt, zone)} started at ${besideText(startedAt, zone, slot.slotAt)}, ${formatDuration(startedAt - limit)} after the time by which it must start.`,
      byAbsence: false,
    };
  }
  // A source that reports only ends says nothing about starts.
  if (run?.completedAt != null || now <= limit || uptime.coversAll(slot.slotAt, limit)) return null;
  return {
    at: limit,
    limitText,
    valueText: "no start",
    explanation: `The run of the slot ${instantText(slot.slotAt, zone)} had not started by ${besideText(limit, zone, slot.slotAt)}.`,
    byAbsence: true,
  };
}
