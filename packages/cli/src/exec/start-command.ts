/**
 * Starts the command as it would start without us: same process group, directory, limits and standard input, real pipes
 * for its output, and the signals that were to be ignored still ignored. Hands on its outputs, and descriptor 3.
 */
import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { closeSync, fstatSync } from "node:fs";
import type { Readable } from "node:stream";
import { openCommandPipes } from "./command-pipes.ts";
import { commandIgnoring, ignoredSignals } from "./signals.ts";

export interface StartedCommand {
  child: ChildProcess;
  /** Our end of each output; both are the same where they went to one place already. Null: it writes past us. */
  stdout: Readable | number | null;
  stderr: Readable | number | null;
  /** Lines that the command writes to its descriptor 3. */
  records: Readable | number | null;
}

/** Said to us by the launcher, not meant for the command. */
const LAUNCHER_VARIABLES = [
  "BATCHWATCH_PIPES",
  "BATCHWATCH_IGNORED_SIGNALS",
  "BATCHWATCH_NODE_OPTIONS",
] as const;

/**
 * @param watchOutput false: the command inherits our output.
 * @param additions variables that the command gets beside ours.
 * @throws Error of node:child_process for arguments that no system can take; "not found" comes as the child's `error`.
 */
export function startCommand(
  command: readonly string[],
  watchOutput: boolean,
  env: NodeJS.ProcessEnv,
  additions: Readonly<Record<string, string>>,
): StartedCommand {
  const pipes = openCommandPipes(env.BATCHWATCH_PIPES);
  const [program = "", ...args] = commandIgnoring(ignoredSignals(env.BATCHWATCH_IGNORED_SIGNALS), command);
  const oneOutput = watchOutput && pipes !== null && isSameFile(1, 2);
  const [out, err, records] = pipes ?? [];
  const output = (pipe: { writeFd: number } | undefined) =>
    watchOutput ? (pipe?.writeFd ?? ("pipe" as const)) : ("inherit" as const);
  const options: SpawnOptions = {
    stdio: ["inherit", output(out), output(oneOutput ? out : err), records?.writeFd ?? "pipe"],
    env: commandEnvironment(env, additions),
  };
  const child = spawn(program, args, options);
  for (const pipe of pipes ?? []) closeSync(pipe.writeFd);
  return {
    child,
    stdout: watchOutput ? (out?.readFd ?? child.stdout) : null,
    stderr: watchOutput && !oneOutput ? (err?.readFd ?? child.stderr) : null,
    records: records?.readFd ?? (child.stdio[3] as Readable | null | undefined) ?? null,
  };
}

function commandEnvironment(
  env: NodeJS.ProcessEnv,
  additions: Readonly<Record<string, string>>,
): NodeJS.ProcessEnv {
  const result: NodeJS.ProcessEnv = { ...env, ...additions };
  if (env.BATCHWATCH_NODE_OPTIONS !== undefined) result.NODE_OPTIONS = env.BATCHWATCH_NODE_OPTIONS;
  for (const name of LAUNCHER_VARIABLES) delete result[name];
  return result;
}

/** With `2>&1`, and under cron, both outputs are one: one pipe then keeps their order exactly. */
function isSameFile(a: number, b: number): boolean {
  try {
    const [first, second] = [fstatSync(a), fstatSync(b)];
    return first.dev === second.dev && first.ino === second.ino;
  } catch {
    return false;
  }
}
