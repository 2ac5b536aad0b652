/**
 * What the parsing functions share: the token at hand, and the problems found. Prometheus's parser reports the first
 * problem only; a problem of syntax ends the parse (`SyntaxStop`), one of meaning does not.
 *
 * `expecting` keeps the constructs that have words of their own for "something else stood here": the innermost one speaks.
 */
import type { Span } from "./ast.ts";
import { Lexer } from "./lexer.ts";
import { describeToken, type Token } from "./tokens.ts";

export interface ParseProblem {
  readonly span: Span;
  readonly message: string;
}

/** Trees higher than this are refused: every walk over them is recursive. */
export const MOST_NESTING = 500;

/** Thrown after the problem was noted: unwinds the parsing functions. */
export class SyntaxStop extends Error {}

const CLOSING: ReadonlySet<string> = new Set([")", "]", "}"]);

export class TokenStream {
  readonly input: string;
  readonly problems: ParseProblem[] = [];
  current: Token;
  /** Where the last token ended that can end an expression. */
  lastClosing = 0;
  readonly #lexer: Lexer;
  readonly #ahead: Token[] = [];
  #depth = 0;
  readonly #contexts: { readonly context: string; readonly expected: string }[] = [];

  constructor(input: string) {
    this.input = input;
    this.#lexer = new Lexer(input);
    this.current = this.#lexer.next();
    this.#noteLexerError();
  }

  #noteLexerError(): void {
    const token = this.current;
    if (token.kind === "error" && this.problems.every((known) => known.message !== token.raw))
      this.problems.push({ span: token, message: token.raw });
  }

  take(): Token {
    const token = this.current;
    if (CLOSING.has(token.text) || token.kind === "number" || token.kind === "duration")
      this.lastClosing = token.end;
    this.current = this.#ahead.shift() ?? this.#lexer.next();
    this.#noteLexerError();
    return token;
  }

  /** The token after the current one. */
  peek(): Token {
    const known = this.#ahead[0];
    if (known !== undefined) return known;
    const token = this.#lexer.next();
    this.#ahead.push(token);
    return token;
  }

  /** True when the current token is this punctuation, operator or keyword. */
  at(...texts: readonly string[]): boolean {
    const { kind, text } = this.current;
    return kind !== "string" && kind !== "identifier" && kind !== "error" && texts.includes(text);
  }

  /** Takes the current token when it is this one. */
  accept(text: string): Token | undefined {
    return this.at(text) ? this.take() : undefined;
  }

  get atEnd(): boolean {
    return this.current.kind === "end" || this.current.kind === "error";
  }

  problem(span: Span, message: string): void {
    this.problems.push({ span: { start: span.start, end: span.end }, message });
  }

  /** Notes that the current token should not be here and stops. Without words, those of the innermost construct. */
  unexpected(context?: string, expected = ""): SyntaxStop {
    const words = context === undefined ? this.#contexts.at(-1) : { context, expected };
    if (this.current.kind !== "error") {
      let message = `unexpected ${describeToken(this.current)}`;
      if (words !== undefined && words.context !== "") message += ` in ${words.context}`;
      if (words !== undefined && words.expected !== "") message += `, expected ${words.expected}`;
      this.problem(this.current, message);
    }
    return new SyntaxStop();
  }

  /** Runs a parsing function that may come back to itself: refuses before the stack is exhausted. */
  nested<T>(parse: () => T): T {
    this.#depth += 1;
    if (this.#depth > MOST_NESTING) throw this.tooDeep(this.current);
    try {
      return parse();
    } finally {
      this.#depth -= 1;
    }
  }

  tooDeep(span: Span): SyntaxStop {
    this.problem(span, `expression nested deeper than ${MOST_NESTING} levels`);
    return new SyntaxStop();
  }

  /** Runs a parsing function inside a construct that has words of its own. */
  within<T>(context: string, expected: string, parse: () => T): T {
    this.#contexts.push({ context, expected });
    try {
      return parse();
    } finally {
      this.#contexts.pop();
    }
  }
}
