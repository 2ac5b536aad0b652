/** Runs the real command by its launcher, in a process and a spool of its own. For tests only. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";

export const LAUNCHER = join(import.meta.dirname, "../../bin/batchwatch");

export interface CliResult {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: Buffer;
  stderr: string;
}

export interface CliOptions {
  url?: string;
  spoolDir?: string;
  env?: NodeJS.ProcessEnv;
  input?: string;
  cwd?: string;
  /** A packed one (pack-exec.ts); default: that of the checkout, running the sources. */
  launcher?: string;
}

export interface StartedCli {
  child: ChildProcess;
  result: Promise<CliResult>;
}

export function newFolder(): string {
  return mkdtempSync(join(tmpdir(), "batchwatch-cli-test-"));
}

/** No server listens there: it is no port that a system picks by itself, nor one that `fetch` refuses. */
export const NO_SERVER = "http://127.0.0.1:61099";

export function startCli(args: readonly string[], options: CliOptions = {}): StartedCli {
  const child = spawn(options.launcher ?? LAUNCHER, args, {
    stdio: ["pipe", "pipe", "pipe"],
    cwd: options.cwd,
    env: {
      ...inherited(),
      ...(options.launcher === undefined && { BATCHWATCH_DEV: "1" }),
      BATCHWATCH_URL: options.url ?? NO_SERVER,
      BATCHWATCH_SPOOL_DIR: options.spoolDir ?? newFolder(),
      ...options.env,
    },
  });
  child.stdin.on("error", () => {});
  child.stdin.end(options.input ?? "");
  return { child, result: resultOf(child, child.stdout, child.stderr) };
}

export async function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return await startCli(args, options).result;
}

async function resultOf(child: ChildProcess, stdout: Readable, stderr: Readable): Promise<CliResult> {
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  stdout.on("data", (chunk: Buffer) => out.push(chunk));
  stderr.on("data", (chunk: Buffer) => err.push(chunk));
  const [code, signal] = await once(child, "close");
  return {
    code: code as number | null,
    signal: signal as NodeJS.Signals | null,
    stdout: Buffer.concat(out),
    stderr: Buffer.concat(err).toString(),
  };
}

/** Nothing of a run in which the tests themselves may be wrapped. */
function inherited(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(BATCHWATCH_(?!NODE$)|TRACEPARENT$|NODE_OPTIONS$|VITEST)/.test(name),
    ),
  );
}
