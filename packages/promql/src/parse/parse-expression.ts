/**
 * Expressions: operators by precedence (low to high: or · and unless · comparisons · + - · * / % atan2 and signs · ^),
 * postfix modifiers (`[…]`, `offset`, `@`, `anchored`, `smoothed`), calls, aggregations, parentheses.
 */
import type {
  AggregateExpr,
  Aggregator,
  BinaryExpr,
  BinaryOperator,
  Expr,
  Span,
  VectorMatching,
} from "./ast.ts";
import { functionSignature } from "./function-signatures.ts";
import { isNumberStart, parseNumberLiteral } from "./parse-duration.ts";
import { parsePostfix } from "./parse-postfix.ts";
import { parseGroupingLabels, parseVectorSelector, readString } from "./parse-selector.ts";
import { SyntaxStop, type TokenStream } from "./token-stream.ts";
import { isMetricName } from "./tokens.ts";

const PRECEDENCE: ReadonlyMap<string, number> = new Map([
  ["or", 1],
  ["and", 2],
  ["unless", 2],
  ...["==", "!=", "<=", "<", ">=", ">", "</", ">/"].map((op): [string, number] => [op, 3]),
  ["+", 4],
  ["-", 4],
  ["*", 5],
  ["/", 5],
  ["%", 5],
  ["atan2", 5],
  ["^", 6],
]);
/** A sign binds as `*` does, so only `^` goes into its operand: `-2^2` is -4. */
const SIGN_OPERAND_PRECEDENCE = 6;
export interface ExpressionContext {
  readonly tokens: TokenStream;
  readonly experimental: boolean;
}

export function parseExpression(context: ExpressionContext, least = 1): Expr {
  return context.tokens.nested(() => parseChain(context, least));
}

function parseChain(context: ExpressionContext, least: number): Expr {
  const { tokens } = context;
  let left = parseUnary(context);
  for (;;) {
    const { kind, text } = tokens.current;
    const precedence = kind === "operator" ? PRECEDENCE.get(text) : undefined;
    if (precedence === undefined || precedence < least) return left;
    tokens.take();
    const modifiers = parseMatching(tokens);
    const right = parseExpression(context, text === "^" ? precedence : precedence + 1);
    left = binaryExpr(text as BinaryOperator, left, right, modifiers);
  }
}

function binaryExpr(op: BinaryOperator, left: Expr, right: Expr, modifiers: BinaryModifiers): BinaryExpr {
  const span = { start: left.span.start, end: right.span.end };
  return { kind: "binary", op, left, right, ...modifiers, span };
}

function parseUnary(context: ExpressionContext): Expr {
  const { tokens } = context;
  if (!tokens.at("+", "-")) return parsePostfix(tokens, parsePrimary(context));
  const sign = tokens.take();
  const operand = parseExpression(context, SIGN_OPERAND_PRECEDENCE);
  const span = { start: sign.start, end: operand.span.end };
  if (operand.kind === "number")
    return { ...operand, value: sign.text === "-" ? -operand.value : operand.value, span };
  return { kind: "unary", op: sign.text === "-" ? "-" : "+", expr: operand, span };
}

function parsePrimary(context: ExpressionContext): Expr {
  const { tokens } = context;
  const token = tokens.current;
  if (tokens.at("(")) return parseParen(context);
  if (token.kind === "string") {
    tokens.take();
    return { kind: "string", value: readString(tokens, token), span: { start: token.start, end: token.end } };
  }
  if (isNumberStart(tokens)) return parseNumberLiteral(tokens);
  if (tokens.at("{")) return parseVectorSelector(tokens);
  if (token.kind === "aggregator") {
    const { text } = tokens.peek();
    if (text === "(" || text === "by" || text === "without") return parseAggregate(context);
  }
  const canBeCalled = token.kind === "identifier" || token.kind === "preprocessor";
  if (canBeCalled && tokens.peek().text === "(") return parseCall(context);
  if (isMetricName(token)) return parseVectorSelector(tokens);
  throw tokens.unexpected();
}

function parseParen(context: ExpressionContext): Expr {
  const { tokens } = context;
  const open = tokens.take();
  const expr = parseExpression(context);
  const close = tokens.accept(")");
  if (close === undefined) throw tokens.unexpected();
  return { kind: "paren", expr, span: { start: open.start, end: close.end } };
}

function parseArguments(context: ExpressionContext): Expr[] {
  const { tokens } = context;
  if (tokens.accept("(") === undefined) throw tokens.unexpected();
  const args: Expr[] = [];
  if (tokens.accept(")") !== undefined) return args;
  for (;;) {
    args.push(parseExpression(context));
    const comma = tokens.accept(",");
    if (comma !== undefined) {
      if (!tokens.at(")") && !tokens.atEnd) continue;
      tokens.accept(")");
      tokens.problem(comma, "trailing commas not allowed in function call args");
      return args;
    }
    if (tokens.accept(")") !== undefined) return args;
    throw tokens.unexpected();
  }
}

