/**
 * Series and their ids, on the thread that writes. Labels are pairs of symbols (numbers for texts that come again and
 * again), and the bytes of these pairs are the key by which a series is known. Everything is held in memory: about
 * 100 bytes a series.
 *
 * New series need room: a limit for all, and one for each namespace, so that a tenant whose labels run wild fills his own
 * share and nobody else's. Series that exist are never refused.
 */
import { compareText, METRIC_NAME } from "@batchwatch/promql";
import { cleanText } from "../../lib/clean-text.ts";
import { KnownSeries, type SeriesLabels } from "../../model/samples.ts";
import type { SqliteConnection } from "../sqlite/sqlite-connection.ts";
import { bumpCounter } from "./sample-schema.ts";

export interface SeriesLimits {
  /** Of all series. Default 1 000 000. */
  readonly maxSeries: number;
  /** Of one namespace. Default 250 000. */
  readonly maxSeriesPerNamespace: number;
}

export const DEFAULT_SERIES_LIMITS: SeriesLimits = { maxSeries: 1_000_000, maxSeriesPerNamespace: 250_000 };

/** The last tenth of the room is for namespaces with less than their fair share, and for Batchwatch's own series. */
const OPEN_SHARE = 0.9;
/** Batchwatch's own series: no namespace of a key has this name. */
const OWN_NAMESPACE = "";

interface NewNames {
  keys: string[];
  symbols: string[];
  namespaces: number[];
}

export class SeriesRegistry {
  /** Changes when an id that was told may no longer hold: after a rollback, or when series were freed. */
  #epoch: object = {};
  readonly #limits: SeriesLimits;
  readonly #symbols = new Map<string, number>();
  readonly #ids = new Map<string, number>();
  readonly #seriesOfNamespace = new Map<number, number>();
  /** By series id. */
  #metrics: number[] = [];
  #lastId = 0;
  #lastSymbol = 0;
  #new: NewNames = { keys: [], symbols: [], namespaces: [] };
  /** While a sweep looks for unused series: those that were used meanwhile. */
  #marks: Uint8Array | null = null;
  readonly #markedSymbols = new Set<number>();

  constructor(limits: SeriesLimits) {
    this.#limits = limits;
  }

  /** The highest ids given out. */
  get lastId(): number {
    return this.#lastId;
  }

  get lastSymbol(): number {
    return this.#lastSymbol;
  }

  /** The symbol of a series' metric. */
  metricOf(id: number): number {
    return this.#metrics[id] ?? 0;
  }

  get size(): number {
    return this.#ids.size;
  }

  load(connection: SqliteConnection): void {
    this.#symbols.clear();
    this.#ids.clear();
    this.#seriesOfNamespace.clear();
    this.#epoch = {};
    const symbols = connection.execute("select id, text from symbols", []).rows as {
      id: number;
      text: string;
    }[];
    for (const { id, text } of symbols) this.#symbols.set(text, id);
    const series = connection.execute("select id, metric, namespace, labels from series", []).rows as {
      id: number;
      metric: number;
      namespace: number;
      labels: Uint8Array;
    }[];
    this.#metrics = [];
    for (const { id, metric, namespace, labels } of series) {
      this.#metrics[id] = metric;
      this.#ids.set(keyOf(labels), id);
      this.#count(namespace, 1);
    }
    this.#lastId = nextId(connection, "series");
    this.#lastSymbol = nextId(connection, "symbols");
  }

