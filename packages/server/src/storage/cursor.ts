/** Keyset cursors: the sort values of the last row shown, opaque to whoever carries them. */
import { StorageError } from "./storage-error.ts";

type CursorValue = string | number;

export function encodeCursor(values: readonly CursorValue[]): string {
  return Buffer.from(JSON.stringify(values), "utf8").toString("base64url");
}

/** `shape` names the type of each value. */
export function decodeCursor(cursor: string, shape: readonly ("string" | "number")[]): CursorValue[] {
  try {
    const values: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
    if (
      Array.isArray(values) &&
      values.length === shape.length &&
      values.every((value, index) => typeof value === shape[index])
    )
      return values;
  } catch {
    // Told below, in one way.
  }
  throw new StorageError("INVALID_CURSOR", cursor.slice(0, 40));
}

export function decodeNumberCursor(cursor: string, length: number): number[] {
  return decodeCursor(cursor, Array<"number">(length).fill("number")) as number[];
}

const MAX_PAGE = 1000;

export function pageLimit(limit: number): number {
  return Number.isFinite(limit) ? Math.min(Math.max(Math.trunc(limit), 1), MAX_PAGE) : MAX_PAGE;
}

/** Cuts the extra row off that tells whether there is more. */
export function pageOf<Row, Item>(
  rows: readonly Row[],
  limit: number,
  item: (row: Row) => Item,
  key: (row: Row) => readonly CursorValue[],
): { items: Item[]; nextCursor: string | null } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(item),
    nextCursor: rows.length > limit && last !== undefined ? encodeCursor(key(last)) : null,
  };
}
