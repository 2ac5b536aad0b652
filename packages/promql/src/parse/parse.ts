/**
 * From text to a checked syntax tree. Throws a `QueryError` of kind "bad_data" whose message starts with the place:
 * `1:4: parse error: unexpected end of input inside braces`.
 */
import { QueryError } from "../query-error.ts";
import type { LabelMatcher } from "../series-source.ts";
import type { Expr } from "./ast.ts";
import { check } from "./check.ts";
import { childrenOf } from "./children-of.ts";
import { parseExpression } from "./parse-expression.ts";
import { parseVectorSelector } from "./parse-selector.ts";
import { placeText } from "./place.ts";
import { MOST_NESTING, type ParseProblem, SyntaxStop, TokenStream } from "./token-stream.ts";

export interface ParseOptions {
  /** Experimental functions and aggregators of Prometheus. Default true. */
  readonly experimental?: boolean;
}

/** Parses and checks one expression. */
export function parse(query: string, options: ParseOptions = {}): Expr {
  const tokens = new TokenStream(query);
  const expr = runParser(tokens, () =>
    parseExpression({ tokens, experimental: options.experimental ?? true }),
  );
  if (expr !== undefined && isTooHigh(expr)) tokens.tooDeep(expr.span);
  if (tokens.problems.length === 0 && expr !== undefined)
    check(expr, query, (span, message) => tokens.problem(span, message));
  return resultOf(tokens, expr);
}

/** Parses a selector without modifiers, as `match[]` takes it: `up`, `{job=~"a|b"}`. */
export function parseSelector(text: string): readonly LabelMatcher[] {
  const tokens = new TokenStream(text);
  const selector = runParser(tokens, () => parseVectorSelector(tokens));
  return resultOf(tokens, selector).matchers;
}

/** A long chain (`a + b + c …`) is a high tree, although it does not look nested. */
function isTooHigh(expr: Expr): boolean {
  let level: readonly Expr[] = [expr];
  for (let height = 0; level.length > 0; height++) {
    if (height > MOST_NESTING) return true;
    level = level.flatMap(childrenOf);
  }
  return false;
}

function runParser<T>(tokens: TokenStream, parser: () => T): T | undefined {
  if (tokens.current.kind === "end") {
    tokens.problem({ start: 0, end: 0 }, "no expression found in input");
    return undefined;
  }
  try {
    const result = parser();
    if (!tokens.atEnd) throw tokens.unexpected();
    return result;
  } catch (error) {
    if (error instanceof SyntaxStop) return undefined;
    throw error;
  }
}

function resultOf<T>(tokens: TokenStream, result: T | undefined): T {
  const [first] = tokens.problems;
  if (first !== undefined) throw parseError(tokens.input, first);
  if (result === undefined) throw new QueryError("bad_data", "unknown parse error");
  return result;
}

function parseError(input: string, problem: ParseProblem): QueryError {
  return new QueryError(
    "bad_data",
    `${placeText(input, problem.span.start)}: parse error: ${problem.message}`,
  );
}
