/** duration_exceeded: a run takes longer than its max_duration. Judged the moment it is exceeded, and at the end for late data. */
import { formatDuration, isTerminalPhase } from "@batchwatch/protocol";
import { instantText } from "../../lib/calendar/time-text.ts";
import type { Finding, RunContext, RunDetector } from "./detector.ts";
import { whenRunSucceedsOrIsCalledOff } from "./mending.ts";

export const durationExceeded: RunDetector = {
  type: "duration_exceeded",
  examine(context) {
    const { run, job, now, zone } = context;
    const limitMs = job.settings.maxDurationMs;
    if (limitMs === null) return null;
    if (isOver(context)) {
      if (run.phase === "lost" || run.durationMs === null) return null;
      const certainMs = run.durationMs - run.startedWithinMs - run.completedWithinMs;
      if (certainMs <= limitMs) return null;
      const exceededAt = (run.startedAt ?? (run.completedAt ?? now) - run.durationMs) + limitMs;
      return finding(
        limitMs,
        run.durationMs,
        exceededAt,
        false,
        `The run took ${formatDuration(run.durationMs)}`,
      );
    }
    const sinceAt = run.runningSinceAt;
    if (sinceAt === null || now - sinceAt <= limitMs) return null;
    const sofarMs = now - sinceAt;
    return finding(
      limitMs,
      sofarMs,
      sinceAt + limitMs,
      true,
      `The run is still under way ${formatDuration(sofarMs)} after its start at ${instantText(sinceAt, zone)}`,
    );
  },
  nextLook({ run, job, now }) {
    const limitMs = job.settings.maxDurationMs;
    if (limitMs === null || run.runningSinceAt === null || isTerminalPhase(run.phase)) return null;
    // Strict: at the limit itself it is not exceeded.
    const at = run.runningSinceAt + limitMs + 1;
    return at <= now ? null : { kind: "run_max_duration", at };
  },
  mends: whenRunSucceedsOrIsCalledOff,
};

function isOver({ run }: RunContext): boolean {
  return isTerminalPhase(run.phase) && (run.final || run.phase !== "failed");
}

function finding(
  limitMs: number,
  valueMs: number,
  at: number,
  byAbsence: boolean,
  sentence: string,
): Finding {
  return {
    at,
    limitText: formatDuration(limitMs),
    valueText: formatDuration(valueMs),
    explanation: `${sentence}; at most ${formatDuration(limitMs)} is allowed.`,
    byAbsence,
  };
}
