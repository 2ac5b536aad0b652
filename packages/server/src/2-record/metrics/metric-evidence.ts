/**
 * Evidence: what the points of one export say of runs that ended in its interval, before it is known which runs these are
 * (INGEST 5.2). One for each (process, job, Airflow task, export). Kept as JSON in `metric_evidence.state`.
 */
import type { JobKey, RunAlias } from "../../model/identity.ts";

export type MetricOutcome = "success" | "failure" | "cancelled" | "skipped";

/** A measurement with its exact time, perhaps inside a span. */
export interface Sighting {
  at: number;
  value: number;
  span: RunAlias | null;
  trace: RunAlias | null;
}

export interface EndedRuns {
  outcome: MetricOutcome;
  errorType: string | null;
  count: number;
  /** End of the first of them, where the stream began with it. */
  firstEndAt: number | null;
  sightings: Sighting[];
}

/** Sum and count of what the ended runs took. */
export interface Timing {
  sumSeconds: number;
  count: number;
  sightings: Sighting[];
}

export interface EvidenceState {
  job: JobKey;
  jobType: string | null;
  instanceId: string;
  /** null: runs; else the Airflow task whose end it is. */
  taskId: string | null;
  /** The interval (fromAt, at]. */
  fromAt: number;
  at: number;
  ends: EndedRuns[];
  /** By outcome. */
  durations: Partial<Record<MetricOutcome, Timing>>;
  execution: Timing | null;
  queueWait: Timing | null;
  recordsProcessed: number | null;
  recordsFailed: number | null;
  lastSuccessAt: number | null;
  /** First measurement of `batch_jobs_running` by this process: the exact start of its first run. */
  firstStartAt: number | null;
  starts: Sighting[];
  /** Filled when it settles: runs that explain its ends, by id. */
  explainedBy: string[];
  /** Anonymous runs made for the ends that nothing explained, and not absorbed since. */
  anonymous: { runId: string; outcome: MetricOutcome; endAt: number }[];
  /** How often it was looked at. */
  looks?: number;
}

export function readEvidence(text: string): EvidenceState {
  return JSON.parse(text) as EvidenceState;
}
