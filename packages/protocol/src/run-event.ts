/**
 * The run event: something that happened to a run, said by a witness. Plain types and constants, no
 * validation library, so that the small `exec` bundle can import this file. Validation: run-event-schema.ts.
 *
 * This is the wire shape of `POST /api/events` (times as ISO 8601 text or epoch milliseconds). Inside the
 * server the same event has epoch milliseconds only (packages/server/src/model/run-event.ts).
 */
import type { JobSettingsInput } from "./job-settings.ts";
import type { RunType } from "./phases.ts";

/** What can happen to a run. `failed` ends an attempt; SEMANTICS: the run fails when that is final. */
export const RUN_EVENT_KINDS = [
  "scheduled",
  "queued",
  "started",
  "heartbeat",
  "progress",
  "step_started",
  "step_ended",
  "records",
  "completed",
  "failed",
  "retrying",
  "dead_lettered",
  "cancelled",
  "skipped",
  "log",
] as const;
export type RunEventKind = (typeof RUN_EVENT_KINDS)[number];

/** Kinds that end a run or an attempt: never refused for load, admitted before all others. */
export const TERMINAL_EVENT_KINDS: ReadonlySet<RunEventKind> = new Set([
  "completed",
  "failed",
  "dead_lettered",
  "cancelled",
  "skipped",
]);

/** Where an event came from. One run can have many witnesses; if they disagree, the run says so. */
export const WITNESS_KINDS = [
  "sdk",
  "cli",
  "api",
  "ping",
  "otlp-span",
  "otlp-log",
  "otlp-metric",
  "openlineage",
  "airflow",
  "spark",
  "statsd",
  "pushgateway",
  "batchwatch",
] as const;
export type WitnessKind = (typeof WITNESS_KINDS)[number];

/**
 * Request header with the time of sending by the sender's own clock (ISO 8601 or epoch milliseconds): tells a clock that
 * is wrong from events that come late, e.g. out of a spool.
 */
export const SENT_AT_HEADER = "batchwatch-sent-at";

/** An instant on the wire: ISO 8601 with a zone, or epoch milliseconds. */
export type WireInstant = string | number;

export type StepOutcome = "success" | "failure" | "skipped";

/** Counts of one run or step. All are totals so far, never increments. Unreported is not zero: leave it out. */
export interface RecordCounts {
  processed?: number;
  failed?: number;
  extracted?: number;
  transformed?: number;
  loaded?: number;
}

export interface StepFact {
  name: string;
  /** Tells two steps of one name apart (a span id, a task's map index). Default: the name. */
  id?: string;
  parentId?: string;
  outcome?: StepOutcome;
  records?: RecordCounts;
}

export interface ProgressFact {
  /** Records done so far. */
  processed?: number;
  /** Records expected in all. */
  total?: number;
  /** Records per second right now; 0 says that nothing moves. */
  rate?: number;
  message?: string;
}

export interface ErrorFact {
  type?: string;
  message?: string;
  stack?: string;
}

export interface ResourceFact {
  peakMemoryBytes?: number;
  memoryBytes?: number;
  memoryLimitBytes?: number;
  /** CPU time of the process tree, user and system. */
  cpuMs?: number;
}

export interface RunEventInput {
  kind: RunEventKind;
  /** 1 to 200 characters. */
  jobName: string;
  /** Default: the key's namespace, else "default". */
  namespace?: string;
  /** Default: "" (nobody said). */
  environment?: string;
  jobType?: string;
  /** 1 to 200 characters. Left out: the rules of pings without a run id (job and time) apply. */
  runId?: string;
  /** When it happened. Default: the time of receipt. */
  at?: WireInstant;
  /** Makes a repeated delivery harmless. Default: a hash of the event. */
  id?: string;
  /** 1 for the first try. Left out: told from the order of starts and ends. */
  attempt?: number;
  runType?: RunType;
  /** The nominal time of the slot this run is for. */
  scheduledAt?: WireInstant;
  queuedAt?: WireInstant;
  startedAt?: WireInstant;
  /** Where the sender measured it by a steady clock. */
  durationMs?: number;
  step?: StepFact;
  records?: RecordCounts;
  progress?: ProgressFact;
  error?: ErrorFact;
  exitCode?: number;
  signal?: string;
  resources?: ResourceFact;
  /** Declares that a heartbeat comes at least this often from now on. */
  heartbeatIntervalMs?: number;
  /** With `failed`: true = the run has failed, false = a retry is to come. Left out: judged by the job's retry policy. */
  final?: boolean;
  maxAttempts?: number;
  /** Text that belongs to the run's log: the tail of its output, a ping's body, a `log` line. */
  output?: string;
  /** True when `output` is not all there was. */
  outputTruncated?: boolean;
  metadata?: Record<string, string | number | boolean>;
  traceId?: string;
  spanId?: string;
  parentSpanId?: string;
  /** Settings of the job as the sender declares them in code; declared YAML and the API win over these. */
  job?: JobSettingsInput;
  /** Default: "api". */
  witness?: WitnessKind;
  host?: string;
}

/** One refused event of a batch. */
export interface RejectedEvent {
  index: number;
  code: string;
  message: string;
}

/** A field of an accepted event that was wrong and was left out. */
export interface EventWarning {
  index: number;
  field: string;
  message: string;
}

/** The answer of `POST /api/events`. */
export interface EventsResponse {
  accepted: number;
  rejected: RejectedEvent[];
  /** Absent where nothing was left out. */
  warnings?: EventWarning[];
}
