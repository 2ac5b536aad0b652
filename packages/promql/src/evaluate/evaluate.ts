/** The evaluator: walks the tree, every node over all steps of the grid at once. */
import { aggregate } from "../aggregate/aggregate.ts";
import { scalarWithScalar, vectorWithScalar } from "../binary/scalars.ts";
import { combineSets } from "../binary/set-operators.ts";
import { anyPresent } from "../binary/signatures.ts";
import { combineVectors } from "../binary/vector-matching.ts";
import type { SampleFunction, WindowFunction } from "../functions/function-kinds.ts";
import { ABSENT_OVER_TIME, functionImplementation } from "../functions/registry.ts";
import { absentVector } from "../functions/vectors.ts";
import { labelValue, METRIC_NAME } from "../labels.ts";
import {
  type AggregateExpr,
  type BinaryExpr,
  type BinaryOperator,
  type CallExpr,
  type Expr,
  isSetOperator,
  type MatrixSelector,
  type RangeMode,
  type SubqueryExpr,
  type TrimOperator,
  withoutParens,
} from "../parse/ast.ts";
import { QueryError } from "../query-error.ts";
import type { QueryContext } from "./query-context.ts";
import { frameTime, selectColumns, selectRuns, type TimeFrame, timeFrame } from "./select.ts";
import { isStepInvariant } from "./step-invariant.ts";
import {
  type Column,
  constantScalar,
  type EvalValue,
  instantGrid,
  newColumn,
  type SampleRun,
  type StepGrid,
  stepGrid,
  vectorOf,
} from "./values.ts";
import { evaluateWindows, type PrepareKernel, type WindowFrame } from "./windows.ts";

export function evaluate(expr: Expr, grid: StepGrid, context: QueryContext): EvalValue {
  const once = grid.count > 1 && expr.kind !== "number" && isStepInvariant(expr);
  const value = once
    ? spread(evaluateNode(expr, instantGrid(grid.startAt), context), grid.count)
    : evaluateNode(expr, grid, context);
  if (value.kind === "scalar") context.hold(grid.count);
  return value;
}

/** The one value of a single step over all steps. */
function spread(value: EvalValue, count: number): EvalValue {
  if (value.kind === "string") return value;
  if (value.kind === "scalar") return constantScalar(value.values[0] ?? Number.NaN, count);
  return vectorOf(
    value.columns.map(({ labels, dropName, values, present }) => {
      const column = newColumn(labels, dropName, count);
      column.values.fill(values[0] ?? 0);
      column.present.fill(present[0] ?? 0);
      return column;
    }),
  );
}

function evaluateNode(expr: Expr, grid: StepGrid, context: QueryContext): EvalValue {
  switch (expr.kind) {
    case "number":
      return constantScalar(expr.value, grid.count);
    case "string":
      return { kind: "string", value: expr.value };
    case "selector":
      return vectorOf(selectColumns(expr, grid, context, { timesOnly: false, functionName: "" }));
    case "paren":
      return evaluate(expr.expr, grid, context);
    case "unary":
      return expr.op === "-"
        ? negate(evaluate(expr.expr, grid, context))
        : evaluate(expr.expr, grid, context);
    case "call":
      return evaluateCall(expr, grid, context);
    case "aggregate":
      return evaluateAggregate(expr, grid, context);
    case "binary":
      return evaluateBinary(expr, grid, context);
    case "range":
    case "subquery":
      // The checker lets a range vector stand in calls only; at the top `range-result.ts` reads it.
      throw new QueryError("execution", "a range vector can only be the argument of a function");
  }
}

function negate(value: EvalValue): EvalValue {
  if (value.kind === "string") return value;
  if (value.kind === "scalar") return { kind: "scalar", values: value.values.map((number) => -number) };
  return vectorOf(
    value.columns.map(({ labels, values, present }) => ({
      labels,
      dropName: true,
      values: values.map((number) => -number),
      present,
    })),
  );
}

function evaluateAggregate(expr: AggregateExpr, grid: StepGrid, context: QueryContext): EvalValue {
  const parameter = expr.param === undefined ? undefined : evaluate(expr.param, grid, context);
  const input = evaluate(expr.expr, grid, context);
  const columns = input.kind === "vector" ? input.columns : [];
  return aggregate(expr, columns, parameter, grid.count, context);
}

