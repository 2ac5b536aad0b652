/**
 * The meter's accumulators: what a `batch_job_*` series stands at, kept in the ledger so that no restart resets it.
 * One row for each family and label set; a histogram is one row, whatever the number of its buckets.
 */
import type { RunPhase } from "@batchwatch/protocol";
import type { Run } from "./run.ts";
import type { SeriesLabels } from "./samples.ts";

/** Cumulative classic buckets: `below[i]` observations were at most `bounds[i]`; `+Inf` is `count`. */
export interface HistogramValue {
  count: number;
  sum: number;
  bounds: readonly number[];
  below: readonly number[];
}

export type MeterValue =
  | { kind: "counter"; value: number }
  | { kind: "gauge"; value: number }
  | { kind: "histogram"; value: HistogramValue };

export interface MeterSeries {
  jobId: number;
  family: string;
  /** Without `__name__` and `le`. */
  labels: SeriesLabels;
  state: MeterValue;
  /** The zero point. */
  createdAt: number;
  /** Where the last change stands in the series. */
  changedAt: number;
}

/** A closed run that the meter has not taken in, or that changed since it did. */
export interface RunToMeter {
  run: Run;
  /** What it was when it was last looked at; null = not taken in. */
  meteredPhase: RunPhase | null;
  /** What the series have it counted as. */
  countedPhase: RunPhase | null;
}

/** What one export of a job's own counter or histogram added (SEMANTICS section 7). */
export interface NativeIncrement {
  id: number;
  jobId: number;
  family: string;
  labels: SeriesLabels;
  /** The exporting process. */
  instanceId: string;
  /** It happened in (fromAt, at]. */
  fromAt: number;
  at: number;
  /** `fromAt` is the very time of the first measurement. */
  isFirst: boolean;
  change: NativeChange;
  /** Runs that it speaks of, as far as the meter has found them. */
  claimed: number;
  applied: boolean;
}

export type NativeChange =
  | { kind: "add"; amount: number }
  | { kind: "merge"; histogram: HistogramValue }
  | { kind: "set"; value: number };
