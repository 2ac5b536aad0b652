/** Quoted strings inside a line of a test script. */
import * as go from "../go-format/quoted-text.ts";

/** The quoted text that starts at `start`, and where what follows it begins. @throws SyntaxError */
export function readQuoted(text: string, start: number): { value: string; end: number } {
  const quote = text[start];
  if (quote !== '"' && quote !== "'" && quote !== "`")
    throw new SyntaxError(`expected a quoted string at "${text.slice(start, start + 20)}"`);
  let end = start + 1;
  while (end < text.length && text[end] !== quote) end += quote !== "`" && text[end] === "\\" ? 2 : 1;
  if (end >= text.length) throw new SyntaxError("unterminated quoted string");
  return { value: unquote(text.slice(start, end + 1)), end: end + 1 };
}

/** The whole of a quoted text, as Go's `strconv.Unquote`. @throws SyntaxError */
export function unquote(text: string): string {
  const value = go.unquote(text);
  if (value === undefined) throw new SyntaxError(`not correctly quoted: ${text}`);
  return value;
}
