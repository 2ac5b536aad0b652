/**
 * A block: the samples of many series over one partition of time, in two byte strings.
 *
 *   directory   version, numbers of series and of time columns, where the columns' and chunks' bytes are, and for each
 *               series: metric and id (as differences), its time column, the length of its chunk. Never compressed: who
 *               looks for a series reads this alone.
 *   data        a byte that says whether zstd follows, then the time columns, then a chunk of values a series.
 *
 * Series stand in the order of metric and id, so that those asked for together stand together. Series that were scraped
 * together share one time column, whatever its jitter.
 */
import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { ByteReader, ByteWriter, corrupt } from "./byte-stream.ts";
import { readIntegers, writeIntegers } from "./integer-stream.ts";
import { readValues, writeValues } from "./value-chunk.ts";

const VERSION = 1;
const ZSTD_LEVEL = 3;
/** Packed only when that much is won. */
const WORTH_PACKING = 0.9;
/** A damaged length must not make us reserve all memory. */
const MAX_DATA_BYTES = 64 * 1024 * 1024;
const MAX_CHUNK_SAMPLES = 50_000_000;

export interface EncodedBlock {
  firstMetric: number;
  lastMetric: number;
  fromAt: number;
  toAt: number;
  series: number;
  samples: number;
  directory: Uint8Array<ArrayBuffer>;
  data: Uint8Array<ArrayBuffer>;
}

interface TimeColumn {
  times: Float64Array;
  count: number;
  byteLength: number;
}

/** Takes series in the order of metric and id; gives a block. */
export class BlockBuilder {
  readonly #columns: TimeColumn[] = [];
  readonly #columnsByHash = new Map<number, number[]>();
  readonly #times = new ByteWriter();
  readonly #chunks = new ByteWriter();
  readonly #entries = new ByteWriter();
  #firstMetric = 0;
  #lastMetric = 0;
  #lastId = 0;
  #fromAt = Number.POSITIVE_INFINITY;
  #toAt = Number.NEGATIVE_INFINITY;
  #series = 0;
  #samples = 0;

  /** Before zstd. */
  get sizeBytes(): number {
    return this.#times.length + this.#chunks.length + this.#entries.length;
  }

  get series(): number {
    return this.#series;
  }

