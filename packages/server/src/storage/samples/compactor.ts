/**
 * Keeps the store in shape behind the writers: segments into runs, runs into fewer, freed series and pages given back. One
 * task at a time; what it writes goes through the writer in short transactions, in between which appends go on.
 */
import { setImmediate } from "node:timers/promises";
import type { Clock } from "../../lib/clock.ts";
import type { Mutex } from "../../lib/mutex.ts";
import type { SqliteConnection } from "../sqlite/sqlite-connection.ts";
import { planMerge } from "./compaction-plan.ts";
import type { CompactionRunner } from "./compaction-runner.ts";
import type { CompactionResult, CompactionTask } from "./compaction-task.ts";
import { addBlock, addRun, deleteDead, exchange, liveRuns } from "./run-table.ts";
import { readCounter } from "./sample-schema.ts";
import { freePages } from "./sample-stats.ts";
import type { SampleWriter } from "./sample-writer.ts";
import type { SeriesRegistry } from "./series-registry.ts";

export interface CompactorParts {
  writer: SampleWriter;
  registry: SeriesRegistry;
  mutex: Mutex;
  clock: Clock;
  /** For tasks of more than `here` can do in a moment. */
  far: CompactionRunner;
  here: CompactionRunner;
  flushLimits: FlushLimits;
  /** Told when a round failed; it is tried again. */
  onError: (error: unknown) => void;
}

/** When segments become runs: whichever comes first. */
export interface FlushLimits {
  /** Default 400 000. */
  readonly samples: number;
  /** Default 500. */
  readonly segments: number;
  /** Default 2 min. */
  readonly ageMs: number;
}

export const DEFAULT_FLUSH_LIMITS: FlushLimits = { samples: 400_000, segments: 500, ageMs: 120_000 };
/** So many are compacted on the writing thread: a few milliseconds. */
const SAMPLES_HERE = 10_000;
/** What a flush holds in memory: 40 bytes a sample. */
const MOST_SAMPLES = 2_000_000;
/** Freed pages that are kept for what comes next, and how many are given back at a time. */
const FREE_PAGES_KEPT = 512;
const FREE_PAGES_A_STEP = 64;
const SERIES_A_STEP = 500;
const RETRY_MS = 30_000;

export class Compactor {
  readonly #parts: CompactorParts;
  #samples = 0;
  #segments = 0;
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<void> | null = null;
  #isClosed = false;
  #sweepIsDue = false;

  constructor(parts: CompactorParts) {
    this.#parts = parts;
  }

  /** After a start: what the last one left. */
  begin(segments: number, samples: number): void {
    this.appended(segments, samples);
    this.#schedule(1000);
  }

  /** Told of each commit. */
  appended(segments: number, samples: number): void {
    this.#segments += segments;
    this.#samples += samples;
    const { flushLimits } = this.#parts;
    if (this.#samples >= flushLimits.samples || this.#segments >= flushLimits.segments) this.#schedule(0);
    else if (this.#segments > 0) this.#schedule(flushLimits.ageMs);
  }

  /** Runs were dropped: their series may have no sample left. */
  dropped(): void {
    this.#sweepIsDue = true;
    this.#schedule(1000);
  }

  /** All into settled form, freed space given back. */
  async settle(): Promise<void> {
    while (this.#running !== null) await this.#running;
    this.#sweepIsDue = true;
    this.#running = this.#round(true).finally(() => {
      this.#running = null;
    });
    await this.#running;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await Promise.all([this.#parts.far.close(), this.#parts.here.close()]);
    await this.#running?.catch(() => undefined);
  }

  #schedule(afterMs: number): void {
    if (this.#isClosed || this.#running !== null) return;
    if (this.#timer !== null) {
      if (afterMs > 0) return;
      clearTimeout(this.#timer);
    }
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#running ??= this.#round(false)
        .then(
          () => 0,
          (error: unknown) => {
            if (!this.#isClosed) this.#parts.onError(error);
            return RETRY_MS;
          },
        )
        .then((againMs) => {
          this.#running = null;
          if (againMs > 0) this.#schedule(againMs);
          else this.appended(0, 0);
        });
    }, afterMs).unref();
  }

  async #round(settleAll: boolean): Promise<void> {
    while (!this.#isClosed && (await this.#flush())) {}
    while (!this.#isClosed && (await this.#merge(settleAll))) {}
    if (this.#sweepIsDue && !this.#isClosed) await this.#sweep();
    while (!this.#isClosed && (await this.#write(deleteDead))) {}
    await this.#giveBack(settleAll);
  }

  /** False when there is nothing to flush. */
  async #flush(): Promise<boolean> {
    const waiting = await this.#read((connection) => {
      const after = readCounter(connection, "compacted_to");
      const [row] = connection.execute(
        "select count(*) as count, coalesce(sum(samples), 0) as samples, max(id) as upTo from segments where id > ?",
        [after],
      ).rows as { count: number; samples: number; upTo: number | null }[];
      return { after, upTo: row?.upTo ?? null, samples: row?.samples ?? 0, runs: liveRuns(connection) };
    });
    this.#segments = 0;
    this.#samples = 0;
    const { upTo, samples, ...rest } = waiting;
    if (upTo === null) return false;
    await this.#run({ what: "flush", upTo, maxSamples: MOST_SAMPLES, ...rest }, samples);
    return samples > MOST_SAMPLES;
  }

  /** False when there is nothing to merge. */
  async #merge(settleAll: boolean): Promise<boolean> {
    const plan = await this.#read((connection) =>
      planMerge(liveRuns(connection), this.#parts.clock.now(), settleAll),
    );
    if (plan === null) return false;
    const samples = plan.runs.reduce((sum, run) => sum + run.samples, 0);
    await this.#run({ what: "merge", plan }, samples);
    return true;
  }

