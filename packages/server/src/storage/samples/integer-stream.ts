/**
 * A list of integers as differences: the first one, then tokens (varints). The lowest bits say what a token is:
 *
 *   …0  a difference, zig-zag above the bit        …01  n times the difference 0 (n above the bits)
 *                                                  …11  n times the last difference that was not 0
 *
 * Counters of batch jobs stand still or climb evenly for hours, so most of a chunk is a few such runs.
 */
import { type ByteReader, type ByteWriter, corrupt, zigzag } from "./byte-stream.ts";

/** Differences of such integers, shifted for the token's bits, stay exact in a double. */
export const MAX_INTEGER = 2 ** 48;

/** All integers lie within ±MAX_INTEGER; `from` < `to`. */
export function writeIntegers(writer: ByteWriter, integers: Float64Array, from: number, to: number): void {
  let last = integers[from] ?? 0;
  writer.signed(last);
  let step = 0;
  let index = from + 1;
  while (index < to) {
    const value = integers[index] ?? 0;
    const difference = value - last;
    if (difference !== 0 && difference !== step) {
      writer.varint(zigzag(difference) * 2);
      step = difference;
      last = value;
      index++;
      continue;
    }
    const start = index;
    do {
      last += difference;
      index++;
    } while (index < to && (integers[index] ?? 0) - last === difference);
    writer.varint((index - start) * 4 + (difference === 0 ? 1 : 3));
  }
}

/** Reads `count` ≥ 1 integers into `out`, each divided by `divisor`. The hot loop of every query: no calls, no objects. */
// biome-ignore lint/complexity/noExcessiveCognitiveComplexity: one loop, without calls, is what makes it fast.
export function readIntegers(
  reader: ByteReader,
  count: number,
  out: Float64Array,
  offset: number,
  divisor: number,
): void {
  let value = reader.signed();
  const { bytes } = reader;
  let position = reader.position;
  let step = 0;
  let index = offset;
  const end = offset + count;
  let shown = value / divisor;
  out[index++] = shown;
  while (index < end) {
    let token = bytes[position++] ?? TOO_FAR;
    if (token >= 0x80) {
      token &= 0x7f;
      let shift = 7;
      let byte = 0;
      do {
        byte = bytes[position++] ?? TOO_FAR;
        // Bit operations end at 32 bits.
        if (shift < 28) token |= (byte & 0x7f) << shift;
        else token += (byte & 0x7f) * 2 ** shift;
        shift += 7;
      } while (byte >= 0x80 && shift < 63);
      if (byte >= 0x80) throw corrupt();
    }
    if (token % 2 === 0) {
      step = token % 4 === 0 ? token / 4 : -(token + 2) / 4;
      value += step;
      shown = value / divisor;
      out[index++] = shown;
      continue;
    }
    const runEnd = index + Math.floor(token / 4);
    if (runEnd > end || runEnd === index) throw corrupt();
    if (token % 4 === 1) while (index < runEnd) out[index++] = shown;
    else {
      while (index < runEnd) {
        value += step;
        out[index++] = value / divisor;
      }
      shown = value / divisor;
    }
  }
  reader.position = position;
}

/** Stands for a byte past the end: no number ends with it. */
const TOO_FAR = 0x100;
