/**
 * Cuts the text of a query into tokens, one at a time, with Prometheus's rules and error texts. What a character means
 * depends on where it stands: inside braces words are label names, inside brackets only durations, arithmetic and `:`.
 */
import { quote, quoteRune } from "../go-format/quoted-text.ts";
import { type Token, type TokenKind, wordKind } from "./tokens.ts";

const DURATION_WORDS: ReadonlySet<string> = new Set(["step", "range", "min_of", "max_of"]);

export class Lexer {
  readonly #input: string;
  #position = 0;
  #start = 0;
  #parenDepth = 0;
  #insideBraces = false;
  #insideBrackets = false;
  #sawColon = false;
  #sawDuration = false;
  #failed: Token | undefined;

  constructor(input: string) {
    this.#input = input;
  }

  /** The next token; after an error the same error for ever, after the end the end. */
  next(): Token {
    if (this.#failed !== undefined) return this.#failed;
    this.#skipBlanksAndComments();
    this.#start = this.#position;
    const character = this.#input[this.#position];
    if (character === undefined) return this.#atEnd();
    if (this.#insideBraces) return this.#insideBraceToken(character);
    return this.#insideBrackets ? this.#bracketToken(character) : this.#statementToken(character);
  }

  #skipBlanksAndComments(): void {
    for (;;) {
      const character = this.#input[this.#position];
      if (character === " " || character === "\t" || character === "\n" || character === "\r") {
        this.#position += 1;
      } else if (character === "#") {
        while (this.#position < this.#input.length && !/[\r\n]/.test(this.#input[this.#position] ?? ""))
          this.#position += 1;
      } else return;
    }
  }

  #emit(kind: TokenKind, length: number): Token {
    this.#position = this.#start + length;
    const raw = this.#input.slice(this.#start, this.#position);
    const isWord =
      kind === "operator" || kind === "aggregator" || kind === "keyword" || kind === "preprocessor";
    return { kind, text: isWord ? raw.toLowerCase() : raw, raw, start: this.#start, end: this.#position };
  }

  #fail(message: string): Token {
    this.#failed = {
      kind: "error",
      text: "",
      raw: message,
      start: this.#start,
      end: Math.max(this.#start, this.#input.length),
    };
    return this.#failed;
  }

  /** As `#fail`, with the place behind the character, where Prometheus puts it for `)` and `:`. */
  #failBehind(message: string): Token {
    this.#start = this.#position + 1;
    return this.#fail(message);
  }

  #atEnd(): Token {
    if (this.#insideBraces) return this.#fail("unexpected end of input inside braces");
    if (this.#insideBrackets && !this.#sawDuration)
      return this.#fail("unexpected end of input in duration expression");
    if (this.#parenDepth !== 0) return this.#fail("unclosed left parenthesis");
    if (this.#insideBrackets) return this.#fail("unclosed left bracket");
    return this.#emit("end", 0);
  }

  /** The whole character (code point) at the start of the token, for error texts. */
  #rune(offset = 0): string {
    const code = this.#input.codePointAt(this.#start + offset);
    return code === undefined ? "\u{fffd}" : String.fromCodePoint(code);
  }

  #statementToken(character: string): Token {
    const following = this.#input[this.#position + 1] ?? "";
    switch (character) {
      case ",":
        return this.#emit("punctuation", 1);
      case "*":
      case "%":
      case "+":
      case "-":
      case "^":
      case "/":
      case "@":
        return this.#emit("operator", 1);
      case "=":
        if (following === "=") return this.#emit("operator", 2);
        if (following === "~") return this.#fail(`unexpected character after '=': ${quoteRune("~")}`);
        return this.#emit("punctuation", 1);
      case "!":
        if (following === "=") return this.#emit("operator", 2);
        return this.#fail(`unexpected character after '!': ${quoteRune(this.#rune(1))}`);
      case "<":
        return this.#emit("operator", following === "=" || following === "/" ? 2 : 1);
      case ">":
        return this.#emit("operator", following === "=" || following === "/" ? 2 : 1);
      case "(":
      case ")":
        return this.#parenthesis(character);
      case "{":
        this.#insideBraces = true;
        return this.#emit("punctuation", 1);
      case "[":
        this.#insideBrackets = true;
        this.#sawColon = false;
        this.#sawDuration = false;
        return this.#emit("punctuation", 1);
      case "]":
        return this.#fail(`unexpected right bracket ${quoteRune("]")}`);
      default:
        return this.#literalOrWord(character);
    }
  }

  #parenthesis(character: "(" | ")"): Token {
    this.#parenDepth += character === "(" ? 1 : -1;
    if (this.#parenDepth >= 0) return this.#emit("punctuation", 1);
    return this.#failBehind(`unexpected right parenthesis ${quoteRune(")")}`);
  }

  #literalOrWord(character: string): Token {
    const following = this.#input[this.#position + 1] ?? "";
    if (isDigit(character) || (character === "." && isDigit(following))) return this.#numberOrDuration();
    if (character === '"' || character === "'") return this.#quoted(character);
    if (character === "`") return this.#rawQuoted();
    if (isLetter(character) || character === ":") return this.#word();
    return this.#fail(`unexpected character: ${quoteRune(this.#rune())}`);
  }

