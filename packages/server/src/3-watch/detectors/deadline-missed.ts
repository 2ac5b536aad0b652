/**
 * deadline_missed: the slot's run had not completed by its clock time; judged at that time, also when nothing started.
 * `runDeadlineMissed` is the same for a job that has a complete-by but no schedule: the first such clock time after the
 * run's start.
 */
import { formatDuration } from "@batchwatch/protocol";
import { besideText, instantText } from "../../lib/calendar/time-text.ts";
import type { Job } from "../../model/job.ts";
import type { Run } from "../../model/run.ts";
import type { Slot } from "../../model/watch.ts";
import { completeByAtOf, completeByZone } from "../slots/slot-times.ts";
import type {
  Finding,
  JudgeContext,
  MendContext,
  RunContext,
  RunDetector,
  SlotDetector,
} from "./detector.ts";
import { whenRunSucceedsOrIsCalledOff } from "./mending.ts";

export const deadlineMissed: SlotDetector = {
  type: "deadline_missed",
  kind: "slot_complete_by",
  limitAt: slotLimitAt,
  examine(context) {
    const { slot, run, job, uptime } = context;
    const limit = slotLimitAt(slot, job);
    if (limit === null || slot.state === "skipped" || slot.state === "unknown") return null;
    if (run === null && uptime.coversAll(slot.slotAt, limit)) return null;
    return examineLimit(context, run, limit, slot);
  },
  mends: mendsDeadline,
};

export const runDeadlineMissed: RunDetector = {
  type: "deadline_missed",
  examine(context) {
    const limit = runLimitAt(context);
    return limit === null ? null : examineLimit(context, context.run, limit, null);
  },
  nextLook(context) {
    const limit = runLimitAt(context);
    const isOver = context.run.phase === "completed" || limit === null || context.now > limit;
    return isOver ? null : { kind: "run_complete_by", at: limit + 1 };
  },
  mends: mendsDeadline,
};

function slotLimitAt(slot: Slot, job: Job): number | null {
  const { mustCompleteBy, schedule } = job.settings;
  return mustCompleteBy === null
    ? null
    : completeByAtOf(mustCompleteBy, slot.slotAt, completeByZone(job.settings), schedule);
}

function runLimitAt({ run, job, slot }: RunContext): number | null {
  const { mustCompleteBy, schedule } = job.settings;
  if (mustCompleteBy === null || schedule !== null || slot !== null || run.startedAt === null) return null;
  return completeByAtOf(mustCompleteBy, run.startedAt, completeByZone(job.settings), null);
}

function examineLimit(
  context: JudgeContext,
  run: Run | null,
  limit: number,
  slot: Slot | null,
): Finding | null {
  const { zone, now } = context;
  const ofSlot = slot === null ? "" : ` of the slot ${instantText(slot.slotAt, zone)}`;
  const timeText = (at: number): string =>
    slot === null ? instantText(at, zone) : besideText(at, zone, slot.slotAt);
  if (run?.runType === "backfill" || run?.phase === "cancelled" || run?.phase === "skipped") return null;
  const limitText = `completed by ${instantText(limit, zone)}`;
  const completedAt = run?.phase === "completed" ? run.completedAt : null;
  if (completedAt !== null && run !== null) {
    if (completedAt - run.completedWithinMs <= limit) return null;
    return {
      at: limit,
      limitText,
      valueText: `completed at ${instantText(completedAt, zone)}`,
      explanation: `The run${ofSlot} completed at ${timeText(completedAt)}, ${formatDuration(completedAt - limit)} after its deadline.`,
      byAbsence: false,
    };
  }
  if (now <= limit) return null;
  const [valueText, state] = stateText(run);
  return {
    at: limit,
    limitText,
    valueText,
    explanation: `The run${ofSlot} had not completed by ${timeText(limit)}: ${state}.`,
    byAbsence: true,
  };
}

function stateText(run: Run | null): [string, string] {
  if (run === null) return ["not started", "it never started"];
  if (run.phase === "running" || run.phase === "suspect") return ["still running", "it was still running"];
  return [run.phase, `it was ${run.phase.replace("_", " ")}`];
}

function mendsDeadline(context: MendContext): string | null {
  const { run, slot, job, zone } = context;
  if (context.isOwn && run.phase === "completed" && run.completedAt !== null) {
    const limit = slot === null ? runLimitAt(context) : slotLimitAt(slot, job);
    if (limit !== null && run.completedAt <= limit)
      return `The run had completed in time, at ${instantText(run.completedAt, zone)}; its report came late.`;
  }
  return whenRunSucceedsOrIsCalledOff(context);
}
