/**
 * The meter: turns the ledger into `batch_job_*` series that are right for once-a-day jobs (DESIGN decision 5.1, SEMANTICS
 * section 7). Receives `write_meter` deadlines, one for each tick; hands samples to the sample store, then commits what
 * went into them. In this order:
 *
 * 1. **Gather** what is new, each thing at its own time.
 * 2. **Place** it: at its own time where that is not written yet; with the next tick where it is; a thing older than the live
 *    horizon is history and is written into its place by a rebuild, so that it never looks like news to a rule.
 * 3. **Append** the samples of every tick since the last look. Durable before the next step.
 * 4. **Commit** accumulators, marks and the time until which everything is written, together. A crash before it does the same
 *    look again: the same samples again.
 */
import { METRIC_NAMES } from "@batchwatch/protocol";
import type { Clock } from "../../lib/clock.ts";
import { Mutex } from "../../lib/mutex.ts";
import { readJobKey } from "../../model/identity.ts";
import type { Job } from "../../model/job.ts";
import type { MeterSeries } from "../../model/meter.ts";
import type { Run } from "../../model/run.ts";
import type { Deadline, NewDeadline } from "../../model/watch.ts";
import type { SelfMetrics } from "../../self-monitoring/self-metrics.ts";
import type { DeadlineHandler } from "../../storage/deadline-handler.ts";
import { EMPTY_WATCH_COMMIT, type LedgerStore } from "../../storage/ledger-store.ts";
import type { MeterCommit } from "../../storage/meter-store.ts";
import type { MetricStore } from "../../storage/metric-store.ts";
import { type Gathered, gatherChanges, jobsOf, type MeterItem } from "./gather-changes.ts";
import { LabelSetCache } from "./label-sets.ts";
import type { MeterChange } from "./meter-value.ts";
import { NativeJobs } from "./native-jobs.ts";
import { NowValues, type ToldRunning } from "./now-values.ts";
import { placeChanges } from "./place-changes.ts";
import { type RebuiltJob, rebuildJob } from "./rebuild-job.ts";
import type { RunGauge } from "./run-gauges.ts";
import { SampleWriter } from "./sample-writer.ts";
import { SeriesBook } from "./series-book.ts";
import { lastTickAt, TICK_MS, ticksOfNow } from "./tick-times.ts";
import { Turns } from "./turns.ts";
import { type SeriesPlan, type Ticks, writeSeries } from "./write-series.ts";

export const WRITE_METER = "write_meter";
const SUBJECT = "meter";
const RUNS_A_PAGE = 500;
const DEFAULT_RUN_GAUGES = 1000;
/** Of one job, and that many times as long as the last time took. */
const REBUILD_EVERY_MS = 60_000;
const REBUILD_SHARE = 20;
const DEFAULT_LIVE_HORIZON_MS = 3_600_000;
/** What happened before a tick is told a moment later; so long it can still stand at its own time. */
const DEFAULT_GRACE_MS = 2_000;

export interface MeterParts {
  store: LedgerStore;
  samples: Pick<MetricStore, "append" | "replaceRange" | "select">;
  clock: Clock;
  selfMetrics: SelfMetrics;
  /** What processes say of their own runs under way. */
  told?: ToldRunning;
  options?: {
    /** Most runs that have gauges of their own at once. Default 1000. */
    runGauges?: number;
    /** Older than this when it is told, a thing is history. Default 1 h. */
    liveHorizonMs?: number;
    /** A tick is written this long after its time. Default 2 s. */
    graceMs?: number;
  };
}

/** What stands now: for `GET /metrics`. */
export interface MeterSnapshot {
  series: readonly MeterSeries[];
  gauges: readonly RunGauge[];
}

export class Meter {
  readonly #parts: MeterParts;
  readonly #labelSets = new LabelSetCache();
  readonly #oneAtATime = new Mutex();
  readonly #nowValues: NowValues;
  #book: SeriesBook | null = null;
  #native: NativeJobs | null = null;
  /** By job: when history may be written again. */
  readonly #rebuildAfter = new Map<number, number>();
  #gauges: readonly RunGauge[] = [];