function evaluateBinary(expr: BinaryExpr, grid: StepGrid, context: QueryContext): EvalValue {
  const left = evaluate(expr.left, grid, context);
  const right = evaluate(expr.right, grid, context);
  const { op, matching, returnBool } = expr;
  if (isTrim(op)) return trimNumbers(expr, left, right, context);
  if (left.kind === "scalar" && right.kind === "scalar")
    return scalarWithScalar(op, left.values, right.values);
  if (left.kind === "vector" && right.kind === "scalar")
    return vectorWithScalar(op, left.columns, { scalar: right.values, isLeft: false }, returnBool);
  if (left.kind === "scalar" && right.kind === "vector")
    return vectorWithScalar(op, right.columns, { scalar: left.values, isLeft: true }, returnBool);
  if (left.kind !== "vector" || right.kind !== "vector") return vectorOf([]);
  if (isSetOperator(op)) return combineSets(op, left.columns, right.columns, matching, grid.count);
  context.hold(Math.min(left.columns.length, right.columns.length) * grid.count);
  return combineVectors(expr, left.columns, right.columns, grid.count);
}

/** `</` and `>/` cut native histograms; numbers have nothing to cut. */
function isTrim(op: BinaryOperator): op is TrimOperator {
  return op === "</" || op === ">/";
}

function trimNumbers(
  { op, span }: BinaryExpr,
  left: EvalValue,
  right: EvalValue,
  { annotations }: QueryContext,
): EvalValue {
  if (left.kind === "scalar" && right.kind === "scalar")
    throw new QueryError("execution", `operator ${JSON.stringify(op)} not allowed for Scalar operations`);
  const isEmpty = (value: EvalValue) => value.kind === "vector" && value.columns.length === 0;
  if (!isEmpty(left) && !isEmpty(right))
    annotations.info(
      span,
      `incompatible sample types encountered for binary operator "${op}": float ${op} float`,
    );
  return vectorOf([]);
}

function evaluateCall(call: CallExpr, grid: StepGrid, context: QueryContext): EvalValue {
  const exprs = call.args.map(withoutParens);
  const [first] = exprs;
  if (call.name === "timestamp" && first?.kind === "selector")
    return vectorOf(
      selectColumns(first, grid, context, { timesOnly: true, functionName: call.name }).map((column) => ({
        ...column,
        dropName: true,
      })),
    );
  if (call.name === ABSENT_OVER_TIME) return evaluateAbsent(call, exprs, grid, context);
  const implementation = functionImplementation(call.name);
  if (implementation === undefined)
    throw new QueryError("execution", `function ${JSON.stringify(call.name)} is not built`);
  switch (implementation.kind) {
    case "window":
      return vectorOf(evaluateWindowCall(call, exprs, implementation, grid, context));
    case "sample":
      return applyToSamples(implementation, exprs, grid, context);
    case "value": {
      const args = exprs.map((arg) => evaluate(arg, grid, context));
      return implementation.evaluate({ call, exprs, args, grid, context });
    }
  }
}

function applyToSamples(
  { apply }: SampleFunction,
  exprs: readonly Expr[],
  grid: StepGrid,
  context: QueryContext,
): EvalValue {
  const [input, ...rest] = exprs.map((arg) => evaluate(arg, grid, context));
  if (input?.kind !== "vector") return vectorOf([]);
  const scalars = rest.flatMap((value) => (value.kind === "scalar" ? [value.values] : []));
  const [scalar] = scalars;
  return vectorOf(
    input.columns.map((source) => {
      const column = newColumn(source.labels, true, grid.count);
      for (let step = 0; step < grid.count; step++) {
        if (source.present[step] === 0) continue;
        const value = source.values[step] as number;
        column.values[step] = scalar === undefined ? apply(value) : apply(value, scalar[step] as number);
      }
      column.present.set(source.present);
      return column;
    }),
  );
}

export interface RangeArgument {
  readonly expr: MatrixSelector | SubqueryExpr;
  readonly frame: TimeFrame;
  readonly rangeMs: number;
  readonly mode: RangeMode;
  readonly runs: readonly SampleRun[];
}

const MODE_FUNCTIONS: Readonly<Record<Exclude<RangeMode, "plain">, readonly string[]>> = {
  anchored: ["changes", "delta", "increase", "rate", "resets"],
  smoothed: ["delta", "increase", "rate"],
};

function checkMode(mode: RangeMode, functionName: string): void {
  if (mode === "plain" || MODE_FUNCTIONS[mode].includes(functionName)) return;
  throw new QueryError(
    "execution",
    `${mode} modifier can only be used with: ${MODE_FUNCTIONS[mode].join(", ")} - not with ${functionName}`,
  );
}

