/**
 * The embedded metric store: one SQLite file, written by this thread, read by threads of its own (README.md). Appends are
 * group commits that a sync beside the thread makes durable; compaction follows them; questions go to the query pool.
 */
import { type Clock, systemClock } from "../../lib/clock.ts";
import { Mutex } from "../../lib/mutex.ts";
import type { MetricFamily, SampleBatch } from "../../model/samples.ts";
import type { QueryLimits, SeriesQuestion } from "../metric-queries.ts";
import type {
  AppendOutcome,
  LabelMatcher,
  Labels,
  MetricStore,
  MetricStoreStats,
  RangeReplacement,
  SourceSeries,
} from "../metric-store.ts";
import { SqliteConnection } from "../sqlite/sqlite-connection.ts";
import { WalSync } from "../sqlite/wal-sync.ts";
import { StorageError } from "../storage-error.ts";
import type { Answer, QueryOptions, Question } from "./answer-question.ts";
import { InThreadCompaction, ThreadedCompaction } from "./compaction-runner.ts";
import { Compactor, DEFAULT_FLUSH_LIMITS, type FlushLimits } from "./compactor.ts";
import { type AskOptions, InThreadQueries, type QueryAsking } from "./in-thread-queries.ts";
import { unpackAnswer, unpackLabels, unpackSeries } from "./pack-series.ts";
import { QueryPool, type QueryPoolOptions } from "./query-pool.ts";
import { buryOldest, buryPending, liveBytes } from "./run-table.ts";
import { openSchema } from "./sample-schema.ts";
import { readStats, unflushed } from "./sample-stats.ts";
import { SampleWriter } from "./sample-writer.ts";
import { DEFAULT_SERIES_LIMITS, type SeriesLimits, SeriesRegistry } from "./series-registry.ts";

const LOG_BYTES_KEPT = 4 * 1024 * 1024;
const DEFAULT_SERIES_LIMIT = 10_000;

export interface MetricStoreOptions {
  /** ":memory:" for tests: then everything runs on the asking thread. */
  readonly path: string;
  readonly limits?: Partial<SeriesLimits>;
  readonly queries?: QueryPoolOptions;
  /** Pages of 4 KiB that the file may have; at least what it has. Default: as many as the disk holds. */
  readonly pageLimit?: number;
  /** Tells when a partition's time is over. Default: the system's. */
  readonly clock?: Clock;
  /** When commits are compacted. */
  readonly flush?: Partial<FlushLimits>;
  /** Told when compaction fails; it is tried again. */
  readonly onError?: (error: unknown) => void;
}

interface Opened {
  connection: SqliteConnection;
  registry: SeriesRegistry;
  writer: SampleWriter;
  compactor: Compactor;
  queries: QueryAsking;
  sync: WalSync | null;
}

export class SqliteMetricStore implements MetricStore {
  readonly #options: MetricStoreOptions;
  readonly #mutex = new Mutex();
  #opened: Opened | null = null;

  constructor(options: MetricStoreOptions) {
    this.#options = options;
  }

