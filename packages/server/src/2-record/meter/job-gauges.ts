/**
 * What is so now of whole jobs, for rules that look at a job and not at a run: its next deadline, how often it is to run and since
 * when it is known, and since when a run of it has been going. Written with the last tick only: nobody knows what they were.
 */
import { METRIC_NAMES, type Schedule } from "@batchwatch/protocol";
import { nextSlotAfter } from "../../lib/calendar/schedule-slots.ts";
import type { Job } from "../../model/job.ts";
import type { Run } from "../../model/run.ts";
import type { KnownSeries, SeriesLabels } from "../../model/samples.ts";
import type { LedgerStore } from "../../storage/ledger-store.ts";
import { jobsOf } from "./gather-changes.ts";
import { seriesKey } from "./meter-value.ts";
import { jobLabels } from "./run-changes.ts";
import type { RunGauge } from "./run-gauges.ts";
import type { SampleWriter } from "./sample-writer.ts";

/** What a job is held to; looks that only we are interested in are no deadlines of a job. */
const DEADLINE_KINDS = [
  "slot_late",
  "slot_start_by",
  "slot_complete_by",
  "run_max_duration",
  "run_complete_by",
] as const;
/** Each job with a schedule has one of these ahead. */
const SCHEDULED_KINDS = ["slot_late"] as const;
/** Deadlines and schedules change slowly; asking for all of them is not free. */
const EVERY_MS = 60_000;
/** A schedule repeats within a week, or its gaps are longer than all of these. */
const SLOTS_LOOKED_AT = 16;

export interface JobGaugesInput {
  openRuns: readonly Run[];
  jobs: ReadonlyMap<number, Job>;
  /** The last tick. */
  at: number;
  /** The same object for the same series. */
  seriesOf: (family: string, labels: SeriesLabels) => KnownSeries;
}

export class JobGauges {
  readonly #store: Pick<LedgerStore, "nextDeadlineTimes" | "getJobs">;
  #slow: RunGauge[] = [];
  #slowAt = Number.NEGATIVE_INFINITY;
  /** By job id; a schedule's gaps are counted again when the settings change. */
  #intervals = new Map<number, { schedule: string; seconds: number | null }>();
  #runningSince = new Map<string, RunGauge>();

  constructor(store: Pick<LedgerStore, "nextDeadlineTimes" | "getJobs">) {
    this.#store = store;
  }

  async write(out: SampleWriter, input: JobGaugesInput): Promise<RunGauge[]> {
    const { at, seriesOf } = input;
    if (Math.abs(at - this.#slowAt) >= EVERY_MS) {
      this.#slow = await this.#readSlow(at);
      this.#slowAt = at;
    }
    const running = runningSince(input);
    for (const [key, { family, labels }] of this.#runningSince)
      if (!running.has(key)) out.addStale(seriesOf(family, labels), at);
    this.#runningSince = running;
    const gauges = [...this.#slow, ...running.values()];
    for (const { family, labels, value } of gauges) out.add(seriesOf(family, labels), at, value);
    return gauges;
  }

  /** Those of deadlines and schedules. A job with a schedule always has a deadline. */
  async #readSlow(at: number): Promise<RunGauge[]> {
    const deadlines = await this.#store.nextDeadlineTimes(DEADLINE_KINDS);
    const scheduled = await this.#store.nextDeadlineTimes(SCHEDULED_KINDS);
    const jobs = await jobsOf(
      this.#store,
      [...deadlines.keys()].map((jobId) => ({ jobId })),
    );
    for (const jobId of this.#intervals.keys()) if (!scheduled.has(jobId)) this.#intervals.delete(jobId);
    return [...jobs.values()].flatMap((job) => {
      const dueAt = deadlines.get(job.id);
      const seconds = scheduled.has(job.id) ? this.#intervalOf(job, at) : null;
      return [
        ...(dueAt === undefined ? [] : [gauge(METRIC_NAMES.nextDeadline, job, dueAt / 1000)]),
        ...(seconds === null
          ? []
          : [
              gauge(METRIC_NAMES.scheduleInterval, job, seconds),
              gauge(METRIC_NAMES.firstSeen, job, job.firstSeenAt / 1000),
            ]),
      ];
    });
  }

  #intervalOf({ id, settings }: Job, at: number): number | null {
    const schedule = JSON.stringify(settings.schedule ?? null);
    const known = this.#intervals.get(id);
    if (known?.schedule === schedule) return known.seconds;
    const seconds = settings.schedule === null ? null : longestGap(settings.schedule, at);
    this.#intervals.set(id, { schedule, seconds });
    return seconds;
  }
}

/** The longest time between two of the next slots, in seconds: a job of workdays has its weekend. */
function longestGap(schedule: Schedule, after: number): number | null {
  let longest: number | null = null;
  let previous = nextSlotAfter(schedule, after);
  for (let slot = 1; previous !== null && slot < SLOTS_LOOKED_AT; slot++) {
    const next = nextSlotAfter(schedule, previous);
    if (next === null) break;
    longest = Math.max(longest ?? 0, (next - previous) / 1000);
    previous = next;
  }
  return longest;
}

function runningSince({ openRuns, jobs }: JobGaugesInput): Map<string, RunGauge> {
  const oldest = new Map<string, RunGauge>();
  for (const run of openRuns) {
    const job = jobs.get(run.jobId);
    if (job === undefined || run.startedAt === null) continue;
    const candidate = gauge(METRIC_NAMES.runningSince, job, (run.startedAt - (run.clockSkewMs ?? 0)) / 1000);
    const key = seriesKey(candidate.family, candidate.labels);
    const known = oldest.get(key);
    if (known === undefined || candidate.value < known.value) oldest.set(key, candidate);
  }
  return oldest;
}

function gauge(family: string, job: Job, value: number): RunGauge {
  return { family, labels: jobLabels(job), value };
}
