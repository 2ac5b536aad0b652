/** A real `batchwatch serve` as a process of its own, on free ports, which tests kill, stop and start again. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const CLI = join(import.meta.dirname, "../packages/cli/src/main.ts");

export interface ServerProcess {
  url: string;
  pid: number;
  /** Standard output and standard error so far. */
  output(): string;
  /** SIGKILL, at once; resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
}

export interface ServerOptions {
  dataDir: string;
  /** Contents of the configuration file, e.g. `{ receivers: […] }`. */
  config?: object;
  http?: string;
}

/** Rejects with what it printed when it ends before it says where it is. */
export async function startServerProcess(options: ServerOptions): Promise<ServerProcess> {
  const child = spawnServer(options);
  let printed = "";
  const url = await new Promise<string>((resolve, reject) => {
    const hear = (chunk: Buffer): void => {
      printed += chunk.toString("utf8");
      const address = /http:\/\/127\.0\.0\.1:\d+/.exec(printed);
      if (address !== null) resolve(address[0]);
    };
    child.stdout?.on("data", hear);
    child.stderr?.on("data", hear);
    child.once("exit", (code) => reject(new Error(`the server ended with ${code}: ${printed}`)));
  });
  const ended = once(child, "exit") as Promise<[number | null]>;
  return {
    url,
    pid: child.pid ?? 0,
    output: () => printed,
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
    async stop() {
      child.kill("SIGTERM");
      return (await ended)[0];
    },
  };
}

/** For a start that is to fail: its exit code and what it said. */
export async function failToStart(options: ServerOptions): Promise<{ code: number | null; said: string }> {
  const child = spawnServer(options);
  let said = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    said += chunk.toString("utf8");
  });
  child.stderr?.on("data", (chunk: Buffer) => {
    said += chunk.toString("utf8");
  });
  const [code] = (await once(child, "close")) as [number | null];
  return { code, said };
}

function spawnServer({ dataDir, config, http = "127.0.0.1:0" }: ServerOptions): ChildProcess {
  const args = ["serve", "--data-dir", dataDir, "--http", http, "--grpc", "127.0.0.1:0"];
  if (config !== undefined) {
    const file = join(mkdtempSync(join(tmpdir(), "batchwatch-config-")), "batchwatch.json");
    writeFileSync(file, JSON.stringify(config));
    args.push("--config", file);
  }
  return spawn(process.execPath, [CLI, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, BATCHWATCH_LOG_LEVEL: "warn" },
  });
}
