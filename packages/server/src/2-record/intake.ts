/**
 * The one intake: group commit (DESIGN section 2). Receives batches from the receivers; as soon as the previous commit
 * has finished, everything that arrived meanwhile is committed together, ledger and samples, and only then answered:
 * what was answered survives `kill -9`. A batch that cannot be stored fails alone.
 */
import type { Clock } from "../lib/clock.ts";
import type { Intake, IntakeBatch, IntakeOutcome } from "../model/intake.ts";
import type { MetricPoint, SampleBatch } from "../model/samples.ts";
import type { SelfMetrics, StageMeter } from "../self-monitoring/self-metrics.ts";
import type { MetricStore } from "../storage/metric-store.ts";
import { StorageError } from "../storage/storage-error.ts";
import { IntakeQueue, type PendingBatch } from "./intake-queue.ts";
import type { Ledger } from "./ledger/ledger.ts";
import { type MetricFacts, type MetricRecorder, NO_METRIC_FACTS } from "./metric-recorder.ts";
import { StreamTotals } from "./streams/stream-totals.ts";
import { countUntrustedTimes } from "./untrusted-times.ts";

export interface IntakeOptions {
  ledger: Pick<Ledger, "record">;
  samples: Pick<MetricStore, "append">;
  /** null: metric points say nothing of runs. */
  metrics: MetricRecorder | null;
  clock: Clock;
  /** Batches beyond this are refused with IntakeOverloadedError. Default 64 MiB. */
  maxPendingBytes?: number;
  /** On top of it, for terminal events. Default 16 MiB. */
  terminalReserveBytes?: number;
  log: { error(details: object, message: string): void };
  selfMetrics: SelfMetrics;
}

export interface RunningIntake extends Intake {
  /** Stores what was admitted, then refuses more. */
  close(): Promise<void>;
  pendingBytes(): number;
}

const ALL_STORED: IntakeOutcome = { refusedSamples: null };
const MIB = 1024 * 1024;
const DEFAULT_PENDING_BYTES = 64 * MIB;
const DEFAULT_RESERVE_BYTES = 16 * MIB;
/** Of the event loop, in which arrivals join the next round. */
const MOST_TURNS = 4;
/** That many batches in a row failing alike means that it is not the batches. */
const SAME_FAILURES = 3;

export class IntakeClosedError extends Error {
  readonly code = "INTAKE_CLOSED";
  readonly retryable = true;
  constructor() {
    super("Batchwatch is stopping; send again in a moment. Nothing of this request was stored.");
  }
}

export function createIntake(options: IntakeOptions): RunningIntake {
  return new GroupCommitIntake(options);
}

