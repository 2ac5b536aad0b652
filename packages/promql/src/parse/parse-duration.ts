/** Numbers and durations: `5m`, `1e3`, `0x1f`, and the arithmetic inside `[…]` and after `offset`. */
import { parseDuration } from "../go-format/duration-text.ts";
import { parseFloatText } from "../go-format/float-text.ts";
import { quote } from "../go-format/quoted-text.ts";
import type { Duration, DurationExpr, NumberLiteral } from "./ast.ts";
import { MOST_NESTING, type TokenStream } from "./token-stream.ts";

const MS_PER_SECOND = 1000;
const WORDS_EXPECTED = "number, duration, step(), or range()";

/** A number token or a duration token as a number (of seconds). */
export function parseNumberLiteral(tokens: TokenStream): NumberLiteral {
  const token = tokens.take();
  const span = { start: token.start, end: token.end };
  if (token.kind === "duration") {
    const ms = parseDuration(token.raw);
    if (typeof ms === "number")
      return { kind: "number", value: ms / MS_PER_SECOND, writtenAsDuration: true, span };
    tokens.problem(span, ms.problem);
    return { kind: "number", value: 0, writtenAsDuration: true, span };
  }
  const value = numberValue(token.raw);
  const isRounded = value === Number.POSITIVE_INFINITY && /^[\d.]/.test(token.raw);
  if (value === undefined || isRounded) {
    const reason = isRounded ? "value out of range" : "invalid syntax";
    tokens.problem(span, `error parsing number: strconv.ParseFloat: parsing ${quote(token.raw)}: ${reason}`);
  }
  return { kind: "number", value: value ?? 0, writtenAsDuration: false, span };
}

/** As Go reads an integer of any base first, then a float; undefined when it is neither. */
function numberValue(text: string): number | undefined {
  const plain = text.replaceAll("_", "");
  if (/^0[xX][0-9a-fA-F]+$/.test(plain)) return Number(plain);
  if (/^0[0-7]+$/.test(plain)) return Number.parseInt(plain, 8);
  return parseFloatText(plain);
}

export function isNumberStart(tokens: TokenStream): boolean {
  return tokens.current.kind === "number" || tokens.current.kind === "duration";
}

/** What `@` takes: a number or duration, perhaps with a sign. */
export function parseSignedNumber(tokens: TokenStream): number {
  const sign = tokens.at("+", "-") ? tokens.take().text : "+";
  if (!isNumberStart(tokens)) throw tokens.unexpected();
  const { value } = parseNumberLiteral(tokens);
  return sign === "-" ? -value : value;
}

function canStartDuration(tokens: TokenStream): boolean {
  return isNumberStart(tokens) || tokens.at("+", "-", "(", "step", "range", "min_of", "max_of");
}

/** The range or step inside brackets: must be above zero. */
export function parsePositiveDuration(tokens: TokenStream, context: string, expected: string): Duration {
  if (!canStartDuration(tokens)) throw tokens.unexpected(context, expected);
  const expr = tokens.within(context, expected, () => parseArithmetic(tokens, 1));
  const duration = durationOf(expr);
  if (duration.kind === "fixed" && duration.ms <= 0)
    tokens.problem(expr.span, "duration must be greater than 0");
  return duration;
}

/** What `offset` takes: one duration, perhaps with a sign; arithmetic only in parentheses. */
export function parseOffset(tokens: TokenStream): Duration {
  return tokens.within("offset", WORDS_EXPECTED, () => {
    if (!canStartDuration(tokens)) throw tokens.unexpected("offset", WORDS_EXPECTED);
    return durationOf(parseSigned(tokens, parsePrimary));
  });
}

/** A plain number becomes a fixed duration; anything else waits for the query's step and range. */
function durationOf(expr: DurationExpr): Duration {
  const seconds = plainSeconds(expr);
  return seconds === undefined
    ? { kind: "computed", expr }
    : { kind: "fixed", ms: Math.round(seconds * MS_PER_SECOND) };
}

function plainSeconds(expr: DurationExpr): number | undefined {
  if (expr.kind === "seconds") return expr.seconds;
  if (expr.kind !== "sign" || expr.operand.kind !== "seconds") return undefined;
  return expr.op === "-" ? -expr.operand.seconds : expr.operand.seconds;
}

