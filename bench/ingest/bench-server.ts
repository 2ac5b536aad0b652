/**
 * A real `batchwatch serve` for benchmarks: the bundle, in a process of its own, with a fresh data directory, pinned to one
 * core where `taskset` is there. Tells what it costs: processor time and resident memory, read from /proc.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const BUNDLE = join(import.meta.dirname, "../../packages/cli/dist/main.js");
const KIB_IN_MIB = 1024;
/** Linux counts processor time in hundredths of a second. */
const MS_A_TICK = 10;

/** The commands that put a process on core `core`; none where `taskset` is missing. */
export function pinnedTo(core: number): string[] {
  return hasTaskset() ? ["taskset", "-c", String(core)] : [];
}

let tasksetFound: boolean | null = null;
function hasTaskset(): boolean {
  tasksetFound ??= spawnSync("taskset", ["-c", "1", "true"]).status === 0;
  return tasksetFound;
}

export interface BenchServer {
  host: string;
  port: number;
  pid: number;
  /** From the start of the process to its address being printed: it answers from then on. */
  readyMs: number;
  /** Processor time used so far, user and system. */
  cpuMs(): number;
  residentMiB(): number;
  /** Stops it cleanly and answers the size of the ledger's file. */
  stop(): Promise<{ ledgerBytes: number }>;
}

/** @param nodeOptions for Node.js itself, e.g. `--cpu-prof` */
export async function startBenchServer(nodeOptions: readonly string[] = []): Promise<BenchServer> {
  const dataDir = mkdtempSync(join(tmpdir(), "batchwatch-bench-"));
  const command = [...pinnedTo(0), process.execPath, ...nodeOptions, BUNDLE];
  const args = ["serve", "--data-dir", dataDir, "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0"];
  const [program = "", ...before] = command;
  const startedAt = performance.now();
  const child = spawn(program, [...before, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, BATCHWATCH_LOG_LEVEL: "warn" },
  });
  const url = new URL(await printedUrl(child));
  const readyMs = performance.now() - startedAt;
  const pid = child.pid ?? 0;
  return {
    host: url.hostname,
    port: Number(url.port),
    readyMs,
    pid,
    cpuMs: () => cpuMs(pid),
    residentMiB: () =>
      Number(/^VmRSS:\s*(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1]) / KIB_IN_MIB,
    async stop() {
      if (child.exitCode === null) {
        child.kill("SIGTERM");
        await once(child, "exit");
      }
      const ledgerBytes = statSync(join(dataDir, "ledger.db")).size;
      rmSync(dataDir, { recursive: true, force: true });
      return { ledgerBytes };
    },
  };
}

function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * MS_A_TICK;
}

async function printedUrl(child: ChildProcess): Promise<string> {
  let printed = "";
  if (child.stdout === null) throw new Error("the server's output is not read");
  for await (const chunk of child.stdout) {
    printed += String(chunk);
    const url = /http:\/\/[\d.]+:\d+/.exec(printed)?.[0];
    if (url === undefined) continue;
    return url;
  }
  throw new Error(`the server did not start: ${printed}`);
}
