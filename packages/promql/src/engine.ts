/**
 * The two entry points of evaluation. The text is parsed and checked, then evaluated over all steps at once, column by
 * column. Nothing here reads a clock or does I/O: time comes in, samples come from the `SeriesSource`.
 */
import type { QueryAnswer } from "./query-result.ts";
import type { SeriesSource } from "./series-source.ts";

export interface EngineOptions {
  /** How far an instant selector looks back. Default 5 min (Prometheus's `--query.lookback-delta`). */
  readonly lookbackMs?: number;
  /** Step of a subquery that names none. Default 1 min. */
  readonly defaultSubqueryStepMs?: number;
  /** Most samples that a query may hold at once. Default 50 million. */
  readonly maxSamples?: number;
  /** Experimental functions, aggregators and modifiers of Prometheus that are built. Default true. */
  readonly experimental?: boolean;
  /** Called every few thousand samples; throws a `QueryError` to stop the query. */
  readonly checkpoint?: () => void;
}

/** Evaluates at one time. Throws `QueryError`. */
export declare function queryInstant(
  source: SeriesSource,
  query: string,
  at: number,
  options?: EngineOptions,
): QueryAnswer;

/** Evaluates at start, start + step … ≤ end (epoch ms). Throws `QueryError`; the limit of 11 000 points is the API's. */
export declare function queryRange(
  source: SeriesSource,
  query: string,
  range: { readonly startAt: number; readonly endAt: number; readonly stepMs: number },
  options?: EngineOptions,
): QueryAnswer;
