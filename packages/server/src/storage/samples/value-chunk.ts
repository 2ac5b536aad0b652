/**
 * The values of one series as bytes, every bit kept. The first byte says how:
 *
 *   bit 0      0: integers (integer-stream.ts), the value being integer / 10^exponent     1: XOR
 *   bit 1      exceptions stand before the integers: values that are none (NaN, stale markers, infinities, -0, odd fractions)
 *   bits 2-6   the exponent, 0 to 9
 *
 * XOR, for what has no short decimal: each value against the one before, a control byte and the bytes that differ.
 * Control: …1 = n times the same value; …0 = equal bytes at the high end (3 bits), equal bytes at the low end (3 bits).
 */
import { type ByteReader, type ByteWriter, corrupt } from "./byte-stream.ts";
import { MAX_INTEGER, readIntegers, writeIntegers } from "./integer-stream.ts";

const XOR = 1;
const EXCEPTIONS = 2;
const MAX_EXPONENT = 9;
const POWERS = Array.from({ length: MAX_EXPONENT + 1 }, (_, exponent) => 10 ** exponent);
/** More exceptions than that share cost more than XOR does. */
const EXCEPTION_SHARE = 1 / 8;
const FREE_EXCEPTIONS = 4;
const MAX_RUN = 127;

let integers = new Float64Array(4096);

/** Writes `values[from]` to `values[to - 1]`, at least one. */
export function writeValues(writer: ByteWriter, values: Float64Array, from: number, to: number): void {
  const count = to - from;
  if (integers.length < count) integers = new Float64Array(count * 2);
  if (areIntegers(values, from, to)) {
    writer.byte(0);
    writeIntegers(writer, values, from, to);
    return;
  }
  const exponent = chooseExponent(values, from, to);
  const exceptions = exponent < 0 ? null : scaleInto(values, from, to, exponent);
  if (exceptions === null || exceptions.length > FREE_EXCEPTIONS + count * EXCEPTION_SHARE) {
    writer.byte(XOR);
    writeXor(writer, wordsOf(values, from, to));
    return;
  }
  writer.byte((exponent << 2) | (exceptions.length > 0 ? EXCEPTIONS : 0));
  if (exceptions.length > 0) writeExceptions(writer, values, from, exceptions);
  writeIntegers(writer, integers, 0, count);
}

/** Reads `count` values into `out`. */
export function readValues(reader: ByteReader, count: number, out: Float64Array, offset: number): void {
  const head = reader.byte();
  if ((head & XOR) !== 0) {
    readXor(reader, wordsOf(out, offset, offset + count));
    return;
  }
  const divisor = POWERS[head >> 2];
  if (divisor === undefined) throw corrupt();
  if ((head & EXCEPTIONS) === 0) {
    readIntegers(reader, count, out, offset, divisor);
    return;
  }
  const exceptionsAt = reader.position;
  skipExceptions(reader);
  readIntegers(reader, count, out, offset, divisor);
  const end = reader.position;
  reader.position = exceptionsAt;
  readExceptions(reader, bytesOf(out, offset, offset + count));
  reader.position = end;
}

/** Most chunks are. */
function areIntegers(values: Float64Array, from: number, to: number): boolean {
  for (let index = from; index < to; index++) {
    const value = values[index] ?? 0;
    if (value !== Math.floor(value) || value > MAX_INTEGER || value < -MAX_INTEGER || isMinusZero(value))
      return false;
  }
  return true;
}

function isMinusZero(value: number): boolean {
  return value === 0 && 1 / value < 0;
}

/** The smallest exponent that serves most of the values; -1 where a sample of them says that none does. */
function chooseExponent(values: Float64Array, from: number, to: number): number {
  let exponent = 0;
  let odd = 0;
  for (let index = from; index < to; index++) {
    const value = values[index] ?? 0;
    if (fits(value, exponent)) continue;
    let larger = exponent + 1;
    while (larger <= MAX_EXPONENT && !fits(value, larger)) larger++;
    if (larger <= MAX_EXPONENT) exponent = larger;
    else if (++odd > FREE_EXCEPTIONS + (to - from) * EXCEPTION_SHARE) return -1;
  }
  return exponent;
}

function fits(value: number, exponent: number): boolean {
  const power = POWERS[exponent] ?? 1;
  const integer = Math.round(value * power);
  return integer / power === value && Math.abs(integer) <= MAX_INTEGER && !isMinusZero(value);
}

