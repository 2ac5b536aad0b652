/**
 * One run, from its start to its end, told in all three signals at once: spans, log events `batch.run.*`, and the metric families.
 * Receives what the handle and the attempt loop say; each part is guarded by its callers, so nothing of it reaches the job.
 */
import { randomUUID } from "node:crypto";
import { ATTRIBUTES, RUN_EVENT_ATTRIBUTES as NAMES } from "@batchwatch/protocol/names";
import type { RecordCounts, RunEventKind } from "@batchwatch/protocol/run-event";
import {
  type Attributes,
  type Context,
  isSpanContextValid,
  ROOT_CONTEXT,
  type Span,
} from "@opentelemetry/api";
import { emitRunEvent } from "../telemetry/emit-run-event.ts";
import { type GaugedRun, gaugeRun, ungaugeRun } from "../telemetry/instruments.ts";
import { countEnd, countStart } from "../telemetry/measure-run.ts";
import { ResourceMeter } from "../telemetry/process-resources.ts";
import {
  exceptionAttributes,
  identityAttributes,
  metadataAttributes,
  recordAttributes,
  resourceAttributes,
  startAttributes,
} from "../telemetry/run-attributes.ts";
import { endSpan, startAttemptSpan } from "./attempt-span.ts";
import { carriedRun } from "./carried-run.ts";
import { errorFactOf, type ToldError } from "./error-fact.ts";
import { guarded } from "./guarded.ts";
import { HeartbeatTimer } from "./heartbeat-timer.ts";
import { hub, type ProcessEnd, type WatchedRun } from "./hub.ts";
import type { PlainValue } from "./plain-values.ts";
import { ProgressRate } from "./progress-rate.ts";
import { RunClock } from "./run-clock.ts";
import { newSharedCounts, recordsOf, resetCounts, SLOT, totalOf } from "./run-counts.ts";
import type { RunEnd } from "./run-end.ts";
import type { RunSettings } from "./run-options.ts";

export class RunRecord implements WatchedRun, GaugedRun {
  readonly settings: RunSettings;
  readonly runId: string;
  readonly counts = newSharedCounts();
  readonly clock = new RunClock();
  readonly #eventPrefix = `sdk-${randomUUID().slice(0, 13)}`;
  readonly #resources = new ResourceMeter();
  readonly #metadata: Record<string, PlainValue>;
  readonly #rate = new ProgressRate();
  readonly #timer: HeartbeatTimer;
  #sequence = 0;
  #span: Span | null = null;
  #context: Context = ROOT_CONTEXT;
  #attempt: number;
  #attemptStartedMs = 0;
  #attemptStartedAt: number;
  #executionMs = 0;
  #beatenAt: number;
  #hasEnded = false;
  /** Of the last step that reported any: the run's figure where it counts none itself. */
  #stepRecords: RecordCounts = {};

  constructor(settings: RunSettings) {
    this.settings = settings;
    this.runId = settings.runId ?? idOfEnvironment(settings.jobName) ?? randomUUID();
    this.#metadata = { ...settings.metadata, ...outerRun(this.runId) };
    this.#attempt = settings.retries.first;
    this.#beatenAt = this.clock.startedAt;
    this.#attemptStartedAt = this.clock.startedAt;
    this.#timer = new HeartbeatTimer(settings.heartbeatIntervalMs, () => this.beat());
  }

  get jobName(): string {
    return this.settings.jobName;
  }

