/**
 * What `batchwatch exec` adds to a command: the installed launcher and bundle around `true`, telling a live server with
 * a SQLite file, against `true` alone, in turn. Budget: 60 ms and 60 MiB over the bare command.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "../scripts/build.ts";
import type { Figure, Report } from "./report.ts";

const ROUNDS = 41;
const MEMORY_ROUNDS = 7;
const WARM_UP_ROUNDS = 3;
const BUDGET_MS = 60;
const BUDGET_MIB = 60;
const MIB = 1024 * 1024;
const LAUNCHER = join(import.meta.dirname, "../packages/cli/bin/batchwatch");

export async function run(): Promise<Report[]> {
  await build();
  const folder = mkdtempSync(join(tmpdir(), "batchwatch-bench-"));
  const server = await startServer(folder);
  try {
    const env = { ...process.env, BATCHWATCH_URL: server.url, BATCHWATCH_SPOOL_DIR: join(folder, "spool") };
    const away = { ...env, BATCHWATCH_URL: "http://127.0.0.1:61099" };
    const wrapped = (command: readonly string[]): string[] => [
      LAUNCHER,
      "exec",
      "--job",
      "bench",
      "-q",
      "--",
      ...command,
    ];
    const walls: Walls = { bare: [], node: [], exec: [], away: [] };
    for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
      const bare = await wallMs(["true"], env);
      const node = await wallMs([process.execPath, "-e", "0"], env);
      const exec = await wallMs(wrapped(["true"]), env);
      const withoutServer = await wallMs(wrapped(["true"]), away);
      if (round < 0) continue;
      walls.bare.push(bare);
      walls.node.push(node);
      walls.exec.push(exec);
      walls.away.push(withoutServer);
    }
    const memory: { bare: number[]; exec: number[] } = { bare: [], exec: [] };
    for (let round = 0; round < MEMORY_ROUNDS; round++) {
      memory.bare.push(await peakMib(["sleep", "0.3"], env));
      memory.exec.push(await peakMib(wrapped(["sleep", "0.3"]), env));
    }
    return [reportOf(walls, memory)];
  } finally {
    server.process.kill("SIGTERM");
    await once(server.process, "exit");
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Milliseconds, one a round. */
interface Walls {
  bare: number[];
  /** Node.js starting and ending, which is most of what exec takes: it tells how fast this machine is at present. */
  node: number[];
  exec: number[];
  away: number[];
}

function reportOf(walls: Walls, memory: { bare: number[]; exec: number[] }): Report {
  const over = (values: readonly number[], bare: readonly number[]): number[] =>
    values.map((value, round) => value - (bare[round] ?? Number.NaN));
  const figures: Figure[] = [
    { what: "true", values: walls.bare, unit: "ms", budget: null },
    { what: "node -e 0", values: walls.node, unit: "ms", budget: null },
    { what: "exec -- true", values: walls.exec, unit: "ms", budget: null },
    {
      what: "exec over the bare command",
      values: over(walls.exec, walls.bare),
      unit: "ms",
      budget: { kind: "at most", value: BUDGET_MS },
    },
    { what: "the same, server away", values: over(walls.away, walls.bare), unit: "ms", budget: null },
    { what: "peak memory of sleep", values: memory.bare, unit: "MiB", budget: null },
    {
      what: "peak memory of exec over it",
      values: over(memory.exec, memory.bare),
      unit: "MiB",
      budget: { kind: "at most", value: BUDGET_MIB },
    },
  ];
  return {
    title: `exec: ${ROUNDS} rounds of each, in turn`,
    figures,
    note: "Wall time from spawn to exit, with start and end delivered and durable. Memory: VmHWM of the exec process.",
  };
}

async function wallMs(command: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const startedAt = performance.now();
  const [program = "", ...args] = command;
  await once(spawn(program, args, { env, stdio: "ignore" }), "exit");
  return performance.now() - startedAt;
}

/** The kernel's high-water mark, read until the process ends. */
async function peakMib(command: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const [program = "", ...args] = command;
  const child = spawn(program, args, { env, stdio: "ignore" });
  let peakBytes = 0;
  const timer = setInterval(() => {
    peakBytes = Math.max(peakBytes, highWaterBytes(child.pid));
  }, 2);
  await once(child, "exit");
  clearInterval(timer);
  return peakBytes / MIB;
}

function highWaterBytes(pid: number | undefined): number {
  try {
    return Number(/^VmHWM:\s*(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

async function startServer(folder: string): Promise<{ process: ChildProcess; url: string }> {
  const args = [
    "serve",
    "--data-dir",
    join(folder, "data"),
    "--http",
    "127.0.0.1:0",
    "--grpc",
    "127.0.0.1:0",
  ];
  const child = spawn(LAUNCHER, args, {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, BATCHWATCH_LOG_LEVEL: "warn" },
  });
  const url = Promise.withResolvers<string>();
  let printed = "";
  child.stdout.on("data", (chunk: Buffer) => {
    printed += chunk.toString();
    const found = /https?:\/\/[\d.]+:\d+/.exec(printed)?.[0];
    if (found !== undefined) url.resolve(found);
  });
  child.once("exit", () => url.reject(new Error(`the server did not start: ${printed}`)));
  return { process: child, url: await url.promise };
}
