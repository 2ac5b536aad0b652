/**
 * The grammar of matchers for any UTF-8: label and value are bare words or quoted text with Go's escapes; braces come as
 * a pair or not at all; one comma may stand at the end.
 */
import { MatcherError, type MatcherText } from "./matcher-text.ts";

/** What a bare word must not hold: blanks as Unicode has them, and `{}!=~,\"'` with the backtick. */
const TOKEN = /\s*(?:(=~|!~|!=|=|[{},])|("(?:[^"\\\n]|\\[^\n])*")|([^\s{}!=~,\\"'`]+))/uy;
const ESCAPE =
  /\\(?:([abfnrtv\\"])|([0-7]{3})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([\s\S]))/g;
const SHORT_ESCAPES: Readonly<Record<string, number>> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11 };

type Token = { kind: "sign"; text: string } | { kind: "word"; text: string };

/** @throws MatcherError */
export function parseUtf8Matchers(text: string): MatcherText[] {
  const tokens = tokensOf(text);
  const isBraced = isSign(tokens[0], "{");
  const inner = isBraced ? tokens.slice(1) : tokens;
  if (isSign(inner.at(-1), "}") !== isBraced)
    throw new MatcherError("has one brace without the other: write both or none");
  const list = isBraced ? inner.slice(0, -1) : inner;
  const matchers: MatcherText[] = [];
  for (let at = 0; at < list.length; at += 4) {
    const [name, op, value, comma] = list.slice(at, at + 4);
    if (name?.kind !== "word" || op?.kind !== "sign" || !isOperator(op.text) || value?.kind !== "word")
      throw new MatcherError(`is no list of matchers like severity="critical",team!="web": ${text}`);
    if (comma !== undefined && !isSign(comma, ","))
      throw new MatcherError(`has no comma after a matcher: ${text}`);
    matchers.push({ name: name.text, op: op.text, value: value.text });
  }
  return matchers;
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  const end = text.trimEnd().length;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < end) {
    const [, sign, quoted, word] = TOKEN.exec(text) ?? [];
    if (sign !== undefined) tokens.push({ kind: "sign", text: sign });
    else if (quoted !== undefined) tokens.push({ kind: "word", text: unquote(quoted) });
    else if (word !== undefined) tokens.push({ kind: "word", text: word });
    else throw new MatcherError(`has a character that must stand in double quotes: ${text}`);
  }
  return tokens;
}

function isSign(token: Token | undefined, text: string): boolean {
  return token?.kind === "sign" && token.text === text;
}

function isOperator(text: string): text is MatcherText["op"] {
  return text === "=" || text === "!=" || text === "=~" || text === "!~";
}

/** As Go reads a string literal: octal and hexadecimal escapes are bytes, which must make UTF-8 together. */
function unquote(quoted: string): string {
  const bytes: Buffer[] = [];
  let from = 1;
  for (const match of quoted.slice(0, -1).matchAll(ESCAPE)) {
    bytes.push(Buffer.from(quoted.slice(from, match.index)), escapedBytes(match));
    from = match.index + match[0].length;
  }
  bytes.push(Buffer.from(quoted.slice(from, -1)));
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.concat(bytes));
  } catch {
    throw new MatcherError(`has escapes that make no UTF-8: ${quoted}`);
  }
}

function escapedBytes([all, short, octal, hex, unicode, long]: RegExpMatchArray): Buffer {
  if (short !== undefined) return Buffer.from([SHORT_ESCAPES[short] ?? short.charCodeAt(0)]);
  if (octal !== undefined && Number.parseInt(octal, 8) < 256) return Buffer.from([Number.parseInt(octal, 8)]);
  if (hex !== undefined) return Buffer.from([Number.parseInt(hex, 16)]);
  const code = Number.parseInt(unicode ?? long ?? "", 16);
  if (code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff)) return Buffer.from(String.fromCodePoint(code));
  throw new MatcherError(`has an escape that there is not: ${all}`);
}
