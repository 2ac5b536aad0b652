/**
 * Label matchers as Alertmanager's file and its tools write them: `severity="critical"`, `{team=~"a|b", env!=prod}`.
 * There are two grammars: the classic one, and one for any UTF-8 (since 0.27). As Alertmanager does in its usual mode,
 * what both can read counts as the classic one reads it; what only one can read is what that one says.
 */
import { compileMatcher } from "@batchwatch/promql/matchers";
import type { Labels, Matcher, MatchOperator } from "../../model/routing.ts";
import { MatcherError, type MatcherText } from "./matcher-text.ts";
import { parseUtf8Matchers } from "./parse-utf8-matchers.ts";

/** @throws MatcherError */
export function parseMatchers(text: string): Matcher[] {
  return readMatchers(text).map(matcherOf);
}

function readMatchers(text: string): MatcherText[] {
  try {
    return parseClassicMatchers(text);
  } catch (error) {
    if (!(error instanceof MatcherError)) throw error;
    try {
      return parseUtf8Matchers(text);
    } catch {
      throw error;
    }
  }
}

/** @throws MatcherError for an expression that is none */
export function matcherOf({ name, op, value }: MatcherText): Matcher {
  if (op === "=" || op === "!=")
    return { name, op, value, matches: compileMatcher({ name, op, value }).matches };
  try {
    const compiled = compileMatcher({ name, op, value });
    // In Alertmanager a dot does not match a newline, in PromQL it does.
    const { matches } = value.includes(".")
      ? compileMatcher({ name, op, value: `(?-s:${value})` })
      : compiled;
    return { name, op, value, matches };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new MatcherError(`has no regular expression (RE2) after ${name}${op}: ${why}`);
  }
}

/** All of them; none at all match everything. */
export function matchesAll(matchers: readonly Matcher[], labels: Labels): boolean {
  return matchers.every(({ name, matches }) => matches(labels[name] ?? ""));
}

/** `{a="b",c=~"d"}`, in the order of names as Alertmanager shows them. */
export function matchersText(matchers: readonly Matcher[]): string {
  const parts = matchers.map(({ name, op, value }) => `${labelNameText(name)}${op}${JSON.stringify(value)}`);
  return `{${parts.toSorted().join(",")}}`;
}

function labelNameText(name: string): string {
  return CLASSIC_NAME.test(name) ? name : JSON.stringify(name);
}

const CLASSIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
/** `\s` of RE2: JavaScript's has more. */
const BLANK = "[\\t\\n\\f\\r ]";
const CLASSIC = new RegExp(
  `^${BLANK}*([a-zA-Z_:][a-zA-Z0-9_:]*)${BLANK}*(=~|=|!=|!~)${BLANK}*([\\s\\S]*?)${BLANK}*$`,
);

/** Commas outside quotes separate; one brace at either end is taken off. */
function parseClassicMatchers(text: string): MatcherText[] {
  const inner = text.replace(/^\{/, "").replace(/\}$/, "");
  const parts: string[] = [];
  let part = "";
  let isQuoted = false;
  let isEscaped = false;
  for (const char of inner) {
    if (char === "," && !isQuoted) {
      parts.push(part);
      part = "";
      continue;
    }
    if (char === '"') {
      if (!isEscaped) isQuoted = !isQuoted;
      isEscaped = false;
    } else isEscaped = char === "\\" && !isEscaped;
    part += char;
  }
  if (part.trim() !== "") parts.push(part.trim());
  return parts.map(parseClassicMatcher);
}

function parseClassicMatcher(text: string): MatcherText {
  const match = CLASSIC.exec(text);
  if (match === null)
    throw new MatcherError(
      `is no matcher: ${JSON.stringify(text)}; write a label, one of = != =~ !~ and a value, like severity="critical"`,
    );
  const [, name = "", op = "=", raw = ""] = match;
  return { name, op: op as MatchOperator, value: unescapeClassic(raw) };
}

/** `\n`, `\"` and `\\` are escapes, any other backslash is itself; a quote stands at the ends or escaped. */
function unescapeClassic(raw: string): string {
  const isQuoted = raw.startsWith('"');
  const text = isQuoted ? raw.slice(1) : raw;
  let value = "";
  let at = 0;
  while (at < text.length) {
    const char = text.charAt(at);
    if (char === '"') break;
    const isEscape = char === "\\" && at < text.length - 1;
    value += isEscape ? escapedClassic(text.charAt(at + 1)) : char;
    at += isEscape ? 2 : 1;
  }
  // An opening quote is closed by the last character, and no other is there.
  if (isQuoted ? at !== text.length - 1 : at !== text.length)
    throw new MatcherError(
      `has a double quote in a value that is neither at both its ends nor escaped: ${raw}`,
    );
  return value;
}

function escapedClassic(char: string): string {
  if (char === "n") return "\n";
  return char === '"' || char === "\\" ? char : `\\${char}`;
}
