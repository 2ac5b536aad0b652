/** The words of PromQL: what the lexer hands to the parser, and how errors name them. */
import { quote } from "../go-format/quoted-text.ts";

export type TokenKind =
  | "end"
  | "error"
  | "number"
  | "duration"
  | "string"
  | "identifier"
  | "metric_identifier"
  | "punctuation"
  | "operator"
  | "aggregator"
  | "keyword"
  /** Words that are names unless their place says otherwise: start, end, step, range, min_of, max_of. */
  | "preprocessor";

export interface Token {
  readonly kind: TokenKind;
  /** What it is, in lower case for words: "(", "+", "by", "sum". For names, numbers and strings as written. */
  readonly text: string;
  /** As written; of an error the message. */
  readonly raw: string;
  readonly start: number;
  readonly end: number;
}

const WORDS: ReadonlyMap<string, TokenKind> = new Map<string, TokenKind>([
  ...kinds("operator", "and or unless atan2"),
  ...kinds(
    "aggregator",
    "sum avg count min max group stddev stdvar topk bottomk count_values quantile limitk limit_ratio",
  ),
  ...kinds(
    "keyword",
    "offset smoothed anchored by without on ignoring group_left group_right bool fill fill_left fill_right",
  ),
  ...kinds("preprocessor", "start end step range min_of max_of"),
  ...kinds("number", "inf nan"),
]);

function kinds(kind: TokenKind, words: string): [string, TokenKind][] {
  return words.split(" ").map((word) => [word, kind]);
}

/** The kind of a word that has a meaning of its own; undefined for a name. */
export function wordKind(word: string): TokenKind | undefined {
  return WORDS.get(word.toLowerCase());
}

/** Words that can only be what they say, never a metric name. */
const NEVER_A_METRIC: ReadonlySet<string> = new Set([
  "atan2",
  "bool",
  "group_left",
  "group_right",
  "ignoring",
  "on",
]);

/** True where a metric name may stand: most keywords can be one. */
export function isMetricName(token: Token): boolean {
  switch (token.kind) {
    case "identifier":
    case "metric_identifier":
    case "aggregator":
    case "preprocessor":
      return true;
    case "operator":
    case "keyword":
      return /^[a-z]/.test(token.text) && !NEVER_A_METRIC.has(token.text);
    default:
      return false;
  }
}

/** True where a label name in `by (…)`, `on (…)` may stand: every word. */
export function isGroupingLabel(token: Token): boolean {
  return isMetricName(token) || NEVER_A_METRIC.has(token.text);
}

/** Error texts quote at most this much of a token. */
const QUOTED_LENGTH = 10;

/** As Prometheus names a token in `unexpected … in …`. */
export function describeToken(token: Token): string {
  switch (token.kind) {
    case "end":
      return "end of input";
    case "error":
      return token.raw;
    case "identifier":
      return `identifier ${quote(token.raw)}`;
    case "metric_identifier":
      return `metric identifier ${quote(token.raw)}`;
    case "keyword":
      return `<${token.raw}>`;
    case "operator":
      return `<op:${token.raw}>`;
    case "aggregator":
      return `<aggr:${token.raw}>`;
    case "number":
      return `number ${shortQuote(token.raw)}`;
    case "duration":
      return `duration ${shortQuote(token.raw)}`;
    case "string":
      return `string ${shortQuote(token.raw)}`;
    case "punctuation":
    case "preprocessor":
      return shortQuote(token.raw);
  }
}

function shortQuote(text: string): string {
  if (new TextEncoder().encode(text).length <= QUOTED_LENGTH) return quote(text);
  return `${quote([...text].slice(0, QUOTED_LENGTH).join(""))}...`;
}