  /**
   * Ids of the series of a batch, 0 where it was refused. New ones are written: inside a write transaction, after which
   * `settle` or `rollback` is called.
   */
  register(
    connection: SqliteConnection,
    series: readonly (SeriesLabels | KnownSeries)[],
    namespace: string | undefined,
  ): Uint32Array {
    const ids = new Uint32Array(series.length);
    for (let index = 0; index < series.length; index++) {
      const one = series[index];
      if (one === undefined) continue;
      if (!(one instanceof KnownSeries)) ids[index] = this.#idOf(connection, sortedPairs(one), namespace);
      else if (one.storeEpoch === this.#epoch) ids[index] = one.storeId;
      else {
        const id = this.#idOf(connection, pairsOf(one), namespace);
        ids[index] = id;
        if (id === 0) continue;
        one.storeId = id;
        one.storeEpoch = this.#epoch;
      }
    }
    const marks = this.#marks;
    if (marks !== null) for (const id of ids) if (id < marks.length) marks[id] = 1;
    return ids;
  }

  settle(): void {
    if (this.#new.keys.length > 0 || this.#new.symbols.length > 0)
      this.#new = { keys: [], symbols: [], namespaces: [] };
  }

  rollback(): void {
    for (const key of this.#new.keys) this.#ids.delete(key);
    for (const text of this.#new.symbols) this.#symbols.delete(text);
    for (const namespace of this.#new.namespaces) this.#count(namespace, -1);
    if (this.#new.keys.length > 0) this.#epoch = {};
    this.settle();
  }

  /** Why a new series of this namespace has no room; null when it has. */
  whyFull(namespace: string | undefined): string | null {
    return this.#whyFull(this.#symbols.get(namespace ?? OWN_NAMESPACE) ?? 0, namespace);
  }

  // ── freeing ───────────────────────────────────────────────────────────────────────────────────────

  /** From now on, remembers what is used; what a sweep finds unused is freed only where it stayed so. */
  beginSweep(): void {
    this.#marks = new Uint8Array(this.#lastId + 1);
    this.#markedSymbols.clear();
  }

  /** Inside a write transaction. Answers how many went. */
  freeSeries(connection: SqliteConnection, ids: Uint32Array): number {
    const marks = this.#marks;
    const unused = ids.filter((id) => marks !== null && id < marks.length && marks[id] === 0);
    let freed = 0;
    for (const id of unused) {
      const [row] = connection.execute("delete from series where id = ? returning namespace, labels", [id])
        .rows as { namespace: number; labels: Uint8Array }[];
      if (row === undefined) continue;
      this.#ids.delete(keyOf(row.labels));
      this.#count(row.namespace, -1);
      freed += 1;
    }
    if (freed > 0) {
      this.#epoch = {};
      bumpCounter(connection, "series_epoch");
    }
    return freed;
  }

  /** Texts that no series names, as of the beginning of the sweep. */
  freeSymbols(connection: SqliteConnection, ids: Uint32Array): void {
    for (const id of ids) {
      if (this.#markedSymbols.has(id)) continue;
      const [row] = connection.execute("delete from symbols where id = ? returning text", [id]).rows as {
        text: string;
      }[];
      if (row !== undefined) this.#symbols.delete(row.text);
    }
    if (ids.length > 0) bumpCounter(connection, "series_epoch");
  }

  endSweep(): void {
    this.#marks = null;
    this.#markedSymbols.clear();
  }

  // ── one series ────────────────────────────────────────────────────────────────────────────────────

  /** @param pairs names and values in turn, clean, in the order of names */
  #idOf(connection: SqliteConnection, pairs: readonly string[], namespace: string | undefined): number {
    const known = this.#knownId(pairs);
    if (known !== undefined) return known;
    const owner = namespace ?? OWN_NAMESPACE;
    if (this.#whyFull(this.#symbols.get(owner) ?? 0, namespace) !== null) return 0;
    const symbols = pairs.map((text) => this.#symbolOf(connection, text));
    const metric = this.#symbolOf(connection, pairs[metricIndex(pairs)] ?? "");
    const labels = encodePairs(symbols);
    const id = this.#lastId + 1;
    const namespaceSymbol = this.#symbolOf(connection, owner);
    connection.execute("insert into series (id, metric, namespace, labels) values (?, ?, ?, ?)", [
      id,
      metric,
      namespaceSymbol,
      labels,
    ]);
    this.#lastId = id;
    this.#metrics[id] = metric;
    const key = keyOf(labels);
    this.#ids.set(key, id);
    this.#count(namespaceSymbol, 1);
    this.#new.keys.push(key);
    this.#new.namespaces.push(namespaceSymbol);
    if (this.#marks !== null)
      for (const symbol of [...symbols, metric, namespaceSymbol]) this.#markedSymbols.add(symbol);
    return id;
  }

  #knownId(pairs: readonly string[]): number | undefined {
    const symbols: number[] = [];
    for (const text of pairs) {
      const symbol = this.#symbols.get(text);
      if (symbol === undefined) return undefined;
      symbols.push(symbol);
    }
    return this.#ids.get(keyOf(encodePairs(symbols)));
  }

  #symbolOf(connection: SqliteConnection, text: string): number {
    const known = this.#symbols.get(text);
    if (known !== undefined) return known;
    const id = this.#lastSymbol + 1;
    connection.execute("insert into symbols (id, text) values (?, ?)", [id, text]);
    this.#lastSymbol = id;
    this.#symbols.set(text, id);
    this.#new.symbols.push(text);
    return id;
  }

  #whyFull(owner: number, namespace: string | undefined): string | null {
    const { maxSeries, maxSeriesPerNamespace } = this.#limits;
    const own = this.#seriesOfNamespace.get(owner) ?? 0;
    if (namespace !== undefined && own >= maxSeriesPerNamespace)
      return `the namespace ${JSON.stringify(namespace)} has ${own} series, which is the most that one may have (metrics.maxSeriesPerNamespace); labels whose values never come again, such as ids, should not be labels`;
    if (
      this.#ids.size >= maxSeries ||
      (this.#ids.size >= maxSeries * OPEN_SHARE && this.#isOverFairShare(own, namespace))
    )
      return `there are ${this.#ids.size} series, and no room for new ones of ${JSON.stringify(namespace ?? "Batchwatch")} (metrics.maxSeries); labels whose values never come again, such as ids, should not be labels`;
    return null;
  }

  #isOverFairShare(own: number, namespace: string | undefined): boolean {
    if (namespace === undefined) return false;
    return own >= this.#limits.maxSeries / Math.max(2, this.#seriesOfNamespace.size);
  }

  #count(namespace: number, by: number): void {
    const count = (this.#seriesOfNamespace.get(namespace) ?? 0) + by;
    if (count > 0) this.#seriesOfNamespace.set(namespace, count);
    else this.#seriesOfNamespace.delete(namespace);
  }
}

/** A missing name is the empty text at the end of the pairs. */
function metricIndex(pairs: readonly string[]): number {
  for (let index = 0; index < pairs.length; index += 2) if (pairs[index] === METRIC_NAME) return index + 1;
  return pairs.length;
}

function pairsOf({ labels: { names, values } }: KnownSeries): string[] {
  const pairs: string[] = [];
  for (let index = 0; index < names.length; index++) pairs.push(names[index] ?? "", values[index] ?? "");
  return pairs;
}

/** Clean, in the order of names; an empty label is none. */
function sortedPairs(labels: SeriesLabels): string[] {
  const pairs: string[] = [];
  let isSorted = true;
  for (const name of Object.keys(labels)) {
    const value = labels[name];
    if (value === undefined || value === "") continue;
    const clean = cleanText(name);
    if (pairs.length > 0 && compareText(pairs[pairs.length - 2] ?? "", clean) > 0) isSorted = false;
    pairs.push(clean, cleanText(value));
  }
  if (isSorted) return pairs;
  const entries = Array.from({ length: pairs.length / 2 }, (_, index) =>
    pairs.slice(index * 2, index * 2 + 2),
  );
  return entries.sort(([a], [b]) => compareText(a ?? "", b ?? "")).flat();
}

const scratch = new Uint8Array(4096);

/** Varints; the same bytes as `encodeSymbolPairs`, without a copy more than needed. */
function encodePairs(symbols: readonly number[]): Buffer {
  const bytes = symbols.length * 5 <= scratch.length ? scratch : new Uint8Array(symbols.length * 5);
  let length = 0;
  for (const symbol of symbols) {
    let rest = symbol;
    while (rest >= 0x80) {
      bytes[length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    bytes[length++] = rest;
  }
  return Buffer.from(bytes.subarray(0, length));
}

function keyOf(labels: Uint8Array): string {
  return Buffer.from(labels.buffer, labels.byteOffset, labels.byteLength).toString("latin1");
}

/** The highest id that was ever given out: ids never come again. */
function nextId(connection: SqliteConnection, table: string): number {
  const [row] = connection.execute("select seq from sqlite_sequence where name = ?", [table]).rows as {
    seq: number;
  }[];
  return row?.seq ?? 0;
}
