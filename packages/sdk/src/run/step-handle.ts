/** `Step` as a job holds it. */
import type { RecordCounts } from "@batchwatch/protocol/run-event";
import type { OpenSpan } from "./attempt-span.ts";
import { runEnvironment } from "./carried-run.ts";
import { guarded, warnOnce } from "./guarded.ts";
import { iterateAsync, iterateSync } from "./iterate.ts";
import { plainValues } from "./plain-values.ts";
import type { EventAttributes, Step } from "./run.ts";
import { isCount, newSharedCounts, recordsOf, SLOT } from "./run-counts.ts";
import { SpanLog } from "./span-log.ts";
import type { SteppedRun } from "./stepped-run.ts";

type StepCount = "extracted" | "transformed" | "loaded";

export class StepHandle implements Step {
  readonly name: string;
  readonly #run: SteppedRun;
  readonly #opened: OpenSpan | null;
  readonly #counts = newSharedCounts();
  readonly #further: Partial<Record<StepCount, number>> = {};
  readonly #nest: Step["step"];
  readonly #log: SpanLog;

  /** @param opened null: the step cannot be told of, and its work is done all the same */
  constructor(run: SteppedRun, name: string, opened: OpenSpan | null, nest: Step["step"]) {
    this.name = name;
    this.#run = run;
    this.#opened = opened;
    this.#nest = nest;
    this.#log = new SpanLog(() => run.identity());
  }

  processed(n = 1): void {
    const counts = this.#counts;
    if (n >= 0 && n < Number.POSITIVE_INFINITY && counts[SLOT.ended] === 0) {
      counts[SLOT.processed] = (counts[SLOT.processed] ?? 0) + n;
      counts[SLOT.isProcessedReported] = 1;
    } else this.#refuse("processed", n);
  }

  extracted(n = 1): void {
    this.#count("extracted", n);
  }

  transformed(n = 1): void {
    this.#count("transformed", n);
  }

  loaded(n = 1): void {
    this.#count("loaded", n);
  }

  failed(n = 1, error?: unknown, recordId?: string | number): void {
    if (!isCount(n) || this.#counts[SLOT.ended] !== 0) {
      this.#refuse("failed", n);
      return;
    }
    this.#counts[SLOT.failed] = (this.#counts[SLOT.failed] ?? 0) + n;
    this.#counts[SLOT.isFailedReported] = 1;
    if (error === undefined && recordId === undefined) return;
    this.#inside("step.failed", ({ span, context }) =>
      this.#log.failedRecord(span, context, error, recordId),
    );
  }

  iterate<T>(source: Iterable<T>): IterableIterator<T>;
  iterate<T>(source: AsyncIterable<T>): AsyncIterableIterator<T>;
  iterate<T>(source: Iterable<T> | AsyncIterable<T>): IterableIterator<T> | AsyncIterableIterator<T> {
    return Symbol.asyncIterator in Object(source)
      ? iterateAsync(source as AsyncIterable<T>, this.#counts)
      : iterateSync(source as Iterable<T>, this.#counts);
  }

  step<T>(name: string, work: (step: Step) => T | PromiseLike<T>): Promise<T> {
    return this.#nest(name, work);
  }

  event(name: string, attributes?: EventAttributes): void {
    this.#inside("step.event", ({ span, context }) => this.#log.event(span, context, name, attributes));
  }

  attributes(values: EventAttributes): void {
    this.#inside("step.attributes", ({ span }) => span.setAttributes(plainValues(values, "attributes")));
  }

  environment(): Record<string, string> {
    const { runId, jobName } = this.#run;
    const span = this.#opened?.span;
    return span === undefined
      ? {}
      : guarded("step.environment", () => runEnvironment({ runId, jobName }, span.spanContext()), {});
  }

  /** What was counted; nothing is added to it any more after `close`. */
  records(): RecordCounts {
    return { ...recordsOf(this.#counts), ...this.#further };
  }

  close(): void {
    this.#counts[SLOT.ended] = 1;
  }

  #count(what: StepCount, n: number): void {
    if (isCount(n) && this.#counts[SLOT.ended] === 0) this.#further[what] = (this.#further[what] ?? 0) + n;
    else this.#refuse(what, n);
  }

  #inside(what: string, ours: (opened: OpenSpan) => void): void {
    const opened = this.#opened;
    if (opened === null) return;
    if (this.#counts[SLOT.ended] === 1) warnOnce(`${what}: step ${this.name} has ended; ignored`);
    else guarded(what, () => ours(opened), undefined);
  }

  #refuse(what: string, n: unknown): void {
    if (this.#counts[SLOT.ended] === 1) warnOnce(`step.${what}: step ${this.name} has ended; ignored`);
    else warnOnce(`step.${what}(${String(n)}): must be a number of 0 or more; ignored`);
  }
}
