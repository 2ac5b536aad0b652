/**
 * What is so now, written with each tick: runs under way and waiting, the gauges of single runs, next deadlines. What was
 * missed is counted in hindsight from the runs, as far as runs can tell it.
 */
import { METRIC_NAMES } from "@batchwatch/protocol";
import { jobKeyText } from "../../model/identity.ts";
import type { Run } from "../../model/run.ts";
import type { KnownSeries, SeriesLabels } from "../../model/samples.ts";
import type { LedgerStore } from "../../storage/ledger-store.ts";
import type { Gathered } from "./gather-changes.ts";
import { JobGauges } from "./job-gauges.ts";
import { knownSeries } from "./label-sets.ts";
import { type MeterChange, seriesKey } from "./meter-value.ts";
import { type RunGauge, writeRunGauges } from "./run-gauges.ts";
import { countRunning, type NowCount } from "./running-counts.ts";
import type { SampleWriter } from "./sample-writer.ts";
import type { SeriesBook } from "./series-book.ts";
import type { Turns } from "./turns.ts";
import { RESTS_AFTER_MS, type Ticks } from "./write-series.ts";

/** A series in use says so once a day. */
const TOUCH_EVERY_MS = 86_400_000;

export interface NowInput {
  book: SeriesBook;
  gathered: Gathered;
  openRuns: readonly Run[];
  ticks: Ticks;
  writtenUntil: number;
  turns: Turns;
}

export interface NowOutput {
  gauges: RunGauge[];
  /** Series of now-values that are in use. */
  changes: MeterChange[];
}

/** What processes say of their own runs under way. */
export interface ToldRunning {
  countsAt(now: number): readonly {
    jobKey: string;
    family: string;
    labels: SeriesLabels;
    count: number;
  }[];
}

export class NowValues {
  readonly #jobGauges: JobGauges;
  readonly #told: ToldRunning | null;
  readonly #runGauges: number;
  /** Those of the last tick: the gauges of single runs come and go. */
  #known = new Map<string, KnownSeries>();
  #used = new Map<string, KnownSeries>();
  leftOut = 0;

  constructor(
    store: Pick<LedgerStore, "nextDeadlineTimes" | "getJobs">,
    told: ToldRunning | null,
    runGauges: number,
  ) {
    this.#jobGauges = new JobGauges(store);
    this.#told = told;
    this.#runGauges = runGauges;
  }

  async write(out: SampleWriter, input: NowInput): Promise<NowOutput> {
    this.#used = new Map();
    const running = await this.#writeRunning(out, input);
    const { current, leftOut } = writeRunGauges(out, {
      openRuns: input.openRuns,
      endedRuns: input.gathered.endedRuns,
      jobs: input.gathered.jobs,
      ticks: input.ticks,
      writtenUntil: input.writtenUntil,
      seriesOf: (family, labels) => this.#seriesOf(family, labels),
      limit: this.#runGauges,
    });
    this.leftOut = leftOut;
    const ofJobs = await this.#jobGauges.write(out, {
      openRuns: input.openRuns,
      jobs: input.gathered.jobs,
      at: input.ticks.last,
      seriesOf: (family, labels) => this.#seriesOf(family, labels),
    });
    this.#known = this.#used;
    return { gauges: [...running.gauges, ...current, ...ofJobs], changes: running.changes };
  }

  async #writeRunning(
    out: SampleWriter,
    { book, gathered, openRuns, ticks, turns }: NowInput,
  ): Promise<NowOutput> {
    const runs = [...openRuns, ...gathered.endedRuns];
    const counts = await countRunning(runs, gathered.jobs, ticks.times, turns);
    this.#addTold(counts, gathered, ticks);
    const gauges: RunGauge[] = [];
    const changes: MeterChange[] = [];
    const write = (family: string, labels: SeriesLabels, values: Float64Array | null): void => {
      const series = this.#seriesOf(family, labels);
      ticks.times.forEach((at, index) => {
        out.add(series, at, values?.[index] ?? 0);
      });
      gauges.push({ family, labels, value: values?.at(-1) ?? 0 });
    };
    for (const [key, count] of counts) {
      if (turns.isOver()) await turns.give();
      write(count.family, count.labels, count.counts);
      if ((book.get(key)?.changedAt ?? 0) < ticks.last - TOUCH_EVERY_MS)
        changes.push({ ...count, at: ticks.last, change: { kind: "touch" } });
    }
    for (const [key, { family, labels, changedAt }] of book.entries()) {
      if (turns.isOver()) await turns.give();
      if (family !== METRIC_NAMES.running && family !== METRIC_NAMES.queued) continue;
      if (!counts.has(key) && changedAt >= ticks.last - RESTS_AFTER_MS) write(family, labels, null);
    }
    return { gauges, changes };
  }

  /**
   * A process may tell of runs that the ledger does not know yet, and the ledger of runs that no process counts; the same run
   * must not count twice. So a job has as many as the one that knows more of them.
   */
  #addTold(counts: Map<string, NowCount>, { jobs }: Gathered, ticks: Ticks): void {
    const told = this.#told?.countsAt(ticks.last) ?? [];
    if (told.length === 0) return;
    const last = ticks.times.length - 1;
    const jobIds = new Map([...jobs.values()].map((job) => [jobKeyText(job), job.id]));
    const known = new Map<string, number>();
    for (const { jobId, family, counts: values } of counts.values()) {
      const key = `${jobId} ${family}`;
      known.set(key, (known.get(key) ?? 0) + (values[last] ?? 0));
    }
    for (const { jobKey, family, labels, count } of told) {
      const jobId = jobIds.get(jobKey);
      if (jobId === undefined) continue;
      const ofJob = `${jobId} ${family}`;
      const covered = Math.min(count, known.get(ofJob) ?? 0);
      known.set(ofJob, (known.get(ofJob) ?? 0) - covered);
      if (count === covered) continue;
      const key = seriesKey(family, labels);
      const entry = counts.get(key) ?? {
        jobId,
        family,
        labels,
        counts: new Float64Array(ticks.times.length),
      };
      entry.counts[last] = (entry.counts[last] ?? 0) + count - covered;
      counts.set(key, entry);
    }
  }

  #seriesOf(family: string, labels: SeriesLabels): KnownSeries {
    const key = seriesKey(family, labels);
    const series = this.#used.get(key) ?? this.#known.get(key) ?? knownSeries(family, labels);
    this.#used.set(key, series);
    return series;
  }
}
