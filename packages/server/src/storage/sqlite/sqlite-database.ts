/**
 * The ledger's database on SQLite: one connection writes, under a mutex; a second one, read-only, sees committed rows
 * only. In memory there is one connection, and reads wait for the mutex.
 */
import type { Kysely } from "kysely";
import { Mutex } from "../../lib/mutex.ts";
import { SQLITE_CAPABILITIES } from "../capabilities.ts";
import {
  fillTemplate,
  kyselyOver,
  type LedgerDatabase,
  type Outcome,
  type Survives,
  Templates,
  type Writer,
} from "../database.ts";
import { StorageError } from "../storage-error.ts";
import type { Tables } from "../tables.ts";
import { SqliteConnection } from "./sqlite-connection.ts";
import { WalSync } from "./wal-sync.ts";

/** A statement of several rows costs half of as many statements; few sizes, so that few are compiled. */
const INSERT_SIZES = [32, 8, 1];

export class SqliteDatabase implements LedgerDatabase {
  readonly capabilities = SQLITE_CAPABILITIES;
  readonly read: Kysely<Tables>;
  readonly #path: string;
  readonly #pageLimit: number | undefined;
  readonly #mutex = new Mutex();
  readonly #writer: Writer;
  readonly #sync: WalSync | null;
  #writing: SqliteConnection | null = null;
  #reading: SqliteConnection | null = null;

  constructor(path: string, pageLimit?: number) {
    this.#path = path;
    this.#sync = path === ":memory:" ? null : new WalSync(path);
    this.#pageLimit = pageLimit;
    this.read = kyselyOver("sqlite", (text, parameters) => {
      if (this.#reading !== null) return this.#readingNow(this.#reading).execute(text, parameters);
      return this.#mutex.run(() => this.#connection().execute(text, parameters));
    });
    this.#writer = this.#createWriter();
  }

  async open(): Promise<void> {
    this.#writing ??= new SqliteConnection(this.#path, "write", this.#pageLimit);
    // Syncing is ours, after each commit that has to survive.
    this.#writing.exec("pragma synchronous = normal");
    if (this.#path !== ":memory:") this.#reading ??= new SqliteConnection(this.#path, "read");
  }

  async close(): Promise<void> {
    await this.#mutex.run(async () => {
      // The writer goes last: closing it folds the write-ahead log into the file.
      await this.#sync?.close();
      this.#reading?.close();
      this.#writing?.close();
      this.#reading = null;
      this.#writing = null;
    });
  }

  async write<T>(work: (writer: Writer) => Promise<T>, survives: Survives = "power-cut"): Promise<T> {
    const result = await this.#mutex.run(() => this.#transaction(work));
    // Others may commit meanwhile; what they wrote comes to the disk with it or with the next.
    if (survives === "power-cut") await this.#sync?.flush();
    return result;
  }

  async #transaction<T>(work: (writer: Writer) => Promise<T>): Promise<T> {
    const connection = this.#connection();
    connection.exec("begin immediate");
    try {
      const result = await work(this.#writer);
      connection.exec("commit");
      return result;
    } catch (error) {
      // SQLite ends the transaction by itself after some errors, a full disk for one.
      if (connection.isInTransaction) connection.exec("rollback");
      throw error;
    }
  }

  /**
   * Between transactions the writer sees committed rows only, and still has the pages at hand that it wrote last; the
   * reader must fetch them anew after each commit.
   */
  #readingNow(reading: SqliteConnection): SqliteConnection {
    return this.#writing === null || this.#writing.isInTransaction ? reading : this.#writing;
  }

  #connection(): SqliteConnection {
    if (this.#writing === null) throw new StorageError("CANNOT_OPEN", "the ledger is not open");
    return this.#writing;
  }

  #createWriter(): Writer {
    const db = kyselyOver("sqlite", (text, parameters) => this.#connection().execute(text, parameters));
    const templates = new Templates(db);
    return {
      capabilities: this.capabilities,
      db,
      insertAll: async (statement, rows) => {
        const connection = this.#connection();
        const returned: unknown[] = [];
        for (let start = 0; start < rows.length; ) {
          const count = INSERT_SIZES.find((size) => size <= rows.length - start) ?? 1;
          const template = templates.ofInsert(statement, count);
          const values = fillTemplate(template, rows.slice(start, start + count));
          returned.push(...connection.execute(template.text, values).rows);
          start += count;
        }
        return returned;
      },
      changeAll: async (statement, rows) => {
        const template = templates.ofEach(statement);
        const connection = this.#connection();
        const met = rows.filter(
          (row) => connection.execute(template.text, fillTemplate(template, [row])).affected > 0,
        );
        return new Set(met.map(({ id }) => id));
      },
      runEach: async (statement, rows) => {
        const template = templates.ofEach(statement);
        const connection = this.#connection();
        return rows.map((row): Outcome => connection.execute(template.text, fillTemplate(template, [row])));
      },
    };
  }
}
