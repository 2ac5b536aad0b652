/**
 * What can go wrong in storage, told apart so that callers can answer well: what happened, and whether the same
 * call may succeed later. Errors of both engines are turned into these in one place.
 */

export const STORAGE_ERROR_CODES = {
  DISK_FULL: { retryable: true, words: "The disk that holds the data is full; free some space" },
  LOCKED: { retryable: true, words: "The database is locked by another process" },
  UNAVAILABLE: { retryable: true, words: "The database does not answer" },
  CONTENTION: { retryable: true, words: "Other writers were in the way; try again" },
  IO_ERROR: { retryable: true, words: "Reading or writing the data files failed" },
  CORRUPT: {
    retryable: false,
    words: "The database file is damaged or no database; restore a backup, or move the file away",
  },
  READ_ONLY: { retryable: false, words: "The data may not be written by this user" },
  CANNOT_OPEN: { retryable: false, words: "The data cannot be opened; check the path and its rights" },
  NEWER_DATABASE: { retryable: false, words: "The data was written by a newer Batchwatch; install that one" },
  INVALID_VALUE: { retryable: false, words: "A value cannot be stored" },
  INVALID_CURSOR: { retryable: false, words: "The cursor is none of ours; begin again without one" },
  INVALID_MATCHER: { retryable: false, words: "The label matcher cannot be used" },
  SELECTION_TOO_LARGE: {
    retryable: false,
    words: "Too many samples were asked for; ask for less time or fewer series",
  },
  CONSTRAINT: { retryable: false, words: "The rows contradict each other" },
  FAILED: { retryable: false, words: "The database refused the statement" },
} as const;
export type StorageErrorCode = keyof typeof STORAGE_ERROR_CODES;

export class StorageError extends Error {
  readonly code: StorageErrorCode;
  readonly retryable: boolean;

  constructor(code: StorageErrorCode, detail: string, options?: ErrorOptions) {
    const known = STORAGE_ERROR_CODES[code];
    super(`${known.words}: ${detail}`, options);
    this.code = code;
    this.retryable = known.retryable;
  }
}

/** Primary result codes of SQLite (https://www.sqlite.org/rescode.html). */
const SQLITE_CODES: Readonly<Record<number, StorageErrorCode>> = {
  5: "LOCKED",
  6: "LOCKED",
  8: "READ_ONLY",
  10: "IO_ERROR",
  11: "CORRUPT",
  13: "DISK_FULL",
  14: "CANNOT_OPEN",
  18: "INVALID_VALUE",
  19: "CONSTRAINT",
  20: "INVALID_VALUE",
  26: "CORRUPT",
};

/** SQLSTATE by prefix, the longest first (https://www.postgresql.org/docs/current/errcodes-appendix.html). */
const SQLSTATES: readonly (readonly [string, StorageErrorCode])[] = [
  ["53100", "DISK_FULL"],
  ["40P01", "CONTENTION"],
  ["40001", "CONTENTION"],
  ["55P03", "LOCKED"],
  ["25006", "READ_ONLY"],
  ["42501", "READ_ONLY"],
  ["3D000", "CANNOT_OPEN"],
  ["28", "CANNOT_OPEN"],
  ["08", "UNAVAILABLE"],
  ["57P", "UNAVAILABLE"],
  ["53", "UNAVAILABLE"],
  ["58", "IO_ERROR"],
  ["XX00", "CORRUPT"],
  ["22", "INVALID_VALUE"],
  ["23", "CONSTRAINT"],
];

const NETWORK_CODES: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "ENOTFOUND",
  "EHOSTUNREACH",
]);

/** Gives an engine's error its code; what is ours already, or no database's error, passes through. */
export function toStorageError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const code = codeOf(error);
  return code === null ? error : new StorageError(code, error.message, { cause: error });
}

function codeOf(error: Error): StorageErrorCode | null {
  if ("errcode" in error && typeof error.errcode === "number")
    return SQLITE_CODES[error.errcode & 0xff] ?? "FAILED";
  if (!("code" in error) || typeof error.code !== "string" || error instanceof StorageError) return null;
  const code = error.code;
  if (NETWORK_CODES.has(code)) return "UNAVAILABLE";
  if (code === "ERR_OUT_OF_RANGE" || code === "ERR_INVALID_ARG_TYPE") return "INVALID_VALUE";
  if (!/^[0-9A-Z]{5}$/.test(code) || !("severity" in error)) {
    return /connection terminated|timeout exceeded when trying to connect/i.test(error.message)
      ? "UNAVAILABLE"
      : null;
  }
  return SQLSTATES.find(([prefix]) => code.startsWith(prefix))?.[1] ?? "FAILED";
}
