/**
 * Go's quoted strings, as PromQL writes them: '…', "…" with escapes and `…` raw; and the way back (`%q`). A string may
 * hold bytes that are no UTF-8 ("\xc5"): such a byte is kept as the lone surrogate U+DC00 + byte, so that the text can be
 * judged (`isValidUtf8`) and printed again.
 */
const ESCAPED_BYTE = 0xdc00;

/** The text that a quoted literal stands for; undefined when the literal is malformed. */
export function unquote(literal: string): string | undefined {
  const quote = literal[0];
  if (literal.length < 2 || quote === undefined || literal.at(-1) !== quote) return undefined;
  const body = literal.slice(1, -1);
  if (quote === "`") return body.includes("`") ? undefined : body.replaceAll("\r", "");
  if (quote !== '"' && quote !== "'") return undefined;
  if (body.includes("\n")) return undefined;
  if (!body.includes("\\")) return body.includes(quote) ? undefined : body;
  return resolveEscapes(body, quote);
}

const SIMPLE_ESCAPES: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  f: 12,
  n: 10,
  r: 13,
  t: 9,
  v: 11,
  "\\": 92,
};

function resolveEscapes(body: string, quote: string): string | undefined {
  const bytes: number[] = [];
  const encoder = new TextEncoder();
  let index = 0;
  while (index < body.length) {
    const next = body.indexOf("\\", index);
    const plainEnd = next < 0 ? body.length : next;
    if (plainEnd > index) {
      const plain = body.slice(index, plainEnd);
      if (plain.includes(quote)) return undefined;
      for (const byte of encoder.encode(plain)) bytes.push(byte);
      index = plainEnd;
      continue;
    }
    const after = readEscape(body, index + 1, quote, bytes);
    if (after === undefined) return undefined;
    index = after;
  }
  return decodeBytes(bytes);
}

/** Reads what follows a backslash, appends its bytes, answers the index behind it. */
function readEscape(body: string, index: number, quote: string, bytes: number[]): number | undefined {
  const letter = body[index];
  if (letter === undefined) return undefined;
  if (letter === quote) {
    bytes.push(letter.charCodeAt(0));
    return index + 1;
  }
  const simple = SIMPLE_ESCAPES[letter];
  if (simple !== undefined) {
    bytes.push(simple);
    return index + 1;
  }
  if (letter >= "0" && letter <= "7") return readNumber(body, index, 3, 8, bytes, true);
  if (letter === "x") return readNumber(body, index + 1, 2, 16, bytes, true);
  if (letter === "u") return readNumber(body, index + 1, 4, 16, bytes, false);
  if (letter === "U") return readNumber(body, index + 1, 8, 16, bytes, false);
  return undefined;
}

function readNumber(
  body: string,
  index: number,
  digits: number,
  base: 8 | 16,
  bytes: number[],
  isByte: boolean,
): number | undefined {
  const text = body.slice(index, index + digits);
  const pattern = base === 8 ? /^[0-7]+$/ : /^[0-9a-fA-F]+$/;
  if (text.length !== digits || !pattern.test(text)) return undefined;
  const value = Number.parseInt(text, base);
  if (isByte) {
    if (value > 255) return undefined;
    bytes.push(value);
  } else {
    if (value > 0x10ffff || (value >= 0xd800 && value < 0xe000)) return undefined;
    bytes.push(...new TextEncoder().encode(String.fromCodePoint(value)));
  }
  return index + digits;
}

function decodeBytes(bytes: readonly number[]): string {
  const whole = Uint8Array.from(bytes);
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  let text = "";
  let decoded = 0;
  let index = 0;
  while (index < whole.length) {
    const length = sequenceLength(whole, index);
    if (length === 0) {
      text += decoder.decode(whole.subarray(decoded, index));
      text += String.fromCharCode(ESCAPED_BYTE + (whole[index] ?? 0));
      decoded = index + 1;
    }
    index += Math.max(1, length);
  }
  return text + decoder.decode(whole.subarray(decoded));
}

/** The well-formed sequences of UTF-8: first byte, second byte, length (Unicode, table 3-7). */
const SEQUENCES: readonly (readonly [
  first: number,
  last: number,
  low: number,
  high: number,
  length: number,
])[] = [
  [0xc2, 0xdf, 0x80, 0xbf, 2],
  [0xe0, 0xe0, 0xa0, 0xbf, 3],
  [0xe1, 0xec, 0x80, 0xbf, 3],
  [0xed, 0xed, 0x80, 0x9f, 3],
  [0xee, 0xef, 0x80, 0xbf, 3],
  [0xf0, 0xf0, 0x90, 0xbf, 4],
  [0xf1, 0xf3, 0x80, 0xbf, 4],
  [0xf4, 0xf4, 0x80, 0x8f, 4],
];

/** The length of the well-formed UTF-8 sequence that starts here, 0 when there is none. */
function sequenceLength(bytes: Uint8Array, index: number): number {
  const first = bytes[index] ?? 0;
  if (first < 0x80) return 1;
  const shape = SEQUENCES.find(([from, to]) => first >= from && first <= to);
  if (shape === undefined) return 0;
  const [, , low, high, length] = shape;
  const second = bytes[index + 1] ?? 0;
  if (index + length > bytes.length || second < low || second > high) return 0;
  for (let offset = 2; offset < length; offset++)
    if (((bytes[index + offset] ?? 0) & 0xc0) !== 0x80) return 0;
  return length;
}

/** False when the text holds a byte that was no UTF-8 (or any other lone surrogate). */
export function isValidUtf8(text: string): boolean {
  return text.isWellFormed();
}

const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;
const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  "\\": "\\\\",
  '"': '\\"',
};

/** As Go's `%q`: in double quotes, anything that does not print as an escape. */
export function quote(text: string): string {
  if (/^[ !#-[\]-~]*$/.test(text)) return `"${text}"`;
  let result = '"';
  for (const character of text) result += quotedCharacter(character);
  return `${result}"`;
}

/** As Go's `%q` of a rune: in single quotes. */
export function quoteRune(character: string): string {
  if (character === "'") return "'\\''";
  if (character === '"') return "'\"'";
  return `'${quotedCharacter(character)}'`;
}

function quotedCharacter(character: string): string {
  const short = SHORT_ESCAPES[character];
  if (short !== undefined) return short;
  const code = character.codePointAt(0) ?? 0;
  if (code > ESCAPED_BYTE && code <= ESCAPED_BYTE + 0xff) return hexEscape("x", code - ESCAPED_BYTE, 2);
  if (PRINTABLE.test(character)) return character;
  if (code < 0x80) return hexEscape("x", code, 2);
  return code > 0xffff ? hexEscape("U", code, 8) : hexEscape("u", code, 4);
}

function hexEscape(letter: string, code: number, digits: number): string {
  return `\\${letter}${code.toString(16).padStart(digits, "0")}`;
}