  #word(): Token {
    const match = /^[a-zA-Z0-9_:]+/.exec(this.#input.slice(this.#start));
    const word = match?.[0] ?? "";
    const kind = wordKind(word);
    if (kind !== undefined) return this.#emit(kind, word.length);
    return this.#emit(word.includes(":") ? "metric_identifier" : "identifier", word.length);
  }

  #insideBraceToken(character: string): Token {
    const following = this.#input[this.#position + 1] ?? "";
    if (isLetter(character)) {
      const match = /^[a-zA-Z0-9_]+/.exec(this.#input.slice(this.#start));
      return this.#emit("identifier", match?.[0].length ?? 1);
    }
    switch (character) {
      case ",":
        return this.#emit("punctuation", 1);
      case '"':
      case "'":
        return this.#quoted(character);
      case "`":
        return this.#rawQuoted();
      case "=":
        return following === "~" ? this.#emit("operator", 2) : this.#emit("punctuation", 1);
      case "!":
        if (following === "~" || following === "=") return this.#emit("operator", 2);
        return this.#fail(`unexpected character after '!' inside braces: ${quoteRune(this.#rune(1))}`);
      case "{":
        return this.#fail(`unexpected left brace ${quoteRune("{")}`);
      case "}":
        this.#insideBraces = false;
        return this.#emit("punctuation", 1);
      default:
        return this.#fail(`unexpected character inside braces: ${quoteRune(this.#rune())}`);
    }
  }

