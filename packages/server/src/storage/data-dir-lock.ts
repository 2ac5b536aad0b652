/**
 * One server for one data directory. The lock is the operating system's, on a file of its own, so it ends with the
 * process however that ends, and holds between containers that share the directory. The file beside it names the holder.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

const LOCK_FILE = "server.lock";
const HOLDER_FILE = "server.pid";

/** Keeps the locks' files open: one that nobody refers to any more would be collected, and the lock be gone. */
const held = new Set<DatabaseSync>();

export class DataDirInUseError extends Error {
  readonly code = "DATA_DIR_IN_USE";
}

export class DataDirNotWritableError extends Error {
  readonly code = "DATA_DIR_NOT_WRITABLE";
}

export interface DataDirLock {
  release(): void;
}

/** @throws DataDirInUseError naming the process that holds it, DataDirNotWritableError. */
export function lockDataDir(dataDir: string): DataDirLock {
  const lock = openLockFile(dataDir);
  try {
    lock.exec("begin exclusive");
  } catch {
    lock.close();
    throw new DataDirInUseError(
      `Another Batchwatch server${holder(dataDir)} uses ${dataDir}. Stop it, or give this one a directory of its own: --data-dir DIR`,
    );
  }
  held.add(lock);
  writeFileSync(join(dataDir, HOLDER_FILE), `${process.pid}\n`);
  return {
    release() {
      rmSync(join(dataDir, HOLDER_FILE), { force: true });
      held.delete(lock);
      lock.close();
    },
  };
}

function openLockFile(dataDir: string): DatabaseSync {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o750 });
    return new DatabaseSync(join(dataDir, LOCK_FILE), { timeout: 0 });
  } catch (error) {
    throw new DataDirNotWritableError(
      `The data directory ${dataDir} cannot be written: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function holder(dataDir: string): string {
  try {
    return ` (process ${readFileSync(join(dataDir, HOLDER_FILE), "utf8").trim()})`;
  } catch {
    return "";
  }
}
