/** `Run` as a job holds it: counting on the hot path, everything else guarded and handed to the record. */

import type { OpenSpan } from "./attempt-span.ts";
import { runEnvironment } from "./carried-run.ts";
import { guarded, warnOnce } from "./guarded.ts";
import { hub } from "./hub.ts";
import { iterateAsync, iterateSync } from "./iterate.ts";
import { plainText, plainValues } from "./plain-values.ts";
import type { EventAttributes, Run, Step } from "./run.ts";
import { isCount, type SharedCounts, SLOT } from "./run-counts.ts";
import type { MetadataInput } from "./run-options.ts";
import type { RunRecord } from "./run-record.ts";
import { runStep } from "./run-step.ts";
import { SpanLog } from "./span-log.ts";

/** Looked up once: they are read for each record. */
const { processed: PROCESSED, isProcessedReported: IS_REPORTED, ended: ENDED } = SLOT;

export class RunHandle implements Run {
  readonly #record: RunRecord;
  readonly #counts: SharedCounts;
  readonly #log: SpanLog;
  #signal: AbortSignal | null;
  /** undefined: not skipped. */
  #skipped: { reason: string | null } | undefined;

  constructor(record: RunRecord) {
    this.#record = record;
    this.#counts = record.counts;
    this.#signal = record.settings.signal;
    this.#log = new SpanLog(() => record.identity());
  }

  get id(): string {
    return this.#record.runId;
  }

  get jobName(): string {
    return this.#record.jobName;
  }

  get attempt(): number {
    return this.#record.attempt;
  }

  get signal(): AbortSignal {
    this.#signal ??= new AbortController().signal;
    return this.#signal;
  }

  get traceId(): string {
    return this.#record.traceIds()?.traceId ?? "";
  }

  get skipped(): { reason: string | null } | undefined {
    return this.#skipped;
  }

  processed(n = 1): void {
    const counts = this.#counts;
    if (n >= 0 && n < Number.POSITIVE_INFINITY && counts[ENDED] === 0) {
      counts[PROCESSED] = (counts[PROCESSED] ?? 0) + n;
      counts[IS_REPORTED] = 1;
    } else this.#refuse("processed", n);
  }

  failed(n = 1, error?: unknown, recordId?: string | number): void {
    const counts = this.#counts;
    if (!isCount(n) || counts[SLOT.ended] !== 0) {
      this.#refuse("failed", n);
      return;
    }
    counts[SLOT.failed] = (counts[SLOT.failed] ?? 0) + n;
    counts[SLOT.isFailedReported] = 1;
    if (error === undefined && recordId === undefined) return;
    this.#inside("run.failed", ({ span, context }) => this.#log.failedRecord(span, context, error, recordId));
  }

  expect(expected: { total: number }): void {
    const total = guarded("run.expect", () => Number(expected.total), Number.NaN);
    if (isCount(total)) this.#counts[SLOT.total] = total;
    else warnOnce("run.expect({ total }) must be a number of 0 or more; it is ignored");
  }

  iterate<T>(source: Iterable<T>): IterableIterator<T>;
  iterate<T>(source: AsyncIterable<T>): AsyncIterableIterator<T>;
  iterate<T>(source: Iterable<T> | AsyncIterable<T>): IterableIterator<T> | AsyncIterableIterator<T> {
    return Symbol.asyncIterator in Object(source)
      ? iterateAsync(source as AsyncIterable<T>, this.#counts)
      : iterateSync(source as Iterable<T>, this.#counts);
  }

  step<T>(name: string, work: (step: Step) => T | PromiseLike<T>): Promise<T> {
    return runStep(this.#record, name, work);
  }

  event(name: string, attributes?: EventAttributes): void {
    this.#inside("run.event", ({ span, context }) => this.#log.event(span, context, name, attributes));
  }

  metadata(values: MetadataInput): void {
    guarded("run.metadata", () => this.#record.setMetadata(plainValues(values, "metadata")), undefined);
  }

  heartbeat(message?: string): void {
    const text = message === undefined ? undefined : plainText(message).slice(0, 1_000);
    guarded("run.heartbeat", () => this.#record.beat(text), undefined);
  }

  skip(reason?: string): void {
    this.#skipped = { reason: reason === undefined ? null : plainText(reason).slice(0, 1_000) };
  }

  environment(): Record<string, string> {
    const span = this.#record.span;
    const run = { runId: this.#record.runId, jobName: this.#record.jobName };
    if (span === null) return {};
    return guarded("run.environment", () => runEnvironment(run, span.spanContext()), {});
  }

  /** Where it happens: in the step around the caller, else in the run itself. */
  #inside(what: string, ours: (place: OpenSpan) => void): void {
    const record = this.#record;
    const { span, context, hasEnded } = record;
    if (span === null) return;
    if (hasEnded) {
      warnOnce(`${what}: run ${this.id} has ended; ignored`);
      return;
    }
    const scope = hub.scopes.getStore();
    const place = scope?.run === record ? scope : { span, context };
    guarded(what, () => ours(place), undefined);
  }

  #refuse(what: string, n: unknown): void {
    if (this.#counts[SLOT.ended] === 1) warnOnce(`run.${what}: run ${this.id} has ended; ignored`);
    else warnOnce(`run.${what}(${String(n)}): must be a number of 0 or more; ignored`);
  }
}