  constructor(parts: MeterParts) {
    this.#parts = parts;
    this.#nowValues = new NowValues(
      parts.store,
      parts.told ?? null,
      parts.options?.runGauges ?? DEFAULT_RUN_GAUGES,
    );
    parts.selfMetrics.gauge(
      "meter_series",
      "Accumulators that the meter keeps.",
      () => this.#book?.size ?? 0,
    );
    parts.selfMetrics.gauge(
      "meter_run_gauges_left_out",
      "Runs under way that have no heartbeat and progress gauges, because there are too many.",
      () => this.#nowValues.leftOut,
    );
  }

  /** Sets the first tick; harmless when one is set already. */
  async start(): Promise<void> {
    const dueAt = this.#parts.clock.now();
    await this.#parts.store.commitWatch({
      ...EMPTY_WATCH_COMMIT,
      setDeadlines: [{ ...tickDeadline(dueAt), keepEarlier: true }],
    });
  }

  handlers(): DeadlineHandler[] {
    return [
      {
        kind: WRITE_METER,
        handle: async (deadline, now) => {
          await this.#oneAtATime.run(() => this.#write(deadline, now));
          return null;
        },
      },
    ];
  }

  snapshot(): MeterSnapshot {
    return { series: [...(this.#book?.entries() ?? [])].map(([, series]) => series), gauges: this.#gauges };
  }

  async #write(deadline: Deadline, now: number): Promise<void> {
    const begunAt = performance.now();
    const { store } = this.#parts;
    const book = await this.#loadBook();
    const graceMs = this.#graceMs();
    const lastTick = lastTickAt(now - graceMs);
    const writtenUntil = (await store.meterWrittenUntil()) ?? lastTick - TICK_MS;
    if (writtenUntil >= lastTick) {
      // The clock was set back: nothing is written twice with other values.
      await this.#commit(deadline, writtenUntil + TICK_MS + graceMs, null, [], []);
      return;
    }
    const ticks: Ticks = {
      times: ticksOfNow(writtenUntil, lastTick),
      after: writtenUntil,
      last: lastTick,
    };
    this.#native ??= await NativeJobs.load(store, now);
    const gathered = await gatherChanges({ store, book, native: this.#native, lastTick, now });
    const openRuns = await this.#openRuns();
    const others = [...openRuns, ...(await this.#toldJobs(now))].filter(
      ({ jobId }) => !gathered.jobs.has(jobId),
    );
    for (const [id, job] of await jobsOf(store, others)) gathered.jobs.set(id, job);
    const { changed, entering, history } = await this.#append(book, gathered, openRuns, ticks, writtenUntil);
    const dueAt = gathered.hasMore ? now : lastTick + TICK_MS + graceMs;
    await this.#commit(deadline, dueAt, lastTick, entering, changed);
    book.put(changed);
    await this.#writeHistory(history, lastTick, now);
    this.#parts.selfMetrics.stage("meter").done(performance.now() - begunAt, ticks.times.length);
  }

  async #toldJobs(now: number): Promise<{ jobId: number }[]> {
    const { told, store } = this.#parts;
    const keys = [...new Set((told?.countsAt(now) ?? []).map(({ jobKey }) => jobKey))];
    if (keys.length === 0) return [];
    const found = await Promise.all(keys.map((key) => store.findJob(readJobKey(key))));
    return found.flatMap((job) => (job === null ? [] : { jobId: job.id }));
  }

  async #append(
    book: SeriesBook,
    gathered: Gathered,
    openRuns: readonly Run[],
    ticks: Ticks,
    writtenUntil: number,
  ): Promise<{ changed: MeterSeries[]; entering: MeterItem[]; history: ReadonlyMap<number, number> }> {
    const { samples, options } = this.#parts;
    const [out, nowhere, turns] = [new SampleWriter(), new SampleWriter(), new Turns()];
    const now = await this.#nowValues.write(out, { book, gathered, openRuns, ticks, writtenUntil, turns });
    this.#gauges = now.gauges;
    const nowItems = now.changes.map((change) => ({ jobId: change.jobId, changes: [change], of: null }));
    const { placed, entering, history } = await placeChanges([...gathered.items, ...nowItems], {
      book,
      ticks,
      writtenUntil,
      liveHorizonMs: options?.liveHorizonMs ?? DEFAULT_LIVE_HORIZON_MS,
      turns,
    });
    const changed: MeterSeries[] = [];
    for await (const plan of this.#plans(book, placed, turns)) {
      const family = plan.series?.family ?? plan.changes[0]?.family;
      // Their samples are counted from the runs.
      const isCounted = family === METRIC_NAMES.running || family === METRIC_NAMES.queued;
      const after = writeSeries(isCounted ? nowhere : out, plan, ticks, this.#labelSets);
      if (after !== null && plan.changes.length > 0) changed.push(after);
      for (const batch of out.takeFull()) await samples.append([batch]);
      nowhere.takeFull();
    }
    for (const batch of out.batches()) await samples.append([batch]);
    return { changed, entering: entering.filter((item): item is MeterItem => item.of !== null), history };
  }

  /** Past ranges are written again at most so often that they leave most of the time to others. */
  async #writeHistory(
    history: ReadonlyMap<number, number>,
    writtenUntil: number,
    now: number,
  ): Promise<void> {
    const due = [...history].filter(([jobId]) => (this.#rebuildAfter.get(jobId) ?? 0) <= now);
    const jobs = await jobsOf(
      this.#parts.store,
      due.map(([jobId]) => ({ jobId })),
    );
    for (const [jobId, at] of due) {
      const job = jobs.get(jobId);
      if (job === undefined) continue;
      const begunAt = performance.now();
      await this.#rebuild(job, at - 1, writtenUntil);
      const tookMs = performance.now() - begunAt;
      this.#rebuildAfter.set(jobId, now + Math.max(REBUILD_EVERY_MS, tookMs * REBUILD_SHARE));
      this.#parts.selfMetrics.stage("meter_rebuild").done(tookMs);
    }
  }

  async #rebuild(job: Job, from: number, writtenUntil: number, to = writtenUntil): Promise<RebuiltJob> {
    const book = await this.#loadBook();
    return rebuildJob({ ...this.#parts, book, labelSets: this.#labelSets }, job, from, writtenUntil, to);
  }

  /**
   * Writes a job's series again from `from` on, out of the ledger; up to `to` where that leaves the totals as they are, else up
   * to now. Nothing is written live meanwhile.
   * null: nothing is written yet.
   */
  async rebuild(job: Job, from: number, to = Number.POSITIVE_INFINITY): Promise<RebuiltJob | null> {
    return this.#oneAtATime.run(async () => {
      const writtenUntil = await this.#parts.store.meterWrittenUntil();
      return writtenUntil === null || from >= writtenUntil
        ? null
        : this.#rebuild(job, from, writtenUntil, to);
    });
  }

  /** Every series, and the new ones; gives way to others now and then. */
  async *#plans(
    book: SeriesBook,
    placed: ReadonlyMap<string, readonly MeterChange[]>,
    turns: Turns,
  ): AsyncGenerator<SeriesPlan> {
    for (const [key, series] of book.entries()) {
      yield { key, series, changes: placed.get(key) ?? [] };
      if (turns.isOver()) await turns.give();
    }
    for (const [key, changes] of placed) {
      if (book.get(key) === null) yield { key, series: null, changes };
      if (turns.isOver()) await turns.give();
    }
  }

  async #commit(
    deadline: Deadline,
    dueAt: number,
    writtenUntil: number | null,
    entering: readonly MeterItem[],
    series: readonly MeterSeries[],
  ): Promise<void> {
    await this.#parts.store.commitMeter({
      ...marksOf(entering),
      series,
      writtenUntil,
      doneDeadlines: [deadline.id],
      setDeadlines: [tickDeadline(dueAt)],
    });
  }

  #graceMs(): number {
    return this.#parts.options?.graceMs ?? DEFAULT_GRACE_MS;
  }

  async #loadBook(): Promise<SeriesBook> {
    this.#book ??= await SeriesBook.load(this.#parts.store);
    return this.#book;
  }

  async #openRuns(): Promise<Run[]> {
    const runs: Run[] = [];
    for (;;) {
      const page = await this.#parts.store.openRuns(runs.at(-1)?.id ?? 0, RUNS_A_PAGE);
      runs.push(...page);
      if (page.length < RUNS_A_PAGE) return runs;
      await new Turns().give();
    }
  }
}

function marksOf(
  items: readonly MeterItem[],
): Pick<MeterCommit, "meteredRuns" | "meteredJudgements" | "appliedIncrements" | "claims"> {
  const kinds = items.map(({ of }) => of);
  return {
    meteredRuns: kinds.flatMap((of) =>
      of.kind === "run"
        ? { id: of.run.id, version: of.run.version, phase: of.run.phase, counted: of.counted }
        : [],
    ),
    meteredJudgements: kinds.flatMap((of) => (of.kind === "judgement" ? of.id : [])),
    appliedIncrements: kinds.flatMap((of) => (of.kind === "increment" ? of.id : [])),
    claims: kinds.flatMap((of) => (of.kind === "increment" ? [] : of.claims)),
  };
}

function tickDeadline(dueAt: number): NewDeadline {
  return { kind: WRITE_METER, subject: SUBJECT, jobId: null, dueAt };
}
