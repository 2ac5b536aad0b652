/**
 * Asking the metric store: the part of its port that reads. PromQL runs off the main thread (embedded: query workers over
 * samples.db; an external Prometheus-compatible store answers by its own query API). Implemented by the metric store.
 */
import type { LabelMatcher, Labels, QueryAnswer } from "@batchwatch/promql";
import type { MetricFamily } from "../model/samples.ts";

export interface QueryLimits {
  /** Aborting ends the query soon (`QueryError` "canceled"). */
  readonly signal?: AbortSignal;
  /** From the asking, waiting included. Default 2 min; then `QueryError` "timeout". */
  readonly timeoutMs?: number;
  /** Default 5 min. */
  readonly lookbackMs?: number;
  /** Most samples held at once. Default: the store's own limit. */
  readonly maxSamples?: number;
  /** Step of subqueries that name none. Default 1 min. */
  readonly defaultSubqueryStepMs?: number;
}

/** Which series, and over which time (inclusive, epoch ms): a series is meant that any of the matcher sets matches. */
export interface SeriesQuestion {
  /** Empty = all series. */
  readonly matcherSets: readonly (readonly LabelMatcher[])[];
  readonly fromAt: number;
  readonly toAt: number;
  /** Most answers; 0 = no limit of the asker's. */
  readonly limit: number;
  readonly signal?: AbortSignal;
}

export interface MetricQueries {
  /** @throws QueryError */
  queryInstant(query: string, at: number, limits?: QueryLimits): Promise<QueryAnswer>;
  /** @throws QueryError */
  queryRange(
    query: string,
    range: { readonly startAt: number; readonly endAt: number; readonly stepMs: number },
    limits?: QueryLimits,
  ): Promise<QueryAnswer>;
  /** Sorted by labels. */
  series(question: SeriesQuestion): Promise<readonly Labels[]>;
  /** Sorted. */
  labelNamesOf(question: SeriesQuestion): Promise<readonly string[]>;
  /** Sorted. */
  labelValuesOf(name: string, question: SeriesQuestion): Promise<readonly string[]>;
  /** What is known of metric families, by family name; of one only when `family` is given. */
  metadata(family?: string): Promise<readonly MetricFamily[]>;
}
