/**
 * The pipes that the command writes into. Node.js itself would give it sockets, on which `echo … > /dev/stderr` of a
 * shell script fails (ENXIO); a wrapped command must find what it finds without us, so these are real pipes:
 * - the launcher hands over three, made by here-documents at no cost (bin/batchwatch, `BATCHWATCH_PIPES`);
 * - where it could not (a shell that keeps here-documents in files), `mkfifo` makes them;
 * - where neither works, null: Node.js's sockets are better than nothing.
 */
import { spawnSync } from "node:child_process";
import { closeSync, constants, fstatSync, mkdtempSync, openSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

interface Pipe {
  /** Our end. */
  readFd: number;
  /** The command's end: to be closed here once it runs. */
  writeFd: number;
}

export type CommandPipes = readonly [Pipe, Pipe, Pipe];

/** @param handedOver descriptors as the launcher names them, e.g. "4 5 6". */
export function openCommandPipes(handedOver: string | undefined): CommandPipes | null {
  return pipesOfLauncher(handedOver) ?? pipesOfMkfifo();
}

function pipesOfLauncher(handedOver: string | undefined): CommandPipes | null {
  const fds = (handedOver ?? "").split(" ").filter(Boolean).map(Number);
  if (fds.length !== 3) return null;
  try {
    if (!fds.every((fd) => fstatSync(fd).isFIFO())) return null;
    return three(
      fds.map((readFd) => {
        const writeFd = openSync(`/proc/self/fd/${readFd}`, constants.O_WRONLY);
        // What stood in the here-document waits in the pipe.
        readSync(readFd, Buffer.alloc(64));
        return { readFd, writeFd };
      }),
    );
  } catch {
    return null;
  }
}

function pipesOfMkfifo(): CommandPipes | null {
  let folder: string | null = null;
  try {
    folder = mkdtempSync(join(tmpdir(), "batchwatch-"));
    const paths = ["out", "err", "records"].map((name) => join(folder ?? "", name));
    if (spawnSync("mkfifo", ["-m", "600", ...paths], { stdio: "ignore" }).status !== 0) return null;
    return three(
      paths.map((path) => {
        // Opening one end alone would wait for the other.
        const both = openSync(path, constants.O_RDWR);
        const writeFd = openSync(path, constants.O_WRONLY);
        const readFd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
        closeSync(both);
        return { readFd, writeFd };
      }),
    );
  } catch {
    return null;
  } finally {
    if (folder !== null) rmSync(folder, { recursive: true, force: true });
  }
}

function three(pipes: readonly Pipe[]): CommandPipes | null {
  const [out, err, records] = pipes;
  return out && err && records ? [out, err, records] : null;
}
