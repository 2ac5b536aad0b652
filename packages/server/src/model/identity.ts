/**
 * Who a job and a run are (SEMANTICS section 1).
 */

/** A job is (namespace, environment, job name). Staging never turns production green. */
export interface JobKey {
  namespace: string;
  environment: string;
  jobName: string;
}

/**
 * How an event names its run.
 * - `id`: the source gave a run id; unique within its job.
 * - `span`: a span inside a run whose root has not been seen; the job may be unknown until the root, a log or an
 *   exemplar names it. `spanId` is the (parent) span to look up.
 * - `unnamed`: a ping without `rid`; the key is (job, time).
 */
export type RunRef =
  | { by: "id"; runId: string }
  | { by: "span"; traceId: string; spanId: string }
  | { by: "unnamed" };

/**
 * Another name of a run, by which later evidence finds it. Text, unique in kind:
 * `span:<traceId>/<spanId>` (the run's own span, or one inside it) and `trace:<traceId>`
 * (a hint: used only where the trace holds exactly one run).
 */
export type RunAlias = string;

export function spanAlias(traceId: string, spanId: string): RunAlias {
  return `span:${traceId}/${spanId}`;
}

export function traceAlias(traceId: string): RunAlias {
  return `trace:${traceId}`;
}

export function jobKeyText(key: JobKey): string {
  return JSON.stringify([key.namespace, key.environment, key.jobName]);
}

export function readJobKey(text: string): JobKey {
  const [namespace, environment, jobName] = JSON.parse(text) as [string, string, string];
  return { namespace, environment, jobName };
}

/** Kept short of the colon so that it can stand in a path. */
const UNNAMED_PREFIX = "ping-";
const UNNAMED = /^ping-[+-]?\d{4,6}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const SPAN_KEY = /^[0-9a-f]{32}-[0-9a-f]{16}$/;

/** The run id of a run that nobody named: its key is (job, time), the time of its first event. */
export function unnamedRunId(at: number): string {
  return `${UNNAMED_PREFIX}${new Date(at).toISOString()}`;
}

export function isUnnamedRunId(runId: string): boolean {
  return UNNAMED.test(runId);
}

/** The run id of a run known by a span only, until a source names it. */
export function spanRunId(traceId: string, spanId: string): string {
  return `${traceId}-${spanId}`;
}

export function isSpanRunId(runId: string): boolean {
  return SPAN_KEY.test(runId);
}
