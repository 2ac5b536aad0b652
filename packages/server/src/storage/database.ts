/**
 * A database as the verbs see it: committed rows to read, and one transaction at a time to write in. Both engines
 * stand behind it; Kysely builds the SQL for both.
 */
import {
  type Compilable,
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from "kysely";
import type { Capabilities } from "./capabilities.ts";
import type { Tables } from "./tables.ts";

export interface Outcome {
  rows: unknown[];
  affected: number;
}

/** Runs one statement. SQLite answers at once, PostgreSQL later. */
export type Execute = (text: string, parameters: readonly unknown[]) => Outcome | Promise<Outcome>;

/**
 * A statement that runs for many rows, compiled once. `build` must use each field of its rows as a plain value and
 * must not look at it: on SQLite it sees placeholders.
 */
export interface ManyRows<Row> {
  /** Fields of a row. */
  fields: readonly (keyof Row & string)[];
  build(db: Kysely<Tables>, rows: readonly Row[]): Compilable;
}

/** The same for a statement that takes one row at a time (update, delete). */
export interface EachRow<Row> {
  fields: readonly (keyof Row & string)[];
  build(db: Kysely<Tables>, row: Row): Compilable;
}

/** A statement that changes rows by their id; one that meets no row (it was changed meanwhile) is left out of the answer. */
export interface ChangesById<Row extends { id: number }> extends EachRow<Row> {
  /** The same for all rows in one statement, which returns the ids that it met. */
  buildAll(db: Kysely<Tables>, rows: readonly Row[]): Compilable;
}

export interface Writer {
  readonly capabilities: Capabilities;
  readonly db: Kysely<Tables>;
  /** Inserts all rows; answers what the statement returns, in no particular order. */
  insertAll<Row>(statement: ManyRows<Row>, rows: readonly Row[]): Promise<unknown[]>;
  /** Changes all rows; answers the ids of those that were there to be changed. */
  changeAll<Row extends { id: number }>(
    statement: ChangesById<Row>,
    rows: readonly Row[],
  ): Promise<ReadonlySet<number>>;
  /** Runs the statement for each row, in order. */
  runEach<Row>(statement: EachRow<Row>, rows: readonly Row[]): Promise<Outcome[]>;
}

/**
 * What a commit has to survive before `write` answers. "kill" is enough for what is done again by itself when it is
 * lost (a lease, a look at a deadline); commits become durable in their order, so a lost one takes no earlier one along.
 */
export type Survives = "power-cut" | "kill";

export interface LedgerDatabase {
  readonly capabilities: Capabilities;
  /** Sees committed rows only. Never use it inside `write`. */
  readonly read: Kysely<Tables>;
  open(): Promise<void>;
  close(): Promise<void>;
  /**
   * One transaction, and the only way to write. `work` awaits nothing but its own statements: on SQLite all of it
   * then runs in one go. It may run again when other writers were in the way.
   */
  write<T>(work: (writer: Writer) => Promise<T>, survives?: Survives): Promise<T>;
}

/** A Kysely whose every statement goes to `execute`. Transactions are the database's, not Kysely's. */
export function kyselyOver(engine: Capabilities["engine"], execute: Execute): Kysely<Tables> {
  const connection: DatabaseConnection = {
    async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
      const { rows, affected } = await execute(query.sql, query.parameters);
      return { rows: rows as R[], numAffectedRows: BigInt(affected) };
    },
    streamQuery() {
      throw new Error("Streaming is not used: rows are read in pages.");
    },
  };
  const driver: Driver = {
    init: async () => {},
    acquireConnection: async () => connection,
    beginTransaction: () => Promise.reject(new Error("Use LedgerDatabase.write for transactions.")),
    commitTransaction: async () => {},
    rollbackTransaction: async () => {},
    releaseConnection: async () => {},
    destroy: async () => {},
  };
  const dialect: Dialect =
    engine === "sqlite"
      ? {
          createAdapter: () => new SqliteAdapter(),
          createDriver: () => driver,
          createQueryCompiler: () => new SqliteQueryCompiler(),
          createIntrospector: (db) => new SqliteIntrospector(db),
        }
      : {
          createAdapter: () => new PostgresAdapter(),
          createDriver: () => driver,
          createQueryCompiler: () => new PostgresQueryCompiler(),
          createIntrospector: (db) => new PostgresIntrospector(db),
        };
  return new Kysely<Tables>({ dialect });
}

/** Stands for a field of a row while a statement is compiled. */
class Placeholder {
  readonly row: number;
  readonly field: string;
  constructor(row: number, field: string) {
    this.row = row;
    this.field = field;
  }
}

interface Template {
  text: string;
  /** Name of a field, or a value that is the same for each row. */
  parameters: readonly (Placeholder | unknown)[];
}

/** Templates by statement and number of rows: compiled at the first use and kept as long as the database. */
export class Templates {
  readonly #db: Kysely<Tables>;
  readonly #templates = new Map<object, Map<number, Template>>();

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  /** For so many rows at once. */
  ofInsert<Row>(statement: ManyRows<Row>, count: number): Template {
    return this.#template(
      statement,
      count,
      (rows) => statement.build(this.#db, rows as Row[]),
      statement.fields,
    );
  }

  ofEach<Row>(statement: EachRow<Row>): Template {
    return this.#template(statement, 1, ([row]) => statement.build(this.#db, row as Row), statement.fields);
  }

  #template(
    key: object,
    count: number,
    build: (rows: unknown[]) => Compilable,
    fields: readonly string[],
  ): Template {
    const ofStatement = this.#templates.get(key) ?? new Map<number, Template>();
    this.#templates.set(key, ofStatement);
    const known = ofStatement.get(count);
    if (known !== undefined) return known;
    const rows = Array.from({ length: count }, (_, row) =>
      Object.fromEntries(fields.map((field) => [field, new Placeholder(row, field)])),
    );
    const { sql: text, parameters } = build(rows).compile();
    const template = { text, parameters };
    ofStatement.set(count, template);
    return template;
  }
}

export function fillTemplate(template: Template, rows: readonly unknown[]): unknown[] {
  return template.parameters.map((parameter) =>
    parameter instanceof Placeholder
      ? (rows[parameter.row] as Readonly<Record<string, unknown>>)[parameter.field]
      : parameter,
  );
}