class GroupCommitIntake implements RunningIntake {
  readonly #options: IntakeOptions;
  readonly #queue: IntakeQueue;
  readonly #stage: StageMeter;
  readonly #countUntrusted: ReturnType<typeof countUntrustedTimes>;
  readonly #streams = new StreamTotals();
  readonly #resolved = new WeakMap<SampleBatch, SampleBatch>();
  #rounds: Promise<void> | null = null;
  #isClosed = false;

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.#queue = new IntakeQueue({
      maxPendingBytes: options.maxPendingBytes ?? DEFAULT_PENDING_BYTES,
      terminalReserveBytes: options.terminalReserveBytes ?? DEFAULT_RESERVE_BYTES,
    });
    this.#stage = options.selfMetrics.stage("intake");
    this.#countUntrusted = countUntrustedTimes(options.selfMetrics);
    options.selfMetrics.gauge("intake_pending_bytes", "Bytes admitted and not yet stored.", () =>
      this.pendingBytes(),
    );
  }

  pendingBytes(): number {
    return this.#queue.pendingBytes;
  }

  submit(batch: IntakeBatch): Promise<IntakeOutcome> {
    if (this.#isClosed) return Promise.reject(new IntakeClosedError());
    return new Promise((resolve, reject) => {
      try {
        this.#queue.add(batch, resolve, reject);
      } catch (error) {
        this.#stage.failed("INTAKE_OVERLOADED");
        reject(error);
        return;
      }
      this.#countUntrusted(batch.events);
      this.#rounds ??= this.#run();
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    while (this.#rounds !== null) await this.#rounds;
  }

  /** Rounds follow one another while anything waits. */
  async #run(): Promise<void> {
    await this.#arrivals();
    while (this.#queue.length > 0) {
      const round = this.#queue.take();
      await this.#round(round);
      this.#stage.backlog(this.#queue.length);
      // SQLite writes without ever yielding: let the sockets be read between two rounds.
      await this.#arrivals();
    }
    this.#rounds = null;
    if (this.#queue.length > 0) this.#rounds = this.#run();
  }

  /** One turn of the event loop, and some more while each brings batches: a commit costs almost the same for all of them. */
  async #arrivals(): Promise<void> {
    for (let turn = 0; turn < MOST_TURNS; turn += 1) {
      const before = this.#queue.length;
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#queue.length === before) return;
    }
  }

  async #round(round: readonly PendingBatch[]): Promise<void> {
    const startedAt = performance.now();
    try {
      const outcomes = await this.#store(round.map(({ batch }) => batch));
      for (const [index, pending] of round.entries()) this.#settle(pending, outcomes[index] ?? ALL_STORED);
      this.#stage.done(performance.now() - startedAt, round.length);
    } catch (error) {
      this.#report(error);
      const [only] = round;
      if (round.length === 1 && only !== undefined) this.#fail(only, error);
      else await this.#oneByOne(round);
    }
  }

  /** One batch of a round cannot be stored: the others must not fail with it. */
  async #oneByOne(round: readonly PendingBatch[]): Promise<void> {
    let lastMessage = "";
    let alike = 0;
    for (const [index, pending] of round.entries()) {
      try {
        const [outcome] = await this.#store([pending.batch]);
        this.#settle(pending, outcome ?? ALL_STORED);
        alike = 0;
      } catch (error) {
        this.#report(error);
        this.#fail(pending, error);
        const message = error instanceof Error ? error.message : String(error);
        alike = message === lastMessage ? alike + 1 : 1;
        lastMessage = message;
        if (alike < SAME_FAILURES || !isRetryable(error)) continue;
        for (const rest of round.slice(index + 1)) this.#fail(rest, error);
        return;
      }
    }
  }

  /** Both stores take the same batch again without harm, so one of them may be ahead after a failure. */
  async #store(batches: readonly IntakeBatch[]): Promise<IntakeOutcome[]> {
    const samples: SampleBatch[] = [];
    const points: MetricPoint[] = [];
    for (const batch of batches) {
      if (batch.samples !== null) samples.push(this.#plain(batch.samples));
      for (const point of batch.metricPoints) points.push(point);
    }
    const refused = samples.length > 0 ? [...(await this.#options.samples.append(samples))] : [];
    if (batches.some(saysMoreThanSamples))
      await this.#options.ledger.record(batches, await this.#metricFacts(points));
    return batches.map((batch) => {
      const refusedSamples = batch.samples === null ? null : (refused.shift() ?? null);
      return refusedSamples === null ? ALL_STORED : { refusedSamples };
    });
  }

  /** Resolved once: a batch that is stored again after a failure is the same. */
  #plain(batch: SampleBatch): SampleBatch {
    const known = this.#resolved.get(batch);
    if (known !== undefined) return known;
    const plain = this.#streams.resolve(batch);
    if (plain !== batch) this.#resolved.set(batch, plain);
    return plain;
  }

  async #metricFacts(points: readonly MetricPoint[]): Promise<MetricFacts> {
    const { metrics } = this.#options;
    return metrics === null || points.length === 0 ? NO_METRIC_FACTS : metrics.record(points);
  }

  #settle(pending: PendingBatch, outcome: IntakeOutcome): void {
    this.#queue.settled(pending);
    pending.resolve(outcome);
  }

  #fail(pending: PendingBatch, error: unknown): void {
    this.#queue.settled(pending);
    pending.reject(error);
  }

  #report(error: unknown): void {
    this.#stage.failed(codeOf(error));
    this.#options.log.error({ err: error }, "Storing a round of the intake failed.");
  }
}

function saysMoreThanSamples({ events, links, spans, logs, metricPoints }: IntakeBatch): boolean {
  return events.length + links.length + spans.length + logs.length + metricPoints.length > 0;
}

/** True where the same batch may be stored later: receivers answer 503 and Retry-After, else 500. */
export function isRetryable(error: unknown): boolean {
  if (error instanceof StorageError || error instanceof IntakeClosedError) return error.retryable;
  return error instanceof Error && "code" in error && error.code === "VERSION_CONFLICT";
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string"
    ? error.code
    : "UNEXPECTED";
}
