/**
 * Makes commits durable without holding the thread. SQLite writes a commit into the write-ahead log (`synchronous =
 * normal`: it syncs by itself only around checkpoints); this brings the log to the disk on a thread of libuv's pool, and
 * the commit counts from then on. One sync serves everybody who waited for it, so they grow with the load.
 */
import { closeSync, fdatasync, openSync } from "node:fs";
import { StorageError } from "../storage-error.ts";

export class WalSync {
  readonly #walPath: string;
  #fd: number | null = null;
  #running: Promise<void> | null = null;
  #next: Promise<void> | null = null;

  /** @param databasePath The log stands beside it while a connection is open. */
  constructor(databasePath: string) {
    this.#walPath = `${databasePath}-wal`;
  }

  /** Resolves when all that was written before the call survives a power cut. @throws StorageError */
  flush(): Promise<void> {
    // The one under way may have begun before the caller's write.
    this.#next ??= this.#afterRunning();
    return this.#next;
  }

  async close(): Promise<void> {
    await this.#running?.catch(() => undefined);
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
  }

  async #afterRunning(): Promise<void> {
    await this.#running?.catch(() => undefined);
    this.#next = null;
    this.#running = this.#sync();
    try {
      await this.#running;
    } finally {
      if (this.#next === null) this.#running = null;
    }
  }

  #sync(): Promise<void> {
    return new Promise((resolve, reject) => {
      try {
        this.#fd ??= openSync(this.#walPath, "r+");
      } catch (error) {
        reject(syncError(error));
        return;
      }
      fdatasync(this.#fd, (error) => {
        if (error === null) resolve();
        else reject(syncError(error));
      });
    });
  }
}

function syncError(error: unknown): StorageError {
  const isFull = error instanceof Error && "code" in error && error.code === "ENOSPC";
  const message = error instanceof Error ? error.message : String(error);
  return new StorageError(isFull ? "DISK_FULL" : "IO_ERROR", message, { cause: error });
}
