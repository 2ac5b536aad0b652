/**
 * The sample store's first form, in a SQLite file of its own, so that samples can neither fill nor slow the ledger.
 * Each append is one row: a columnar segment (segment-codec.ts) with the span of its times. Reading opens the segments
 * that overlap the asked time, and gives way to other work in between.
 */
import { setImmediate } from "node:timers/promises";
import { Mutex } from "../../lib/mutex.ts";
import type { SampleBatch, SeriesLabels } from "../../model/samples.ts";
import type { LabelMatcher, SampleStore, Series } from "../sample-store.ts";
import { SqliteConnection } from "../sqlite/sqlite-connection.ts";
import { StorageError } from "../storage-error.ts";
import { decodeSegment, encodeSegment, type SegmentColumns } from "./segment-codec.ts";
import { DAY_MS, SERIES_TABLES, SeriesRegistry, selectSeries } from "./series-registry.ts";

const DEFAULT_SERIES_LIMIT = 10_000;
const DEFAULT_VALUES_LIMIT = 10_000;
/** Some 320 MB in one answer. */
const MAX_SELECTED_SAMPLES = 20_000_000;
/** Segments read at a time, and how long the event loop may be held. */
const SEGMENTS_A_READ = 16;
const HOLD_MS = 10;

const SEGMENT_TABLES = [
  `create table if not exists segments (
    id integer primary key autoincrement, from_at real not null, to_at real not null,
    samples integer not null, data blob not null
  ) strict`,
  "create index if not exists segments_by_end on segments (to_at)",
];

export class SqliteSampleStore implements SampleStore {
  readonly #path: string;
  readonly #mutex = new Mutex();
  readonly #registry = new SeriesRegistry();
  #writing: SqliteConnection | null = null;
  #reading: SqliteConnection | null = null;

  /** `path` may be ":memory:" for tests. */
  constructor(path: string) {
    this.#path = path;
  }

  async open(): Promise<void> {
    await this.#mutex.run(() => {
      this.#writing ??= new SqliteConnection(this.#path, "write");
      this.#transaction(this.#writing, (connection) => {
        for (const statement of [...SERIES_TABLES, ...SEGMENT_TABLES]) connection.execute(statement, []);
      });
      // In memory there is one connection: what writes does so in one go, so reads never meet half of it.
      this.#reading ??= this.#path === ":memory:" ? this.#writing : new SqliteConnection(this.#path, "read");
    });
  }

  async close(): Promise<void> {
    await this.#mutex.run(() => {
      this.#reading?.close();
      this.#writing?.close();
      this.#reading = null;
      this.#writing = null;
      this.#registry.forget();
    });
  }

  async append(batches: readonly SampleBatch[]): Promise<void> {
    for (const batch of batches) checkBatch(batch);
    const filled = batches.filter((batch) => batch.times.length > 0);
    if (filled.length === 0) return;
    await this.#mutex.run(() => {
      this.#transaction(this.#writer(), (connection) => {
        const columns = this.#columns(connection, filled);
        let fromAt = Number.POSITIVE_INFINITY;
        let toAt = Number.NEGATIVE_INFINITY;
        for (const at of columns.times) {
          if (at < fromAt) fromAt = at;
          if (at > toAt) toAt = at;
        }
        connection.execute("insert into segments (from_at, to_at, samples, data) values (?, ?, ?, ?)", [
          fromAt,
          toAt,
          columns.times.length,
          encodeSegment(columns),
        ]);
      });
    });
  }

  async select(
    matchers: readonly LabelMatcher[],
    from: number,
    to: number,
    limit = DEFAULT_SERIES_LIMIT,
  ): Promise<Series[]> {
    const reader = this.#reader();
    const labels = selectSeries(reader, matchers);
    if (labels.size === 0 || limit < 1) return [];
    const found = new Found(labels);
    let lastId = 0;
    let heldSince = performance.now();
    for (;;) {
      const { rows } = reader.execute(
        "select id, data from segments where id > ? and to_at >= ? and from_at <= ? order by id limit ?",
        [lastId, from, to, SEGMENTS_A_READ],
      );
      for (const row of rows as { id: number; data: Uint8Array }[]) {
        found.take(decodeSegment(row.data), from, to);
        lastId = row.id;
        if (performance.now() - heldSince < HOLD_MS) continue;
        await setImmediate();
        heldSince = performance.now();
      }
      if (rows.length < SEGMENTS_A_READ) return found.series(limit);
    }
  }

  async labelNames(): Promise<string[]> {
    const { rows } = this.#reader().execute("select distinct name from series_labels order by name", []);
    return (rows as { name: string }[]).map((row) => row.name);
  }

  async labelValues(name: string, limit = DEFAULT_VALUES_LIMIT): Promise<string[]> {
    const { rows } = this.#reader().execute(
      "select distinct value from series_labels where name = ? order by value limit ?",
      [name, Math.max(0, limit)],
    );
    return (rows as { value: string }[]).map((row) => row.value);
  }

  async prune(before: number, limit: number): Promise<number> {
    if (limit < 1) return 0;
    return this.#mutex.run(() =>
      this.#transaction(this.#writer(), (connection) => {
        const { affected } = connection.execute(
          "delete from segments where id in (select id from segments where to_at < ? order by to_at limit ?)",
          [before, limit],
        );
        // Where a segment that stays holds a sample of such a series, that sample is older than `before`.
        const aged = connection.execute(
          "delete from series where id in (select id from series where last_day < ? order by last_day limit ?)",
          [Math.floor(before / DAY_MS), limit],
        );
        if (aged.affected > 0) this.#registry.forget();
        return affected;
      }),
    );
  }

  async stats() {
    const reader = this.#reader();
    const [series] = reader.execute("select count(*) as count from series", []).rows as { count: number }[];
    const [row] = reader.execute(
      `select count(*) as segments, coalesce(sum(length(data)), 0) as bytes, min(from_at) as firstAt,
        max(to_at) as lastAt from segments`,
      [],
    ).rows as { segments: number; bytes: number; firstAt: number | null; lastAt: number | null }[];
    return {
      series: series?.count ?? 0,
      segments: row?.segments ?? 0,
      bytes: row?.bytes ?? 0,
      firstAt: row?.firstAt ?? null,
      lastAt: row?.lastAt ?? null,
    };
  }

  #columns(connection: SqliteConnection, batches: readonly SampleBatch[]): SegmentColumns {
    const count = batches.reduce((sum, batch) => sum + batch.times.length, 0);
    const columns = {
      seriesIds: new Uint32Array(count),
      times: new Float64Array(count),
      values: new Float64Array(count),
    };
    let offset = 0;
    for (const batch of batches) {
      const lastAt = batch.series.map(() => 0);
      batch.seriesIndex.forEach((index, sample) => {
        lastAt[index] = Math.max(lastAt[index] ?? 0, batch.times[sample] ?? 0);
      });
      const ids = this.#registry.register(connection, batch.series, lastAt);
      batch.seriesIndex.forEach((index, sample) => {
        columns.seriesIds[offset + sample] = ids[index] ?? 0;
      });
      columns.times.set(batch.times, offset);
      columns.values.set(batch.values, offset);
      offset += batch.times.length;
    }
    return columns;
  }

  #transaction<T>(connection: SqliteConnection, work: (connection: SqliteConnection) => T): T {
    connection.exec("begin immediate");
    try {
      const result = work(connection);
      connection.exec("commit");
      return result;
    } catch (error) {
      this.#registry.forget();
      if (connection.isInTransaction) connection.exec("rollback");
      throw error;
    }
  }

  #writer(): SqliteConnection {
    if (this.#writing === null) throw new StorageError("CANNOT_OPEN", "the sample store is not open");
    return this.#writing;
  }

  #reader(): SqliteConnection {
    if (this.#reading === null) throw new StorageError("CANNOT_OPEN", "the sample store is not open");
    return this.#reading;
  }
}

