/** What a job holds of its run while it works. Every member is harmless: on an ended run it does nothing. */
import type { MetadataInput } from "./run-options.ts";

/** Text, numbers, booleans; anything else is made text. */
export type EventAttributes = Readonly<Record<string, unknown>>;

export interface Run {
  /** The run's id: `job_id` on logs and gauges. */
  readonly id: string;
  readonly jobName: string;
  /** 1 for the first try. */
  readonly attempt: number;
  /** That of the options; one that never aborts where none was given. */
  readonly signal: AbortSignal;
  /** "" where nothing traces. */
  readonly traceId: string;
  /**
   * Counts records as processed: a plain addition, some nanoseconds. What is never counted is unknown, not zero: say
   * `processed(0)` where there was nothing to do.
   * @param n 0 or more; default 1. Anything else (negative, NaN, infinite) is ignored and said once.
   */
  processed(n?: number): void;
  /**
   * Counts records as failed. The run goes on; its failure rate is what is judged.
   * @param error kept as an event of the span and a line of the log, for the first 20 of an attempt
   * @param recordId which record it was
   */
  failed(n?: number, error?: unknown, recordId?: string | number): void;
  /** How many records there will be in all, for progress and a forecast. */
  expect(expected: { total: number }): void;
  /**
   * The same items, each counted as processed when the next one is asked for. Arrays, generators, streams, any iterable,
   * sync or async. An item at which the loop breaks or throws is not counted.
   */
  iterate<T>(source: Iterable<T>): IterableIterator<T>;
  iterate<T>(source: AsyncIterable<T>): AsyncIterableIterator<T>;
  /**
   * A named part of the run: a span `batch_step.<name>`. Answers what `work` answers, throws what it throws. Steps nest and
   * may run side by side.
   */
  step<T>(name: string, work: (step: Step) => T | PromiseLike<T>): Promise<T>;
  /** Something worth knowing: an event of the span and a line of the log. */
  event(name: string, attributes?: EventAttributes): void;
  /** Adds to the run's metadata; a name that is there is overwritten. */
  metadata(values: MetadataInput): void;
  /** A heartbeat now, beside those that come by themselves. */
  heartbeat(message?: string): void;
  /** There was nothing to do: when the function returns, the run ends as skipped instead of completed. */
  skip(reason?: string): void;
  /** Environment variables that carry the run into a child process or worker thread (see `continueRun`). */
  environment(): Record<string, string>;
}

/** A part of a run. Its counts are its own: they are never added to those of the run or of other steps. */
export interface Step {
  readonly name: string;
  processed(n?: number): void;
  extracted(n?: number): void;
  transformed(n?: number): void;
  loaded(n?: number): void;
  /** @see Run.failed */
  failed(n?: number, error?: unknown, recordId?: string | number): void;
  iterate<T>(source: Iterable<T>): IterableIterator<T>;
  iterate<T>(source: AsyncIterable<T>): AsyncIterableIterator<T>;
  step<T>(name: string, work: (step: Step) => T | PromiseLike<T>): Promise<T>;
  event(name: string, attributes?: EventAttributes): void;
  /** Attributes of the step's span. */
  attributes(values: EventAttributes): void;
  /** @see Run.environment */
  environment(): Record<string, string>;
}
