/** Runs a program of this folder as a process of its own, as a job runs. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface Program {
  child: ChildProcess;
  /** Resolves with the output so far when a line with this text has been printed. */
  printed(text: string): Promise<string>;
  ended: Promise<Ended>;
}

export function startProgram(
  file: string,
  args: readonly string[],
  env: Record<string, string>,
  program = process.execPath,
  before: readonly string[] = [],
): Program {
  const child = spawn(program, [...before, file, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env.PATH ?? "", HOME: process.env.HOME ?? "", ...env },
  });
  let stdout = "";
  let stderr = "";
  const waiting = new Set<() => void>();
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
    for (const look of waiting) look();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return {
    child,
    ended,
    printed: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (!stdout.includes(text)) return;
          waiting.delete(look);
          resolve(stdout);
        };
        waiting.add(look);
        look();
        ended.then(
          () => reject(new Error(`it ended without printing "${text}": ${stdout}${stderr}`)),
          reject,
        );
      }),
  };
}

export function spoolFolder(): { path: string; files(): string[]; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "batchwatch-sdk-spool-"));
  return {
    path,
    files() {
      try {
        return readdirSync(join(path, "otlp")).filter((name) => name.endsWith(".otlp"));
      } catch {
        return [];
      }
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** Waits until it answers something else than undefined or false. */
export async function until<T>(look: () => T | Promise<T>, timeoutMs = 40_000): Promise<NonNullable<T>> {
  const endsAt = performance.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== null && found !== false) return found as NonNullable<T>;
    if (performance.now() > endsAt) throw new Error("what was waited for did not come");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
