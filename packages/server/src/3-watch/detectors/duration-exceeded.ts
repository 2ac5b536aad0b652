/** duration_exceeded: a run, or a step of it, takes longer than its max_duration. Judged the moment it is exceeded, and at the end for late data. */
import { formatDuration, isTerminalPhase } from "@batchwatch/protocol";
import { instantText } from "../../lib/calendar/time-text.ts";
import type { Step } from "../../model/run.ts";
import type { Finding, RunContext, RunDetector } from "./detector.ts";
import { whenRunSucceedsOrIsCalledOff } from "./mending.ts";

export const durationExceeded: RunDetector = {
  type: "duration_exceeded",
  examine: (context) => examineRun(context) ?? examineSteps(context),
  nextLook(context) {
    const { run, job, now } = context;
    if (isTerminalPhase(run.phase)) return null;
    const { maxDurationMs } = job.settings;
    const ofRun =
      maxDurationMs === null || run.runningSinceAt === null ? [] : [run.runningSinceAt + maxDurationMs];
    const ofSteps = limitedSteps(context).flatMap(({ step, sinceAt, limitMs }) =>
      step.outcome === "running" ? [sinceAt + limitMs] : [],
    );
    // Strict: at the limit itself it is not exceeded.
    const ahead = [...ofRun, ...ofSteps].map((limitAt) => limitAt + 1).filter((at) => at > now);
    return ahead.length === 0 ? null : { kind: "run_max_duration", at: Math.min(...ahead) };
  },
  mends: whenRunSucceedsOrIsCalledOff,
};

function examineRun(context: RunContext): Finding | null {
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
}

/** The first step that took longer, or takes longer by now, than the limit of its name. */
function examineSteps(context: RunContext): Finding | null {
  const { now, zone } = context;
  for (const { step, sinceAt, limitMs } of limitedSteps(context)) {
    if (step.startedAt !== null && step.endedAt !== null) {
      const tookMs = step.endedAt - step.startedAt;
      if (tookMs > limitMs)
        return finding(
          limitMs,
          tookMs,
          step.startedAt + limitMs,
          false,
          `Step "${step.name}" took ${formatDuration(tookMs)}`,
        );
    } else if (step.outcome === "running" && !isOver(context) && now - sinceAt > limitMs)
      return finding(
        limitMs,
        now - sinceAt,
        sinceAt + limitMs,
        true,
        `Step "${step.name}" is still under way ${formatDuration(now - sinceAt)} after its start at ${instantText(sinceAt, zone)}`,
      );
  }
  return null;
}

/** `sinceAt`: the start by our clock. */
function limitedSteps({ run, job }: RunContext): { step: Step; sinceAt: number; limitMs: number }[] {
  const limits = job.settings.maxStepDurationMs;
  const attempt = run.attempts.at(-1)?.number ?? 1;
  return run.steps.flatMap((step) => {
    const limitMs = Object.hasOwn(limits, step.name) ? limits[step.name] : undefined;
    // A step that an earlier attempt left open is nobody's any more.
    if (limitMs === undefined || step.startedAt === null || step.attempt !== attempt) return [];
    return [{ step, sinceAt: step.startedAt + run.liveOffsetMs, limitMs }];
  });
}

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
