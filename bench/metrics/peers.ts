/**
 * The stores that are measured side by side, each a real process over a fresh directory on a free port: Debian's
 * Prometheus and VictoriaMetrics, and the bundle of Batchwatch. Installs the peers where that may be done.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const BUNDLE = join(import.meta.dirname, "../../packages/cli/dist/main.js");
const READY_WITHIN_MS = 20_000;

export type PeerName = "Batchwatch" | "Prometheus" | "VictoriaMetrics";

export interface Peer {
  name: PeerName;
  version: string;
  /** `http://127.0.0.1:PORT`, the same paths for all: `/api/v1/write`, `/api/v1/query_range`. */
  url: string;
  residentMiB(): number;
  /** Of everything that belongs to samples. */
  diskBytes(): number;
  stop(): Promise<void>;
}

/** @returns null, with a line on stderr, where the program is missing and cannot be installed */
export async function startPeer(name: PeerName): Promise<Peer | null> {
  if (name === "Batchwatch") return start(name, "", process.execPath, batchwatchArguments);
  const [program, debianPackage] =
    name === "Prometheus" ? ["prometheus", "prometheus"] : ["victoria-metrics", "victoria-metrics"];
  if (!isThere(program) && !install(debianPackage)) {
    console.error(`${name} is left out: install Debian's package ${debianPackage}.`);
    return null;
  }
  const version =
    /\d+\.\d+\.\d+/.exec(spawnSync(program, ["--version"], { encoding: "utf8" }).stdout)?.[0] ?? "";
  return start(name, version, program, name === "Prometheus" ? prometheusArguments : victoriaArguments);
}

type ArgumentsOf = (directory: string, port: number) => string[];

const batchwatchArguments: ArgumentsOf = (directory, port) => [
  BUNDLE,
  "serve",
  "--data-dir",
  directory,
  "--http",
  `127.0.0.1:${port}`,
  "--grpc",
  "127.0.0.1:0",
];

const prometheusArguments: ArgumentsOf = (directory, port) => {
  const config = join(directory, "prometheus.yml");
  writeFileSync(config, "global: {scrape_interval: 1h}\n");
  return [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(directory, "data")}`,
    "--storage.tsdb.retention.time=10y",
    `--web.listen-address=127.0.0.1:${port}`,
    "--web.enable-remote-write-receiver",
    "--query.max-samples=500000000",
    "--log.level=error",
  ];
};

const victoriaArguments: ArgumentsOf = (directory, port) => [
  `-storageDataPath=${join(directory, "data")}`,
  "-retentionPeriod=10y",
  `-httpListenAddr=127.0.0.1:${port}`,
  "-search.disableCache",
  "-loggerLevel=ERROR",
];

async function start(name: PeerName, version: string, program: string, args: ArgumentsOf): Promise<Peer> {
  const directory = mkdtempSync(join(tmpdir(), "batchwatch-bench-"));
  const port = await freePort();
  const child = spawn(program, args(directory, port), {
    stdio: ["ignore", "ignore", name === "Batchwatch" ? "inherit" : "ignore"],
    env: { ...process.env, BATCHWATCH_LOG_LEVEL: "warn" },
  });
  const url = `http://127.0.0.1:${port}`;
  await untilReady(url, child);
  return {
    name,
    version,
    url,
    residentMiB: () =>
      Number(/^VmRSS:\s*(\d+) kB/m.exec(readFileSync(`/proc/${child.pid}/status`, "latin1"))?.[1]) / 1024,
    diskBytes: () => sizeOf(directory),
    async stop() {
      if (child.exitCode === null) {
        child.kill("SIGTERM");
        await once(child, "exit");
      }
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function untilReady(url: string, child: ChildProcess): Promise<void> {
  const givenUpAt = performance.now() + READY_WITHIN_MS;
  while (performance.now() < givenUpAt) {
    if (child.exitCode !== null) throw new Error(`${url}: the process ended with ${child.exitCode}`);
    const answer = await fetch(`${url}/api/v1/query?query=1`).catch(() => null);
    await answer?.arrayBuffer();
    if (answer?.ok === true) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${url} did not answer within ${READY_WITHIN_MS} ms`);
}

/** Room that the files take, the ledger of Batchwatch left out: no sample is in it. */
function sizeOf(directory: string): number {
  let bytes = 0;
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true }))
    if (entry.isFile() && !entry.name.startsWith("ledger."))
      bytes += statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0;
  return bytes;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}

function isThere(program: string): boolean {
  return spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;
}

function install(debianPackage: string): boolean {
  if (process.getuid?.() !== 0 || !isThere("apt-get")) return false;
  try {
    const options = { stdio: "ignore", env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } } as const;
    execFileSync("apt-get", ["update", "-qq"], options);
    execFileSync("apt-get", ["install", "-y", "-qq", "--no-install-recommends", debianPackage], options);
    return true;
  } catch {
    return false;
  }
}
