/** What may be bound to a statement. In a file of its own, so that threads that only read need no query builder. */
import { cleanText } from "../lib/clean-text.ts";
import { StorageError } from "./storage-error.ts";

/** Refuses what an engine would quietly bend, and cleans text. */
export function storableValue(value: unknown): unknown {
  if (value === null || value instanceof Uint8Array) return value;
  if (typeof value === "string") return cleanText(value);
  if (typeof value === "number") {
    if (Number.isInteger(value) ? Number.isSafeInteger(value) : Number.isFinite(value)) return value;
    throw new StorageError("INVALID_VALUE", `${value} is no finite number up to 2^53 - 1`);
  }
  if (Array.isArray(value)) return value.map(storableValue);
  throw new StorageError("INVALID_VALUE", `a value of type ${typeof value} has no column type`);
}
