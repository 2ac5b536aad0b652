/** Aggregations: checks the parameter, groups the series, hands them to the aggregator. */
import type { QueryContext } from "../evaluate/query-context.ts";
import { type Column, type EvalValue, vectorOf } from "../evaluate/values.ts";
import { shortFloatText } from "../go-format/float-text.ts";
import { type AggregateExpr, type Span, withoutParens } from "../parse/ast.ts";
import { QueryError } from "../query-error.ts";
import { chooseByHash, chooseByValue, chooseFirst } from "./choose.ts";
import { countValues } from "./count-values.ts";
import { foldQuantile, foldSeries } from "./fold.ts";
import { groupSeries } from "./groups.ts";

/** Parameters are 64-bit integers in Prometheus. */
const MOST_LIMIT = 2 ** 63;

export function aggregate(
  expr: AggregateExpr,
  columns: readonly Column[],
  parameter: EvalValue | undefined,
  count: number,
  context: QueryContext,
): EvalValue {
  const numbers = parameter?.kind === "scalar" ? parameter.values : new Float64Array(0);
  const span = expr.param === undefined ? expr.span : withoutParens(expr.param).span;
  const groups = () => groupSeries(columns, expr);
  switch (expr.op) {
    case "topk":
    case "bottomk":
      if (!checkLimits(numbers)) return vectorOf([]);
      return vectorOf(chooseByValue(groups(), numbers, expr.op === "topk", count));
    case "limitk":
      return vectorOf(checkLimits(numbers) ? chooseFirst(groups(), numbers, count) : []);
    case "limit_ratio":
      return vectorOf(checkRatios(numbers, span, context) ? chooseByHash(columns, numbers) : []);
    case "quantile":
      checkQuantiles(numbers, span, context);
      return vectorOf(groups().map((group) => foldQuantile(group, numbers, count)));
    case "count_values":
      return vectorOf(parameter?.kind === "string" ? countValues(expr, parameter.value, columns, count) : []);
    default: {
      const { op } = expr;
      return vectorOf(groups().map((group) => foldSeries(op, group, count)));
    }
  }
}

function checkQuantiles(quantiles: Float64Array, span: Span, { annotations }: QueryContext): void {
  const { least, greatest, hasNaN } = extremes(quantiles);
  if (hasNaN) annotations.invalidQuantile(Number.NaN, span);
  if (greatest > 1) annotations.invalidQuantile(greatest, span);
  if (least < 0) annotations.invalidQuantile(least, span);
}

/** False when no step asks for a series. */
function checkLimits(limits: Float64Array): boolean {
  const { least, greatest, hasNaN } = extremes(limits);
  if (hasNaN) throw new QueryError("execution", "Parameter value is NaN");
  if (greatest < 1) return false;
  if (least <= -MOST_LIMIT)
    throw new QueryError("execution", `Scalar value ${shortFloatText(least)} underflows int64`);
  if (greatest >= MOST_LIMIT)
    throw new QueryError("execution", `Scalar value ${shortFloatText(greatest)} overflows int64`);
  return true;
}

function checkRatios(ratios: Float64Array, span: Span, { annotations }: QueryContext): boolean {
  const { least, greatest, hasNaN } = extremes(ratios);
  if (hasNaN) throw new QueryError("execution", "Ratio value is NaN");
  const tooFar = (ratio: number, cap: number) =>
    annotations.warn(
      span,
      `ratio value should be between -1 and 1, got ${shortFloatText(ratio)}, capping to ${cap}`,
    );
  if (greatest > 1) tooFar(greatest, 1);
  if (least < -1) tooFar(least, -1);
  return least !== 0 || greatest !== 0;
}

function extremes(numbers: Float64Array): { least: number; greatest: number; hasNaN: boolean } {
  let least = Number.POSITIVE_INFINITY;
  let greatest = Number.NEGATIVE_INFINITY;
  let hasNaN = false;
  for (const number of numbers) {
    if (Number.isNaN(number)) hasNaN = true;
    if (number < least) least = number;
    if (number > greatest) greatest = number;
  }
  return { least, greatest, hasNaN };
}
