/** Series of several runs, in order, as one: what compaction reads and what it writes. */
import type { SqliteConnection } from "../sqlite/sqlite-connection.ts";
import { BlockBuilder, BlockData, BlockDirectory, type EncodedBlock } from "./block-codec.ts";
import { mergeParts, NO_SAMPLES, type Samples } from "./series-samples.ts";

/** Series in the order of metric and id, each once. */
export interface SeriesStream {
  /** The series at hand; null at the end. */
  readonly metric: number;
  readonly id: number;
  readonly isAtEnd: boolean;
  /** Its samples, valid until the next call; goes on to the next series. */
  take(): Samples;
}

/** Blocks of that size are read as a whole in a fraction of a millisecond. */
const BLOCK_BYTES = 256 * 1024;
const BLOCK_SERIES = 4096;

/**
 * The series of all streams, in blocks. Of samples of one time the one of the later stream holds.
 * @param streams in the order of writing
 */
export function* mergeStreams(
  streams: readonly SeriesStream[],
  pack: boolean,
): Generator<EncodedBlock, void, undefined> {
  const builder = new BlockBuilder();
  for (;;) {
    const next = smallest(streams);
    if (next === null) break;
    const { metric, id } = next;
    const parts: Samples[] = [];
    for (const stream of streams)
      if (!stream.isAtEnd && stream.metric === metric && stream.id === id) parts.push(stream.take());
    const { times, values } = mergeParts(parts.filter((part) => part.times.length > 0));
    if (times.length > 0) builder.add(metric, id, times, values, 0, times.length);
    if (builder.sizeBytes >= BLOCK_BYTES || builder.series >= BLOCK_SERIES) yield builder.finish(pack);
  }
  if (builder.series > 0) yield builder.finish(pack);
}

function smallest(streams: readonly SeriesStream[]): SeriesStream | null {
  let found: SeriesStream | null = null;
  for (const stream of streams) {
    if (stream.isAtEnd) continue;
    if (found === null || (stream.metric - found.metric || stream.id - found.id) < 0) found = stream;
  }
  return found;
}

/** A run, block by block. */
export class RunStream implements SeriesStream {
  readonly #connection: SqliteConnection;
  readonly #blockIds: readonly number[];
  readonly #filter: ((id: number, samples: Samples) => Samples) | null;
  #block = -1;
  #data: BlockData | null = null;
  #place = 0;

  /** @param filter takes samples out */
  constructor(
    connection: SqliteConnection,
    runId: number,
    filter: ((id: number, samples: Samples) => Samples) | null,
  ) {
    this.#connection = connection;
    this.#filter = filter;
    const { rows } = connection.execute("select id from blocks where run_id = ? order by id", [runId]);
    this.#blockIds = (rows as { id: number }[]).map(({ id }) => id);
    this.#nextBlock();
  }

  get isAtEnd(): boolean {
    return this.#data === null;
  }

  get metric(): number {
    return this.#data?.directory.metrics[this.#place] ?? 0;
  }

  get id(): number {
    return this.#data?.directory.ids[this.#place] ?? 0;
  }

  take(): Samples {
    const [data, place, id] = [this.#data, this.#place, this.id];
    if (data === null) return NO_SAMPLES;
    const times = data.times(place);
    const values = new Float64Array(times.length);
    data.readValues(place, values, 0);
    this.#place += 1;
    if (this.#place >= data.directory.series) this.#nextBlock();
    const samples = { times, values };
    return this.#filter === null ? samples : this.#filter(id, samples);
  }

  #nextBlock(): void {
    this.#block += 1;
    this.#place = 0;
    const id = this.#blockIds[this.#block];
    if (id === undefined) {
      this.#data = null;
      return;
    }
    const [row] = this.#connection.execute("select directory, data from blocks where id = ?", [id]).rows as {
      directory: Uint8Array;
      data: Uint8Array;
    }[];
    this.#data = row === undefined ? null : new BlockData(new BlockDirectory(row.directory), row.data);
  }
}