/** Fills `integers`; an exception repeats the integer before it. Answers the places of exceptions. */
function scaleInto(values: Float64Array, from: number, to: number, exponent: number): number[] {
  const exceptions: number[] = [];
  const power = POWERS[exponent] ?? 1;
  let last = 0;
  for (let index = from; index < to; index++) {
    const value = values[index] ?? 0;
    if (fits(value, exponent)) last = Math.round(value * power);
    else exceptions.push(index - from);
    integers[index - from] = last;
  }
  return exceptions;
}

function writeExceptions(
  writer: ByteWriter,
  values: Float64Array,
  from: number,
  exceptions: readonly number[],
): void {
  writer.varint(exceptions.length);
  let last = 0;
  for (const place of exceptions) {
    writer.varint(place - last);
    last = place;
    writer.raw(bytesOf(values, from + place, from + place + 1));
  }
}

function readExceptions(reader: ByteReader, out: Uint8Array): void {
  const count = reader.varint();
  let place = 0;
  for (let index = 0; index < count; index++) {
    place += reader.varint();
    if (place * 8 >= out.length) throw corrupt();
    out.set(reader.raw(8), place * 8);
  }
}

function skipExceptions(reader: ByteReader): void {
  const count = reader.varint();
  for (let index = 0; index < count; index++) {
    reader.varint();
    reader.raw(8);
  }
}

/** `words` are the halves of doubles, the lower one first. */
function writeXor(writer: ByteWriter, words: Uint32Array): void {
  let low = words[0] ?? 0;
  let high = words[1] ?? 0;
  writeXorBytes(writer, low, high, 0, 8);
  for (let at = 2; at < words.length; ) {
    let run = 0;
    while (run < MAX_RUN && at < words.length && words[at] === low && words[at + 1] === high) {
      run++;
      at += 2;
    }
    if (run > 0) {
      writer.byte(run * 2 + 1);
      continue;
    }
    const lowXor = (words[at] ?? 0) ^ low;
    const highXor = (words[at + 1] ?? 0) ^ high;
    const first = lowXor === 0 ? 4 + lowestByte(highXor) : lowestByte(lowXor);
    const end = highXor === 0 ? 4 - (Math.clz32(lowXor) >> 3) : 8 - (Math.clz32(highXor) >> 3);
    writer.byte(((8 - end) << 1) | (first << 4));
    writeXorBytes(writer, lowXor, highXor, first, end);
    low = words[at] ?? 0;
    high = words[at + 1] ?? 0;
    at += 2;
  }
}

function writeXorBytes(writer: ByteWriter, low: number, high: number, first: number, end: number): void {
  for (let byte = first; byte < end; byte++)
    writer.byte(byte < 4 ? (low >>> (byte * 8)) & 0xff : (high >>> ((byte - 4) * 8)) & 0xff);
}

/** The place of the lowest byte that is not 0. */
function lowestByte(word: number): number {
  return (31 - Math.clz32(word & -word)) >> 3;
}

// biome-ignore lint/complexity/noExcessiveCognitiveComplexity: one loop, without calls, is what makes it fast.
function readXor(reader: ByteReader, out: Uint32Array): void {
  const { bytes } = reader;
  let position = reader.position;
  // The first value stands whole, as if it differed from 0 in all bytes.
  let control = 0;
  let low = 0;
  let high = 0;
  for (let at = 0; at < out.length; ) {
    if (at > 0) control = bytes[position++] ?? -1;
    if (control < 0) throw corrupt();
    if ((control & 1) === 1) {
      const end = at + control - 1;
      if (end > out.length || end === at) throw corrupt();
      while (at < end) {
        out[at++] = low;
        out[at++] = high;
      }
      continue;
    }
    const end = 8 - ((control >> 1) & 7);
    for (let byte = control >> 4; byte < end; byte++) {
      const bits = bytes[position++] ?? 0;
      if (byte < 4) low ^= bits << (byte * 8);
      else high ^= bits << ((byte - 4) * 8);
    }
    out[at++] = low;
    out[at++] = high;
  }
  if (position > bytes.length) throw corrupt();
  reader.position = position;
}

function wordsOf(values: Float64Array, from: number, to: number): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset + from * 8, (to - from) * 2);
}

function bytesOf(values: Float64Array, from: number, to: number): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset + from * 8, (to - from) * 8);
}
