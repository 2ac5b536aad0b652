/**
 * memory_pressure: a run that is under way uses nearly all the memory that it may, or at the pace at which it grows it
 * will before its usual end. Judged from the samples that heartbeats carry; a run without a limit or samples has none.
 */
import { formatDuration, isExecutingPhase } from "@batchwatch/protocol";
import type { MemoryTrend } from "../../model/run.ts";
import type { Finding, RunContext, RunDetector } from "./detector.ts";
import { bytesText } from "./memory-words.ts";
import { whenRunEnds, whenRunSucceeds } from "./mending.ts";

/** So much in use is pressure, whatever the pace. */
const NEARLY_ALL_RATIO = 0.95;
/** From here on the pace is looked at; a run that fills a cache at its start has come to rest by then. */
const GROWING_FROM_RATIO = 0.7;
/** A pace needs a stretch of time that it was seen over. */
const LEAST_OBSERVED_MS = 60_000;
/** Below this it is over: not at the first garbage collection. */
const RELIEVED_RATIO = 0.6;
/** How far ahead the pace is followed where nobody knows when the run usually ends. */
const LOOK_AHEAD_MS = 600_000;
const USUAL_RUNS = 5;

export const memoryPressure: RunDetector = {
  type: "memory_pressure",
  examine(context) {
    const use = useOf(context);
    if (use === null) return null;
    const { trend, limitBytes, ratio } = use;
    const nearlyAll = ratio >= NEARLY_ALL_RATIO;
    const fullInMs = nearlyAll ? null : fullInsideRun(context, trend, limitBytes);
    if (!nearlyAll && fullInMs === null) return null;
    const share = `${bytesText(trend.lastBytes)} of ${bytesText(limitBytes)} (${Math.floor(ratio * 100)} %)`;
    const pace =
      fullInMs === null
        ? "; beyond that it is killed."
        : `; it grew by ${bytesText(trend.lastBytes - trend.firstBytes)} in ${formatDuration(trend.lastAt - trend.firstAt)} and at this pace reaches its limit in ${formatDuration(fullInMs)}.`;
    return finding(context, trend, limitBytes, `The run uses ${share} of memory${pace}`);
  },
  wantsEarlierRuns(context) {
    const use = useOf(context);
    return use !== null && use.ratio >= GROWING_FROM_RATIO && use.ratio < NEARLY_ALL_RATIO;
  },
  mends(context) {
    const ended = whenRunEnds(context);
    if (ended !== null || !context.isOwn || context.run.phase === "lost")
      return ended ?? whenRunSucceeds(context);
    const use = useOf(context);
    if (use === null || use.ratio >= RELIEVED_RATIO) return null;
    return `The run uses less memory again: ${bytesText(use.trend.lastBytes)} of ${bytesText(use.limitBytes)}.`;
  },
};

function useOf({
  run,
}: Pick<RunContext, "run">): { trend: MemoryTrend; limitBytes: number; ratio: number } | null {
  const { memoryTrend: trend, resources } = run;
  const limitBytes = resources.memoryLimitBytes ?? 0;
  if (trend === null || limitBytes <= 0 || !isExecutingPhase(run.phase)) return null;
  // Samples of the attempt before say nothing of this one.
  if (trend.lastAt < (run.attempts.at(-1)?.startedAt ?? 0)) return null;
  return { trend, limitBytes, ratio: trend.lastBytes / limitBytes };
}

/** How long until the limit is reached; null when it is not, at this pace, before the run usually ends. */
function fullInsideRun(context: RunContext, trend: MemoryTrend, limitBytes: number): number | null {
  if (trend.lastBytes < GROWING_FROM_RATIO * limitBytes) return null;
  const observedMs = trend.lastAt - trend.firstAt;
  const grownBytes = trend.lastBytes - trend.firstBytes;
  if (observedMs < LEAST_OBSERVED_MS || grownBytes <= 0) return null;
  if (trend.firstAt < (context.run.attempts.at(-1)?.startedAt ?? 0)) return null;
  const fullInMs = Math.ceil((limitBytes - trend.lastBytes) / (grownBytes / observedMs));
  return fullInMs <= remainingMs(context, trend) ? fullInMs : null;
}

function remainingMs({ run, job, earlierRuns }: RunContext, trend: MemoryTrend): number {
  const durations = earlierRuns
    .filter((earlier) => earlier.phase === "completed" && earlier.runType === run.runType)
    .flatMap(({ durationMs }) => (durationMs === null ? [] : [durationMs]))
    .slice(0, USUAL_RUNS)
    .sort((a, b) => a - b);
  const usualMs = durations[Math.floor(durations.length / 2)] ?? job.settings.maxDurationMs;
  const startedAt = run.startedAt;
  const leftMs = usualMs === null || startedAt === null ? 0 : startedAt + usualMs - trend.lastAt;
  return leftMs > 0 ? leftMs : LOOK_AHEAD_MS;
}

function finding({ run }: RunContext, trend: MemoryTrend, limitBytes: number, explanation: string): Finding {
  return {
    at: trend.lastAt + run.liveOffsetMs,
    limitText: bytesText(limitBytes),
    valueText: bytesText(trend.lastBytes),
    explanation,
    byAbsence: false,
  };
}
