/** Splits a template into text and the words of its actions. Blanks between words count: `.a .b` is not `.a.b`. */
export type TokenKind =
  | "text"
  | "open"
  | "close"
  | "space"
  | "identifier"
  | "keyword"
  | "field"
  | "variable"
  | "dot"
  | "number"
  | "char"
  | "string"
  | "bool"
  | "pipe"
  | "declare"
  | "assign"
  | "comma"
  | "paren"
  /** A character that has no meaning: the parser says where it stands. */
  | "other"
  | "end";

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  /** Offset in the template. */
  readonly at: number;
}

/** A template that cannot be read, with the line of the mistake. */
export class TemplateSyntaxError extends Error {
  override readonly name = "TemplateSyntaxError";
  readonly at: number;

  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}

const KEYWORDS = new Set("block break continue define else end if nil range template with".split(" "));

const PATTERNS: readonly (readonly [TokenKind, RegExp])[] = [
  ["space", /[ \t\r\n]+/y],
  ["string", /"(?:[^"\\\n]|\\.)*"|`[^`]*`/y],
  ["char", /'(?:[^'\\\n]|\\.)+'/y],
  [
    "number",
    /[+-]?(?:0[xX][0-9a-fA-F_]*\.?[0-9a-fA-F_]+(?:[pP][+-]?\d+)?|0[bB][01_]+|0[oO][0-7_]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?)/y,
  ],
  ["field", /\.[\p{L}_][\p{L}\p{N}_]*/uy],
  ["variable", /\$[\p{L}\p{N}_]*/uy],
  ["identifier", /[\p{L}_][\p{L}\p{N}_]*/uy],
  ["declare", /:=/y],
  ["assign", /=/y],
  ["pipe", /\|/y],
  ["comma", /,/y],
  ["paren", /[()]/y],
  ["dot", /\./y],
];

const TRIMMING_CLOSE = /[ \t\r\n]+-\}\}/y;
const TRIMMED_COMMENT = /[ \t\r\n]+\/\*/y;
const TRIM_LEFT = /[ \t\r\n]+$/;
const TRIM_RIGHT = /^[ \t\r\n]+/;

/** @throws TemplateSyntaxError */
export function tokenize(template: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  let trimNext = false;
  while (at < template.length) {
    const open = template.indexOf("{{", at);
    const textEnd = open < 0 ? template.length : open;
    const trimsBefore = open >= 0 && /^-[ \t\r\n]/.test(template.slice(open + 2, open + 4));
    pushText(tokens, template.slice(at, textEnd), at, trimNext, trimsBefore);
    if (open < 0) break;
    const action = readAction(template, open, open + 2 + (trimsBefore ? 1 : 0), tokens);
    at = action.end;
    trimNext = action.trimsAfter;
  }
  tokens.push({ kind: "end", text: "", at: template.length });
  return tokens;
}

function pushText(tokens: Token[], text: string, at: number, trimStart: boolean, trimEnd: boolean): void {
  let shown = text;
  if (trimStart) shown = shown.replace(TRIM_RIGHT, "");
  if (trimEnd) shown = shown.replace(TRIM_LEFT, "");
  if (shown !== "") tokens.push({ kind: "text", text: shown, at });
}

function readAction(
  template: string,
  open: number,
  start: number,
  tokens: Token[],
): { end: number; trimsAfter: boolean } {
  const comment = readComment(template, start);
  if (comment !== null) return comment;
  tokens.push({ kind: "open", text: "{{", at: open });
  let depth = 0;
  let at = start;
  while (at < template.length) {
    const close = closeAt(template, at);
    if (close !== null) {
      if (depth > 0) throw new TemplateSyntaxError(at, "unclosed left paren");
      tokens.push({ kind: "close", text: "}}", at });
      return close;
    }
    const token = readToken(template, at);
    if (token.text === "(") depth++;
    if (token.text === ")") depth--;
    tokens.push(token);
    at += token.text.length;
  }
  throw new TemplateSyntaxError(open, "unclosed action");
}

/** The end of the action when it is here: `}}`, or blanks and `-}}`. */
function closeAt(template: string, at: number): { end: number; trimsAfter: boolean } | null {
  if (template.startsWith("}}", at)) return { end: at + 2, trimsAfter: false };
  TRIMMING_CLOSE.lastIndex = at;
  const trim = TRIMMING_CLOSE.exec(template);
  return trim === null ? null : { end: at + trim[0].length, trimsAfter: true };
}

function readComment(template: string, start: number): { end: number; trimsAfter: boolean } | null {
  TRIMMED_COMMENT.lastIndex = start;
  const isTrimmed = template[start - 1] === "-" && TRIMMED_COMMENT.test(template);
  if (!isTrimmed && !template.startsWith("/*", start)) return null;
  const begin = template.indexOf("/*", start);
  const stop = template.indexOf("*/", begin + 2);
  if (stop < 0) throw new TemplateSyntaxError(begin, "unclosed comment");
  const close = closeAt(template, stop + 2);
  if (close === null) throw new TemplateSyntaxError(stop, "comment ends before closing delimiter");
  return close;
}

function readToken(template: string, at: number): Token {
  for (const [kind, pattern] of PATTERNS) {
    pattern.lastIndex = at;
    const text = pattern.exec(template)?.[0];
    if (text !== undefined) return { kind: kindOf(kind, text, template, at), text, at };
  }
  return readOther(template, at);
}

function kindOf(kind: TokenKind, text: string, template: string, at: number): TokenKind {
  if (kind === "number" && /^[\p{L}\p{N}]/u.test(template.slice(at + text.length)))
    throw new TemplateSyntaxError(at, `bad number syntax: "${/^\S{1,20}/.exec(template.slice(at))?.[0]}"`);
  if (kind !== "identifier") return kind;
  if (KEYWORDS.has(text)) return "keyword";
  return text === "true" || text === "false" ? "bool" : "identifier";
}

function readOther(template: string, at: number): Token {
  const char = String.fromCodePoint(template.codePointAt(at) ?? 0);
  if (char === "`") throw new TemplateSyntaxError(at, "unterminated raw quoted string");
  if (char === '"' || char === "'") throw new TemplateSyntaxError(at, "unterminated quoted string");
  if (char === "+" || char === "-")
    throw new TemplateSyntaxError(at, `illegal number syntax: ${JSON.stringify(char)}`);
  if (/^[!-~]$/.test(char)) return { kind: "other", text: char, at };
  throw new TemplateSyntaxError(at, `unrecognized character in action: ${JSON.stringify(char)}`);
}
