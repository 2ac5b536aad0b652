/**
 * What receivers hand to the one intake, and how it answers.
 */
import type { JobKey, RunAlias } from "./identity.ts";
import type { RunEvent } from "./run-event.ts";
import type { MetricPoint, RefusedSamples, SampleBatch } from "./samples.ts";
import type { LogRecord, SpanRecord } from "./telemetry.ts";

/** "This alias belongs to that run", said by something that is no run event itself (a log with a job id inside a span). */
export interface RunLink {
  job: JobKey;
  runId: string;
  aliases: readonly RunAlias[];
}

export interface IntakeBatch {
  events: readonly RunEvent[];
  links: readonly RunLink[];
  spans: readonly SpanRecord[];
  logs: readonly LogRecord[];
  samples: SampleBatch | null;
  metricPoints: readonly MetricPoint[];
  /** What it takes in memory, roughly; admission counts it. */
  sizeBytes: number;
}

/** Refused for load: 503 with Retry-After. Terminal events are admitted before others and to a higher limit. */
export class IntakeOverloadedError extends Error {
  readonly code = "INTAKE_OVERLOADED";
  readonly retryAfterSeconds: number;
  constructor(retryAfterSeconds: number) {
    super(
      `Batchwatch has more to store than it can hold in memory; send again in ${retryAfterSeconds} s. Nothing of this request was stored.`,
    );
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** What a stored batch came to. */
export interface IntakeOutcome {
  /** Samples that a limit kept out; null = all are stored. Senders are told, and that sending again does not help. */
  refusedSamples: RefusedSamples | null;
}

export interface Intake {
  /**
   * Resolves after the commit that holds the whole batch; what was answered survives `kill -9`.
   * @throws IntakeOverloadedError (retry helps), or the storage's error (retry may help).
   */
  submit(batch: IntakeBatch): Promise<IntakeOutcome>;
}

export const EMPTY_BATCH: IntakeBatch = {
  events: [],
  links: [],
  spans: [],
  logs: [],
  samples: null,
  metricPoints: [],
  sizeBytes: 0,
};
