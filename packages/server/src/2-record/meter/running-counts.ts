/**
 * How many runs of each job were under way, and how many waited, at each tick: counted from the runs themselves, so that
 * it is right for ticks that are written in hindsight too. Pure, but for giving way to others.
 */
import { isExecutingPhase, METRIC_NAMES } from "@batchwatch/protocol";
import type { Job } from "../../model/job.ts";
import type { Run } from "../../model/run.ts";
import type { SeriesLabels } from "../../model/samples.ts";
import { seriesKey } from "./meter-value.ts";
import { jobLabels, jobTypeLabel } from "./run-changes.ts";
import type { Turns } from "./turns.ts";

export interface NowCount {
  jobId: number;
  family: string;
  labels: SeriesLabels;
  /** One for each tick. */
  counts: Float64Array;
}

interface Interval {
  family: string;
  from: number;
  /** Infinity: it goes on. */
  to: number;
}

export async function countRunning(
  runs: readonly Run[],
  jobs: ReadonlyMap<number, Job>,
  ticks: readonly number[],
  turns: Turns,
): Promise<Map<string, NowCount>> {
  const found = new Map<string, NowCount>();
  for (const run of runs) {
    if (turns.isOver()) await turns.give();
    const job = jobs.get(run.jobId);
    if (job !== undefined) addRun(found, job, run, ticks);
  }
  return found;
}

function addRun(found: Map<string, NowCount>, job: Job, run: Run, ticks: readonly number[]): void {
  for (const { family, from, to } of intervalsOf(run)) {
    const labels = { ...jobLabels(job), ...jobTypeLabel(job, run) };
    const key = seriesKey(family, labels);
    let count = found.get(key);
    if (count === undefined) {
      count = { jobId: job.id, family, labels, counts: new Float64Array(ticks.length) };
      found.set(key, count);
    }
    for (let index = ticks.length - 1; index >= 0; index--) {
      const tick = ticks[index] ?? 0;
      if (tick < from) break;
      if (tick < to) count.counts[index] = (count.counts[index] ?? 0) + 1;
    }
  }
}

function intervalsOf(run: Run): Interval[] {
  const intervals: Interval[] = [];
  const { queuedAt, startedAt, completedAt, phase } = run;
  const isQueued = phase === "queued";
  if (queuedAt !== null && (isQueued || startedAt !== null))
    intervals.push({
      family: METRIC_NAMES.queued,
      from: queuedAt,
      to: isQueued && startedAt === null ? Number.POSITIVE_INFINITY : (startedAt ?? queuedAt),
    });
  // Waiting for its next attempt.
  if (isQueued && startedAt !== null)
    intervals.push({
      family: METRIC_NAMES.queued,
      from: run.attempts.at(-1)?.endedAt ?? startedAt,
      to: Number.POSITIVE_INFINITY,
    });
  if (startedAt !== null && (isExecutingPhase(phase) || completedAt !== null))
    intervals.push({
      family: METRIC_NAMES.running,
      from: startedAt,
      to: completedAt ?? Number.POSITIVE_INFINITY,
    });
  return intervals;
}
