/**
 * The ledger's database on PostgreSQL: reads go to the pool, each write takes one of its connections for a transaction.
 * Several processes may do so at once; a transaction that got in another's way is run again.
 */
import type { Kysely } from "kysely";
import pg from "pg";
import { POSTGRES_CAPABILITIES } from "../capabilities.ts";
import {
  fillTemplate,
  kyselyOver,
  type LedgerDatabase,
  type Outcome,
  type Survives,
  Templates,
  type Writer,
} from "../database.ts";
import { storableValue } from "../storable-value.ts";
import { StorageError, toStorageError } from "../storage-error.ts";
import type { Tables } from "../tables.ts";

const POOL_SIZE = 10;
const CONNECT_TIMEOUT_MS = 10_000;
/** How often a transaction is tried when others get in its way. */
const MAX_TRIES = 5;
/** PostgreSQL takes 65 535 parameters in a statement. */
const MAX_PARAMETERS = 60_000;

const INT8 = 20;
const NUMERIC = 1700;

export class PostgresDatabase implements LedgerDatabase {
  readonly capabilities = POSTGRES_CAPABILITIES;
  readonly read: Kysely<Tables>;
  readonly #url: string;
  readonly #writers = new WeakMap<pg.PoolClient, Writer>();
  #pool: pg.Pool | null = null;

  constructor(url: string) {
    this.#url = url;
    this.read = kyselyOver("postgres", (text, parameters) => runOn(this.#open(), text, parameters));
  }

  async open(): Promise<void> {
    this.#pool ??= new pg.Pool({
      connectionString: this.#url,
      max: POOL_SIZE,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      application_name: "batchwatch",
      types: { getTypeParser: typeParser },
    });
    // A connection that breaks while idle is replaced at its next use; without a listener it would end the process.
    this.#pool.on("error", () => {});
  }

  async close(): Promise<void> {
    const pool = this.#pool;
    this.#pool = null;
    await pool?.end();
  }

  async write<T>(work: (writer: Writer) => Promise<T>, survives: Survives = "power-cut"): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#writeOnce(work, survives);
      } catch (error) {
        const contended = error instanceof StorageError && error.code === "CONTENTION";
        if (!contended || attempt >= MAX_TRIES) throw error;
      }
    }
  }

  async #writeOnce<T>(work: (writer: Writer) => Promise<T>, survives: Survives): Promise<T> {
    const client = await this.#connect();
    let broken = false;
    try {
      await runOn(client, "begin", []);
      if (survives === "kill") await runOn(client, "set local synchronous_commit = off", []);
      const result = await work(this.#writerOf(client));
      await runOn(client, "commit", []);
      return result;
    } catch (error) {
      await runOn(client, "rollback", []).catch(() => {
        broken = true;
      });
      throw error;
    } finally {
      client.release(broken);
    }
  }

  async #connect(): Promise<pg.PoolClient> {
    try {
      return await this.#open().connect();
    } catch (error) {
      throw toStorageError(error);
    }
  }

  #open(): pg.Pool {
    if (this.#pool === null) throw new StorageError("CANNOT_OPEN", "the ledger is not open");
    return this.#pool;
  }

  #writerOf(client: pg.PoolClient): Writer {
    const known = this.#writers.get(client);
    if (known !== undefined) return known;
    const db = kyselyOver("postgres", (text, parameters) => runOn(client, text, parameters));
    const templates = new Templates(db);
    const { capabilities } = this;
    const writer: Writer = {
      capabilities,
      db,
      insertAll: async (statement, rows) => {
        const columns = Math.max(1, statement.fields.length);
        const size = Math.min(capabilities.rowsInAnInsert, Math.floor(MAX_PARAMETERS / columns));
        const returned: unknown[] = [];
        for (let start = 0; start < rows.length; start += size) {
          const { sql, parameters } = statement.build(db, rows.slice(start, start + size)).compile();
          returned.push(...(await runOn(client, sql, parameters)).rows);
        }
        return returned;
      },
      changeAll: async (statement, rows) => {
        const met = new Set<number>();
        for (let start = 0; start < rows.length; start += capabilities.rowsInAnInsert) {
          const slice = rows.slice(start, start + capabilities.rowsInAnInsert);
          const { sql, parameters } = statement.buildAll(db, slice).compile();
          for (const row of (await runOn(client, sql, parameters)).rows) met.add((row as { id: number }).id);
        }
        return met;
      },
      runEach: async (statement, rows) => {
        const template = templates.ofEach(statement);
        const outcomes: Outcome[] = [];
        for (const row of rows)
          outcomes.push(await runOn(client, template.text, fillTemplate(template, [row])));
        return outcomes;
      },
    };
    this.#writers.set(client, writer);
    return writer;
  }
}

async function runOn(
  client: pg.Pool | pg.PoolClient,
  text: string,
  parameters: readonly unknown[],
): Promise<Outcome> {
  const values = parameters.map(storableValue);
  try {
    const result: pg.QueryResult<Record<string, unknown>> = await client.query(text, values);
    return { rows: result.rows, affected: result.rowCount ?? 0 };
  } catch (error) {
    throw toStorageError(error);
  }
}

/** Counts and ids are numbers: none of ours passes 2^53. */
function typeParser(oid: number, format?: "text" | "binary"): (value: string) => unknown {
  if (oid === INT8 || oid === NUMERIC) return Number;
  return pg.types.getTypeParser(oid, format ?? "text") as (value: string) => unknown;
}
