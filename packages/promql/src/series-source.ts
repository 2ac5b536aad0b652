/**
 * Where the evaluator reads samples: the one seam between PromQL and a store. Synchronous, because queries run in a
 * worker of their own (or over data in memory); an implementation may read files inside `select`, the evaluator does no I/O.
 */
import type { Labels } from "./labels.ts";

export type MatchOperator = "=" | "!=" | "=~" | "!~";

export interface LabelMatcher {
  readonly name: string;
  readonly op: MatchOperator;
  /** Regular expressions are RE2, anchored at both ends; `compileMatcher` gives the predicate. */
  readonly value: string;
}

/** One series, ascending by time, one value a time; stale markers are included (`isStale`). */
export interface SourceSeries {
  readonly labels: Labels;
  /** Epoch milliseconds, integers. */
  readonly times: Float64Array;
  readonly values: Float64Array;
}

export interface SelectHints {
  /** What the selector is the argument of ("rate", "sum_over_time"), empty for a bare one. A store may use it, never must. */
  readonly function?: string;
  /** Milliseconds between the steps of the query, 0 for an instant query. */
  readonly stepMs?: number;
  /** Called now and then by a long read: throws when the query was cancelled or is over a limit. */
  readonly checkpoint?: (samplesRead: number) => void;
}

export interface SeriesSource {
  /**
   * All series that all matchers match, with their samples from `fromAt` to `toAt` (both inclusive, epoch ms). A series
   * without a sample in that range may be left out. In any order; each label set once.
   */
  select(
    matchers: readonly LabelMatcher[],
    fromAt: number,
    toAt: number,
    hints?: SelectHints,
  ): readonly SourceSeries[];
}
