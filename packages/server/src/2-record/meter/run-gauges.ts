/**
 * The two gauges that carry a run's id (DESIGN decision 5.3): there while the run is active, bounded in number, ended by a
 * stale marker. Pure.
 */
import { METRIC_NAMES } from "@batchwatch/protocol";
import { heartbeatLimit } from "../../model/heartbeat-limit.ts";
import type { Job } from "../../model/job.ts";
import type { Run } from "../../model/run.ts";
import type { KnownSeries, SeriesLabels } from "../../model/samples.ts";
import { jobLabels } from "./run-changes.ts";
import type { SampleWriter } from "./sample-writer.ts";
import type { Ticks } from "./write-series.ts";

/** Of a run that ended longer ago than this its gauges were never there. */
const ENDED_LATELY_MS = 3_600_000;

export interface RunGauge {
  family: string;
  labels: SeriesLabels;
  value: number;
}

export interface RunGaugeInput {
  openRuns: readonly Run[];
  /** Runs that ended since the last tick. */
  endedRuns: readonly Run[];
  jobs: ReadonlyMap<number, Job>;
  ticks: Ticks;
  writtenUntil: number;
  /** The same object for the same series. */
  seriesOf: (family: string, labels: SeriesLabels) => KnownSeries;
  /** Most runs that have gauges at once; the latest started go first. */
  limit: number;
}

/** Writes them; answers those that stand now, and how many runs there was no room for. */
export function writeRunGauges(
  out: SampleWriter,
  { openRuns, endedRuns, jobs, ticks, writtenUntil, seriesOf, limit }: RunGaugeInput,
): { current: RunGauge[]; leftOut: number } {
  const active = openRuns
    .filter((run) => run.startedAt !== null && (run.lastBeatAt !== null || run.progressRate !== null))
    .sort((a, b) => (b.startedAt ?? 0) - (a.startedAt ?? 0) || b.id - a.id);
  const current: RunGauge[] = [];
  for (const run of active.slice(0, limit)) {
    const job = jobs.get(run.jobId);
    if (job === undefined) continue;
    for (const gauge of gaugesOf(job, run)) {
      const series = seriesOf(gauge.family, gauge.labels);
      for (const at of ticks.times) if (at >= gauge.from) out.add(series, at, gauge.valueAt(at));
      current.push({ family: gauge.family, labels: gauge.labels, value: gauge.valueAt(ticks.last) });
    }
  }
  for (const run of endedRuns) {
    const job = jobs.get(run.jobId);
    const endedAt = run.completedAt ?? run.lastEventAt;
    if (job === undefined || endedAt < writtenUntil - ENDED_LATELY_MS) continue;
    for (const gauge of gaugesOf(job, run))
      endGauge(out, seriesOf(gauge.family, gauge.labels), gauge, endedAt, ticks);
  }
  return { current, leftOut: Math.max(0, active.length - limit) };
}

interface GaugeOfRun {
  family: string;
  labels: SeriesLabels;
  from: number;
  valueAt: (at: number) => number;
}

function gaugesOf(job: Job, run: Run): GaugeOfRun[] {
  const gauges: GaugeOfRun[] = [];
  const labels: SeriesLabels = { ...jobLabels(job), job_id: run.runId };
  const { lastBeatAt, progressRate } = run;
  if (lastBeatAt !== null) {
    // By our clock: a sender whose clock is behind is not silent.
    const deadAt = lastBeatAt + run.liveOffsetMs + heartbeatLimit(run, job.settings);
    gauges.push({
      family: METRIC_NAMES.heartbeat,
      labels,
      from: (run.firstBeatAt ?? lastBeatAt) + run.liveOffsetMs,
      valueAt: (at) => (at <= deadAt ? 1 : 0),
    });
  }
  if (progressRate !== null)
    gauges.push({
      family: METRIC_NAMES.progressRate,
      labels,
      from: run.runningSinceAt ?? run.startedAt ?? run.lastEventAt,
      valueAt: () => progressRate,
    });
  return gauges;
}

/** With the first tick that finds the run ended. */
function endGauge(
  out: SampleWriter,
  series: KnownSeries,
  gauge: GaugeOfRun,
  endedAt: number,
  ticks: Ticks,
): void {
  for (const at of ticks.times) {
    // Ended it is, though by the clock of its sender it may end later yet.
    if (at >= Math.min(endedAt, ticks.last)) {
      out.addStale(series, at);
      return;
    }
    if (at >= gauge.from) out.add(series, at, gauge.valueAt(at));
  }
}
