/** What a query answers, column by column: the shapes that the API, rules, templates and tests read. */
import type { Labels } from "./labels.ts";

export interface ScalarResult {
  readonly kind: "scalar";
  readonly at: number;
  readonly value: number;
}

export interface StringResult {
  readonly kind: "string";
  readonly at: number;
  readonly value: string;
}

export interface VectorSample {
  readonly labels: Labels;
  readonly at: number;
  readonly value: number;
}

/** Of an instant query, in the order of the result (`sort`, `topk` order it; otherwise by no promise). */
export interface VectorResult {
  readonly kind: "vector";
  readonly samples: readonly VectorSample[];
}

export interface MatrixSeries {
  readonly labels: Labels;
  readonly times: Float64Array;
  readonly values: Float64Array;
}

/** Of a range query, sorted by labels, and of an instant query for a range selector. Points that are missing are left out. */
export interface MatrixResult {
  readonly kind: "matrix";
  readonly series: readonly MatrixSeries[];
}

export type QueryValue = ScalarResult | StringResult | VectorResult | MatrixResult;

export interface QueryAnswer {
  readonly value: QueryValue;
  /** `PromQL warning: …`, with the place in the query ` (line:column)`. */
  readonly warnings: readonly string[];
  /** `PromQL info: …`. */
  readonly infos: readonly string[];
  readonly stats: { readonly samplesRead: number; readonly seriesRead: number };
}