  #bracketToken(character: string): Token {
    const following = this.#input[this.#position + 1] ?? "";
    switch (character) {
      case "]":
        this.#insideBrackets = false;
        return this.#emit("punctuation", 1);
      case "[":
        return this.#fail(`unexpected left bracket ${quoteRune("[")}`);
      case ":":
        return this.#colon();
      case "(":
      case ")":
        return this.#parenthesis(character);
      case "+":
      case "-":
      case "*":
      case "/":
      case "%":
      case "^":
        return this.#emit("operator", 1);
      case ",":
        return this.#emit("punctuation", 1);
      default:
    }
    if (isDigit(character) || (character === "." && isDigit(following))) {
      this.#sawDuration = true;
      return this.#numberOrDuration();
    }
    const word = /^[a-zA-Z_]+/.exec(this.#input.slice(this.#start))?.[0] ?? "";
    if (DURATION_WORDS.has(word.toLowerCase())) {
      this.#sawDuration = true;
      return this.#emit("preprocessor", word.length);
    }
    if (!this.#sawDuration)
      return this.#fail(`unexpected character in duration expression: ${quoteRune(this.#rune())}`);
    if (isLetter(character))
      return this.#fail(`unexpected character: ${quoteRune(character)}, expected ${quoteRune(":")}`);
    return this.#fail(`unexpected character: ${quoteRune(this.#rune())}`);
  }

  #colon(): Token {
    if (!this.#sawDuration)
      return this.#failBehind("unexpected colon before duration in duration expression");
    if (this.#sawColon) return this.#failBehind(`unexpected colon ${quoteRune(":")}`);
    this.#sawColon = true;
    return this.#emit("punctuation", 1);
  }

  #numberOrDuration(): Token {
    const rest = this.#input.slice(this.#start);
    const number = scanNumber(rest);
    if (number.ok) return this.#emit("number", number.length);
    const duration = /^(?:\d+(?:ms|[smhdwy]s?))+/.exec(rest);
    const length = duration?.[0].length ?? 0;
    if (length > 0 && !isWordCharacter(rest[length])) return this.#emit("duration", length);
    const shown = Math.max(number.length, length + (rest[length] === undefined ? 0 : 1));
    return this.#fail(`bad number or duration syntax: ${quote(rest.slice(0, shown))}`);
  }

  #quoted(delimiter: string): Token {
    let index = this.#start + 1;
    for (;;) {
      const character = this.#input[index];
      if (character === undefined || character === "\n") return this.#fail("unterminated quoted string");
      if (character === delimiter) return this.#emit("string", index + 1 - this.#start);
      if (character === "\\") {
        const after = this.#escape(index + 1, delimiter);
        if (typeof after === "string") return this.#fail(after);
        index = after;
      } else if (/[\ud800-\udfff]/.test(character) && !isPair(this.#input, index)) {
        return this.#fail("invalid UTF-8 rune");
      } else index += isPair(this.#input, index) ? 2 : 1;
    }
  }

  #rawQuoted(): Token {
    const end = this.#input.indexOf("`", this.#start + 1);
    if (end < 0) return this.#fail("unterminated raw string");
    if (!this.#input.slice(this.#start, end).isWellFormed()) return this.#fail("invalid UTF-8 rune");
    return this.#emit("string", end + 1 - this.#start);
  }

  /** The index behind an escape sequence, or what is wrong with it. */
  #escape(index: number, delimiter: string): number | string {
    const letter = this.#input[index];
    if (letter === undefined) return "escape sequence not terminated";
    if ("abfnrtv\\".includes(letter) || letter === delimiter) return index + 1;
    if (letter >= "0" && letter <= "7") return this.#escapedNumber(index, 3, 8);
    if (letter === "x") return this.#escapedNumber(index + 1, 2, 16);
    if (letter === "u") return this.#escapedNumber(index + 1, 4, 16);
    if (letter === "U") return this.#escapedNumber(index + 1, 8, 16);
    return `unknown escape sequence ${unicodeName(this.#input, index)}`;
  }

  #escapedNumber(index: number, digits: number, base: 8 | 16): number | string {
    const allowed = base === 8 ? /[0-7]/ : /[0-9a-fA-F]/;
    for (let offset = 0; offset < digits; offset++) {
      const digit = this.#input[index + offset];
      if (digit === undefined) return "escape sequence not terminated";
      if (!allowed.test(digit))
        return `illegal character ${unicodeName(this.#input, index + offset)} in escape sequence`;
    }
    const value = Number.parseInt(this.#input.slice(index, index + digits), base);
    const most = digits <= 3 ? 255 : 0x10ffff;
    if (value > most || (value >= 0xd800 && value < 0xe000))
      return "escape sequence is an invalid Unicode code point";
    return index + digits;
  }
}

/** `U+0071 'q'`, as Go's `%#U`. */
function unicodeName(input: string, index: number): string {
  const code = input.codePointAt(index) ?? 0;
  return `U+${code.toString(16).toUpperCase().padStart(4, "0")} '${String.fromCodePoint(code)}'`;
}

function isPair(input: string, index: number): boolean {
  return (input.codePointAt(index) ?? 0) > 0xffff;
}

function isDigit(character: string): boolean {
  return character >= "0" && character <= "9";
}

function isLetter(character: string): boolean {
  return /[a-zA-Z_]/.test(character);
}

function isWordCharacter(character: string | undefined): boolean {
  return character !== undefined && /[a-zA-Z0-9_]/.test(character);
}

/**
 * A number: decimal with `_` between digits, an exponent, hex. `length` is what was looked at, also when it is none; what
 * the characters mean together is judged when the literal is read.
 */
function scanNumber(text: string): { readonly ok: boolean; readonly length: number } {
  const hex = /^0[xX]_?(?:[0-9a-fA-F](?:_?[0-9a-fA-F])*)?/.exec(text);
  const match =
    hex ?? /^(?:\d+(?:_\d+)*(?:\.(?:\d+(?:_\d+)*)?)?|\.\d+(?:_\d+)*)(?:[eE][+-]?\d+(?:_\d+)*)?/.exec(text);
  const length = match?.[0].length ?? 0;
  const next = text[length];
  const ok = length > 0 && !isWordCharacter(next) && next !== ".";
  return { ok, length: ok || next === undefined ? length : length + 1 };
}
