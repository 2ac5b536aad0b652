/**
 * What a job hands over (metadata, attributes of events) as what OpenTelemetry can carry: text, numbers, booleans. Anything else
 * becomes text, cut to a bound; cyclic, huge and hostile values too.
 */
import { cleanText, cutText } from "@batchwatch/protocol/cut-text";
import { warnOnce } from "./guarded.ts";

export type PlainValue = string | number | boolean;

const MAX_ENTRIES = 128;
const MAX_KEY = 200;
const MAX_TEXT_BYTES = 4_096;
/** Of one object, before it is cut: what is deeper or longer tells nobody anything. */
const MAX_DEPTH = 6;
const MAX_MEMBERS = 200;

/** The first 128 entries; null, undefined, functions and symbols are left out. Never throws. */
export function plainValues(given: unknown, what: string): Record<string, PlainValue> {
  const values: Record<string, PlainValue> = {};
  if (typeof given !== "object" || given === null) return values;
  let entries = 0;
  for (const key of safeKeys(given)) {
    const value = plainValue(read(given, key));
    if (value === null || key === "") continue;
    if (++entries > MAX_ENTRIES) {
      warnOnce(`${what} holds more than ${MAX_ENTRIES} entries; the first ones are kept`);
      break;
    }
    values[cleanText(key).slice(0, MAX_KEY)] = value;
  }
  return values;
}

/** null: nothing that can be said. */
function plainValue(value: unknown): PlainValue | null {
  switch (typeof value) {
    case "string":
      return cutText(cleanText(value), MAX_TEXT_BYTES).text;
    case "boolean":
      return value;
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "bigint":
      return String(value);
    case "object":
      return value === null ? null : cutText(cleanText(plainText(value)), MAX_TEXT_BYTES).text;
    case "undefined":
    case "function":
    case "symbol":
      return null;
  }
}

/** Text of anything at all; never throws. */
export function plainText(value: unknown): string {
  try {
    if (typeof value === "string") return value;
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
    if (typeof value !== "object" || value === null) return String(value);
    return JSON.stringify(bounded(value, 0, new Set()));
  } catch {
    return "[unreadable]";
  }
}

function bounded(value: unknown, depth: number, above: ReadonlySet<object>): unknown {
  if (typeof value === "bigint" || typeof value === "symbol" || typeof value === "function")
    return String(value);
  if (typeof value !== "object" || value === null) return value;
  if (above.has(value)) return "[circular]";
  if (depth >= MAX_DEPTH) return "[deeper]";
  const inside = new Set(above).add(value);
  if (value instanceof Date || value instanceof Error) return plainText(String(value));
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (Array.isArray(value))
    return value.slice(0, MAX_MEMBERS).map((member) => bounded(member, depth + 1, inside));
  if (value instanceof Map) return bounded(Object.fromEntries(value), depth, above);
  if (value instanceof Set) return bounded([...value], depth, above);
  return Object.fromEntries(
    safeKeys(value)
      .slice(0, MAX_MEMBERS)
      .map((key) => [key, bounded(read(value, key), depth + 1, inside)]),
  );
}

function safeKeys(value: object): string[] {
  try {
    return Object.keys(value);
  } catch {
    return [];
  }
}

function read(value: object, key: string): unknown {
  try {
    return (value as Record<string, unknown>)[key];
  } catch {
    return undefined;
  }
}
