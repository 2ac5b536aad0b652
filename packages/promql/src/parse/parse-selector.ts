/** Selectors (`name{label="value"}`, `{"name.with.dots"}`) and the label lists of `by (…)`, `on (…)`, `group_left (…)`. */
import { isValidUtf8, quote, unquote } from "../go-format/quoted-text.ts";
import { METRIC_NAME } from "../labels.ts";
import { compileMatcher } from "../matchers.ts";
import { QueryError } from "../query-error.ts";
import type { LabelMatcher, MatchOperator } from "../series-source.ts";
import type { Span, VectorSelector } from "./ast.ts";
import type { TokenStream } from "./token-stream.ts";
import { isGroupingLabel, isMetricName, type Token } from "./tokens.ts";

export function parseVectorSelector(tokens: TokenStream): VectorSelector {
  if (tokens.at("{")) {
    const { matchers, span } = parseBraces(tokens);
    return selector("", matchers, span);
  }
  if (!isMetricName(tokens.current)) throw tokens.unexpected();
  const name = tokens.take();
  const nameMatcher: LabelMatcher = { name: METRIC_NAME, op: "=", value: name.raw };
  if (!tokens.at("{")) return selector(name.raw, [nameMatcher], { start: name.start, end: name.end });
  const { matchers, span } = parseBraces(tokens);
  return selector(name.raw, [...matchers, nameMatcher], { start: name.start, end: span.end });
}

function selector(name: string, matchers: readonly LabelMatcher[], span: Span): VectorSelector {
  return { kind: "selector", name, matchers, offset: undefined, at: undefined, mode: "plain", span };
}

function parseBraces(tokens: TokenStream): { matchers: LabelMatcher[]; span: Span } {
  const open = tokens.take();
  const matchers: LabelMatcher[] = [];
  for (let first = true; ; first = false) {
    // Empty braces and a comma before the closing brace are allowed, an empty place between commas is not.
    if (!first || tokens.at("}")) {
      const close = tokens.accept("}");
      if (close !== undefined) return { matchers, span: { start: open.start, end: close.end } };
    }
    const matcher = parseMatcher(tokens);
    if (matcher !== undefined) matchers.push(matcher);
    if (tokens.accept(",") !== undefined) continue;
    const close = tokens.accept("}");
    if (close !== undefined) return { matchers, span: { start: open.start, end: close.end } };
    throw tokens.unexpected("label matching", '"," or "}"');
  }
}

function parseMatcher(tokens: TokenStream): LabelMatcher | undefined {
  const first = tokens.current;
  if (first.kind === "string") {
    tokens.take();
    const name = readString(tokens, first);
    if (!isMatchOperator(tokens.current.text)) return { name: METRIC_NAME, op: "=", value: name };
    return finishMatcher(tokens, name, first);
  }
  if (first.kind !== "identifier") throw tokens.unexpected("label matching", 'identifier or "}"');
  tokens.take();
  if (!isMatchOperator(tokens.current.text))
    throw tokens.unexpected("label matching", "label matching operator");
  return finishMatcher(tokens, first.raw, first);
}

function finishMatcher(tokens: TokenStream, name: string, first: Token): LabelMatcher | undefined {
  const op = tokens.take().text;
  if (!isMatchOperator(op)) return undefined;
  const value = tokens.current;
  if (value.kind !== "string") throw tokens.unexpected("label matching", "string");
  tokens.take();
  const matcher = { name, op, value: readString(tokens, value) };
  const problem = patternProblem(matcher);
  if (problem !== undefined) tokens.problem({ start: first.start, end: value.end }, problem);
  return matcher;
}

function patternProblem(matcher: LabelMatcher): string | undefined {
  try {
    compileMatcher(matcher);
    return undefined;
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    // Prometheus shows the expression as it compiles it.
    return error.message.replace(`(?s)${matcher.value}`, () => `^(?s:${matcher.value})$`);
  }
}

function isMatchOperator(text: string): text is MatchOperator {
  return text === "=" || text === "!=" || text === "=~" || text === "!~";
}

/** The text of a string token; a malformed one is noted and read as empty. */
export function readString(tokens: TokenStream, token: Token): string {
  const text = unquote(token.raw);
  if (text === undefined) tokens.problem(token, `error unquoting string ${quote(token.raw)}: invalid syntax`);
  return text ?? "";
}

export function parseGroupingLabels(tokens: TokenStream): string[] {
  if (tokens.accept("(") === undefined) throw tokens.unexpected("grouping opts", '"("');
  const labels: string[] = [];
  if (tokens.accept(")") !== undefined) return labels;
  for (;;) {
    labels.push(parseGroupingLabel(tokens));
    if (tokens.accept(",") !== undefined) {
      if (tokens.accept(")") !== undefined) return labels;
      continue;
    }
    if (tokens.accept(")") !== undefined) return labels;
    throw tokens.unexpected("grouping opts", '"," or ")"');
  }
}

function parseGroupingLabel(tokens: TokenStream): string {
  const token = tokens.current;
  if (token.kind !== "string" && !isGroupingLabel(token)) throw tokens.unexpected("grouping opts", "label");
  tokens.take();
  const name = token.kind === "string" ? readString(tokens, token) : token.raw;
  if (name === "" || !isValidUtf8(name))
    tokens.problem(token, `invalid label name for grouping: ${quote(name)}`);
  return name;
}
