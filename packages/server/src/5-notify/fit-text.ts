/** Cuts text to what a service takes, never inside a character or an escape. Pure. */

import { hash } from "node:crypto";

const MARK = "…";

/**
 * @param limit in UTF-16 units, of the escaped text; services that count characters never count more.
 * @param escaped what one character becomes in the service's markup.
 * @returns the escaped text, ending in "…" where something is missing.
 */
export function fitText(
  text: string,
  limit: number,
  escaped: (character: string) => string = (character) => character,
): string {
  let fitted = "";
  let lengthBeforeMark = 0;
  for (const character of text) {
    const next = escaped(character);
    if (fitted.length + next.length > limit)
      return limit < MARK.length ? "" : fitted.slice(0, lengthBeforeMark) + MARK;
    fitted += next;
    if (fitted.length <= limit - MARK.length) lengthBeforeMark = fitted.length;
  }
  return fitted;
}

/** Lines that fit together, each cut to its own limit; "… and 12 more" stands for those that don't. */
export function fitLines(
  lines: readonly string[],
  limit: number,
  escaped?: (character: string) => string,
): string {
  const lineLimit = lines.length === 1 ? limit : Math.max(200, Math.floor(limit / 2));
  let text = "";
  for (const [index, line] of lines.entries()) {
    const more = lines.length - index;
    const room = `\n… and ${more} more`.length;
    const next = `${index === 0 ? "" : "\n"}${fitText(line, Math.min(lineLimit, limit), escaped)}`;
    const isLast = index === lines.length - 1;
    if (text.length + next.length > limit - (isLast ? 0 : room))
      return text === "" ? fitText(line, limit, escaped) : `${text}\n… and ${more} more`;
    text += next;
  }
  return text;
}

const KEY_HASH_LENGTH = 40;

/** A key as it is where it is short enough, else its beginning and a hash of the whole: still one key a thing. */
export function fitKey(key: string, limit: number): string {
  if (key.length <= limit) return key;
  return `${key.slice(0, limit - KEY_HASH_LENGTH - 1).toWellFormed()}#${hash("sha256", key).slice(0, KEY_HASH_LENGTH)}`;
}