/** The series that the windows of a range argument slide over: from the source, or from a subquery. */
function rangeArgument(
  expr: MatrixSelector | SubqueryExpr,
  functionName: string | undefined,
  grid: StepGrid,
  context: QueryContext,
): RangeArgument {
  const rangeMs = context.durationMs(expr.range);
  if (expr.kind === "subquery") {
    const frame = timeFrame(expr, grid, context);
    return { expr, frame, rangeMs, mode: "plain", runs: subqueryRuns(expr, frame, rangeMs, context) };
  }
  const { selector } = expr;
  if (functionName !== undefined) checkMode(selector.mode, functionName);
  const frame = timeFrame(selector, grid, context);
  const { lookbackMs } = context.settings;
  const fromAt = frameTime(frame, 0) - rangeMs - (selector.mode === "plain" ? 0 : lookbackMs);
  const toAt = frameTime(frame, grid.count - 1) + (selector.mode === "smoothed" ? lookbackMs : 0);
  const runs = selectRuns(selector, fromAt, toAt, functionName ?? "", grid.stepMs, context);
  return { expr, frame, rangeMs, mode: selector.mode, runs };
}

/** The steps of a subquery are the multiples of its step since the epoch, whatever the steps of the query. */
function subqueryRuns(
  expr: SubqueryExpr,
  frame: TimeFrame,
  rangeMs: number,
  context: QueryContext,
): SampleRun[] {
  const stepMs =
    expr.step === undefined ? context.settings.defaultSubqueryStepMs : context.durationMs(expr.step);
  const from = frameTime(frame, 0) - rangeMs;
  const endAt = frameTime(frame, frame.grid.count - 1);
  const startAt = (Math.floor(from / stepMs) + 1) * stepMs;
  if (startAt > endAt) return [];
  const inner = stepGrid(startAt, endAt, stepMs);
  context.hold(inner.count);
  const value = evaluate(expr.expr, inner, context);
  return value.kind === "vector" ? value.columns.map((column) => runOf(column, inner)) : [];
}

function runOf({ labels, dropName, values, present }: Column, grid: StepGrid): SampleRun {
  let length = 0;
  for (const mark of present) length += mark;
  const runTimes = new Float64Array(length);
  const runValues = new Float64Array(length);
  let index = 0;
  for (let step = 0; step < grid.count; step++) {
    if (present[step] === 0) continue;
    runTimes[index] = grid.startAt + step * grid.stepMs;
    runValues[index] = values[step] as number;
    index += 1;
  }
  return { labels, dropName, times: runTimes, values: runValues };
}

function isRange(expr: Expr): expr is MatrixSelector | SubqueryExpr {
  return expr.kind === "range" || expr.kind === "subquery";
}

function evaluateWindowCall(
  call: CallExpr,
  exprs: readonly Expr[],
  implementation: Pick<WindowFunction, "keepsName" | "prepare" | "wantsCounter">,
  grid: StepGrid,
  context: QueryContext,
): Column[] {
  const rangeExpr = exprs.find(isRange);
  if (rangeExpr === undefined) return [];
  const scalars = exprs.flatMap((arg) => {
    if (isRange(arg)) return [];
    const value = evaluate(arg, grid, context);
    return value.kind === "scalar" ? [value.values] : [];
  });
  const argument = rangeArgument(rangeExpr, call.name, grid, context);
  const window: WindowFrame = {
    frame: argument.frame,
    rangeMs: argument.rangeMs,
    mode: argument.mode,
    lookbackMs: context.settings.lookbackMs,
    scalars,
    argumentSpans: exprs.map(({ span }) => span),
    rangeSpan: rangeExpr.span,
    annotations: context.annotations,
    worked: (samples) => context.worked(samples),
  };
  const columns = evaluateWindows(argument.runs, window, implementation.keepsName, implementation.prepare);
  context.hold(columns.length * grid.count);
  if (implementation.wantsCounter)
    for (const { labels } of columns)
      context.annotations.possibleNonCounter(labelValue(labels, METRIC_NAME), window.rangeSpan);
  return columns;
}

const presence: PrepareKernel = (_, column) => (_low, _high, step) => {
  column.present[step] = 1;
};

function evaluateAbsent(
  call: CallExpr,
  exprs: readonly Expr[],
  grid: StepGrid,
  context: QueryContext,
): EvalValue {
  const implementation = { keepsName: true, wantsCounter: false, prepare: presence };
  const columns = evaluateWindowCall(call, exprs, implementation, grid, context);
  return absentVector(exprs[0], anyPresent(columns, grid.count), grid.count);
}

/** A range vector as the result of an instant query: the samples themselves. */
export function evaluateRangeVector(
  expr: MatrixSelector | SubqueryExpr,
  grid: StepGrid,
  context: QueryContext,
): RangeArgument {
  return rangeArgument(expr, undefined, grid, context);
}
