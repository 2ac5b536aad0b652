/**
 * The tables of `samples.db`, and how a file of an earlier form becomes one of this form. What they mean: README.md.
 */
import type { SqliteConnection } from "../sqlite/sqlite-connection.ts";
import { StorageError } from "../storage-error.ts";
import { ByteWriter } from "./byte-stream.ts";

const FORM = 2;

/** `segments.kind`. */
export const SEGMENT_KIND = { packed: 0, plain: 1, erasure: 2 } as const;
/** `runs.state`. */
export const RUN_STATE = { pending: 0, live: 1, dead: 2 } as const;

const TABLES: readonly string[] = [
  "create table if not exists counters (name text primary key, value integer not null) strict, without rowid",
  "create table if not exists symbols (id integer primary key autoincrement, text text not null) strict",
  `create table if not exists series (
    id integer primary key autoincrement, metric integer not null, namespace integer not null, labels blob not null
  ) strict`,
  `create table if not exists segments (
    id integer primary key autoincrement, from_at real not null, to_at real not null,
    samples integer not null, data blob not null, kind integer not null default 0
  ) strict`,
  `create table if not exists runs (
    id integer primary key autoincrement, partition_at integer not null, level integer not null, seq integer not null,
    state integer not null, from_at real not null, to_at real not null,
    series integer not null, samples integer not null, blocks integer not null, bytes integer not null
  ) strict`,
  `create table if not exists blocks (
    id integer primary key autoincrement, run_id integer not null references runs (id),
    first_metric integer not null, last_metric integer not null, from_at real not null, to_at real not null,
    series integer not null, samples integer not null, directory blob not null, data blob not null
  ) strict`,
  "create index if not exists blocks_by_run on blocks (run_id)",
  `create table if not exists families (
    family text primary key, type text not null, help text not null, unit text not null
  ) strict, without rowid`,
];

/** Names in `counters`. */
export type Counter =
  /** Segments up to this id are in blocks. */
  | "compacted_to"
  /** Grows with every change of what runs are live. */
  | "catalog"
  /** Grows when series or symbols are deleted. */
  | "series_epoch";

/** @throws StorageError NEWER_DATABASE */
export function openSchema(connection: SqliteConnection): void {
  const form = numberOf(connection, "pragma user_version", "user_version");
  if (form > FORM) throw new StorageError("NEWER_DATABASE", `its samples have the form ${form}`);
  if (numberOf(connection, "pragma auto_vacuum", "auto_vacuum") !== 2)
    connection.exec("pragma auto_vacuum = incremental; vacuum;");
  if (form === FORM) return;
  connection.exec("begin immediate");
  try {
    const isFirstForm =
      connection.execute("select 1 from sqlite_schema where name = 'series_labels'", []).rows.length > 0;
    if (isFirstForm) takeFirstForm(connection);
    else for (const statement of TABLES) connection.execute(statement, []);
    connection.exec(`pragma user_version = ${FORM}; commit`);
  } catch (error) {
    if (connection.isInTransaction) connection.exec("rollback");
    throw error;
  }
}

export function readCounter(connection: SqliteConnection, name: Counter): number {
  const [row] = connection.execute("select value from counters where name = ?", [name]).rows as {
    value: number;
  }[];
  return row?.value ?? 0;
}

export function setCounter(connection: SqliteConnection, name: Counter, value: number): void {
  connection.execute(
    "insert into counters (name, value) values (?, ?) on conflict (name) do update set value = excluded.value",
    [name, value],
  );
}

export function bumpCounter(connection: SqliteConnection, name: Counter): void {
  setCounter(connection, name, readCounter(connection, name) + 1);
}

/** Pairs of symbols of name and value, in the order of names. */
export function encodeSymbolPairs(symbols: readonly number[]): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter();
  for (const symbol of symbols) writer.varint(symbol);
  return writer.take();
}

/** The first form had a series' labels as JSON, each label a row of its own, and no blocks. */
function takeFirstForm(connection: SqliteConnection): void {
  connection.exec(
    "drop table series_labels; drop index series_by_day; drop index segments_by_end; alter table series rename to old_series",
  );
  connection.exec("alter table segments add column kind integer not null default 0");
  for (const statement of TABLES) connection.execute(statement, []);
  const symbols = new Map<string, number>();
  const symbolOf = (text: string): number => {
    const known = symbols.get(text);
    if (known !== undefined) return known;
    const id = symbols.size + 1;
    connection.execute("insert into symbols (id, text) values (?, ?)", [id, text]);
    symbols.set(text, id);
    return id;
  };
  const { rows } = connection.execute("select id, labels from old_series", []);
  for (const { id, labels } of rows as { id: number; labels: string }[]) {
    const entries = Object.entries(JSON.parse(labels) as Record<string, string>);
    const metric = symbolOf(entries.find(([name]) => name === "__name__")?.[1] ?? "");
    const pairs = entries.flatMap(([name, value]) => [symbolOf(name), symbolOf(value)]);
    connection.execute("insert into series (id, metric, namespace, labels) values (?, ?, ?, ?)", [
      id,
      metric,
      symbolOf("default"),
      encodeSymbolPairs(pairs),
    ]);
  }
  connection.exec("drop table old_series");
}

function numberOf(connection: SqliteConnection, statement: string, column: string): number {
  const [row] = connection.execute(statement, []).rows as Record<string, number>[];
  return row?.[column] ?? 0;
}