const PRECEDENCE: Readonly<Record<string, number>> = { "+": 1, "-": 1, "*": 2, "/": 2, "%": 2, "^": 3 };
/** A sign binds as `*` does: only `^` binds closer. */
const SIGN_OPERAND_PRECEDENCE = 3;

function parseArithmetic(tokens: TokenStream, least: number): DurationExpr {
  return tokens.nested(() => parseChain(tokens, least));
}

function parseChain(tokens: TokenStream, least: number): DurationExpr {
  let left = parseSigned(tokens, (stream) =>
    stream.at("+", "-") ? parseArithmetic(stream, SIGN_OPERAND_PRECEDENCE) : parsePower(stream),
  );
  for (let length = 0; ; length++) {
    const { text: op, kind } = tokens.current;
    const precedence = kind === "operator" ? PRECEDENCE[op] : undefined;
    if (precedence === undefined || precedence < least || !isArithmetic(op)) return left;
    if (length > MOST_NESTING) throw tokens.tooDeep(left.span);
    tokens.take();
    const right = parseArithmetic(tokens, op === "^" ? precedence : precedence + 1);
    left = {
      kind: "arithmetic",
      op,
      left,
      right,
      span: { start: left.span.start, end: right.span.end },
    };
  }
}

/** The operand of a sign: a primary with the powers that belong to it. */
function parsePower(tokens: TokenStream): DurationExpr {
  const base = parsePrimary(tokens);
  if (!tokens.at("^")) return base;
  tokens.take();
  const right = parseArithmetic(tokens, SIGN_OPERAND_PRECEDENCE);
  return {
    kind: "arithmetic",
    op: "^",
    left: base,
    right,
    span: { start: base.span.start, end: right.span.end },
  };
}

function isArithmetic(op: string): op is "+" | "-" | "*" | "/" | "%" | "^" {
  return op in PRECEDENCE;
}

function parseSigned(tokens: TokenStream, operand: (tokens: TokenStream) => DurationExpr): DurationExpr {
  if (!tokens.at("+", "-")) return operand(tokens);
  const sign = tokens.take();
  if (!canStartDuration(tokens)) throw tokens.unexpected();
  const inner = operand(tokens);
  const op = sign.text === "-" ? "-" : "+";
  return { kind: "sign", op, operand: inner, span: { start: sign.start, end: inner.span.end } };
}

function parsePrimary(tokens: TokenStream): DurationExpr {
  if (isNumberStart(tokens)) {
    const literal = parseNumberLiteral(tokens);
    return {
      kind: "seconds",
      seconds: literal.value,
      writtenAsDuration: literal.writtenAsDuration,
      span: literal.span,
    };
  }
  if (tokens.at("(")) {
    const open = tokens.take();
    const inner = parseArithmetic(tokens, 1);
    const close = tokens.accept(")");
    if (close === undefined) throw tokens.unexpected();
    return { kind: "paren", inner, span: { start: open.start, end: close.end } };
  }
  if (tokens.at("step", "range")) return parseContextWord(tokens);
  if (tokens.at("min_of", "max_of")) return parseExtreme(tokens);
  throw tokens.unexpected();
}

function parseContextWord(tokens: TokenStream): DurationExpr {
  const word = tokens.take();
  const close = tokens.accept("(") === undefined ? undefined : tokens.accept(")");
  if (close === undefined) throw tokens.unexpected();
  return { kind: word.text === "step" ? "step" : "range", span: { start: word.start, end: close.end } };
}

function parseExtreme(tokens: TokenStream): DurationExpr {
  const word = tokens.take();
  if (tokens.accept("(") === undefined) throw tokens.unexpected();
  const left = parseArithmetic(tokens, 1);
  if (tokens.accept(",") === undefined) throw tokens.unexpected();
  const right = parseArithmetic(tokens, 1);
  const close = tokens.accept(")");
  if (close === undefined) throw tokens.unexpected();
  const op = word.text === "min_of" ? "min_of" : "max_of";
  return { kind: "extreme", op, left, right, span: { start: word.start, end: close.end } };
}