  /** `times` ascend; at least one sample from `from` to `to` - 1. The arrays may be used again after. */
  add(metric: number, id: number, times: Float64Array, values: Float64Array, from: number, to: number): void {
    const column = this.#columnOf(times, from, to);
    const before = this.#chunks.length;
    writeValues(this.#chunks, values, from, to);
    if (this.#series === 0) this.#firstMetric = metric;
    this.#entries.varint(metric - (this.#series === 0 ? 0 : this.#lastMetric));
    this.#entries.signed(id - this.#lastId);
    this.#entries.varint(column);
    this.#entries.varint(this.#chunks.length - before);
    this.#lastMetric = metric;
    this.#lastId = id;
    this.#series += 1;
    this.#samples += to - from;
    this.#fromAt = Math.min(this.#fromAt, times[from] ?? 0);
    this.#toAt = Math.max(this.#toAt, times[to - 1] ?? 0);
  }

  /** And begins a new one. */
  finish(pack: boolean): EncodedBlock {
    const directory = new ByteWriter();
    directory.byte(VERSION);
    directory.varint(this.#series);
    directory.varint(this.#columns.length);
    for (const { count, byteLength } of this.#columns) {
      directory.varint(count);
      directory.varint(byteLength);
    }
    directory.raw(this.#entries.view());
    const block: EncodedBlock = {
      firstMetric: this.#firstMetric,
      lastMetric: this.#lastMetric,
      fromAt: this.#fromAt,
      toAt: this.#toAt,
      series: this.#series,
      samples: this.#samples,
      directory: directory.take(),
      data: packData([this.#times.view(), this.#chunks.view()], pack),
    };
    this.#clear();
    return block;
  }

  #columnOf(times: Float64Array, from: number, to: number): number {
    const hash = hashTimes(times, from, to);
    const alike = this.#columnsByHash.get(hash);
    const known = alike?.find((index) => isSameTimes(this.#columns[index]?.times, times, from, to));
    if (known !== undefined) return known;
    const before = this.#times.length;
    writeTimes(this.#times, times, from, to);
    const index = this.#columns.length;
    this.#columns.push({
      times: times.slice(from, to),
      count: to - from,
      byteLength: this.#times.length - before,
    });
    if (alike === undefined) this.#columnsByHash.set(hash, [index]);
    else alike.push(index);
    return index;
  }

  #clear(): void {
    this.#columns.length = 0;
    this.#columnsByHash.clear();
    this.#times.clear();
    this.#chunks.clear();
    this.#entries.clear();
    this.#lastId = 0;
    this.#series = 0;
    this.#samples = 0;
    this.#fromAt = Number.POSITIVE_INFINITY;
    this.#toAt = Number.NEGATIVE_INFINITY;
  }
}

/** What stands in a block and where, without its samples. */
export class BlockDirectory {
  readonly metrics: Uint32Array;
  readonly ids: Uint32Array;
  /** Of each series, the place of its time column. */
  readonly columns: Uint32Array;
  readonly columnCounts: Uint32Array;
  readonly columnOffsets: Uint32Array;
  readonly chunkOffsets: Uint32Array;

  constructor(bytes: Uint8Array) {
    const reader = new ByteReader(bytes);
    if (reader.byte() !== VERSION) throw corrupt();
    const series = reader.varint();
    const columns = reader.varint();
    // Each takes two bytes at least, so a damaged number cannot make us reserve much.
    if (series * 4 + columns * 2 > bytes.length) throw corrupt();
    this.columnCounts = new Uint32Array(columns);
    this.columnOffsets = new Uint32Array(columns);
    let offset = 0;
    for (let index = 0; index < columns; index++) {
      this.columnCounts[index] = reader.varint();
      this.columnOffsets[index] = offset;
      offset += reader.varint();
    }
    this.metrics = new Uint32Array(series);
    this.ids = new Uint32Array(series);
    this.columns = new Uint32Array(series);
    this.chunkOffsets = new Uint32Array(series);
    let metric = 0;
    let id = 0;
    for (let index = 0; index < series; index++) {
      metric += reader.varint();
      id += reader.signed();
      this.metrics[index] = metric;
      this.ids[index] = id;
      const column = reader.varint();
      if (column >= columns) throw corrupt();
      this.columns[index] = column;
      this.chunkOffsets[index] = offset;
      offset += reader.varint();
    }
  }

  get series(): number {
    return this.ids.length;
  }

  countOf(index: number): number {
    return this.columnCounts[this.columns[index] ?? 0] ?? 0;
  }

  /** The place of a series, or -1 - the place where it would stand. */
  find(metric: number, id: number, from = 0): number {
    let low = from;
    let high = this.ids.length - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const order = (this.metrics[middle] ?? 0) - metric || (this.ids[middle] ?? 0) - id;
      if (order === 0) return middle;
      if (order < 0) low = middle + 1;
      else high = middle - 1;
    }
    return -1 - low;
  }

  get sizeBytes(): number {
    return this.ids.length * 16 + this.columnCounts.length * 8;
  }
}

/** The samples of a block. Time columns are kept once read. */
export class BlockData {
  readonly directory: BlockDirectory;
  readonly #bytes: Uint8Array;
  readonly #columns: (Float64Array | undefined)[] = [];
  #columnBytes = 0;

  constructor(directory: BlockDirectory, data: Uint8Array) {
    this.directory = directory;
    this.#bytes = unpackData(data);
  }

  get sizeBytes(): number {
    return this.#bytes.length + this.directory.sizeBytes + this.#columnBytes;
  }

  /** The times of a series; the same array for all series of one column. */
  times(index: number): Float64Array {
    const { columns, columnCounts, columnOffsets } = this.directory;
    const column = columns[index] ?? 0;
    const known = this.#columns[column];
    if (known !== undefined) return known;
    const count = columnCounts[column] ?? 0;
    if (count > MAX_CHUNK_SAMPLES) throw corrupt();
    const times = readTimes(new ByteReader(this.#bytes, columnOffsets[column]), count);
    this.#columns[column] = times;
    this.#columnBytes += times.byteLength;
    return times;
  }

  /** Writes all values of a series into `out`. */
  readValues(index: number, out: Float64Array, offset: number): void {
    const { chunkOffsets } = this.directory;
    readValues(new ByteReader(this.#bytes, chunkOffsets[index]), this.directory.countOf(index), out, offset);
  }
}

let steps = new Float64Array(4096);

/** The first time, then the distances as a stream of integers: even ones are a single run. */
function writeTimes(writer: ByteWriter, times: Float64Array, from: number, to: number): void {
  const distances = to - from - 1;
  writer.signed(times[from] ?? 0);
  if (distances === 0) return;
  if (steps.length < distances) steps = new Float64Array(distances * 2);
  for (let index = 0; index < distances; index++)
    steps[index] = (times[from + index + 1] ?? 0) - (times[from + index] ?? 0);
  writeIntegers(writer, steps, 0, distances);
}

function readTimes(reader: ByteReader, count: number): Float64Array {
  const times = new Float64Array(count);
  times[0] = reader.signed();
  if (count > 1) readIntegers(reader, count - 1, times, 1, 1);
  for (let index = 1; index < count; index++) times[index] = (times[index - 1] ?? 0) + (times[index] ?? 0);
  return times;
}

function hashTimes(times: Float64Array, from: number, to: number): number {
  let hash = to - from;
  // The ends and some between tell most columns apart; the rest is compared.
  const stride = Math.max(1, (to - from) >> 3);
  for (let index = from; index < to; index += stride)
    hash = (Math.imul(hash, 31) + ((times[index] ?? 0) % 0x7fff_ffff)) | 0;
  return (Math.imul(hash, 31) + ((times[to - 1] ?? 0) % 0x7fff_ffff)) | 0;
}

function isSameTimes(
  known: Float64Array | undefined,
  times: Float64Array,
  from: number,
  to: number,
): boolean {
  if (known === undefined || known.length !== to - from) return false;
  for (let index = 0; index < known.length; index++) if (known[index] !== times[from + index]) return false;
  return true;
}

function packData(parts: readonly Uint8Array[], pack: boolean): Uint8Array<ArrayBuffer> {
  const plain = new Uint8Array(1 + parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 1;
  for (const part of parts) {
    plain.set(part, offset);
    offset += part.length;
  }
  if (!pack) return plain;
  const packed = zstdCompressSync(plain.subarray(1), {
    params: { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL, [constants.ZSTD_c_checksumFlag]: 1 },
  });
  if (packed.length > plain.length * WORTH_PACKING) return plain;
  const marked = new Uint8Array(1 + packed.length);
  marked[0] = 1;
  marked.set(packed, 1);
  return marked;
}

function unpackData(data: Uint8Array): Uint8Array {
  if (data[0] === 0) return data.subarray(1);
  if (data[0] !== 1) throw corrupt();
  try {
    return zstdDecompressSync(data.subarray(1), { maxOutputLength: MAX_DATA_BYTES });
  } catch {
    throw corrupt();
  }
}
