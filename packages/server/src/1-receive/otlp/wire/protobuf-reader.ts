/**
 * protobufjs's Reader with what OTLP needs on top: nested messages that cannot be read past their end, times, exact 64-bit integers
 * without Long objects, hexadecimal ids, base64, and a cache for short texts. Invalid UTF-8 becomes U+FFFD.
 *
 * Decoders switch on the whole tag (field number × 8 + wire type). A known field with an unexpected wire type is thereby an unknown
 * field, and skipped as such, as protobuf demands.
 */
import { BufferReader } from "protobufjs/minimal.js";
import { DecodeState } from "./decode-state.ts";
import { nanosToMs, signedToExact, signedToNumber, unsignedToNumber } from "./wire-numbers.ts";

/** A packed number costs 8 bytes in memory, an element of a message about eight times that. */
const ELEMENTS_PER_NUMBER = 1 / 8;
/** Longer ids are wrong anyway: enough of them is read to say so. */
const MAX_ID_BYTES = 32;

/** Attribute keys, names and label values repeat in every batch: finding one here is twice as fast as decoding it. */
const CACHE_SLOTS = 2048;
const MAX_CACHED_BYTES = 40;
const textCache: string[] = new Array<string>(CACHE_SLOTS).fill("");

export class ProtobufReader extends BufferReader {
  readonly state = new DecodeState();
  readonly #bytes: Buffer;
  readonly #view: DataView;
  /** The last 64-bit value read, as two unsigned halves. */
  #high = 0;
  #low = 0;

  constructor(body: Buffer) {
    super(body);
    this.#bytes = body;
    this.#view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  }

  /** Goes into a length-delimited message; pass what it returns to `endMessage`. */
  beginMessage(): number {
    this.state.takeElements(1);
    const outerEnd = this.len;
    this.len = this.#takeSize() + this.pos;
    return outerEnd;
  }

  hasMore(): boolean {
    return this.pos < this.len;
  }

  endMessage(outerEnd: number): void {
    this.len = outerEnd;
  }

  skipField(tag: number): void {
    this.skipType(tag & 7, 0, tag >>> 3);
  }

  /** fixed64 nanoseconds as epoch milliseconds; `null` for 0. */
  timeMs(): number | null {
    this.#takeFixed64();
    return nanosToMs(this.#high, this.#low);
  }

  fixed64Number(): number {
    this.#takeFixed64();
    return unsignedToNumber(this.#high, this.#low);
  }

  sfixed64Number(): number {
    this.#takeFixed64();
    return signedToNumber(this.#high, this.#low);
  }

  varint64Number(): number {
    this.#takeVarint64();
    return unsignedToNumber(this.#high, this.#low);
  }

  int64Exact(): number | string {
    this.#takeVarint64();
    return signedToExact(this.#high, this.#low);
  }

  float64(): number {
    const start = this.#take(8);
    return this.#view.getFloat64(start, true);
  }

  /** Bytes as lower-case hexadecimal; `""` for none. */
  hexId(): string {
    const size = this.#takeSize();
    const start = this.#take(size);
    return this.#bytes.toString("hex", start, start + Math.min(size, MAX_ID_BYTES));
  }

  base64(): string {
    const size = this.#takeSize();
    const start = this.#take(size);
    return this.#bytes.toString("base64", start, start + size);
  }

  text(): string {
    const size = this.#takeSize();
    const start = this.#take(size);
    if (size === 0) return "";
    return size > MAX_CACHED_BYTES
      ? this.#bytes.toString("utf8", start, start + size)
      : this.#cachedText(start, start + size);
  }

  packedFixed64Numbers(into: number[]): void {
    const end = this.#beginPacked(8);
    while (this.pos < end) into.push(this.fixed64Number());
  }

  packedFloat64s(into: number[]): void {
    const end = this.#beginPacked(8);
    while (this.pos < end) into.push(this.float64());
  }

  packedVarint64Numbers(into: number[]): void {
    const end = this.#beginPacked(1);
    while (this.pos < end) into.push(this.varint64Number());
    if (this.pos !== end) throw new RangeError("a packed list ends inside a number");
  }

  /** For numbers that come one by one, unpacked. */
  takeNumber(): void {
    this.state.takeElements(ELEMENTS_PER_NUMBER);
  }

  #beginPacked(bytesPerNumber: number): number {
    const size = this.#takeSize();
    if (size % bytesPerNumber !== 0) throw new RangeError("a packed list ends inside a number");
    this.state.takeElements((size / bytesPerNumber) * ELEMENTS_PER_NUMBER);
    return this.pos + size;
  }

  #takeSize(): number {
    const size = this.size();
    if (size > this.len - this.pos) {
      throw new RangeError(
        `a field of ${size} bytes starts ${this.len - this.pos} bytes before the end of its message`,
      );
    }
    return size;
  }

  #take(size: number): number {
    const start = this.pos;
    if (size > this.len - start) {
      throw new RangeError(
        `a value of ${size} bytes starts ${this.len - start} bytes before the end of its message`,
      );
    }
    this.pos = start + size;
    return start;
  }

  #takeFixed64(): void {
    const start = this.#take(8);
    this.#low = this.#view.getUint32(start, true);
    this.#high = this.#view.getUint32(start + 4, true);
  }

  /** At most ten bytes; bits beyond the 64th are dropped, as protobuf's own parsers do. */
  #takeVarint64(): void {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#bytes[this.#take(1)] ?? 0;
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else high |= bits << (shift - 32);
      if (byte < 0x80) {
        this.#low = low >>> 0;
        this.#high = high >>> 0;
        return;
      }
    }
    throw new RangeError("an integer has more than ten bytes");
  }

  #cachedText(start: number, end: number): string {
    const bytes = this.#bytes;
    let hash = end - start;
    for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + (bytes[at] ?? 0)) | 0;
    const slot = (hash ^ (hash >>> 15)) & (CACHE_SLOTS - 1);
    const cached = textCache[slot] ?? "";
    if (isAsciiText(cached, bytes, start, end)) return cached;
    const text = bytes.toString("utf8", start, end);
    textCache[slot] = text;
    return text;
  }
}

/** Whether the bytes are exactly this text. Never true for texts beyond ASCII: those are decoded each time. */
function isAsciiText(text: string, bytes: Uint8Array, start: number, end: number): boolean {
  if (text.length !== end - start) return false;
  for (let index = 0; index < text.length; index++) {
    const byte = bytes[start + index] ?? 0;
    if (byte >= 0x80 || byte !== text.charCodeAt(index)) return false;
  }
  return true;
}
