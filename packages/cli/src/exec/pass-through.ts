/**
 * One output of the command: what arrives is written on, unchanged and in order, and shown to observers (tail, record
 * lines). A reader of ours that is slow slows the command as it would without us, until the command has ended.
 */
import { Socket } from "node:net";
import type { Readable } from "node:stream";
import { steadyMs } from "../steady-clock.ts";
import type { FdWriter } from "./fd-writer.ts";

/** As much as a pipe holds in the kernel: more would let the command run ahead of its reader. */
const MAX_QUEUED_BYTES = 64 * 1024;

export type Observer = (chunk: Buffer) => void;

export class PassThroughOutput {
  readonly #source: Readable;
  readonly #writer: FdWriter | null;
  #draining = false;
  #lastDataAt = 0;
  #ended = false;
  readonly closed: Promise<void>;

  constructor(source: Readable | number, writer: FdWriter | null, observers: readonly Observer[]) {
    this.#source =
      typeof source === "number" ? new Socket({ fd: source, readable: true, writable: false }) : source;
    this.#writer = writer;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.closed = promise;
    const end = (): void => {
      this.#ended = true;
      resolve();
    };
    this.#source.on("data", (chunk: Buffer) => {
      this.#lastDataAt = steadyMs();
      writer?.write(chunk);
      for (const observe of observers) observe(chunk);
      if (writer !== null && writer.queuedBytes >= MAX_QUEUED_BYTES && !this.#draining) this.#source.pause();
    });
    this.#source.on("end", end);
    this.#source.on("error", end);
    this.#source.on("close", end);
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Reads on after the writer has caught up. */
  resume(): void {
    if (this.#draining || (this.#writer?.queuedBytes ?? 0) < MAX_QUEUED_BYTES) this.#source.resume();
  }

  /** Nobody reads what we write: let the command have the broken pipe that it would have had without us. */
  breakPipe(): void {
    this.#source.destroy();
  }

  /**
   * The command has ended: takes what is left in the pipe. Resolves at its end or, where something that the command has
   * left behind holds the pipe open, after `quietMs` without data.
   */
  async drain(quietMs: number): Promise<void> {
    this.#draining = true;
    this.#lastDataAt = steadyMs();
    this.#source.resume();
    while (!this.#ended) {
      const leftMs = this.#lastDataAt + quietMs - steadyMs();
      if (leftMs <= 0) return;
      const { promise: timeUp, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, leftMs);
      await Promise.race([timeUp, this.closed]);
      clearTimeout(timer);
    }
  }
}
