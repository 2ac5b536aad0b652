/**
 * The two entry points of evaluation. The text is parsed and checked, then evaluated over all steps at once, column by
 * column. Nothing here reads a clock or does I/O: time comes in, samples come from the `SeriesSource`.
 */
import { evaluate, evaluateRangeVector } from "./evaluate/evaluate.ts";
import { withoutMetadata } from "./evaluate/label-sets.ts";
import { mergeEqualLabels } from "./evaluate/merge-series.ts";
import { QueryContext } from "./evaluate/query-context.ts";
import { rangeResult } from "./evaluate/range-result.ts";
import {
  type Column,
  type EvalValue,
  instantGrid,
  relabeled,
  type StepGrid,
  stepGrid,
} from "./evaluate/values.ts";
import { quote } from "./go-format/quoted-text.ts";
import { compareLabels, NO_LABELS } from "./labels.ts";
import { type Expr, withoutParens } from "./parse/ast.ts";
import { documentedType, typeOf } from "./parse/check.ts";
import { parse } from "./parse/parse.ts";
import { QueryError } from "./query-error.ts";
import type { MatrixSeries, QueryAnswer, QueryValue, VectorSample } from "./query-result.ts";
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

const DEFAULT_LOOKBACK_MS = 5 * 60_000;
const DEFAULT_SUBQUERY_STEP_MS = 60_000;
const DEFAULT_MAX_SAMPLES = 50_000_000;

/** Evaluates at one time. Throws `QueryError`. */
export function queryInstant(
  source: SeriesSource,
  query: string,
  at: number,
  options: EngineOptions = {},
): QueryAnswer {
  const expr = parse(query, options);
  const grid = instantGrid(at);
  const context = newContext(source, query, grid, 0, options);
  const inner = withoutParens(expr);
  if (inner.kind === "range" || inner.kind === "subquery") {
    const series = rangeResult(evaluateRangeVector(inner, grid, context));
    return answer({ kind: "matrix", series: sortSeries(series) }, context);
  }
  return answer(instantValue(evaluate(expr, grid, context), at), context);
}

/** Evaluates at start, start + step … ≤ end (epoch ms). Throws `QueryError`; the limit of 11 000 points is the API's. */
export function queryRange(
  source: SeriesSource,
  query: string,
  range: { readonly startAt: number; readonly endAt: number; readonly stepMs: number },
  options: EngineOptions = {},
): QueryAnswer {
  const expr = parse(query, options);
  checkRangeType(expr);
  const grid = stepGrid(range.startAt, range.endAt, range.stepMs);
  if (grid.count < 1) throw new QueryError("bad_data", "end timestamp must not be before start time");
  const context = newContext(source, query, grid, range.stepMs, options);
  const value = evaluate(expr, grid, context);
  return answer({ kind: "matrix", series: matrixOf(value, grid) }, context);
}

function checkRangeType(expr: Expr): void {
  const type = typeOf(expr);
  if (type === "scalar" || type === "vector") return;
  throw new QueryError(
    "bad_data",
    `invalid expression type ${quote(documentedType(type))} for range query, must be Scalar or instant Vector`,
  );
}

function newContext(
  source: SeriesSource,
  query: string,
  grid: StepGrid,
  stepMs: number,
  options: EngineOptions,
): QueryContext {
  return new QueryContext(source, query, grid, stepMs, {
    lookbackMs: options.lookbackMs ?? DEFAULT_LOOKBACK_MS,
    defaultSubqueryStepMs: options.defaultSubqueryStepMs ?? DEFAULT_SUBQUERY_STEP_MS,
    maxSamples: options.maxSamples ?? DEFAULT_MAX_SAMPLES,
    checkpoint: options.checkpoint,
  });
}

function answer(value: QueryValue, { annotations, samplesRead, seriesRead }: QueryContext): QueryAnswer {
  const { warnings, infos } = annotations;
  return { value, warnings, infos, stats: { samplesRead, seriesRead } };
}

/** Metric names that were to go, go now; series that came to have equal labels become one. */
function finished(columns: readonly Column[]): readonly Column[] {
  return mergeEqualLabels(
    columns.map((column) =>
      column.dropName ? relabeled(column, withoutMetadata(column.labels), false) : column,
    ),
  );
}

function instantValue(value: EvalValue, at: number): QueryValue {
  switch (value.kind) {
    case "string":
      return { kind: "string", at, value: value.value };
    case "scalar":
      return { kind: "scalar", at, value: value.values[0] ?? Number.NaN };
    case "vector": {
      const samples: VectorSample[] = [];
      for (const { labels, values, present } of finished(value.columns))
        if (present[0] === 1) samples.push({ labels, at, value: values[0] as number });
      return { kind: "vector", samples };
    }
  }
}

function matrixOf(value: EvalValue, grid: StepGrid): MatrixSeries[] {
  if (value.kind === "string") return [];
  if (value.kind === "scalar") {
    const present = new Uint8Array(grid.count).fill(1);
    return [seriesOf({ labels: NO_LABELS, dropName: false, values: value.values, present }, grid)];
  }
  const series = finished(value.columns).map((column) => seriesOf(column, grid));
  return sortSeries(series.filter(({ times }) => times.length > 0));
}

function seriesOf({ labels, values, present }: Column, { startAt, stepMs, count }: StepGrid): MatrixSeries {
  let length = 0;
  for (const mark of present) length += mark;
  const times = new Float64Array(length);
  const found = new Float64Array(length);
  let index = 0;
  for (let step = 0; step < count; step++) {
    if (present[step] === 0) continue;
    times[index] = startAt + step * stepMs;
    found[index] = values[step] as number;
    index += 1;
  }
  return { labels, times, values: found };
}

function sortSeries(series: MatrixSeries[]): MatrixSeries[] {
  return series.sort((a, b) => compareLabels(a.labels, b.labels));
}
