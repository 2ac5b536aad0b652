/** What may follow an expression and changes it: `[range]`, `[range:step]`, `offset`, `@`, `anchored`, `smoothed`. */
import type {
  AtModifier,
  Duration,
  Expr,
  MatrixSelector,
  Span,
  SubqueryExpr,
  VectorSelector,
} from "./ast.ts";
import { isNumberStart, parseOffset, parsePositiveDuration, parseSignedNumber } from "./parse-duration.ts";
import type { TokenStream } from "./token-stream.ts";

const MS_PER_SECOND = 1000;
/** Times are 64-bit integers in Prometheus. */
const MOST_SECONDS = 2 ** 63;

export function parsePostfix(tokens: TokenStream, expression: Expr): Expr {
  let expr = expression;
  for (;;) {
    if (tokens.at("[")) expr = parseBrackets(tokens, expr);
    else if (tokens.at("offset")) addOffset(tokens, expr);
    else if (tokens.at("@")) addAt(tokens, expr);
    else if (tokens.at("anchored", "smoothed")) addMode(tokens, expr);
    else return expr;
  }
}

const RANGE_CONTEXT = "subquery or range selector";
const RANGE_EXPECTED = "number, duration, step(), or range()";
const STEP_CONTEXT = "subquery selector";
const STEP_EXPECTED = 'number, duration, step(), range(), or "]"';

function parseBrackets(tokens: TokenStream, expr: Expr): Expr {
  const open = tokens.take();
  const range = parsePositiveDuration(tokens, RANGE_CONTEXT, RANGE_EXPECTED);
  if (tokens.accept(":") !== undefined) return parseSubquery(tokens, expr, range);
  const close = tokens.accept("]");
  if (close === undefined) throw tokens.unexpected("subquery or range", '":" or "]"');
  const problem = rangeProblem(expr);
  if (problem !== undefined) tokens.problem({ start: open.start, end: close.end }, problem);
  // The range of something else was noted above; the tree must hold a selector all the same.
  const selector: VectorSelector =
    expr.kind === "selector"
      ? expr
      : {
          kind: "selector",
          name: "",
          matchers: [],
          offset: undefined,
          at: undefined,
          mode: "plain",
          span: expr.span,
        };
  return { kind: "range", selector, range, span: { start: expr.span.start, end: close.end } };
}

function rangeProblem(expr: Expr): string | undefined {
  if (expr.kind !== "selector") return "ranges only allowed for vector selectors";
  if (expr.offset !== undefined) return "no offset modifiers allowed before range";
  if (expr.at !== undefined) return "no @ modifiers allowed before range";
  return undefined;
}

function parseSubquery(tokens: TokenStream, expr: Expr, range: Duration): SubqueryExpr {
  let step: Duration | undefined;
  let close = tokens.accept("]");
  if (close === undefined) {
    step = parsePositiveDuration(tokens, STEP_CONTEXT, STEP_EXPECTED);
    close = tokens.accept("]");
    if (close === undefined) throw tokens.unexpected(STEP_CONTEXT, '"]"');
  }
  const span = { start: expr.span.start, end: close.end };
  return { kind: "subquery", expr, range, step, offset: undefined, at: undefined, span };
}

/** What carries `offset` and `@`: the selector inside a range, or the subquery itself. */
function modified(
  expr: Expr,
): { readonly target: VectorSelector | SubqueryExpr; readonly outer: { span: Span } } | undefined {
  if (expr.kind === "selector" || expr.kind === "subquery") return { target: expr, outer: expr };
  if (expr.kind === "range") return { target: expr.selector, outer: expr };
  return undefined;
}

const MODIFIABLE = "must be preceded by an instant vector selector or range vector selector or a subquery";

function addOffset(tokens: TokenStream, expr: Expr): void {
  tokens.take();
  const offset = parseOffset(tokens);
  const found = modified(expr);
  if (found === undefined) tokens.problem(expr.span, `offset modifier ${MODIFIABLE}`);
  else if (found.target.offset !== undefined)
    tokens.problem(expr.span, "offset may not be set multiple times");
  else {
    // An offset of nothing is none: it may be set again.
    if (offset.kind === "computed" || offset.ms !== 0) found.target.offset = offset;
    found.outer.span = { start: found.outer.span.start, end: tokens.lastClosing };
  }
}

function addAt(tokens: TokenStream, expr: Expr): void {
  tokens.take();
  const at = tokens.within("@", "timestamp", () => parseAt(tokens, expr));
  const found = modified(expr);
  if (found === undefined) tokens.problem(expr.span, `@ modifier ${MODIFIABLE}`);
  else if (found.target.at !== undefined)
    tokens.problem(expr.span, "@ <timestamp> may not be set multiple times");
  else {
    found.target.at = at;
    found.outer.span = { start: found.outer.span.start, end: tokens.lastClosing };
  }
}

function parseAt(tokens: TokenStream, expr: Expr): AtModifier {
  if (tokens.at("start", "end")) {
    const word = tokens.take();
    if (tokens.accept("(") === undefined || tokens.accept(")") === undefined) throw tokens.unexpected();
    return { kind: word.text === "start" ? "start" : "end" };
  }
  if (!isNumberStart(tokens) && !tokens.at("+", "-")) throw tokens.unexpected();
  const seconds = parseSignedNumber(tokens);
  if (!(Math.abs(seconds) < MOST_SECONDS))
    tokens.problem(expr.span, `timestamp out of bounds for @ modifier: ${fixedText(seconds)}`);
  return { kind: "time", at: Math.round(seconds * MS_PER_SECOND) };
}

/** As Go's `%f`. */
function fixedText(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  return `${BigInt(Math.round(value))}.000000`;
}

function addMode(tokens: TokenStream, expr: Expr): void {
  const mode = tokens.take().text === "anchored" ? "anchored" : "smoothed";
  const target = modeTarget(expr);
  if (target === undefined) {
    const reason = expr.kind === "subquery" ? "is not supported for subqueries" : "not implemented";
    tokens.problem(expr.span, `${mode} modifier ${reason}`);
    return;
  }
  if (target.mode !== "plain" && target.mode !== mode)
    tokens.problem(expr.span, "anchored and smoothed modifiers cannot be used together");
  target.mode = mode;
}

function modeTarget(expr: Expr): VectorSelector | undefined {
  if (expr.kind === "selector") return expr;
  return expr.kind === "range" ? (expr satisfies MatrixSelector).selector : undefined;
}
