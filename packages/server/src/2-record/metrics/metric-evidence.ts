/**
 * Evidence: what the points of one export say of runs that ended in its interval, before it is known which runs these are
 * (INGEST 5.2). One for each (process, job, Airflow task, export). Kept as JSON in `metric_evidence.state`.
 *
 * Each exported stream contributes one part, under its own id: the same point again, or a point that arrives late and splits an
 * interval, overwrites its part, so evidence is the same for every order and number of deliveries.
 */
import { METRIC_NAMES } from "@batchwatch/protocol";
import type { JobKey, RunAlias } from "../../model/identity.ts";

export type MetricOutcome = "success" | "failure" | "cancelled" | "skipped";

/** A measurement with its exact time, perhaps inside a span. */
export interface Sighting {
  at: number;
  value: number;
  span: RunAlias | null;
  trace: RunAlias | null;
}

/** What one stream adds in the interval (fromAt, at]. */
export interface Part {
  family: string;
  /** Of the families that have a status. */
  outcome: MetricOutcome | null;
  errorType: string | null;
  fromAt: number;
  /** Increment of the counter, or of the histogram's sum. */
  value: number;
  /** Increment of the histogram's count; a counter's value again. */
  count: number;
  /** The stream began in this interval, at `fromAt` exactly. */
  isFirst: boolean;
  /** The value itself, not its increment. */
  level: number;
  sightings: readonly Sighting[];
  /** Of the two gauges that carry one: this run was alive in this process when it exported. */
  runId?: string;
}

export interface EvidenceState {
  job: JobKey;
  jobType: string | null;
  instanceId: string;
  /** null: runs; else the Airflow task whose end it is. */
  taskId: string | null;
  at: number;
  /** By stream id. */
  parts: Readonly<Record<string, Part>>;
  /** Filled when it settles: runs that explain its ends, by id. */
  explainedBy: readonly string[];
  /** Anonymous runs made for the ends that nothing explained, and not absorbed since. */
  anonymous: readonly { runId: string; outcome: MetricOutcome; endAt: number }[];
  /** How often it was looked at. */
  looks: number;
}

export function readEvidence(text: string): EvidenceState {
  return JSON.parse(text) as EvidenceState;
}

/** Ends of one outcome (and error type) in the interval. */
export interface EndedRuns {
  outcome: MetricOutcome;
  errorType: string | null;
  count: number;
  /** End of the first of them, where the stream began with it. */
  firstEndAt: number | null;
  sightings: readonly Sighting[];
}

/**
 * Completions; and durations of outcomes that no completion tells of: an Airflow DAG may end with a duration alone
 * (INGEST 5.3, 9).
 */
export function endsOf({ parts }: EvidenceState): EndedRuns[] {
  const completions = partsOf(parts, METRIC_NAMES.completions);
  const told = new Set(completions.map(({ outcome }) => outcome));
  const durations = partsOf(parts, METRIC_NAMES.duration).filter(({ outcome }) => !told.has(outcome));
  return [...completions, ...durations].flatMap((part) => {
    const count = Math.round(part.count);
    if (part.outcome === null || count < 1) return [];
    const firstEndAt = part.isFirst ? part.fromAt : null;
    return [
      { outcome: part.outcome, errorType: part.errorType, count, firstEndAt, sightings: part.sightings },
    ];
  });
}

export function partsOf(parts: EvidenceState["parts"], family: string): Part[] {
  return Object.values(parts).filter((part) => part.family === family);
}

/** What a histogram measured of one thing: of all outcomes, or of one. */
export interface Timing {
  sumSeconds: number;
  count: number;
  sightings: readonly Sighting[];
}

/** null: nothing was measured. */
export function timingOf(
  { parts }: EvidenceState,
  family: string,
  outcome: MetricOutcome | null = null,
): Timing | null {
  const measured = partsOf(parts, family).filter((part) => outcome === null || part.outcome === outcome);
  if (measured.length === 0) return null;
  return {
    sumSeconds: measured.reduce((sum, part) => sum + part.value, 0),
    count: Math.round(measured.reduce((sum, part) => sum + part.count, 0)),
    sightings: measured.flatMap((part) => part.sightings),
  };
}

/** null: nothing was counted. */
export function counted({ parts }: EvidenceState, family: string): number | null {
  const found = partsOf(parts, family);
  return found.length === 0 ? null : found.reduce((sum, part) => sum + part.value, 0);
}

/** When the interval of its ends began. */
export function intervalStart({ parts, at }: EvidenceState): number {
  return Object.values(parts).reduce((earliest, part) => Math.min(earliest, part.fromAt), at);
}

/** First measurement of `batch_jobs_running` by this process: the start of its first run, as far as that process saw it. */
export function firstStartOf({ parts }: EvidenceState): number | null {
  const first = partsOf(parts, METRIC_NAMES.running).filter(({ isFirst }) => isFirst);
  return first.length === 0 ? null : Math.min(...first.map(({ fromAt }) => fromAt));
}

/** Times at which runs were seen to begin, inside a span. */
export function startsOf({ parts }: EvidenceState): Sighting[] {
  return partsOf(parts, METRIC_NAMES.running).flatMap(({ sightings }) =>
    sightings.filter(({ value }) => value > 0),
  );
}

export function lastSuccessOf({ parts }: EvidenceState): number | null {
  const [part] = partsOf(parts, METRIC_NAMES.lastSuccess);
  return part?.level ?? null;
}

/** Ids of the runs that gave a sign of life with the same export. */
export function aliveIn({ parts }: EvidenceState): ReadonlySet<string> {
  return new Set(Object.values(parts).flatMap(({ runId }) => runId ?? []));
}

/** False: not worth a row; signs of life are run events already. */
export function isWorthKeeping({ parts }: EvidenceState): boolean {
  return Object.values(parts).some(({ runId }) => runId === undefined);
}

/** False: nobody has to look at it by itself; it only adds to what is said of a run when that ends. */
export function saysOfRuns(state: EvidenceState): boolean {
  return (
    endsOf(state).length > 0 ||
    startsOf(state).length > 0 ||
    partsOf(state.parts, METRIC_NAMES.queueWait).length > 0
  );
}
