/** The syntax tree as Prometheus's `/api/v1/parse_query` answers it, for its web interface and other tools. */
import { floatText } from "../go-format/float-text.ts";
import { type BinaryExpr, type Duration, type Expr, isSetOperator, type VectorSelector } from "./ast.ts";
import { typeOf } from "./check.ts";
import { functionSignature } from "./function-signatures.ts";

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

export function astJson(expr: Expr): Json {
  switch (expr.kind) {
    case "number":
      return { type: "numberLiteral", val: floatText(expr.value) };
    case "string":
      return { type: "stringLiteral", val: expr.value };
    case "paren":
      return { type: "parenExpr", expr: astJson(expr.expr) };
    case "unary":
      return { type: "unaryExpr", op: expr.op, expr: astJson(expr.expr) };
    case "selector":
      return { type: "vectorSelector", ...selectorJson(expr) };
    case "range":
      return { type: "matrixSelector", ...selectorJson(expr.selector), range: milliseconds(expr.range) };
    case "subquery":
      return {
        type: "subquery",
        expr: astJson(expr.expr),
        range: milliseconds(expr.range),
        step: milliseconds(expr.step),
        ...timeJson(expr),
      };
    case "aggregate":
      return {
        type: "aggregation",
        op: expr.op,
        expr: astJson(expr.expr),
        param: expr.param === undefined ? null : astJson(expr.param),
        grouping: expr.grouping,
        without: expr.without,
      };
    case "call": {
      const signature = functionSignature(expr.name);
      const func = {
        name: expr.name,
        argTypes: signature?.args ?? [],
        variadic: signature?.variadic ?? 0,
        returnType: signature?.returns ?? "vector",
      };
      return { type: "call", func, args: expr.args.map(astJson) };
    }
    case "binary":
      return {
        type: "binaryExpr",
        op: expr.op,
        lhs: astJson(expr.left),
        rhs: astJson(expr.right),
        matching: matchingJson(expr),
        bool: expr.returnBool,
      };
  }
}

function selectorJson(selector: VectorSelector): { readonly [key: string]: Json } {
  const { name, matchers, mode } = selector;
  return {
    name,
    matchers: matchers.map((matcher) => ({ name: matcher.name, value: matcher.value, type: matcher.op })),
    ...timeJson(selector),
    anchored: mode === "anchored",
    smoothed: mode === "smoothed",
  };
}

function timeJson({ at, offset }: Pick<VectorSelector, "at" | "offset">): { readonly [key: string]: Json } {
  return {
    offset: milliseconds(offset),
    timestamp: at?.kind === "time" ? at.at : null,
    startOrEnd: at === undefined || at.kind === "time" ? null : at.kind,
  };
}

/** A duration that waits for the step or range of a query has no value yet. */
function milliseconds(duration: Duration | undefined): number {
  return duration?.kind === "fixed" ? duration.ms : 0;
}

function matchingJson({ op, left, right, matching }: BinaryExpr): Json {
  if (typeOf(left) === "scalar" || typeOf(right) === "scalar") return null;
  return {
    card: isSetOperator(op) ? "many-to-many" : matching.cardinality,
    labels: matching.labels,
    on: matching.on,
    include: matching.include,
    fillValues: { lhs: matching.fillLeft ?? null, rhs: matching.fillRight ?? null },
  };
}
