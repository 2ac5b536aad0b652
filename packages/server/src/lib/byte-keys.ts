/**
 * A map from byte strings to items that needs no text: what a sender repeats (the labels of a series, encoded) is found by
 * hashing and comparing its bytes where they stand in the request. Bounded: when it is full it begins anew.
 */

export interface ByteKeysLimits {
  /** Default 500 000. */
  readonly maxKeys?: number;
  /** Of all keys. Default 64 MiB. */
  readonly maxBytes?: number;
}

const FREE = -1;

export class ByteKeys<Item> {
  readonly #maxKeys: number;
  readonly #maxBytes: number;
  /** Nobody outside knows which keys would collide. */
  readonly #seed = (Math.random() * 0x1_0000_0000) | 0;
  /** Open addressing; at most half full. */
  #slots = new Int32Array(1024).fill(FREE);
  #hashes = new Int32Array(512);
  #starts = new Uint32Array(513);
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(64 * 1024);
  #view = new DataView(this.#bytes.buffer);
  #items: Item[] = [];
  #last = -1;

  constructor({ maxKeys = 500_000, maxBytes = 64 * 1024 * 1024 }: ByteKeysLimits = {}) {
    this.#maxKeys = maxKeys;
    this.#maxBytes = maxBytes;
  }

  get size(): number {
    return this.#items.length;
  }

  /**
   * The key that was added after the one found last, if it is that: senders repeat themselves in the same order, and then
   * there is nothing to hash.
   */
  follow(view: DataView, from: number, to: number): Item | undefined {
    const key = this.#last + 1;
    if (key >= this.#items.length || !this.#isKey(key, view, from, to)) return undefined;
    this.#last = key;
    return this.#items[key];
  }

  /** @param view over the same memory as the bytes of the request */
  hash(view: DataView, from: number, to: number): number {
    let hash = this.#seed ^ (to - from);
    let at = from;
    for (; at + 4 <= to; at += 4)
      hash = Math.imul(hash ^ view.getInt32(at, true), 0x9e37_79b1) ^ (hash >>> 15);
    for (; at < to; at++) hash = Math.imul(hash ^ view.getUint8(at), 0x9e37_79b1) ^ (hash >>> 15);
    hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
    return hash ^ (hash >>> 13);
  }

  find(hash: number, view: DataView, from: number, to: number): Item | undefined {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const key = slots[slot] ?? FREE;
      if (key === FREE) return undefined;
      if (this.#hashes[key] !== hash || !this.#isKey(key, view, from, to)) continue;
      this.#last = key;
      return this.#items[key];
    }
  }

  /** The key must not be in the map. */
  add(hash: number, view: DataView, from: number, to: number, item: Item): void {
    const length = to - from;
    if (
      this.#items.length >= this.#maxKeys ||
      (this.#starts[this.#items.length] ?? 0) + length > this.#maxBytes
    )
      this.clear();
    if (length > this.#maxBytes) return;
    const key = this.#items.length;
    this.#reserve(key + 1, length);
    const start = this.#starts[key] ?? 0;
    this.#bytes.set(new Uint8Array(view.buffer, view.byteOffset + from, length), start);
    this.#starts[key + 1] = start + length;
    this.#hashes[key] = hash;
    this.#items.push(item);
    this.#last = key;
    this.#place(hash, key);
  }

  clear(): void {
    this.#slots.fill(FREE);
    this.#items = [];
    this.#last = -1;
    this.#starts[0] = 0;
  }

  #isKey(key: number, view: DataView, from: number, to: number): boolean {
    let at = this.#starts[key] ?? 0;
    if ((this.#starts[key + 1] ?? 0) - at !== to - from) return false;
    let place = from;
    for (; place + 4 <= to; place += 4, at += 4)
      if (view.getInt32(place, true) !== this.#view.getInt32(at, true)) return false;
    for (; place < to; place++, at++) if (view.getUint8(place) !== this.#view.getUint8(at)) return false;
    return true;
  }

  #place(hash: number, key: number): void {
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    while (this.#slots[slot] !== FREE) slot = (slot + 1) & mask;
    this.#slots[slot] = key;
  }

  #reserve(keys: number, length: number): void {
    const bytes = (this.#starts[keys - 1] ?? 0) + length;
    if (bytes > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(bytes, this.#bytes.length * 2));
      larger.set(this.#bytes);
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    if (keys > this.#hashes.length) {
      const [hashes, starts] = [new Int32Array(keys * 2), new Uint32Array(keys * 2 + 1)];
      hashes.set(this.#hashes);
      starts.set(this.#starts);
      this.#hashes = hashes;
      this.#starts = starts;
    }
    if (keys * 2 > this.#slots.length) {
      this.#slots = new Int32Array(this.#slots.length * 2).fill(FREE);
      for (let key = 0; key < keys - 1; key++) this.#place(this.#hashes[key] ?? 0, key);
    }
  }
}
