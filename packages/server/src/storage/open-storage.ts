/** Makes the stores of a data directory, or of a PostgreSQL address. Each is opened by its own `open()`. */
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { createKyselyLedgerStore } from "./kysely-ledger-store.ts";
import type { LedgerStore } from "./ledger-store.ts";
import type { MetricStore } from "./metric-store.ts";
import { PostgresDatabase } from "./postgres/postgres-database.ts";
import { type MetricStoreOptions, SqliteMetricStore } from "./samples/sqlite-metric-store.ts";
import { SqliteDatabase } from "./sqlite/sqlite-database.ts";
import { StorageError } from "./storage-error.ts";

export const LEDGER_FILE = "ledger.db";
export const SAMPLES_FILE = "samples.db";

/** The embedded default: both stores as files of one directory, which is made where it is missing. */
export function createSqliteStorage(options: {
  dataDir: string;
  newUuid?: () => string;
  metrics?: Omit<MetricStoreOptions, "path">;
}): {
  ledger: LedgerStore;
  samples: MetricStore;
} {
  const { dataDir, metrics, ...rest } = options;
  return {
    ledger: createSqliteLedger({ path: join(dataDir, LEDGER_FILE), ...rest }),
    samples: createSqliteSamples({ path: join(dataDir, SAMPLES_FILE), ...metrics }),
  };
}

export interface SqliteLedgerOptions {
  /** ":memory:" for tests. */
  path: string;
  /** Makes ping UUIDs. */
  newUuid?: () => string;
  /** Pages of 4 KiB that the file may have; at least what it has. Default: as many as the disk holds. */
  pageLimit?: number;
}

export function createSqliteLedger({ path, newUuid, pageLimit }: SqliteLedgerOptions): LedgerStore {
  makeDirectoryOf(path);
  return createKyselyLedgerStore(new SqliteDatabase(path, pageLimit), newUuid);
}

/** `path` may be ":memory:" for tests. */
export function createSqliteSamples(options: MetricStoreOptions): MetricStore {
  makeDirectoryOf(options.path);
  return new SqliteMetricStore(options);
}

/** `url` as libpq takes it: postgres://user:password@host:port/database. */
export function createPostgresLedger(options: { url: string; newUuid?: () => string }): LedgerStore {
  return createKyselyLedgerStore(new PostgresDatabase(options.url), options.newUuid);
}

function makeDirectoryOf(path: string): void {
  if (path === ":memory:") return;
  try {
    mkdirSync(dirname(path), { recursive: true });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new StorageError("CANNOT_OPEN", why, { cause: error });
  }
}
