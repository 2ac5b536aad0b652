/**
 * One commit's samples as bytes: their number, then column by column times, values and series ids, little endian; under
 * zstd with a checksum where that is worth it. Values keep their bits, NaN with a payload included.
 *
 * An erasure is a segment too: it stands in the order of commits, and takes out of what came before.
 */
import { endianness } from "node:os";
import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { StorageError } from "../storage-error.ts";
import { SEGMENT_KIND } from "./sample-schema.ts";

export interface SegmentColumns {
  seriesIds: Uint32Array;
  times: Float64Array;
  values: Float64Array;
}

/** Level 1 packs batch-like samples nearly as well as level 3, at twice the speed. */
const ZSTD_LEVEL = 1;
/** Setting up zstd costs more than it saves below that: segments do not live long. */
const PACK_FROM_BYTES = 64 * 1024;
/** Memory for segments up to this size is used again and again: new memory for each commit keeps the collector busy. */
const SCRATCH_BYTES = 1024 * 1024;
/** Doubles stand on addresses divisible by their size. */
const HEADER_BYTES = 8;
/** A damaged header must not make us reserve all memory. */
const MAX_SAMPLES = 50_000_000;

if (endianness() !== "LE") throw new Error("The metric store needs a little-endian machine.");

let scratch: ArrayBuffer | null = null;

/** Columns to be filled, over the memory that is written. One at a time: from the making to `encode`. */
export class SegmentWriter {
  readonly columns: SegmentColumns;
  readonly #bytes: Uint8Array<ArrayBuffer>;

  constructor(samples: number) {
    const size = sizeOf(samples);
    if (size <= SCRATCH_BYTES) scratch ??= new ArrayBuffer(SCRATCH_BYTES);
    this.#bytes =
      size <= SCRATCH_BYTES && scratch !== null ? new Uint8Array(scratch, 0, size) : new Uint8Array(size);
    new DataView(this.#bytes.buffer).setUint32(0, samples, true);
    this.columns = columnsOf(this.#bytes, samples);
  }

  encode(): { kind: number; data: Uint8Array } {
    if (this.#bytes.length < PACK_FROM_BYTES) return { kind: SEGMENT_KIND.plain, data: this.#bytes };
    const data = zstdCompressSync(this.#bytes, {
      params: { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL, [constants.ZSTD_c_checksumFlag]: 1 },
    });
    return { kind: SEGMENT_KIND.packed, data };
  }
}

export function encodeSegment({ seriesIds, times, values }: SegmentColumns): {
  kind: number;
  data: Uint8Array;
} {
  const writer = new SegmentWriter(seriesIds.length);
  writer.columns.seriesIds.set(seriesIds);
  writer.columns.times.set(times);
  writer.columns.values.set(values);
  return writer.encode();
}

export function decodeSegment(kind: number, data: Uint8Array): SegmentColumns {
  const bytes = kind === SEGMENT_KIND.plain ? aligned(data) : unpack(data);
  const count = bytes.length < HEADER_BYTES ? -1 : new DataView(bytes.buffer).getUint32(0, true);
  if (count < 0 || count > MAX_SAMPLES || bytes.length !== sizeOf(count))
    throw new StorageError("CORRUPT", "a segment of samples has the wrong length");
  return columnsOf(bytes, count);
}

/** The samples of these series within the segment's time are gone, as far as earlier commits wrote them. */
export function encodeErasure(seriesIds: Uint32Array): Uint8Array {
  return new Uint8Array(seriesIds.buffer, seriesIds.byteOffset, seriesIds.byteLength);
}

export function decodeErasure(data: Uint8Array): Uint32Array {
  if (data.length % 4 !== 0) throw new StorageError("CORRUPT", "an erasure has the wrong length");
  return new Uint32Array(aligned(data).buffer);
}

function columnsOf(bytes: Uint8Array<ArrayBuffer>, count: number): SegmentColumns {
  return {
    times: new Float64Array(bytes.buffer, HEADER_BYTES, count),
    values: new Float64Array(bytes.buffer, HEADER_BYTES + count * 8, count),
    seriesIds: new Uint32Array(bytes.buffer, HEADER_BYTES + count * 16, count),
  };
}

function sizeOf(count: number): number {
  return HEADER_BYTES + count * 20;
}

/** Into memory of its own, so that the columns stand on even addresses. */
function aligned(data: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(data);
}

function unpack(data: Uint8Array): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(zstdDecompressSync(data, { maxOutputLength: sizeOf(MAX_SAMPLES) }));
  } catch (error) {
    throw new StorageError("CORRUPT", "a segment of samples cannot be unpacked", { cause: error });
  }
}
