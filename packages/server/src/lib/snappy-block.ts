/**
 * Snappy's block format (google/snappy format_description.txt), reading only: the length of what comes out, then literals
 * and copies. Nothing is reserved before the length is known and allowed, and nothing is written outside of it.
 */

/** Answer 400. */
export class CorruptSnappyError extends Error {
  readonly code = "CORRUPT_SNAPPY";
  constructor(problem: string) {
    super(`The body is no snappy block: ${problem}.`);
  }
}

/** Answer 413. */
export class SnappyTooLargeError extends Error {
  readonly code = "SNAPPY_TOO_LARGE";
  constructor(maxBytes: number) {
    super(`The body is larger than ${maxBytes} bytes after decompression. Send smaller batches.`);
  }
}

/** Longer pieces are moved by the engine, shorter ones byte by byte: a call costs as much as some 30 bytes. */
const MOVE_FROM_BYTES = 32;

/**
 * @param reserve memory of at least so many bytes, which may hold anything
 * @throws SnappyTooLargeError, CorruptSnappyError
 */
// biome-ignore lint/complexity/noExcessiveCognitiveComplexity: one loop, without calls, is what makes it fast.
export function readSnappyBlock(
  block: Uint8Array,
  maxBytes: number,
  reserve: (length: number) => Uint8Array<ArrayBuffer> = (length) => new Uint8Array(length),
): Uint8Array<ArrayBuffer> {
  const { length, start } = readLength(block);
  if (length > maxBytes) throw new SnappyTooLargeError(maxBytes);
  // A copy of two bytes makes 64 at most: a length beyond that is a lie, told before memory is reserved for it.
  if (length > block.length * 32 + 64) throw new CorruptSnappyError("it says to be longer than it can be");
  const out = reserve(length).subarray(0, length);
  const end = block.length;
  let at = start;
  let to = 0;
  while (at < end) {
    const tag = block[at++] ?? 0;
    let size = tag >> 2;
    if ((tag & 3) === 0) {
      if (size >= 60) {
        const width = size - 59;
        size = 0;
        for (let byte = 0; byte < width; byte++) size += (block[at + byte] ?? 0) * 2 ** (8 * byte);
        at += width;
      }
      size += 1;
      if (at + size > end || to + size > length) throw new CorruptSnappyError("a literal ends outside of it");
      if (size >= MOVE_FROM_BYTES) {
        out.set(block.subarray(at, at + size), to);
        at += size;
        to += size;
      } else for (let last = at + size; at < last; ) out[to++] = block[at++] ?? 0;
      continue;
    }
    let offset = 0;
    if ((tag & 3) === 1) {
      size = (size & 7) + 4;
      offset = ((tag >> 5) << 8) | (block[at] ?? 0);
      at += 1;
    } else {
      size += 1;
      offset = (block[at] ?? 0) | ((block[at + 1] ?? 0) << 8);
      at += 2;
      if ((tag & 3) === 3) {
        offset += (block[at] ?? 0) * 0x1_0000 + (block[at + 1] ?? 0) * 0x100_0000;
        at += 2;
      }
    }
    if (at > end || offset === 0 || offset > to || to + size > length)
      throw new CorruptSnappyError("a copy points outside of it");
    if (size >= MOVE_FROM_BYTES && offset >= size) {
      out.copyWithin(to, to - offset, to - offset + size);
      to += size;
    } else for (let last = to + size; to < last; to++) out[to] = out[to - offset] ?? 0;
  }
  if (to !== length) throw new CorruptSnappyError("it is shorter than it says");
  return out;
}

function readLength(block: Uint8Array): { length: number; start: number } {
  let length = 0;
  for (let index = 0; index < 5; index++) {
    const byte = block[index];
    if (byte === undefined) break;
    length += (byte & 0x7f) * 128 ** index;
    if (byte < 0x80) return { length, start: index + 1 };
  }
  throw new CorruptSnappyError("its length is missing");
}
