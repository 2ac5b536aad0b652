/**
 * Label matchers made ready: the predicate, and what an index can use to look values up instead of testing all of them.
 * Expressions are RE2 (time linear in the text, whatever users write), anchored at both ends, `.` matches newlines. The
 * shapes that dashboards write (alternatives of plain words, a plain prefix and `.*`) never reach the engine.
 */
import { RE2JS } from "re2js";
import { QueryError } from "./query-error.ts";
import type { LabelMatcher } from "./series-source.ts";

export interface CompiledMatcher {
  readonly name: string;
  /** A missing label is the empty text. */
  matches(value: string): boolean;
  readonly matchesEmpty: boolean;
  /** The only values that match, where they can be listed; null = test. */
  readonly values: readonly string[] | null;
}

/** Far beyond what anybody writes; a compiled expression takes some hundred times its text. */
const MAX_PATTERN_LENGTH = 100_000;
const COMPILED_KEPT = 500;
const META = /[\\.+*?()|[\]{}^$]/;

/** @throws QueryError bad_data for an expression that is none */
export function compileMatcher(matcher: LabelMatcher): CompiledMatcher {
  const { name, op, value } = matcher;
  switch (op) {
    case "=":
      return compiled(name, (text) => text === value, [value]);
    case "!=":
      return compiled(name, (text) => text !== value, null);
    case "=~": {
      const { test, values } = compilePattern(value);
      return compiled(name, test, values);
    }
    case "!~": {
      const { test } = compilePattern(value);
      return compiled(name, (text) => !test(text), null);
    }
  }
}

function compiled(
  name: string,
  matches: (value: string) => boolean,
  values: readonly string[] | null,
): CompiledMatcher {
  return { name, matches, matchesEmpty: matches(""), values };
}

interface Pattern {
  test: (text: string) => boolean;
  values: readonly string[] | null;
}

const patterns = new Map<string, Pattern>();

/** Rules and panels bring the same expressions again and again. */
function compilePattern(pattern: string): Pattern {
  const known = patterns.get(pattern);
  if (known !== undefined) return known;
  const fresh = plainPattern(pattern) ?? re2Pattern(pattern);
  if (patterns.size >= COMPILED_KEPT) patterns.clear();
  patterns.set(pattern, fresh);
  return fresh;
}

function plainPattern(pattern: string): Pattern | null {
  const inner = pattern.startsWith("(") && pattern.endsWith(")") ? pattern.slice(1, -1) : pattern;
  const words = inner.split("|");
  if (words.every((word) => !META.test(word))) {
    const [only] = words;
    if (words.length === 1) return { test: (text) => text === only, values: words };
    const set = new Set(words);
    return { test: (text) => set.has(text), values: [...set] };
  }
  if (pattern === ".*") return { test: () => true, values: null };
  if (pattern === ".+") return { test: (text) => text !== "", values: null };
  return affixPattern(pattern);
}

/** `prefix.*`, `prefix.+`, `.*suffix`, `.*part.*`. */
function affixPattern(pattern: string): Pattern | null {
  const start = /^\.[*+]/.exec(pattern)?.[0] ?? "";
  const end = /\.[*+]$/.exec(pattern)?.[0] ?? "";
  if (start.length + end.length >= pattern.length) return null;
  const middle = pattern.slice(start.length, pattern.length - end.length);
  if (META.test(middle)) return null;
  // A `+` wants a character more.
  const [before, after] = [start === ".+" ? 1 : 0, end === ".+" ? 1 : 0];
  const least = middle.length + before + after;
  if (start === "") return { test: (text) => text.length >= least && text.startsWith(middle), values: null };
  if (end === "") return { test: (text) => text.length >= least && text.endsWith(middle), values: null };
  return {
    test: (text) => {
      const at = text.indexOf(middle, before);
      return at >= 0 && at + middle.length + after <= text.length;
    },
    values: null,
  };
}

function re2Pattern(pattern: string): Pattern {
  if (pattern.length > MAX_PATTERN_LENGTH)
    throw new QueryError(
      "bad_data",
      `the regular expression is longer than ${MAX_PATTERN_LENGTH} characters`,
    );
  try {
    const compiledPattern = RE2JS.compile(pattern, RE2JS.DOTALL);
    return { test: (text) => compiledPattern.matches(text), values: null };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new QueryError("bad_data", why);
  }
}
