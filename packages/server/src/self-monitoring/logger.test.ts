import { describe, expect, test } from "vitest";
import { StorageError } from "../storage/storage-error.ts";
import { createLogger } from "./logger.ts";

function logged(format: "json" | "text", err: Error): string {
  let written = "";
  const log = createLogger({ level: "info", format }, { write: (line: string) => (written += line) });
  log.error({ err }, "a commit failed");
  return written;
}

const FULL = new StorageError("DISK_FULL", "database or disk is full", {
  cause: new Error("database or disk is full"),
});

describe("an error with a cause", () => {
  // The message ended in "database or disk is full: database or disk is full".
  test("is told with its own message, and the cause beside it", () => {
    const { err } = JSON.parse(logged("json", FULL)) as { err: { message: string; cause: object } };
    expect(err.message).toBe(
      "The disk that holds the data is full; free some space: database or disk is full",
    );
    expect(err.cause).toMatchObject({ message: "database or disk is full" });
  });

  test("shows where both come from in text", () => {
    const text = logged("text", new Error("not sent", { cause: new Error("no route") }));
    expect(text).toMatch(/^\S+ ERROR a commit failed\nError: not sent\n.*\ncaused by: Error: no route\n/s);
  });
});
