/**
 * Text as every engine can keep it: PostgreSQL refuses NUL, and a lone surrogate is no UTF-8. Both become U+FFFD,
 * in stored columns and in looked-up values alike, so that what was stored is found again.
 */
import { cleanText } from "@batchwatch/protocol/cut-text";

export { cleanText };

/** JSON text whose strings are all clean. */
export function cleanJson(value: unknown): string {
  const text = JSON.stringify(value);
  // Both would show as escapes; an escaped backslash before them only costs a second pass.
  return text.includes("\\u0000") || text.includes("\\ud") ? JSON.stringify(cleanDeep(value)) : text;
}

function cleanDeep(value: unknown): unknown {
  if (typeof value === "string") return cleanText(value);
  if (Array.isArray(value)) return value.map(cleanDeep);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [cleanText(key), cleanDeep(member)]),
  );
}
