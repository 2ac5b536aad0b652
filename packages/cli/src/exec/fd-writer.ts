/**
 * Writes to a file descriptor of ours in order, in the background. Not `process.stdout`: that would set the descriptor,
 * which we share with the shell and its other programs, to non-blocking.
 */
import { write } from "node:fs";

const RETRY_MS = 5;

export class FdWriter {
  readonly #fd: number;
  readonly #queue: Buffer[] = [];
  readonly #idleWaiters: (() => void)[] = [];
  readonly #onBroken: (error: NodeJS.ErrnoException) => void;
  #writing = false;
  #broken = false;
  queuedBytes = 0;
  /** Called whenever the queue has run empty. */
  onIdle: (() => void) | null = null;

  /** @param onBroken nobody reads any more, or the disk is full: nothing more is written. */
  constructor(fd: number, onBroken: (error: NodeJS.ErrnoException) => void) {
    this.#fd = fd;
    this.#onBroken = onBroken;
  }

  write(chunk: Buffer): void {
    if (this.#broken || chunk.length === 0) return;
    this.#queue.push(chunk);
    this.queuedBytes += chunk.length;
    if (!this.#writing) this.#next();
  }

  /** Resolves when everything has been written, or nothing more can be. */
  async idle(): Promise<void> {
    if (!this.#writing) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#idleWaiters.push(resolve);
    await promise;
  }

  #next(): void {
    const chunk = this.#queue.shift();
    this.#writing = chunk !== undefined;
    if (chunk === undefined) {
      for (const resolve of this.#idleWaiters.splice(0)) resolve();
      this.onIdle?.();
      return;
    }
    write(this.#fd, chunk, (error, written) => this.#written(chunk, error, written));
  }

  #written(chunk: Buffer, error: NodeJS.ErrnoException | null, written: number): void {
    if (error?.code === "EAGAIN") {
      this.#queue.unshift(chunk);
      setTimeout(() => this.#next(), RETRY_MS);
      return;
    }
    if (error !== null) {
      this.#broken = true;
      this.#queue.length = 0;
      this.queuedBytes = 0;
      this.#onBroken(error);
    } else {
      this.queuedBytes -= written;
      if (written < chunk.length) this.#queue.unshift(chunk.subarray(written));
    }
    this.#next();
  }
}
