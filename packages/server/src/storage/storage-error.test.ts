import { describe, expect, test } from "vitest";
import { StorageError, toStorageError } from "./storage-error.ts";

describe("errors of the engines", () => {
  test.each([
    ["SQLITE_FULL", { errcode: 13 }, "DISK_FULL", true],
    ["SQLITE_BUSY_SNAPSHOT", { errcode: 517 }, "LOCKED", true],
    ["SQLITE_IOERR_FSYNC", { errcode: 1034 }, "IO_ERROR", true],
    ["SQLITE_CORRUPT", { errcode: 11 }, "CORRUPT", false],
    ["SQLITE_NOTADB", { errcode: 26 }, "CORRUPT", false],
    ["SQLITE_READONLY", { errcode: 8 }, "READ_ONLY", false],
    ["SQLITE_CONSTRAINT_FOREIGNKEY", { errcode: 787 }, "CONSTRAINT", false],
    ["SQLITE_ERROR", { errcode: 1 }, "FAILED", false],
    ["disk_full", { code: "53100", severity: "ERROR" }, "DISK_FULL", true],
    ["deadlock_detected", { code: "40P01", severity: "ERROR" }, "CONTENTION", true],
    ["too_many_connections", { code: "53300", severity: "FATAL" }, "UNAVAILABLE", true],
    ["admin_shutdown", { code: "57P01", severity: "FATAL" }, "UNAVAILABLE", true],
    ["foreign_key_violation", { code: "23503", severity: "ERROR" }, "CONSTRAINT", false],
    ["undefined_table", { code: "42P01", severity: "ERROR" }, "FAILED", false],
    ["data_corrupted", { code: "XX001", severity: "ERROR" }, "CORRUPT", false],
    ["refused connection", { code: "ECONNREFUSED" }, "UNAVAILABLE", true],
    ["value out of range", { code: "ERR_OUT_OF_RANGE" }, "INVALID_VALUE", false],
  ])("%s", (message, fields, code, retryable) => {
    const cause = Object.assign(new Error(message), fields);
    const error = toStorageError(cause);
    expect(error).toBeInstanceOf(StorageError);
    expect(error).toMatchObject({ code, retryable, cause, message: expect.stringContaining(message) });
  });

  test.each([
    ["one of ours", new StorageError("LOCKED", "x")],
    ["a mistake of ours", new TypeError("x")],
    ["no error", "x"],
  ])("%s passes through", (_name, error) => {
    expect(toStorageError(error)).toBe(error);
  });
});
