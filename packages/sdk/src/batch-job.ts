/**
 * `batchJob(name, options, fn)`: does `fn` as a run of a job, and tries again where that was asked for.
 *
 * 1. The run begins: span, log event, heartbeat. 2. `fn` is called. 3. It throws: another attempt after the wait, or the run
 * ends as failed, dead letter, or cancelled. 4. The run ends, and the caller gets what `fn` gave or threw.
 * Whatever fails on our side is said to OpenTelemetry's diagnostics and changes nothing of this.
 */
import { errorFactOf } from "./run/error-fact.ts";
import { guarded } from "./run/guarded.ts";
import { pause } from "./run/pause.ts";
import type { Retries } from "./run/retries.ts";
import type { Run } from "./run/run.ts";
import { RunHandle } from "./run/run-handle.ts";
import { type BatchJobOptions, readRunOptions } from "./run/run-options.ts";
import { RunRecord } from "./run/run-record.ts";
import { inside } from "./run/run-step.ts";

export type BatchJobFunction<T> = (run: Run) => T | PromiseLike<T>;

/**
 * Does `fn` as a run of the job `name`.
 *
 * @param name of the job, 1 to 200 characters
 * @param options what the run and its job are; see `BatchJobOptions`
 * @param fn the work; called at once, in the same turn
 * @returns what `fn` returns; an example: `await batchJob("nightly", { type: "etl" }, async (run) => { … })`
 * @throws what `fn` throws, of the last attempt. Nothing else: without a configured OpenTelemetry it only calls `fn`.
 */
export function batchJob<T>(name: string, fn: BatchJobFunction<T>): Promise<T>;
export function batchJob<T>(name: string, options: BatchJobOptions, fn: BatchJobFunction<T>): Promise<T>;
export async function batchJob<T>(
  name: string,
  second: BatchJobOptions | BatchJobFunction<T>,
  third?: BatchJobFunction<T>,
): Promise<T> {
  const fn = typeof second === "function" ? second : third;
  if (typeof fn !== "function") throw new TypeError("batchJob(name, options, fn): fn must be a function");
  const options = typeof second === "function" ? {} : (second ?? {});
  const record =
    guarded("the options", () => new RunRecord(readRunOptions(name, options)), null) ?? plainRecord(name);
  const { settings } = record;
  const handle = new RunHandle(record);
  for (let attempt = settings.retries.first; ; attempt += 1) {
    guarded("the run's start", () => record.beginAttempt(attempt), undefined);
    try {
      const result = await doInside(record, () => fn(handle));
      const { skipped } = handle;
      record.end(skipped === undefined ? { kind: "completed" } : { kind: "skipped", ...skipped });
      return result;
    } catch (error) {
      const waitMs = settings.signal?.aborted === true ? null : settings.retries.waitMs(attempt, error);
      if (waitMs === null || record.hasEnded) {
        guarded("the run's end", () => endBadly(record, attempt, error), undefined);
        throw error;
      }
      guarded("the run's retry", () => record.retryAfter(error, waitMs), undefined);
      await pause(waitMs, settings.signal);
      if (settings.signal?.aborted === true) {
        record.end({ kind: "cancelled", error: errorFactOf(settings.signal.reason) });
        throw error;
      }
    }
  }
}

function doInside<T>(record: RunRecord, work: () => T): T {
  const { span, context } = record;
  return span === null ? work() : inside(record, { span, context }, work);
}

function endBadly(record: RunRecord, attempt: number, error: unknown): void {
  const { signal, retries } = record.settings;
  const told = errorFactOf(error);
  if (signal?.aborted === true) record.end({ kind: "cancelled", error: told });
  // Somebody else does the retrying, and this was not the last try.
  else record.end({ kind: "failed", error: told, isFinal: isFinal(retries, attempt, error) });
}

function isFinal(retries: Retries, attempt: number, error: unknown): boolean {
  return guarded("retryIf", () => retries.isFinal(attempt, error), true);
}

/** Options that cannot be read are none. */
function plainRecord(name: string): RunRecord {
  return new RunRecord(readRunOptions(name, {}));
}
