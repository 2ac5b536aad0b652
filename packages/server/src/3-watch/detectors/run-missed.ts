/** run_missed: no run started for a slot inside its window. */
import { formatDuration } from "@batchwatch/protocol";
import { besideText, instantText } from "../../lib/calendar/time-text.ts";
import type { SlotDetector } from "./detector.ts";
import { calledOffText, runName, whenRunSucceeds } from "./mending.ts";

export const runMissed: SlotDetector = {
  type: "run_missed",
  kind: "slot_late",
  limitAt: (slot) => slot.lateAt,
  examine({ slot, zone, now, waiting }) {
    const isMissed = slot.state === "missed" || (slot.state === "expected" && now > slot.lateAt);
    if (!isMissed) return null;
    const queued =
      waiting === null
        ? ""
        : ` Run ${runName(waiting)} names this slot but has not started (${waiting.phase}).`;
    return {
      at: slot.lateAt,
      limitText: `a start by ${instantText(slot.lateAt, zone)} (${formatDuration(slot.lateAt - slot.slotAt)} after the slot)`,
      valueText: "no start",
      explanation: `No run started for the slot of ${instantText(slot.slotAt, zone)} by ${besideText(slot.lateAt, zone, slot.slotAt)}.${queued}`,
      byAbsence: true,
    };
  },
  mends(context) {
    const { run, slot, zone } = context;
    if (context.isOwn && slot !== null) {
      const calledOff = calledOffText(context);
      if (calledOff !== null) return calledOff;
      const startedAt = run.startedAt ?? run.completedAt;
      if (startedAt !== null && startedAt <= slot.lateAt)
        return `The run had started in time, at ${instantText(startedAt, zone)}; its report came late.`;
    }
    return whenRunSucceeds(context);
  },
};
