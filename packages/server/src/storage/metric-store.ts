/**
 * The metric store's port: samples in, durable when answered; series, labels and PromQL out. Embedded it is `samples.db`
 * (samples/README.md); a Prometheus-compatible store elsewhere can stand behind the same port.
 */
import type { LabelMatcher, SourceSeries } from "@batchwatch/promql";
import type { RefusedSamples, SampleBatch } from "../model/samples.ts";
import type { MetricQueries } from "./metric-queries.ts";

export type { LabelMatcher, Labels, SourceSeries } from "@batchwatch/promql";

/** What one batch's samples came to: null = all stored. */
export type AppendOutcome = RefusedSamples | null;

export interface MetricStoreStats {
  series: number;
  /** Samples stored, those written twice counted twice until they are compacted. */
  samples: number;
  /** Commits not yet compacted. */
  segments: number;
  blocks: number;
  /** What the data takes on disk. */
  bytes: number;
  firstAt: number | null;
  lastAt: number | null;
  queriesRunning: number;
  queriesWaiting: number;
}

export interface RangeReplacement {
  /** Series that any of these match… */
  readonly matcherSets: readonly (readonly LabelMatcher[])[];
  /** …lose their samples of this time (inclusive, epoch ms)… */
  readonly fromAt: number;
  readonly toAt: number;
  /** …and these are stored instead, in the same commit. */
  readonly batches: readonly SampleBatch[];
}

export interface MetricStore extends MetricQueries {
  open(): Promise<void>;
  close(): Promise<void>;
  /**
   * Durable when it resolves. Samples may come in any order and again; of one series and time the last written holds.
   * Answers for each batch what was refused for a limit on series; samples of series that exist are always taken.
   * @throws StorageError: nothing of it is stored
   */
  append(batches: readonly SampleBatch[]): Promise<readonly AppendOutcome[]>;
  /** Takes samples out of a past range and puts others in, in one commit; readers see the one or the other. */
  replaceRange(replacement: RangeReplacement): Promise<readonly AppendOutcome[]>;
  /** `from` and `to` inclusive, epoch ms, in the order of labels. Default at most 10 000 series. @throws QueryError */
  select(
    matchers: readonly LabelMatcher[],
    from: number,
    to: number,
    limit?: number,
  ): Promise<readonly SourceSeries[]>;
  /** Drops runs of samples that end before `before`; answers how many, at most `limit`. */
  prune(before: number, limit: number): Promise<number>;
  /** Drops the oldest runs of samples while the data takes more; answers how many, at most `limit`. */
  pruneToSize(maxBytes: number, limit: number): Promise<number>;
  /** Brings everything into its settled form now, and gives freed space back; it happens by itself in time. */
  compact(): Promise<void>;
  stats(): Promise<MetricStoreStats>;
}
