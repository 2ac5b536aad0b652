/** progress_stalled: a run that reports progress is alive, but its count has not grown for longer than its stall limit. */
import { formatDuration } from "@batchwatch/protocol";
import { instantText } from "../../lib/calendar/time-text.ts";
import type { RunContext, RunDetector } from "./detector.ts";
import { whenRunEnds, whenRunSucceeds } from "./mending.ts";
import { silenceOf } from "./silence.ts";

const LOOK_AGAIN_MS = 60_000;

export const progressStalled: RunDetector = {
  type: "progress_stalled",
  examine(context) {
    const stall = stallOf(context);
    if (stall === null || context.now <= stall.at) return null;
    // A run that is silent altogether is heartbeat_missing's; "stalled" says that it is alive.
    const silence = silenceOf(context);
    if (silence !== null && context.now > silence.suspectAt) return null;
    const count = context.run.recordsProcessed;
    return {
      at: stall.at,
      limitText: `progress at least every ${formatDuration(stall.limitMs)}`,
      valueText: `none for ${formatDuration(context.now - stall.since)}`,
      explanation: `The run is alive but has made no progress since ${instantText(stall.since, context.zone)}${count === null ? "" : ` (${count} records so far)`}; at most ${formatDuration(stall.limitMs)} without progress is allowed.`,
      byAbsence: true,
    };
  },
  nextLook(context) {
    const stall = stallOf(context);
    if (stall === null) return null;
    // Stalled: a rate above 0 alone is no change that the ledger sends here, so look for it.
    const at = context.now > stall.at ? context.now + Math.min(stall.limitMs, LOOK_AGAIN_MS) : stall.at + 1;
    return { kind: "run_stall", at };
  },
  mends(context) {
    const { run, zone } = context;
    if (run.phase === "lost" || !context.isOwn) return whenRunSucceeds(context);
    const ended = whenRunEnds(context);
    if (ended !== null) return ended;
    const stall = stallOf(context);
    if (stall === null || context.now > stall.at) return null;
    return `The run made progress again at ${instantText(stall.since, zone)}.`;
  },
};

function stallOf({ run, job, uptime }: RunContext): { limitMs: number; since: number; at: number } | null {
  const limitMs = job.settings.stallLimitMs;
  if (limitMs === null || !run.reportsProgress || run.runningSinceAt === null) return null;
  if (run.phase !== "running" && run.phase !== "suspect") return null;
  const progressAt = run.lastProgressAt === null ? 0 : run.lastProgressAt + run.liveOffsetMs;
  const since = Math.max(run.runningSinceAt, progressAt);
  return { limitMs, since, at: uptime.silenceEndsAt(since, limitMs) };
}
