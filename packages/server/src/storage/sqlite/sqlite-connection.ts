/** One SQLite connection: prepared statements are kept by their text, values checked, errors given their codes. */
import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { Outcome } from "../database.ts";
import { storableValue } from "../storable-value.ts";
import { toStorageError } from "../storage-error.ts";

/** How long to wait for another process's lock. */
const BUSY_TIMEOUT_MS = 5000;
/** Texts are few (lists are one parameter); the bound only guards against a leak. */
const STATEMENT_LIMIT = 1000;
/** Pages of 4 KiB. A page that many commits change goes from the log into the file once. */
const CHECKPOINT_PAGES = 4000;
/** Negative: KiB. */
const CACHE_SIZE = -32_768;

interface Prepared {
  statement: StatementSync;
  returnsRows: boolean;
}

type Bindable = string | number | null | Uint8Array;

export class SqliteConnection {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, Prepared>();

  /** `pageLimit`: the file may not grow beyond so many pages, or beyond its present size. */
  constructor(path: string, mode: "write" | "read", pageLimit?: number) {
    try {
      this.#db = new DatabaseSync(path, {
        readOnly: mode === "read",
        timeout: BUSY_TIMEOUT_MS,
        enableForeignKeyConstraints: true,
      });
      this.#db.exec(`pragma cache_size = ${CACHE_SIZE}; pragma temp_store = memory;`);
      if (mode === "write")
        this.#db.exec(
          `pragma journal_mode = wal; pragma synchronous = full; pragma wal_autocheckpoint = ${CHECKPOINT_PAGES};`,
        );
      if (pageLimit !== undefined) this.#db.exec(`pragma max_page_count = ${Math.trunc(pageLimit)};`);
    } catch (error) {
      throw toStorageError(error);
    }
  }

  /** One statement, or several without parameters or rows. */
  exec(text: string): void {
    try {
      this.#db.exec(text);
    } catch (error) {
      throw toStorageError(error);
    }
  }

  execute(text: string, parameters: readonly unknown[]): Outcome {
    const values = parameters.map(storableValue) as Bindable[];
    try {
      const { statement, returnsRows } = this.#prepared(text);
      if (!returnsRows) return { rows: [], affected: Number(statement.run(...values).changes) };
      const rows = statement.all(...values);
      return { rows, affected: rows.length };
    } catch (error) {
      throw toStorageError(error);
    }
  }

  get isInTransaction(): boolean {
    return this.#db.isTransaction;
  }

  close(): void {
    this.#statements.clear();
    if (this.#db.isOpen) this.#db.close();
  }

  #prepared(text: string): Prepared {
    const known = this.#statements.get(text);
    if (known !== undefined) return known;
    const statement = this.#db.prepare(text);
    const prepared = { statement, returnsRows: statement.columns().length > 0 };
    if (this.#statements.size >= STATEMENT_LIMIT) this.#statements.clear();
    this.#statements.set(text, prepared);
    return prepared;
  }
}
