/**
 * OTLP requests that could not be sent yet: one file each, with the address it is for and never its key. A file is complete or
 * absent (written beside, synced, renamed) and readable by its owner alone. Sending one twice is harmless: everything in
 * it has an identity and its own times.
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
  writeSync,
} from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Destination, OtlpProtocol, OtlpSignal } from "./export-options.ts";

const MAX_FILES = 2_000;
const MAX_BYTES = 64 * 1024 * 1024;
const MAX_AGE_MS = 30 * 24 * 60 * 60 * 1000;
/** A claim that is older belongs to a process that was killed. */
const CLAIM_STALE_MS = 60_000;
const FILE_NAME = /^(\d{15})-([0-9a-f]{16})-[\w-]+\.otlp$/;
const CLAIM = /\.claimed-\d+$/;

export interface SpooledRequest {
  signal: OtlpSignal;
  protocol: OtlpProtocol;
  body: Uint8Array;
}

export function spoolDirectory(said: string | undefined, env: NodeJS.ProcessEnv): string {
  if (said) return said;
  if (env.BATCHWATCH_SPOOL_DIR) return join(env.BATCHWATCH_SPOOL_DIR, "otlp");
  const state = env.XDG_STATE_HOME;
  const home = state?.startsWith("/") ? state : join(homedir(), ".local", "state");
  return join(home, "batchwatch", "spool", "otlp");
}

export class OtlpSpool {
  readonly directory: string;
  readonly #fallback: string;
  #sequence = 0;

  /** @param fallback where `directory` cannot be written, e.g. a user without a home */
  constructor(directory: string, fallback = `/var/tmp/batchwatch-${process.getuid?.() ?? 0}/spool/otlp`) {
    this.directory = directory;
    this.#fallback = fallback;
  }

  /**
   * @param at milliseconds, for the order of sending
   * @returns the file's path
   * @throws Error of node:fs when neither place can be written
   */
  write(request: SpooledRequest, { endpoint, fingerprint }: Destination, at: number): string {
    const { signal, protocol, body } = request;
    const header = `${JSON.stringify({ version: 1, endpoint, signal, protocol })}\n`;
    const unique = `${process.pid}-${this.#sequence++}-${process.hrtime.bigint().toString(36).slice(-8)}`;
    const name = `${String(Math.round(at)).padStart(15, "0")}-${fingerprint}-${unique}.otlp`;
    try {
      return writeDurably(this.directory, name, header, body);
    } catch {
      return writeDurably(this.#fallback, name, header, body);
    }
  }

  /** Paths of what waits for this destination, oldest first. Too old files go, and so do the oldest over the limits. */
  list({ fingerprint }: Destination, now: number): string[] {
    const all = [...new Set([this.directory, this.#fallback])].flatMap((directory) =>
      namesIn(directory).flatMap((name) => entryOf(directory, name, now)),
    );
    all.sort((a, b) => (a.name < b.name ? 1 : -1));
    let bytes = 0;
    const kept = all.filter(({ path, at, size }, index) => {
      bytes += size;
      const isKept = index < MAX_FILES && bytes <= MAX_BYTES && now - at <= MAX_AGE_MS;
      if (!isKept) this.remove(path);
      return isKept;
    });
    return kept
      .filter((entry) => entry.fingerprint === fingerprint)
      .reverse()
      .map(({ path }) => path);
  }

  /** Takes a file for sending; null: another process was faster. */
  claim(path: string): string | null {
    const claimed = `${path}.claimed-${process.pid}`;
    try {
      renameSync(path, claimed);
      utimesSync(claimed, new Date(), new Date());
      return claimed;
    } catch {
      return null;
    }
  }

  giveBack(claimed: string): void {
    try {
      renameSync(claimed, claimed.replace(CLAIM, ""));
    } catch {
      // Taken for stale by another process: it is in good hands.
    }
  }

  /** null: no request of ours. */
  read(path: string): SpooledRequest | null {
    try {
      const bytes = readFileSync(path);
      const end = bytes.indexOf("\n");
      const header = JSON.parse(bytes.subarray(0, end).toString()) as Partial<SpooledRequest> & {
        version?: number;
      };
      if (header.version !== 1 || header.signal === undefined || header.protocol === undefined) return null;
      return { signal: header.signal, protocol: header.protocol, body: bytes.subarray(end + 1) };
    } catch {
      return null;
    }
  }

  remove(path: string): void {
    rmSync(path, { force: true });
  }
}

interface Entry {
  name: string;
  path: string;
  fingerprint: string;
  at: number;
  size: number;
}

function entryOf(directory: string, found: string, now: number): Entry[] {
  const path = join(directory, found);
  const name = found.replace(CLAIM, "");
  const [, at, fingerprint] = FILE_NAME.exec(name) ?? [];
  if (at === undefined || fingerprint === undefined) return [];
  try {
    const { size, mtimeMs } = statSync(path);
    if (name !== found) {
      if (now - mtimeMs < CLAIM_STALE_MS) return [];
      renameSync(path, join(directory, name));
    }
    return [{ name, path: join(directory, name), fingerprint, at: Number(at), size }];
  } catch {
    return [];
  }
}

/** 1. write beside, 2. sync the file, 3. rename, 4. sync the directory. */
function writeDurably(directory: string, name: string, header: string, body: Uint8Array): string {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  // /var/tmp is anybody's: a directory that somebody else has put there is not ours to trust.
  if (directory.startsWith("/var/tmp/") && lstatSync(directory).uid !== process.getuid?.())
    throw new Error(`${directory} belongs to another user`);
  const path = join(directory, name);
  const beside = join(directory, `.${name}.tmp`);
  const fd = openSync(beside, "wx", 0o600);
  try {
    writeSync(fd, header);
    for (let at = 0; at < body.length; ) at += writeSync(fd, body, at);
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

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
