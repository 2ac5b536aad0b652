/**
 * Deletes what is older than its kind may become: in small steps with a pause after each, so that the intake never
 * waits for it. Ages come from the configuration. Open runs and open incidents stay whatever their age.
 */
import type { Clock } from "../lib/clock.ts";
import type { SelfMetrics } from "../self-monitoring/self-metrics.ts";
import type { LedgerStore, RetentionKind } from "../storage/ledger-store.ts";
import type { MetricStore } from "../storage/metric-store.ts";

/** Milliseconds that each kind is kept; null = for ever. */
export type RetentionAges = Readonly<Record<RetentionKind | "samples", number | null>>;

export interface RetentionOptions {
  ledger: Pick<LedgerStore, "prune">;
  samples: Pick<MetricStore, "prune" | "pruneToSize">;
  ages: RetentionAges;
  /** Samples beyond it go, the oldest first. Default: no limit. */
  maxSampleBytes?: number;
  clock: Clock;
  log: { error(details: object, message: string): void };
  selfMetrics: SelfMetrics;
  /** Between two sweeps. Default 10 min. */
  everyMs?: number;
}

export interface Retention {
  start(): void;
  /** Resolves when the step under way has ended. */
  stop(): Promise<void>;
  /** One sweep over all kinds; answers how many rows went. */
  sweep(): Promise<number>;
}

/** A step of this size takes a few milliseconds on a small machine. */
const ROWS_A_STEP = 500;
const RUNS_A_STEP = 8;
/** After each step this long belongs to the others. */
const PAUSE_MS = 25;
const DEFAULT_EVERY_MS = 10 * 60_000;

/** What hangs on runs goes before them, so that a step over runs stays small. */
const ORDER = [
  "heartbeats",
  "spans",
  "logs",
  "incidents",
  "slots",
  "metricStreams",
  "runs",
] as const satisfies readonly RetentionKind[];

export function createRetention(options: RetentionOptions): Retention {
  return new RetentionSweeper(options);
}

class RetentionSweeper implements Retention {
  readonly #options: RetentionOptions;
  #stopping = new AbortController();
  #loop: Promise<void> | null = null;

  constructor(options: RetentionOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#loop !== null) return;
    this.#stopping = new AbortController();
    this.#loop = this.#run(this.#stopping.signal);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
    this.#loop = null;
  }

  async sweep(): Promise<number> {
    const { ledger, samples, ages, clock } = this.#options;
    const now = clock.now();
    let deleted = 0;
    for (const kind of ORDER) {
      const age = ages[kind];
      if (age !== null)
        deleted += await this.#inSteps(kind, ROWS_A_STEP, (limit) => ledger.prune(kind, now - age, limit));
    }
    const { samples: sampleAge } = ages;
    if (sampleAge !== null)
      deleted += await this.#inSteps("samples", RUNS_A_STEP, (limit) =>
        samples.prune(now - sampleAge, limit),
      );
    const { maxSampleBytes } = this.#options;
    if (maxSampleBytes !== undefined)
      deleted += await this.#inSteps("samples", RUNS_A_STEP, (limit) =>
        samples.pruneToSize(maxSampleBytes, limit),
      );
    return deleted;
  }

  async #inSteps(kind: string, limit: number, prune: (limit: number) => Promise<number>): Promise<number> {
    const stage = this.#options.selfMetrics.stage("retention");
    let deleted = 0;
    while (!this.#stopping.signal.aborted) {
      const startedAt = performance.now();
      const count = await prune(limit);
      stage.done(performance.now() - startedAt, count);
      deleted += count;
      if (count < limit) break;
      await pause(PAUSE_MS, this.#stopping.signal);
    }
    if (deleted > 0)
      this.#options.selfMetrics.count("retention_deleted", "Rows deleted for their age.", { kind }, deleted);
    return deleted;
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.sweep();
      } catch (error) {
        this.#options.selfMetrics.stage("retention").failed("SWEEP_FAILED");
        this.#options.log.error({ err: error }, "Deleting old data failed; it will be tried again.");
      }
      await pause(this.#options.everyMs ?? DEFAULT_EVERY_MS, signal);
    }
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    timer.unref();
    signal.addEventListener("abort", done, { once: true });
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
  });
}
