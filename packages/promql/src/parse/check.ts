/** What the grammar lets pass and PromQL forbids: types, numbers of arguments, selectors that would select everything. */
import { quote } from "../go-format/quoted-text.ts";
import { METRIC_NAME } from "../labels.ts";
import { compileMatcher } from "../matchers.ts";
import {
  type AggregateExpr,
  type BinaryExpr,
  type CallExpr,
  type Expr,
  isComparison,
  isSetOperator,
  type Span,
  type ValueType,
  type VectorSelector,
} from "./ast.ts";
import { functionSignature } from "./function-signatures.ts";

export type Complain = (span: Span, message: string) => void;

const DOCUMENTED: Readonly<Record<ValueType, string>> = {
  scalar: "scalar",
  vector: "instant vector",
  matrix: "range vector",
  string: "string",
};

/** The type as PromQL's documentation calls it. */
export function documentedType(type: ValueType): string {
  return DOCUMENTED[type];
}

export function typeOf(expr: Expr): ValueType {
  switch (expr.kind) {
    case "number":
      return "scalar";
    case "string":
      return "string";
    case "selector":
    case "aggregate":
      return "vector";
    case "range":
    case "subquery":
      return "matrix";
    case "call":
      return functionSignature(expr.name)?.returns ?? "vector";
    case "binary":
      return typeOf(expr.left) === "scalar" && typeOf(expr.right) === "scalar" ? "scalar" : "vector";
    case "unary":
    case "paren":
      return typeOf(expr.expr);
  }
}

/** Complains about everything that is wrong, in the order of the text's structure. */
export function check(expr: Expr, input: string, complain: Complain): ValueType {
  switch (expr.kind) {
    case "number":
    case "string":
      break;
    case "selector":
      checkSelector(expr, complain);
      break;
    case "range":
      checkSelector(expr.selector, complain);
      break;
    case "subquery": {
      const inner = check(expr.expr, input, complain);
      if (inner !== "vector")
        complain(expr.span, `subquery is only allowed on instant vector, got ${inner} instead`);
      break;
    }
    case "paren":
      check(expr.expr, input, complain);
      break;
    case "unary": {
      const inner = check(expr.expr, input, complain);
      if (inner !== "scalar" && inner !== "vector")
        complain(
          expr.span,
          `unary expression only allowed on expressions of type scalar or instant vector, got ${quote(documentedType(inner))}`,
        );
      break;
    }
    case "call":
      checkCall(expr, input, complain);
      break;
    case "aggregate":
      checkAggregate(expr, input, complain);
      break;
    case "binary":
      checkBinary(expr, input, complain);
      break;
  }
  return typeOf(expr);
}

function checkSelector(selector: VectorSelector, complain: Complain): void {
  if (selector.name !== "") {
    for (const matcher of selector.matchers.slice(0, -1))
      if (matcher.name === METRIC_NAME)
        complain(
          selector.span,
          `metric name must not be set twice: ${quote(selector.name)} or ${quote(matcher.value)}`,
        );
    return;
  }
  if (selector.matchers.every((matcher) => compileMatcher(matcher).matchesEmpty))
    complain(selector.span, "vector selector must contain at least one non-empty matcher");
}

function checkCall(call: CallExpr, input: string, complain: Complain): void {
  const signature = functionSignature(call.name);
  if (signature === undefined) return;
  const { args, variadic } = signature;
  const given = call.args.length;
  const least = variadic === 0 ? args.length : args.length - 1;
  const most = variadic < 0 ? Number.POSITIVE_INFINITY : least + variadic;
  const inCall = `argument(s) in call to ${quote(call.name)}, got ${given}`;
  if (variadic === 0 && given !== args.length) complain(call.span, `expected ${args.length} ${inCall}`);
  else if (given < least) complain(call.span, `expected at least ${least} ${inCall}`);
  else if (given > most) complain(call.span, `expected at most ${most} ${inCall}`);
  for (const [index, arg] of call.args.entries()) {
    if (index >= args.length && variadic === 0) break;
    const wanted = args[Math.min(index, args.length - 1)];
    const got = check(arg, input, complain);
    if (wanted !== undefined && got !== wanted)
      complain(
        arg.span,
        `expected type ${documentedType(wanted)} in call to function ${quote(call.name)}, got ${documentedType(got)}`,
      );
  }
}

function checkAggregate(expr: AggregateExpr, input: string, complain: Complain): void {
  expectType(expr.expr, "vector", "aggregation expression", input, complain);
  if (expr.param === undefined) return;
  const wanted = expr.op === "count_values" ? "string" : "scalar";
  expectType(expr.param, wanted, "aggregation parameter", input, complain);
}

function expectType(expr: Expr, wanted: ValueType, context: string, input: string, complain: Complain): void {
  const got = check(expr, input, complain);
  if (got !== wanted)
    complain(expr.span, `expected type ${documentedType(wanted)} in ${context}, got ${documentedType(got)}`);
}

function checkBinary(expr: BinaryExpr, input: string, complain: Complain): void {
  const left = check(expr.left, input, complain);
  const right = check(expr.right, input, complain);
  checkOperator(expr, left, right, () => operatorSpan(expr, input), complain);
  const operands = "binary expression must contain only scalar and instant vector types";
  if (left !== "scalar" && left !== "vector") complain(expr.left.span, operands);
  if (right !== "scalar" && right !== "vector") complain(expr.right.span, operands);
  checkMatching(expr, left === "vector" && right === "vector", complain);
  if ((left === "scalar" || right === "scalar") && isSetOperator(expr.op))
    complain(expr.span, `set operator ${quote(expr.op)} not allowed in binary scalar expression`);
}

function checkOperator(
  { op, returnBool, matching }: BinaryExpr,
  left: ValueType,
  right: ValueType,
  place: () => Span,
  complain: Complain,
): void {
  if (returnBool && !isComparison(op))
    complain(place(), "bool modifier can only be used on comparison operators");
  if (isComparison(op) && !returnBool && left === "scalar" && right === "scalar")
    complain(place(), "comparisons between scalars must use BOOL modifier");
  if (!matching.on) return;
  for (const label of matching.labels)
    if (matching.include.includes(label))
      complain(place(), `label ${quote(label)} must not occur in ON and GROUP clause at once`);
}

function checkMatching(
  { op, matching, span }: BinaryExpr,
  betweenVectors: boolean,
  complain: Complain,
): void {
  const fills = matching.fillLeft !== undefined || matching.fillRight !== undefined;
  if (!betweenVectors) {
    if (matching.labels.length > 0) complain(span, "vector matching only allowed between instant vectors");
    if (fills) complain(span, "filling in missing series only allowed between instant vectors");
    return;
  }
  if (!isSetOperator(op)) return;
  if (matching.cardinality !== "one-to-one") {
    complain(span, `no grouping allowed for ${quote(op)} operation`);
    complain(span, "set operations must always be many-to-many");
  }
  if (fills) complain(span, "filling in missing series not allowed for set operators");
}

/** The place of the operator: between the operands, without the blanks. */
function operatorSpan(expr: BinaryExpr, input: string): Span {
  let start = expr.left.span.end;
  let end = expr.right.span.start - 1;
  while (/\s/.test(input[start] ?? "")) start += 1;
  while (end > start && /\s/.test(input[end] ?? "")) end -= 1;
  return { start, end };
}
