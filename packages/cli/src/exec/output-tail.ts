/** The last bytes of an output, in a ring of fixed size: what is kept does not grow with what is written. */
export class OutputTail {
  readonly #ring: Buffer;
  #next = 0;
  #totalBytes = 0;

  constructor(limitBytes: number) {
    this.#ring = Buffer.alloc(limitBytes);
  }

  /** True when more was written than is kept. */
  get truncated(): boolean {
    return this.#totalBytes > this.#ring.length;
  }

  write(chunk: Buffer): void {
    this.#totalBytes += chunk.length;
    const size = this.#ring.length;
    if (size === 0) return;
    const kept = chunk.length > size ? chunk.subarray(chunk.length - size) : chunk;
    const first = Math.min(kept.length, size - this.#next);
    kept.copy(this.#ring, this.#next, 0, first);
    kept.copy(this.#ring, 0, first);
    this.#next = (this.#next + kept.length) % size;
  }

  /** As text that begins with a whole character; bytes that are no UTF-8 are shown as U+FFFD. */
  text(): string {
    if (!this.truncated) return this.#ring.toString("utf8", 0, this.#totalBytes);
    const bytes = Buffer.concat([this.#ring.subarray(this.#next), this.#ring.subarray(0, this.#next)]);
    let start = 0;
    while (start < 3 && start < bytes.length && ((bytes[start] ?? 0) & 0xc0) === 0x80) start++;
    return bytes.toString("utf8", start);
  }

  /** The last line that is not blank, at most `limit` characters of it; "" when there is none. */
  lastLine(limit: number): string {
    const lines = this.text().split(/[\r\n]+/);
    const last = lines.findLast((line) => line.trim() !== "") ?? "";
    return last.trim().slice(0, limit).toWellFormed();
  }
}
