/**
 * Events that could not be delivered yet: a directory with one file for each batch, oldest first by name. A file is
 * complete or absent (written beside, synced, renamed), readable by its owner alone, and says for which server and key
 * it is meant. Files that nobody can deliver are kept apart in `rejected/`.
 */
import {
  closeSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import type { RunEventInput } from "@batchwatch/protocol/run-event";
import { keyFingerprint, type ServerTarget } from "./server-target.ts";

const MAX_FILES = 2000;
const MAX_BYTES = 64 * 1024 * 1024;
const MAX_REJECTED_FILES = 200;
/** A sender touches its lock with each file; one that is untouched for this long belongs to nobody any more. */
const LOCK_STALE_MS = 30_000;
const LEFT_OVER_MS = 60 * 60 * 1000;
const FILE_NAME = /^(\d{15})-[\w-]+\.json$/;

interface SpooledBatch {
  version: 1;
  url: string;
  /** `keyFingerprint` of the key that it was to be sent with. */
  key: string;
  events: RunEventInput[];
}

export type SpoolReading = { kind: "batch"; batch: SpooledBatch } | { kind: "corrupt" } | { kind: "gone" };

/** Where the spool is: what was asked for, else the state directory of the XDG base directory specification. */
export function spoolDirectory(said: string | undefined, env: NodeJS.ProcessEnv): string {
  if (said) return said;
  if (env.BATCHWATCH_SPOOL_DIR) return env.BATCHWATCH_SPOOL_DIR;
  const state = env.XDG_STATE_HOME;
  if (state?.startsWith("/")) return join(state, "batchwatch", "spool");
  return join(homedir(), ".local", "state", "batchwatch", "spool");
}

export class Spool {
  readonly directory: string;
  readonly #fallback: string;
  #sequence = 0;

  /** @param fallback used for writing where `directory` cannot be written, e.g. a user without a home. */
  constructor(directory: string, fallback = `/var/tmp/batchwatch-${process.getuid?.() ?? 0}/spool`) {
    this.directory = directory;
    this.#fallback = fallback;
  }

  /**
   * Keeps a batch on disk, synced. Makes room by dropping the oldest files when the spool is full.
   * @returns the file's path.
   * @throws Error of node:fs when neither place can be written.
   */
  write(events: readonly RunEventInput[], target: ServerTarget, at: number): string {
    const batch: SpooledBatch = {
      version: 1,
      url: target.url,
      key: keyFingerprint(target.apiKey),
      events: [...events],
    };
    const name = `${String(at).padStart(15, "0")}-${process.pid}-${this.#sequence++}-${uniqueSuffix()}.json`;
    try {
      return writeDurably(this.directory, name, JSON.stringify(batch));
    } catch (error) {
      if (this.#fallback === this.directory) throw error;
      return writeDurably(this.#fallback, name, JSON.stringify(batch));
    }
  }

  /** Paths of all batches, oldest first. */
  list(): string[] {
    return [...new Set([this.directory, this.#fallback])]
      .flatMap((directory) =>
        listOrEmpty(directory)
          .filter((name) => FILE_NAME.test(name))
          .map((name) => ({ name, path: join(directory, name) })),
      )
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ path }) => path);
  }

  /** Drops the oldest batches over the limits, and halves of files that a kill has left; answers how many batches. */
  prune(now: number): number {
    let bytes = 0;
    let dropped = 0;
    this.list()
      .toReversed()
      .forEach((path, index) => {
        bytes += sizeOf(path);
        if (index < MAX_FILES && bytes <= MAX_BYTES) return;
        this.remove(path);
        dropped++;
      });
    for (const name of listOrEmpty(this.directory)) {
      const path = join(this.directory, name);
      if (name.endsWith(".tmp") && now - modifiedAt(path) > LEFT_OVER_MS) this.remove(path);
    }
    return dropped;
  }

  read(path: string): SpoolReading {
    let text: string;
    try {
      text = readFileSync(path, "utf8");
    } catch (error) {
      return isNotFound(error) ? { kind: "gone" } : { kind: "corrupt" };
    }
    const batch = parseBatch(text);
    return batch === null ? { kind: "corrupt" } : { kind: "batch", batch };
  }

  remove(path: string): void {
    rmSync(path, { force: true });
  }

  /** Sets a file aside that will never be delivered; the newest of them are kept. */
  reject(path: string, reason: string): void {
    const folder = join(dirname(path), "rejected");
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      renameSync(path, join(folder, `${fileStem(path)}.${reason}.json`));
      for (const name of listOrEmpty(folder).sort().slice(0, -MAX_REJECTED_FILES))
        rmSync(join(folder, name), { force: true });
    } catch (error) {
      if (!isNotFound(error)) rmSync(path, { force: true });
    }
  }

  /** Keeps refused events for a person to look at. */
  writeRejected(events: readonly { event: RunEventInput; message: string }[], at: number): void {
    const name = `${String(at).padStart(15, "0")}-${process.pid}-${uniqueSuffix()}.refused.json`;
    try {
      writeDurably(join(this.directory, "rejected"), name, JSON.stringify(events, null, 2));
    } catch {
      // It was said on standard error already; there is nothing more to be done.
    }
  }

  /** Takes the right to send from this spool; null while another sender has it. */
  lock(now: () => number): SpoolLock | null {
    const path = join(this.directory, ".lock");
    for (let attempt = 1; attempt <= 2; attempt++) {
      try {
        mkdirSync(this.directory, { recursive: true, mode: 0o700 });
        closeSync(openSync(path, "wx", 0o600));
        return {
          touch: () => touch(path, now()),
          release: () => rmSync(path, { force: true }),
        };
      } catch {
        if (!breakStaleLock(path, now())) return null;
      }
    }
    return null;
  }
}

export interface SpoolLock {
  touch(): void;
  release(): void;
}

/** 1. write beside, 2. sync the file, 3. rename, 4. sync the directory. */
function writeDurably(directory: string, name: string, text: string): string {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const folder = lstatSync(directory);
  // /var/tmp is anybody's: a directory that somebody else has put there is not ours to trust.
  if (directory.startsWith("/var/tmp/") && folder.uid !== process.getuid?.())
    throw new Error(`${directory} belongs to another user`);
  const path = join(directory, name);
  const beside = join(directory, `.${name}.tmp`);
  const fd = openSync(beside, "wx", 0o600);
  try {
    writeFileSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(beside, path);
  const directoryFd = openSync(directory, "r");
  try {
    fsyncSync(directoryFd);
  } finally {
    closeSync(directoryFd);
  }
  return path;
}

function parseBatch(text: string): SpooledBatch | null {
  try {
    const value = JSON.parse(text) as Partial<SpooledBatch> | null;
    if (value?.version !== 1 || typeof value.url !== "string" || typeof value.key !== "string") return null;
    if (!Array.isArray(value.events) || value.events.length === 0) return null;
    const whole = value.events.every(
      (event) => typeof event?.kind === "string" && typeof event.jobName === "string",
    );
    return whole ? (value as SpooledBatch) : null;
  } catch {
    return null;
  }
}

/** Renaming takes the stale lock for one of several that see it. */
function breakStaleLock(path: string, now: number): boolean {
  try {
    if (now - statSync(path).mtimeMs < LOCK_STALE_MS) return false;
    const taken = `${path}.${process.pid}-${uniqueSuffix()}`;
    renameSync(path, taken);
    rmSync(taken, { force: true });
    return true;
  } catch (error) {
    return isNotFound(error);
  }
}

function touch(path: string, now: number): void {
  try {
    utimesSync(path, now / 1000, now / 1000);
  } catch {
    // Another sender has taken the lock for stale. Sending a batch twice is harmless: its events have ids.
  }
}

function fileStem(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1).replace(/\.json$/, "");
}

function uniqueSuffix(): string {
  return process.hrtime.bigint().toString(36).slice(-8);
}

function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
}

function modifiedAt(path: string): number {
  try {
    return statSync(path).mtimeMs;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

function listOrEmpty(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function isNotFound(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "ENOENT";
}