  get heartbeatIntervalMs(): number | null {
    return this.settings.heartbeatIntervalMs;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  get attempt(): number {
    return this.#attempt;
  }

  get span(): Span | null {
    return this.#span;
  }

  /** With the attempt's span as the active one. */
  get context(): Context {
    return this.#context;
  }

  identity(): Attributes {
    return identityAttributes(this.settings, this.runId);
  }

  now(): number {
    return this.clock.now();
  }

  traceIds(): { traceId: string; spanId: string } | null {
    const span = this.#span?.spanContext();
    return span !== undefined && isSpanContextValid(span) ? span : null;
  }

  // ── attempts ──────────────────────────────────────────────────────────────────────────────────────

  /** 1. span, 2. log event, 3. watchers and heartbeat (with the first attempt). */
  beginAttempt(attempt: number): void {
    const { settings } = this;
    const isFirst = this.#span === null;
    const at = isFirst ? this.clock.startedAt : this.clock.now();
    this.#attempt = attempt;
    this.#attemptStartedMs = this.clock.elapsedMs();
    this.#attemptStartedAt = at;
    this.#stepRecords = {};
    resetCounts(this.counts, attempt);
    const facts = startAttributes(settings, attempt, at);
    const attributes = { ...this.identity(), ...facts, ...metadataAttributes(this.#metadata) };
    const previous = this.#span?.spanContext() ?? null;
    const opened = startAttemptSpan(this, attributes, at, previous);
    this.#span = opened.span;
    this.#context = opened.context;
    const { heartbeatIntervalMs, queuedAt } = settings;
    this.emit("started", at, `Run ${this.runId} of ${settings.jobName} started`, {
      ...facts,
      ...metadataAttributes(this.#metadata),
      ...(isFirst && settings.settings !== null && { [NAMES.settings]: settings.settings }),
      ...(queuedAt !== null && { [NAMES.queuedAt]: new Date(queuedAt).toISOString() }),
      ...(heartbeatIntervalMs !== null && { [NAMES.heartbeatIntervalMs]: heartbeatIntervalMs }),
    });
    if (!isFirst) return;
    countStart(settings);
    hub.open.add(this);
    gaugeRun(this);
    for (const watcher of hub.watchers) watcher.started(this);
    this.#timer.start();
  }

  /** The attempt failed, and another one is to come. */
  retryAfter(error: unknown, waitMs: number): void {
    const told = errorFactOf(error);
    this.#endAttempt(told, "failed", false);
    const at = this.clock.now();
    this.emit("failed", at, `Attempt ${this.#attempt} failed: ${told.type}: ${told.message}`, {
      ...this.#endAttributes(),
      ...exceptionAttributes(told),
      [NAMES.final]: false,
    });
    this.emit("retrying", at, `Trying again in ${Math.round(waitMs)} ms`, {});
  }

  end(end: RunEnd): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#timer.stop();
    const error = end.kind === "failed" ? end.error : null;
    const durationMs = this.clock.elapsedMs();
    this.#endAttempt(error, end.kind, end.kind === "completed");
    const at = this.clock.now();
    guarded("the run's end", () => this.#emitEnd(end, at, durationMs), undefined);
    guarded("the run's metrics", () => this.#measureEnd(end, at, durationMs), undefined);
    this.counts[SLOT.ended] = 1;
    hub.open.delete(this);
    ungaugeRun(this);
    for (const watcher of hub.watchers) guarded("a watcher", () => watcher.ended(this), undefined);
  }

  closeWith({ at, exitCode, signal, thrown }: ProcessEnd): void {
    if (this.#hasEnded) return;
    if (exitCode === 0 && signal === null && thrown === null) {
      this.end({ kind: "completed" });
      return;
    }
    const why = signal ?? `exit code ${exitCode}`;
    const fallback = {
      type: signal ?? "ProcessExit",
      message: `the process ended with ${why} at ${new Date(at).toISOString()}`,
    };
    this.end({
      kind: "failed",
      error: thrown === null ? fallback : errorFactOf(thrown.error),
      isFinal: true,
      ...(exitCode !== null && { exitCode }),
      ...(signal !== null && { signal }),
    });
  }

  #endAttempt(error: ToldError | null, status: RunEnd["kind"], isGood: boolean): void {
    this.#executionMs += this.clock.elapsedMs() - this.#attemptStartedMs;
    const span = this.#span;
    if (span === null) return;
    const attributes: Attributes = {
      ...recordAttributes(this.#ownRecords()),
      ...metadataAttributes(this.#metadata),
      ...((status === "cancelled" || status === "skipped") && { [NAMES.status]: status }),
    };
    guarded("the run's span", () => endSpan(span, this.clock.now(), attributes, error, isGood), undefined);
  }

  #emitEnd(end: RunEnd, at: number, durationMs: number): void {
    const attributes: Attributes = { ...this.#endAttributes(), [NAMES.durationSeconds]: durationMs / 1000 };
    const { jobName } = this.settings;
    switch (end.kind) {
      case "completed":
        this.emit("completed", at, `Run ${this.runId} of ${jobName} completed`, attributes);
        return;
      case "skipped":
        this.emit(
          "skipped",
          at,
          `Run ${this.runId} of ${jobName} skipped: ${end.reason ?? "no reason given"}`,
          attributes,
        );
        return;
      case "cancelled":
        this.emit(
          "cancelled",
          at,
          `Run ${this.runId} of ${jobName} cancelled: ${end.error.message}`,
          attributes,
        );
        return;
      case "failed": {
        const { error, isFinal, exitCode, signal } = end;
        const failure = {
          ...attributes,
          ...exceptionAttributes(error),
          [NAMES.final]: isFinal,
          ...(exitCode !== undefined && { "process.exit.code": exitCode }),
          ...(signal !== undefined && { [NAMES.exitSignal]: signal }),
        };
        this.emit(
          "failed",
          at,
          `Run ${this.runId} of ${jobName} failed: ${error.type}: ${error.message}`,
          failure,
        );
        if (this.#isExhausted(end))
          this.emit("dead_lettered", at, `Retries exhausted after ${this.#attempt} attempts`, failure);
      }
    }
  }

  #isExhausted(end: Extract<RunEnd, { kind: "failed" }>): boolean {
    const { most } = this.settings.retries;
    return end.isFinal && most > 1 && this.#attempt >= most;
  }

  #measureEnd(end: RunEnd, at: number, durationMs: number): void {
    countEnd(this.settings, {
      end,
      at,
      durationMs,
      executionMs: this.#executionMs,
      queueWaitMs:
        this.settings.queuedAt === null ? null : Math.max(0, this.clock.startedAt - this.settings.queuedAt),
      records: { ...this.#stepRecords, ...this.#ownRecords() },
      retries: this.#attempt - this.settings.retries.first,
      isDeadLetter: end.kind === "failed" && this.#isExhausted(end),
      use: this.#resources.read(),
    });
  }

  // ── meanwhile ─────────────────────────────────────────────────────────────────────────────────────

  emit(kind: RunEventKind, at: number, body: string, attributes: Attributes, context = this.#context): void {
    emitRunEvent({
      kind,
      eventId: `${this.#eventPrefix}-${this.#sequence++}`,
      at,
      body,
      attributes: { ...this.identity(), [NAMES.attempt]: this.#attempt, ...attributes },
      context,
    });
  }

  beat(message?: string): void {
    if (this.#hasEnded) return;
    this.#beatenAt = this.clock.now();
    const { heartbeatIntervalMs } = this.settings;
    this.emit("heartbeat", this.#beatenAt, message ?? "Under way", {
      ...this.#progress(),
      ...(heartbeatIntervalMs !== null && { [NAMES.heartbeatIntervalMs]: heartbeatIntervalMs }),
      ...resourceAttributes(this.#resources.read()),
    });
  }

  setMetadata(values: Record<string, PlainValue>): void {
    if (this.#hasEnded) return;
    Object.assign(this.#metadata, values);
    this.#span?.setAttributes(metadataAttributes(values));
  }

  /** What the last step that counted any says is the run's, where the run counts none itself. */
  stepEnded(records: RecordCounts): void {
    const processed = records.loaded ?? records.processed;
    if (processed !== undefined) this.#stepRecords.processed = processed;
    if (records.failed !== undefined)
      this.#stepRecords.failed = (this.#stepRecords.failed ?? 0) + records.failed;
  }

  gaugeAttributes(): Attributes {
    const { namespace, jobName } = this.settings;
    return {
      job_id: this.runId,
      job_name: jobName,
      ...(namespace !== null && { [ATTRIBUTES.namespace]: namespace }),
    };
  }

  beatenAt(): number {
    return this.#beatenAt;
  }

  progressRate(): number | null {
    const { processed } = this.#ownRecords();
    return processed === undefined ? null : this.#rate.latest;
  }

  #ownRecords(): RecordCounts {
    return recordsOf(this.counts);
  }

  #progress(): Attributes {
    const records = this.#ownRecords();
    const total = totalOf(this.counts);
    return {
      ...recordAttributes(records),
      ...(records.processed !== undefined && {
        [NAMES.progressRate]: this.#rate.next(records.processed, this.clock.elapsedMs()),
      }),
      ...(total !== null && { [NAMES.recordsTotal]: total }),
    };
  }

  #endAttributes(): Attributes {
    const { jobType, queuedAt } = this.settings;
    return {
      ...(jobType !== null && { [ATTRIBUTES.jobType]: jobType }),
      [NAMES.startedAt]: new Date(this.#attemptStartedAt).toISOString(),
      ...(queuedAt !== null && { [NAMES.queuedAt]: new Date(queuedAt).toISOString() }),
      ...startAttributes(this.settings, this.#attempt, this.clock.startedAt),
      ...recordAttributes(this.#ownRecords()),
      ...metadataAttributes(this.#metadata),
      ...resourceAttributes(this.#resources.read()),
    };
  }
}

/** `exec` around this process runs the same job: then it is the same run, once. */
function idOfEnvironment(jobName: string): string | null {
  const carried = carriedRun(process.env);
  if (carried === null || carried.isInside || carried.jobName !== jobName || hub.isEnvironmentRunTaken)
    return null;
  hub.isEnvironmentRunTaken = true;
  return carried.runId;
}

function outerRun(ownId: string): Record<string, PlainValue> {
  const outerId = hub.scopes.getStore()?.run.runId ?? carriedRun(process.env)?.runId;
  return outerId === undefined || outerId === ownId ? {} : { parentRunId: outerId };
}
