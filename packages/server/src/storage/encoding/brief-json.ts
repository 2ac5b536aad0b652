/**
 * JSON as it is stored beside runs and events, with the commonest value of all written briefly: a ping tells nothing but
 * which client sent it, and that would be the largest part of its row.
 */
import { cleanJson } from "../../lib/clean-text.ts";

const BEFORE = '{"metadata":{"user_agent":"';
const AFTER = '"}}';
/** No JSON text begins with it. */
const BRIEF = "u";

/** Null for an object without members. */
export function writeBrief(value: object): string | null {
  const text = cleanJson(value);
  if (text === "{}") return null;
  // What stands between the two is put back as it is, so it may be anything.
  if (!text.startsWith(BEFORE) || !text.endsWith(AFTER)) return text;
  return BRIEF + text.slice(BEFORE.length, -AFTER.length);
}

export function readBrief(text: string | null): object {
  if (text === null) return {};
  return JSON.parse(text.startsWith(BRIEF) ? BEFORE + text.slice(BRIEF.length) + AFTER : text) as object;
}