  /** The steps of run-table.ts. */
  async #run(task: CompactionTask, samples: number): Promise<CompactionResult> {
    const { far, here } = this.#parts;
    const runs = new Map<number, number>();
    const result = await (samples <= SAMPLES_HERE ? here : far).run(task, (runBlock) =>
      this.#write((connection) => {
        let runId = runs.get(runBlock.partitionAt);
        if (runId === undefined) {
          runId = addRun(connection, runBlock);
          runs.set(runBlock.partitionAt, runId);
        }
        addBlock(connection, runId, runBlock);
      }),
    );
    if (task.what === "flush" || task.what === "merge")
      await this.#write((connection) => exchange(connection, [...runs.values()], result));
    return result;
  }

  async #sweep(): Promise<void> {
    const { registry } = this.#parts;
    this.#sweepIsDue = false;
    registry.beginSweep();
    try {
      const { lastId, lastSymbol } = registry;
      const unused = await this.#run({ what: "unusedSeries", upTo: lastId }, Number.POSITIVE_INFINITY);
      for (let at = 0; at < unused.ids.length; at += SERIES_A_STEP)
        await this.#write((connection) =>
          registry.freeSeries(connection, unused.ids.subarray(at, at + SERIES_A_STEP)),
        );
      if (unused.ids.length === 0) return;
      const texts = await this.#run({ what: "unusedSymbols", upTo: lastSymbol }, Number.POSITIVE_INFINITY);
      for (let at = 0; at < texts.ids.length; at += SERIES_A_STEP)
        await this.#write((connection) =>
          registry.freeSymbols(connection, texts.ids.subarray(at, at + SERIES_A_STEP)),
        );
    } finally {
      registry.endSweep();
    }
  }

  async #giveBack(all: boolean): Promise<void> {
    const { mutex, writer } = this.#parts;
    const kept = all ? 0 : FREE_PAGES_KEPT;
    for (;;) {
      const free = await this.#read(freePages);
      if (this.#isClosed || free <= kept) break;
      const step = all ? free : FREE_PAGES_A_STEP;
      await setImmediate();
      await mutex.run(() => writer.outsideTransactions(`pragma incremental_vacuum(${step})`));
    }
    if (all) await mutex.run(() => writer.outsideTransactions("pragma wal_checkpoint(truncate)"));
  }

  /** Appends that came meanwhile, and everybody else, go first. */
  async #write<T>(work: (connection: SqliteConnection) => T): Promise<T> {
    await setImmediate();
    return this.#parts.mutex.run(() => this.#parts.writer.transaction(work));
  }

  #read<T>(work: (connection: SqliteConnection) => T): Promise<T> {
    return this.#parts.mutex.run(() => this.#parts.writer.reading(work));
  }
}