  async open(): Promise<void> {
    await this.#mutex.run(() => {
      this.#opened ??= this.#open();
    });
  }

  async close(): Promise<void> {
    await this.#opened?.queries.close();
    await this.#opened?.compactor.close();
    await this.#mutex.run(async () => {
      const opened = this.#opened;
      this.#opened = null;
      await opened?.sync?.close();
      opened?.connection.close();
    });
  }

  async append(batches: readonly SampleBatch[]): Promise<readonly AppendOutcome[]> {
    const { writer, compactor, sync } = this.#ready();
    const { outcomes, stored } = await this.#mutex.run(() => writer.append(batches));
    if (stored > 0) compactor.appended(1, stored);
    await sync?.flush();
    return outcomes;
  }

  async replaceRange({
    matcherSets,
    fromAt,
    toAt,
    batches,
  }: RangeReplacement): Promise<readonly AppendOutcome[]> {
    const { writer, compactor, sync } = this.#ready();
    const found = await this.#ask({ what: "seriesIds", matcherSets });
    const { outcomes, stored } = await this.#mutex.run(() =>
      writer.append(batches, { ids: found.what === "ids" ? found.ids : new Uint32Array(0), fromAt, toAt }),
    );
    compactor.appended(2, stored);
    await sync?.flush();
    return outcomes;
  }

  async select(
    matchers: readonly LabelMatcher[],
    fromAt: number,
    toAt: number,
    limit = DEFAULT_SERIES_LIMIT,
  ): Promise<readonly SourceSeries[]> {
    const answer = await this.#ask({ what: "select", matchers, fromAt, toAt, limit });
    return answer.what === "samples" ? unpackSeries(answer.series) : [];
  }

  async queryInstant(query: string, at: number, limits: QueryLimits = {}) {
    return this.#query({ what: "instant", query, at, options: optionsOf(limits) }, limits);
  }

  async queryRange(
    query: string,
    range: { readonly startAt: number; readonly endAt: number; readonly stepMs: number },
    limits: QueryLimits = {},
  ) {
    return this.#query({ what: "range", query, range: { ...range }, options: optionsOf(limits) }, limits);
  }

  async series(question: SeriesQuestion): Promise<readonly Labels[]> {
    const answer = await this.#ask({ what: "series", asked: plain(question) }, question);
    return answer.what === "series" ? unpackLabels(answer.labels) : [];
  }

  async labelNamesOf(question: SeriesQuestion): Promise<readonly string[]> {
    return textsOf(await this.#ask({ what: "labelNames", asked: plain(question) }, question));
  }

  async labelValuesOf(name: string, question: SeriesQuestion): Promise<readonly string[]> {
    return textsOf(await this.#ask({ what: "labelValues", name, asked: plain(question) }, question));
  }

  async metadata(family?: string): Promise<readonly MetricFamily[]> {
    return this.#ready().writer.families(family);
  }

  async prune(before: number, limit: number): Promise<number> {
    return this.#drop((connection) => buryOldest(connection, limit, ({ toAt }) => toAt < before));
  }

  async pruneToSize(maxBytes: number, limit: number): Promise<number> {
    return this.#drop((connection) => {
      let excess = liveBytes(connection) - maxBytes;
      return buryOldest(connection, limit, ({ bytes }) => {
        if (excess <= 0) return false;
        excess -= bytes;
        return true;
      });
    });
  }

  async compact(): Promise<void> {
    await this.#ready().compactor.settle();
  }

  async stats(): Promise<MetricStoreStats> {
    const { connection, registry, queries } = this.#ready();
    const read = await this.#mutex.run(() => readStats(connection));
    return {
      ...read,
      series: registry.size,
      queriesRunning: queries.running,
      queriesWaiting: queries.waiting,
    };
  }

  async #drop(bury: (connection: SqliteConnection) => number): Promise<number> {
    const { writer, compactor } = this.#ready();
    const dropped = await this.#mutex.run(() => writer.transaction(bury));
    if (dropped > 0) compactor.dropped();
    return dropped;
  }

  async #query(question: Question, limits: QueryLimits) {
    const answer = await this.#ask(question, limits);
    if (answer.what !== "query") throw new Error("A query was answered with something else.");
    return unpackAnswer(answer.answer);
  }

  #ask(question: Question, options: AskOptions = {}): Promise<Answer> {
    return this.#ready().queries.ask(question, options);
  }

  #open(): Opened {
    const { path, limits, queries, pageLimit } = this.#options;
    const isInMemory = path === ":memory:";
    const connection = new SqliteConnection(path, "write", pageLimit);
    try {
      openSchema(connection);
      // Syncing is ours, after each commit that was answered.
      // A compaction makes the log long once; what it took then is given back.
      connection.exec(`pragma synchronous = normal; pragma journal_size_limit = ${LOG_BYTES_KEPT}`);
      const registry = new SeriesRegistry({ ...DEFAULT_SERIES_LIMITS, ...limits });
      registry.load(connection);
      const writer = new SampleWriter(connection, registry);
      writer.transaction(buryPending);
      return {
        connection,
        registry,
        writer,
        compactor: this.#createCompactor(connection, registry, writer),
        queries: isInMemory ? new InThreadQueries(connection, this.#mutex) : new QueryPool(path, queries),
        sync: isInMemory ? null : new WalSync(path),
      };
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  #createCompactor(connection: SqliteConnection, registry: SeriesRegistry, writer: SampleWriter): Compactor {
    const { path, clock, flush, onError } = this.#options;
    const here = new InThreadCompaction(connection, (id) => registry.metricOf(id));
    const compactor = new Compactor({
      writer,
      registry,
      mutex: this.#mutex,
      clock: clock ?? systemClock,
      here,
      far: path === ":memory:" ? here : new ThreadedCompaction(path),
      flushLimits: { ...DEFAULT_FLUSH_LIMITS, ...flush },
      onError: onError ?? (() => {}),
    });
    const { segments, samples } = unflushed(connection);
    compactor.begin(segments, samples);
    return compactor;
  }

  #ready(): Opened {
    if (this.#opened === null) throw new StorageError("CANNOT_OPEN", "the metric store is not open");
    return this.#opened;
  }
}

function optionsOf({ lookbackMs, maxSamples, defaultSubqueryStepMs }: QueryLimits): QueryOptions {
  return {
    ...(lookbackMs === undefined ? {} : { lookbackMs }),
    ...(maxSamples === undefined ? {} : { maxSamples }),
    ...(defaultSubqueryStepMs === undefined ? {} : { defaultSubqueryStepMs }),
  };
}

/** What can be cloned. */
function plain({ matcherSets, fromAt, toAt, limit }: SeriesQuestion) {
  return {
    matcherSets: matcherSets.map((matchers) => matchers.map(({ name, op, value }) => ({ name, op, value }))),
    fromAt,
    toAt,
    limit,
  };
}

function textsOf(answer: Answer): readonly string[] {
  return answer.what === "texts" ? answer.texts : [];
}