function parseCall(context: ExpressionContext): Expr {
  const { tokens } = context;
  const name = tokens.take();
  const args = parseArguments(context);
  const signature = functionSignature(name.raw);
  if (signature === undefined) tokens.problem(name, `unknown function with name "${name.raw}"`);
  else if (signature.experimental && !context.experimental)
    tokens.problem(name, `function "${name.raw}" is not enabled`);
  return { kind: "call", name: name.raw, args, span: { start: name.start, end: tokens.lastClosing } };
}

const WITH_PARAMETER: ReadonlySet<string> = new Set([
  "topk",
  "bottomk",
  "count_values",
  "quantile",
  "limitk",
  "limit_ratio",
]);

function parseAggregate(context: ExpressionContext): AggregateExpr {
  const { tokens } = context;
  const word = tokens.take();
  const op = word.text as Aggregator;
  return tokens.within("aggregation", "", () => {
    let grouping = parseGrouping(tokens);
    const args = parseArguments(context);
    const closing = tokens.lastClosing;
    grouping ??= parseGrouping(tokens);
    const span = { start: word.start, end: Math.max(closing, tokens.lastClosing) };
    return aggregateExpr(context, op, args, grouping, span);
  });
}

interface Grouping {
  readonly labels: readonly string[];
  readonly without: boolean;
}

function parseGrouping(tokens: TokenStream): Grouping | undefined {
  if (!tokens.at("by", "without")) return undefined;
  const without = tokens.take().text === "without";
  return { labels: parseGroupingLabels(tokens), without };
}

function aggregateExpr(
  context: ExpressionContext,
  op: Aggregator,
  args: readonly Expr[],
  grouping: Grouping | undefined,
  span: Span,
): AggregateExpr {
  const { tokens } = context;
  const wanted = WITH_PARAMETER.has(op) ? 2 : 1;
  const expr = args[wanted - 1];
  const param = wanted === 2 ? args[0] : undefined;
  if (args.length === 0) {
    tokens.problem(span, "no arguments for aggregate expression provided");
    throw new SyntaxStop();
  }
  if ((op === "limitk" || op === "limit_ratio") && !context.experimental)
    tokens.problem(
      span,
      `${op}() is experimental and must be enabled with --enable-feature=promql-experimental-functions`,
    );
  if (args.length !== wanted || expr === undefined) {
    tokens.problem(
      span,
      `wrong number of arguments for aggregate expression provided, expected ${wanted}, got ${args.length}`,
    );
    throw new SyntaxStop();
  }
  const { labels, without } = grouping ?? { labels: [], without: false };
  return { kind: "aggregate", op, expr, param, grouping: labels, without, span };
}

interface BinaryModifiers {
  readonly returnBool: boolean;
  readonly matching: VectorMatching;
}

function parseMatching(tokens: TokenStream): BinaryModifiers {
  const returnBool = tokens.accept("bool") !== undefined;
  let on = false;
  let labels: readonly string[] = [];
  let include: readonly string[] = [];
  let cardinality: VectorMatching["cardinality"] = "one-to-one";
  if (tokens.at("on", "ignoring")) {
    on = tokens.take().text === "on";
    labels = parseGroupingLabels(tokens);
    if (tokens.at("group_left", "group_right")) {
      cardinality = tokens.take().text === "group_left" ? "many-to-one" : "one-to-many";
      if (tokens.at("(")) include = parseGroupingLabels(tokens);
    }
  }
  return { returnBool, matching: { cardinality, on, labels, include, ...parseFill(tokens) } };
}

function parseFill(tokens: TokenStream): Pick<VectorMatching, "fillLeft" | "fillRight"> {
  let fillLeft: number | undefined;
  let fillRight: number | undefined;
  if (tokens.at("fill") && tokens.peek().text === "(") {
    tokens.take();
    const value = parseFillValue(tokens);
    return { fillLeft: value, fillRight: value };
  }
  while (tokens.at("fill_left", "fill_right") && tokens.peek().text === "(") {
    const isLeft = tokens.current.text === "fill_left";
    if ((isLeft ? fillLeft : fillRight) !== undefined) break;
    tokens.take();
    if (isLeft) fillLeft = parseFillValue(tokens);
    else fillRight = parseFillValue(tokens);
  }
  return { fillLeft, fillRight };
}

function parseFillValue(tokens: TokenStream): number {
  if (tokens.accept("(") === undefined) throw tokens.unexpected();
  const negative = tokens.at("+", "-") && tokens.take().text === "-";
  if (!isNumberStart(tokens)) throw tokens.unexpected();
  const { value } = parseNumberLiteral(tokens);
  if (tokens.accept(")") === undefined) throw tokens.unexpected();
  return negative ? -value : value;
}
