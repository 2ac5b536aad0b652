/** Opaque cursors of lists that are put in order here, not by the store: a sort key and a name, as base64url JSON. */
import { z } from "zod";
import { ApiError } from "./api-error.ts";

const positionSchema = z.tuple([z.number().nullable(), z.string()]);
export type CursorPosition = z.infer<typeof positionSchema>;

export function encodeCursor(position: CursorPosition): string {
  return Buffer.from(JSON.stringify(position)).toString("base64url");
}

export function decodeCursor(cursor: string): CursorPosition {
  try {
    return positionSchema.parse(JSON.parse(Buffer.from(cursor, "base64url").toString("utf8")));
  } catch {
    throw ApiError.parameter(
      "cursor",
      "is no cursor of this list; use nextCursor of the page before, or leave it out",
    );
  }
}
