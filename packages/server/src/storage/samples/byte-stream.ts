/** Bytes written and read one number after the other: what the codecs of this folder stand on. */
import { StorageError } from "../storage-error.ts";

/** A byte array that grows. Varints are little endian, seven bits a byte, of integers from 0 to 2^53 - 1. */
export class ByteWriter {
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(4096);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  varint(value: number): void {
    this.#reserve(8);
    let rest = value;
    while (rest >= 0x80) {
      // `%` and `/`, because bit operations end at 32 bits.
      this.#bytes[this.#length++] = rest < 0x8000_0000 ? (rest & 0x7f) | 0x80 : (rest % 128) | 0x80;
      rest = rest < 0x8000_0000 ? rest >>> 7 : Math.floor(rest / 128);
    }
    this.#bytes[this.#length++] = rest;
  }

  /** Integers of either sign up to 2^52. */
  signed(value: number): void {
    this.varint(zigzag(value));
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  clear(): void {
    this.#length = 0;
  }

  /** A view, valid until the next write. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** A copy. */
  take(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + count));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}

/** Reads what a ByteWriter wrote. @throws StorageError CORRUPT past the end */
export class ByteReader {
  readonly bytes: Uint8Array;
  position: number;

  constructor(bytes: Uint8Array, position = 0) {
    this.bytes = bytes;
    this.position = position;
  }

  byte(): number {
    const value = this.bytes[this.position++];
    if (value === undefined) throw corrupt();
    return value;
  }

  varint(): number {
    let byte = this.byte();
    if (byte < 0x80) return byte;
    let value = byte & 0x7f;
    let factor = 128;
    do {
      byte = this.byte();
      value += (byte & 0x7f) * factor;
      factor *= 128;
    } while (byte >= 0x80);
    if (value > Number.MAX_SAFE_INTEGER) throw corrupt();
    return value;
  }

  signed(): number {
    return unzigzag(this.varint());
  }

  raw(length: number): Uint8Array {
    const end = this.position + length;
    if (end > this.bytes.length) throw corrupt();
    const view = this.bytes.subarray(this.position, end);
    this.position = end;
    return view;
  }
}

export function zigzag(value: number): number {
  return value >= 0 ? value * 2 : -value * 2 - 1;
}

export function unzigzag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

export function corrupt(): StorageError {
  return new StorageError("CORRUPT", "a block of samples ends too early or holds what cannot be");
}
