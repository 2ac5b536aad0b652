/** Reads protobuf where it stands: numbers and places, no objects. */

export class WireError extends Error {
  readonly code = "INVALID_PROTOBUF";
  constructor(problem: string, at: number) {
    super(`The body is no WriteRequest: ${problem} at byte ${at}.`);
  }
}

export const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

const TWO_28 = 2 ** 28;
const TWO_56 = 2 ** 56;

export class WireCursor {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  at: number;
  readonly #end: number;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = 0;
    this.#end = bytes.length;
  }

  get isAtEnd(): boolean {
    return this.at >= this.#end;
  }

  /** A tag, or a length. */
  uint32(): number {
    const first = this.bytes[this.at];
    if (first !== undefined && first < 0x80) {
      this.at++;
      return first;
    }
    const value = this.int64();
    if (value < 0 || value > 0xffff_ffff) throw new WireError("a number is too large", this.at);
    return value;
  }

  /** Exact up to 2^53, rounded beyond. */
  int64(): number {
    const { bytes } = this;
    let at = this.at;
    let low = 0;
    let middle = 0;
    let top = 0;
    for (let index = 0; ; index++) {
      const byte = bytes[at++];
      if (byte === undefined) throw new WireError("it ends in the middle of a number", at);
      if (index < 4) low |= (byte & 0x7f) << (index * 7);
      else if (index < 8) middle |= (byte & 0x7f) << ((index - 4) * 7);
      else if (index < 10) top += (byte & 0x7f) * (index === 8 ? 1 : 128);
      else throw new WireError("a number has no end", at);
      if (byte < 0x80) break;
    }
    this.at = at;
    const value = low + middle * TWO_28;
    if (top === 0) return value;
    // Negative numbers have all ten bytes. What does not fit in 64 bits is cut, as in every protobuf reader.
    const bits = top % 256;
    return bits >= 128 ? (bits - 256) * TWO_56 + value : bits * TWO_56 + value;
  }

  /** The end of the message or text that begins here. */
  endOfBytes(limit: number): number {
    const length = this.uint32();
    const end = this.at + length;
    if (end > limit) throw new WireError("a field is longer than what holds it", this.at);
    return end;
  }

  skip(wireType: number, limit: number): void {
    switch (wireType) {
      case WIRE.varint:
        this.int64();
        break;
      case WIRE.fixed64:
        this.at += 8;
        break;
      case WIRE.bytes:
        this.at = this.endOfBytes(limit);
        break;
      case WIRE.fixed32:
        this.at += 4;
        break;
      default:
        throw new WireError(`there is no wire type ${wireType}`, this.at);
    }
    if (this.at > limit) throw new WireError("a field is longer than what holds it", this.at);
  }
}
