/**
 * Everything that changes `samples.db`, on the one connection that writes; each method is one transaction. What a commit
 * is: the new series, and one segment with all samples of all batches.
 */
import type { MetricFamily, RefusedSamples, SampleBatch } from "../../model/samples.ts";
import type { AppendOutcome } from "../metric-store.ts";
import type { SqliteConnection } from "../sqlite/sqlite-connection.ts";
import { StorageError } from "../storage-error.ts";
import { FamilyTable } from "./family-table.ts";
import { SEGMENT_KIND } from "./sample-schema.ts";
import { encodeErasure, type SegmentColumns, SegmentWriter } from "./segment-codec.ts";
import type { SeriesRegistry } from "./series-registry.ts";
import { copyValue } from "./series-samples.ts";

export interface Erasing {
  ids: Uint32Array;
  fromAt: number;
  toAt: number;
}

interface Resolved {
  batch: SampleBatch;
  /** Of each series of the batch; 0 = refused. */
  ids: Uint32Array;
  outcome: AppendOutcome;
}

export class SampleWriter {
  readonly #connection: SqliteConnection;
  readonly #registry: SeriesRegistry;
  readonly #families = new FamilyTable();

  constructor(connection: SqliteConnection, registry: SeriesRegistry) {
    this.#connection = connection;
    this.#registry = registry;
    this.#families.load(connection);
  }

  /** Answers what was refused, and how many samples were stored. @throws StorageError: nothing is stored */
  append(
    batches: readonly SampleBatch[],
    erasing: Erasing | null = null,
  ): { outcomes: readonly AppendOutcome[]; stored: number } {
    for (const batch of batches) checkBatch(batch);
    if (erasing === null && batches.every(isEmpty)) return { outcomes: batches.map(() => null), stored: 0 };
    return this.transaction((connection) => {
      if (erasing !== null) writeErasure(connection, erasing);
      const resolved = batches.map((batch) => this.#resolve(batch));
      for (const { families } of batches)
        if (families !== undefined) this.#families.write(connection, families);
      return { outcomes: resolved.map(({ outcome }) => outcome), stored: writeSegment(connection, resolved) };
    });
  }

  /** One transaction; ids that were given out in it are forgotten when it fails. */
  transaction<T>(work: (connection: SqliteConnection) => T): T {
    const connection = this.#connection;
    connection.execute("begin immediate", []);
    try {
      const result = work(connection);
      connection.execute("commit", []);
      this.#registry.settle();
      this.#families.settle();
      return result;
    } catch (error) {
      this.#registry.rollback();
      this.#families.rollback();
      if (connection.isInTransaction) connection.exec("rollback");
      throw error;
    }
  }

  /** What is committed. */
  reading<T>(work: (connection: SqliteConnection) => T): T {
    return work(this.#connection);
  }

  /** A statement that SQLite wants alone. */
  outsideTransactions(text: string): void {
    this.#connection.exec(text);
  }

  families(family: string | undefined): MetricFamily[] {
    return this.#families.list(family);
  }

  #resolve(batch: SampleBatch): Resolved {
    const ids = this.#registry.register(this.#connection, batch.series, batch.namespace);
    const refused = ids.reduce((count, id) => (id === 0 ? count + 1 : count), 0);
    return { batch, ids, outcome: refused === 0 ? null : this.#refusal(batch, ids, refused) };
  }

  #refusal(batch: SampleBatch, ids: Uint32Array, series: number): RefusedSamples {
    let samples = 0;
    for (const index of batch.seriesIndex) if (ids[index] === 0) samples++;
    const why = this.#registry.whyFull(batch.namespace) ?? "there was no room for new series";
    return { samples, series, reason: `${samples} samples of ${series} new series were not stored: ${why}` };
  }
}

function isEmpty({ times, families }: SampleBatch): boolean {
  return times.length === 0 && (families === undefined || families.length === 0);
}

function checkBatch({ series, seriesIndex, times, values }: SampleBatch): void {
  const { length } = times;
  if (seriesIndex.length !== length || length !== values.length)
    throw new StorageError("INVALID_VALUE", "the columns of a sample batch differ in length");
  for (let index = 0; index < length; index++) {
    if ((seriesIndex[index] ?? 0) >= series.length)
      throw new StorageError("INVALID_VALUE", "a sample names a series that its batch does not have");
    if (!Number.isSafeInteger(times[index]))
      throw new StorageError("INVALID_VALUE", "a sample's time is no whole number of milliseconds");
  }
}

/** Answers how many samples it has. */
function writeSegment(connection: SqliteConnection, resolved: readonly Resolved[]): number {
  let count = 0;
  for (const { batch, outcome } of resolved) count += batch.times.length - (outcome?.samples ?? 0);
  if (count === 0) return 0;
  const writer = new SegmentWriter(count);
  let offset = 0;
  for (const one of resolved)
    offset =
      one.outcome === null ? fill(writer.columns, one, offset) : fillAccepted(writer.columns, one, offset);
  const { kind, data } = writer.encode();
  const { fromAt, toAt } = spanOf(writer.columns.times);
  connection.execute("insert into segments (from_at, to_at, samples, kind, data) values (?, ?, ?, ?, ?)", [
    fromAt,
    toAt,
    count,
    kind,
    data,
  ]);
  return count;
}

function writeErasure(connection: SqliteConnection, { ids, fromAt, toAt }: Erasing): void {
  if (ids.length === 0) return;
  connection.execute("insert into segments (from_at, to_at, samples, kind, data) values (?, ?, 0, ?, ?)", [
    fromAt,
    toAt,
    SEGMENT_KIND.erasure,
    encodeErasure(ids),
  ]);
}

function fill(columns: SegmentColumns, { batch, ids }: Resolved, offset: number): number {
  const { seriesIndex, times, values } = batch;
  columns.times.set(times, offset);
  columns.values.set(values, offset);
  for (let index = 0; index < seriesIndex.length; index++)
    columns.seriesIds[offset + index] = ids[seriesIndex[index] ?? 0] ?? 0;
  return offset + seriesIndex.length;
}

function fillAccepted(columns: SegmentColumns, { batch, ids }: Resolved, offset: number): number {
  const { seriesIndex, times, values } = batch;
  let place = offset;
  for (let index = 0; index < seriesIndex.length; index++) {
    const id = ids[seriesIndex[index] ?? 0] ?? 0;
    if (id === 0) continue;
    columns.seriesIds[place] = id;
    columns.times[place] = times[index] ?? 0;
    copyValue(values, index, columns.values, place);
    place++;
  }
  return place;
}

function spanOf(times: Float64Array): { fromAt: number; toAt: number } {
  let fromAt = Number.POSITIVE_INFINITY;
  let toAt = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < times.length; index++) {
    const at = times[index] ?? 0;
    if (at < fromAt) fromAt = at;
    if (at > toAt) toAt = at;
  }
  return { fromAt, toAt };
}
