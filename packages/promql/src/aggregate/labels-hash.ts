/**
 * The hash of a label set as Prometheus computes it (xxHash64, seed 0, over names and values each preceded by their
 * length), so that `limit_ratio` chooses the same series.
 */
import type { Labels } from "../labels.ts";

const MASK = (1n << 64n) - 1n;
const PRIME_1 = 0x9e3779b185ebca87n;
const PRIME_2 = 0xc2b2ae3d27d4eb4fn;
const PRIME_3 = 0x165667b19e3779f9n;
const PRIME_4 = 0x85ebca77c2b2ae63n;
const PRIME_5 = 0x27d4eb2f165667c5n;
const STRIPE_BYTES = 32;
/** A length of one byte up to here; longer ones take a marker of this value and three bytes. */
const LONG_LENGTH = 255;

/** The hash as a share of the whole range, from 0 to 1. */
export function labelsHashRatio(labels: Labels): number {
  return Number(xxHash64(encodeLabels(labels))) / Number(MASK);
}

function encodeLabels({ names, values }: Labels): Uint8Array {
  const encoder = new TextEncoder();
  const bytes: number[] = [];
  for (const [index, name] of names.entries()) {
    for (const text of [name, values[index] ?? ""]) {
      const encoded = encoder.encode(text);
      const { length } = encoded;
      if (length < LONG_LENGTH) bytes.push(length);
      else bytes.push(LONG_LENGTH, length & 0xff, (length >> 8) & 0xff, (length >> 16) & 0xff);
      for (const byte of encoded) bytes.push(byte);
    }
  }
  return Uint8Array.from(bytes);
}

function rotate(value: bigint, bits: bigint): bigint {
  return ((value << bits) | (value >> (64n - bits))) & MASK;
}

function round(accumulator: bigint, input: bigint): bigint {
  return (rotate((accumulator + input * PRIME_2) & MASK, 31n) * PRIME_1) & MASK;
}

export function xxHash64(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let index = 0;
  let hash = PRIME_5;
  if (bytes.length >= STRIPE_BYTES) {
    let lanes = [(PRIME_1 + PRIME_2) & MASK, PRIME_2, 0n, -PRIME_1 & MASK];
    for (; index + STRIPE_BYTES <= bytes.length; index += STRIPE_BYTES) {
      const start = index;
      lanes = lanes.map((lane, number) => round(lane, view.getBigUint64(start + 8 * number, true)));
    }
    hash =
      lanes.reduce((sum, lane, number) => sum + rotate(lane, [1n, 7n, 12n, 18n][number] ?? 0n), 0n) & MASK;
    for (const lane of lanes) hash = ((hash ^ round(0n, lane)) * PRIME_1 + PRIME_4) & MASK;
  }
  hash = (hash + BigInt(bytes.length)) & MASK;
  return avalanche(mixTail(hash, view, index));
}

function mixTail(start: bigint, view: DataView, from: number): bigint {
  let hash = start;
  let index = from;
  for (; index + 8 <= view.byteLength; index += 8)
    hash = (rotate(hash ^ round(0n, view.getBigUint64(index, true)), 27n) * PRIME_1 + PRIME_4) & MASK;
  if (index + 4 <= view.byteLength) {
    hash =
      (rotate(hash ^ ((BigInt(view.getUint32(index, true)) * PRIME_1) & MASK), 23n) * PRIME_2 + PRIME_3) &
      MASK;
    index += 4;
  }
  for (; index < view.byteLength; index++)
    hash = (rotate(hash ^ ((BigInt(view.getUint8(index)) * PRIME_5) & MASK), 11n) * PRIME_1) & MASK;
  return hash;
}

function avalanche(start: bigint): bigint {
  let hash = start;
  hash = ((hash ^ (hash >> 33n)) * PRIME_2) & MASK;
  hash = ((hash ^ (hash >> 29n)) * PRIME_3) & MASK;
  return hash ^ (hash >> 32n);
}
