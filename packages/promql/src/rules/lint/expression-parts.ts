/** Questions that lints ask of an expression. */
import { METRIC_NAME } from "../../labels.ts";
import {
  type BinaryExpr,
  type CallExpr,
  type ComparisonOperator,
  type Duration,
  type Expr,
  isComparison,
  type MatrixSelector,
  type VectorSelector,
  withoutParens,
} from "../../parse/ast.ts";
import { typeOf } from "../../parse/check.ts";
import { childrenOf } from "../../parse/children-of.ts";

/** The expression and all inside it, outer ones first. */
export function allIn(expr: Expr): Expr[] {
  return [expr, ...childrenOf(expr).flatMap(allIn)];
}

export function callsIn(expr: Expr, names: ReadonlySet<string>): CallExpr[] {
  return allIn(expr).filter((inner): inner is CallExpr => inner.kind === "call" && names.has(inner.name));
}

export function selectorsIn(expr: Expr): VectorSelector[] {
  return allIn(expr).filter((inner): inner is VectorSelector => inner.kind === "selector");
}

/** The metric that a selector names, however it is written; empty where it names none. */
export function metricOf({ name, matchers }: VectorSelector): string {
  if (name !== "") return name;
  return matchers.find((matcher) => matcher.name === METRIC_NAME && matcher.op === "=")?.value ?? "";
}

export function metricsIn(expr: Expr): string[] {
  return [...new Set(selectorsIn(expr).map(metricOf))].filter((name) => name !== "");
}

/** True when the selector picks one value of one of the labels. */
export function namesOne({ matchers }: VectorSelector, labels: readonly string[]): boolean {
  return matchers.some(({ name, op, value }) => labels.includes(name) && op === "=" && value !== "");
}

/** The range selector that a function like `rate` has as its argument. */
export function rangeOf(call: CallExpr): MatrixSelector | null {
  const found = call.args.map(withoutParens).find((arg) => arg.kind === "range");
  return found?.kind === "range" ? found : null;
}

/** Null where it depends on the query's step. */
export function fixedMs(duration: Duration): number | null {
  return duration.kind === "fixed" ? duration.ms : null;
}

export interface Threshold {
  readonly op: ComparisonOperator;
  readonly vector: Expr;
  readonly limit: number;
}

/** Comparisons of a vector with a number, written either way round; the vector stands on the left here. */
export function thresholdsIn(expr: Expr): Threshold[] {
  return allIn(expr).flatMap((inner) => {
    if (inner.kind !== "binary" || !isComparison(inner.op)) return [];
    const right = constantOf(inner.right);
    if (right !== null && typeOf(inner.left) === "vector")
      return [{ op: inner.op, vector: inner.left, limit: right }];
    const left = constantOf(inner.left);
    if (left !== null && typeOf(inner.right) === "vector")
      return [{ op: MIRRORED[inner.op], vector: inner.right, limit: left }];
    return [];
  });
}

const MIRRORED: Readonly<Record<ComparisonOperator, ComparisonOperator>> = {
  "==": "==",
  "!=": "!=",
  "<": ">",
  "<=": ">=",
  ">": "<",
  ">=": "<=",
};

/** The value of an expression of numbers alone: `7 * 86400`. */
export function constantOf(expr: Expr): number | null {
  const inner = withoutParens(expr);
  if (inner.kind === "number") return inner.value;
  if (inner.kind === "unary") {
    const value = constantOf(inner.expr);
    return value === null ? null : inner.op === "-" ? -value : value;
  }
  return inner.kind === "binary" ? constantOfBinary(inner) : null;
}

function constantOfBinary({ op, left, right }: BinaryExpr): number | null {
  const a = constantOf(left);
  const b = constantOf(right);
  if (a === null || b === null) return null;
  switch (op) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
      return a / b;
    default:
      return null;
  }
}

export function isUpperLimit(op: ComparisonOperator): boolean {
  return op === ">" || op === ">=";
}