function checkBatch({ series, seriesIndex, times, values }: SampleBatch): void {
  if (seriesIndex.length !== times.length || times.length !== values.length)
    throw new StorageError("INVALID_VALUE", "the columns of a sample batch differ in length");
  if (seriesIndex.some((index) => index >= series.length))
    throw new StorageError("INVALID_VALUE", "a sample names a series that its batch does not have");
  if (times.some((at) => !(Math.abs(at) <= Number.MAX_SAFE_INTEGER)))
    throw new StorageError("INVALID_VALUE", "a sample's time is no number of milliseconds");
}

/** Samples of the selected series, as they come out of the segments. */
class Found {
  readonly #labels: ReadonlyMap<number, SeriesLabels>;
  readonly #samples = new Map<number, { times: number[]; values: number[] }>();
  #count = 0;

  constructor(labels: ReadonlyMap<number, SeriesLabels>) {
    this.#labels = labels;
  }

  take({ seriesIds, times, values }: SegmentColumns, from: number, to: number): void {
    for (let index = 0; index < seriesIds.length; index++) {
      const id = seriesIds[index] ?? 0;
      const at = times[index] ?? 0;
      if (at < from || at > to || !this.#labels.has(id)) continue;
      const samples = this.#samples.get(id) ?? { times: [], values: [] };
      this.#samples.set(id, samples);
      samples.times.push(at);
      samples.values.push(values[index] ?? 0);
      this.#count += 1;
    }
    if (this.#count > MAX_SELECTED_SAMPLES)
      throw new StorageError("SELECTION_TOO_LARGE", `more than ${MAX_SELECTED_SAMPLES}`);
  }

  /** In the order in which the series were first seen. */
  series(limit: number): Series[] {
    const series: Series[] = [];
    for (const [id, labels] of this.#labels) {
      const samples = this.#samples.get(id);
      if (samples === undefined) continue;
      series.push({ labels, ...inOrder(samples.times, samples.values) });
      if (series.length === limit) break;
    }
    return series;
  }
}

/** Ascending, one value a time: of several the one written last. */
function inOrder(times: readonly number[], values: readonly number[]): Pick<Series, "times" | "values"> {
  const order = times.map((_, index) => index);
  // A stable sort leaves samples of one time in the order of writing.
  order.sort((a, b) => (times[a] ?? 0) - (times[b] ?? 0));
  const kept = order.filter((index, position) => times[index] !== times[order[position + 1] ?? -1]);
  return {
    times: Float64Array.from(kept, (index) => times[index] ?? 0),
    values: Float64Array.from(kept, (index) => values[index] ?? 0),
  };
}
