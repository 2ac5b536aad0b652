/**
 * The syntax tree of a PromQL expression: what the parser builds, the checker proves, the evaluator reads and the printer
 * turns back into text. Places are offsets into the text of the query (UTF-16 units), end exclusive.
 */
import type { LabelMatcher } from "../series-source.ts";

export interface Span {
  readonly start: number;
  readonly end: number;
}

export type ValueType = "scalar" | "vector" | "matrix" | "string";

export type ArithmeticOperator = "+" | "-" | "*" | "/" | "%" | "^" | "atan2";
export type ComparisonOperator = "==" | "!=" | "<=" | "<" | ">=" | ">";
export type SetOperator = "and" | "or" | "unless";
/** `</` and `>/` cut native histograms; for floats they give nothing. */
export type TrimOperator = "</" | ">/";
export type BinaryOperator = ArithmeticOperator | ComparisonOperator | SetOperator | TrimOperator;

export type Aggregator =
  | "sum"
  | "avg"
  | "count"
  | "min"
  | "max"
  | "group"
  | "stddev"
  | "stdvar"
  | "topk"
  | "bottomk"
  | "count_values"
  | "quantile"
  | "limitk"
  | "limit_ratio";

/** A length of time: a fixed one, or one that depends on the step or range of the query (`[step() * 2]`). */
export type Duration =
  | { readonly kind: "fixed"; readonly ms: number }
  | { readonly kind: "computed"; readonly expr: DurationExpr };

/** Arithmetic on durations, in seconds. */
export type DurationExpr =
  | {
      readonly kind: "seconds";
      readonly seconds: number;
      readonly writtenAsDuration: boolean;
      readonly span: Span;
    }
  | { readonly kind: "step" | "range"; readonly span: Span }
  | { readonly kind: "sign"; readonly op: "+" | "-"; readonly operand: DurationExpr; readonly span: Span }
  | { readonly kind: "paren"; readonly inner: DurationExpr; readonly span: Span }
  | {
      readonly kind: "arithmetic";
      readonly op: "+" | "-" | "*" | "/" | "%" | "^";
      readonly left: DurationExpr;
      readonly right: DurationExpr;
      readonly span: Span;
    }
  | {
      readonly kind: "extreme";
      readonly op: "min_of" | "max_of";
      readonly left: DurationExpr;
      readonly right: DurationExpr;
      readonly span: Span;
    };

/** The `@` modifier: a fixed time, or the start or end of the whole query. */
export type AtModifier = { readonly kind: "time"; readonly at: number } | { readonly kind: "start" | "end" };

export interface NumberLiteral {
  readonly kind: "number";
  readonly value: number;
  /** Written as a duration (`5m`): a number of seconds all the same. */
  readonly writtenAsDuration: boolean;
  readonly span: Span;
}

export interface StringLiteral {
  readonly kind: "string";
  readonly value: string;
  readonly span: Span;
}

/** `anchored` takes the last sample before the window as its first, `smoothed` interpolates at both ends. */
export type RangeMode = "plain" | "anchored" | "smoothed";

export interface VectorSelector {
  readonly kind: "selector";
  /** The metric name outside the braces; empty when there is none. `matchers` holds it as well, as the last one. */
  readonly name: string;
  readonly matchers: readonly LabelMatcher[];
  offset: Duration | undefined;
  at: AtModifier | undefined;
  mode: RangeMode;
  span: Span;
}

export interface MatrixSelector {
  readonly kind: "range";
  readonly selector: VectorSelector;
  readonly range: Duration;
  span: Span;
}

export interface SubqueryExpr {
  readonly kind: "subquery";
  readonly expr: Expr;
  readonly range: Duration;
  readonly step: Duration | undefined;
  offset: Duration | undefined;
  at: AtModifier | undefined;
  span: Span;
}

export interface CallExpr {
  readonly kind: "call";
  readonly name: string;
  readonly args: readonly Expr[];
  readonly span: Span;
}

export interface AggregateExpr {
  readonly kind: "aggregate";
  readonly op: Aggregator;
  readonly expr: Expr;
  readonly param: Expr | undefined;
  readonly grouping: readonly string[];
  readonly without: boolean;
  readonly span: Span;
}

export interface VectorMatching {
  readonly cardinality: "one-to-one" | "many-to-one" | "one-to-many" | "many-to-many";
  /** `on` keeps the labels, else (`ignoring`, or nothing) they are left out of the comparison. */
  readonly on: boolean;
  readonly labels: readonly string[];
  /** Labels that `group_left`/`group_right` copy from the one side. */
  readonly include: readonly string[];
  /** Values that stand in for a missing partner. */
  readonly fillLeft: number | undefined;
  readonly fillRight: number | undefined;
}

export interface BinaryExpr {
  readonly kind: "binary";
  readonly op: BinaryOperator;
  readonly left: Expr;
  readonly right: Expr;
  readonly returnBool: boolean;
  readonly matching: VectorMatching;
  readonly span: Span;
}

export interface UnaryExpr {
  readonly kind: "unary";
  readonly op: "+" | "-";
  readonly expr: Expr;
  readonly span: Span;
}

export interface ParenExpr {
  readonly kind: "paren";
  readonly expr: Expr;
  readonly span: Span;
}

export type Expr =
  | NumberLiteral
  | StringLiteral
  | VectorSelector
  | MatrixSelector
  | SubqueryExpr
  | CallExpr
  | AggregateExpr
  | BinaryExpr
  | UnaryExpr
  | ParenExpr;

const COMPARISONS: ReadonlySet<string> = new Set(["==", "!=", "<=", "<", ">=", ">"]);
const SET_OPERATORS: ReadonlySet<string> = new Set(["and", "or", "unless"]);

export function isComparison(op: BinaryOperator): op is ComparisonOperator {
  return COMPARISONS.has(op);
}

export function isSetOperator(op: BinaryOperator): op is SetOperator {
  return SET_OPERATORS.has(op);
}

/** Without the parentheses around it. */
export function withoutParens(expr: Expr): Expr {
  let inner = expr;
  while (inner.kind === "paren") inner = inner.expr;
  return inner;
}
