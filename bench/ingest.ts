/**
 * What the server takes in, durable before the answer: pings, run events and OTLP samples a second, through HTTP, against
 * the built bundle on one core with the load made on another one. Judging is on, as always. Beside each rate stands what
 * an answer costs in processor time, which a busy machine does not change.
 * `npm run bench -- ingest [pings|events|metrics|disk] [ROUNDS]`
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { build } from "../scripts/build.ts";
import { type BenchServer, pinnedTo, startBenchServer } from "./ingest/bench-server.ts";
import type { LoadPlan, LoadResult } from "./ingest/load.ts";
import type { Figure, Report } from "./report.ts";

const DEFAULT_ROUNDS = 3;
const CONNECTIONS = 64;
const JOBS = 1_000;
/** Until the engine has compiled what is hot. */
const WARM_UP_REQUESTS = 20_000;
const WARM_UP_MS = 6_000;
const MEASURE_MS = 5_000;
const SETTLE_MS = 2_000;
const EVENTS_A_BATCH = 100;
const SERIES_A_REQUEST = 1_000;
const METRICS_CONNECTIONS = 8;
const RUNS_ON_DISK = 20_000;
const PARTS = ["pings", "events", "metrics", "disk"] as const;
type Part = (typeof PARTS)[number];

const PINGS_BUDGET = { kind: "at least", value: 10_000 } as const;
const DISK_BUDGET = { kind: "at most", value: 400 } as const;
const READY_BUDGET = { kind: "at most", value: 1_000 } as const;
const IDLE_BUDGET = { kind: "at most", value: 150 } as const;

export async function run(args: readonly string[]): Promise<Report[]> {
  await build();
  const wanted = PARTS.filter((part) => args.includes(part));
  const parts = new Set<Part>(wanted.length === 0 ? PARTS : wanted);
  const rounds = Number(args.find((arg) => /^\d+$/.test(arg)) ?? DEFAULT_ROUNDS);
  const measured = new Figures();
  for (let round = 0; round < rounds; round += 1) {
    if (parts.has("pings")) await measurePings(measured);
    if (parts.has("events")) await measureEvents(measured);
    if (parts.has("metrics")) await measureMetrics(measured);
    if (parts.has("disk")) await measureDisk(measured);
  }
  return [
    {
      title: `ingest: ${rounds} rounds, ${CONNECTIONS} keep-alive connections without pipelining`,
      figures: measured.all(),
      note: "Server on one core, load from another process; every answer came after its commit was on disk. Rates share the machine with whatever else runs; processor time is the server's own.",
    },
  ];
}

class Figures {
  readonly #figures = new Map<string, Figure & { values: number[] }>();

  add(what: string, value: number, unit: string, budget: Figure["budget"] = null): void {
    const figure = this.#figures.get(what) ?? { what, values: [], unit, budget };
    figure.values.push(value);
    this.#figures.set(what, figure);
  }

  all(): Figure[] {
    return [...this.#figures.values()];
  }
}

async function measurePings(measured: Figures): Promise<void> {
  await withServer(async (server) => {
    measured.add("time to ready", server.readyMs, "ms", READY_BUDGET);
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    measured.add("resident when idle", server.residentMiB(), "MiB", IDLE_BUDGET);
    const { result, cpuMs } = await load(server, { load: { kind: "pings" } });
    measured.add("pings, start and success", perSecond(result), "/s", PINGS_BUDGET);
    measured.add("  processor time a ping", (cpuMs * 1000) / result.answered, "µs");
    measured.add("  answered after, median", result.p50Ms, "ms");
    measured.add("  answered after, 99 %", result.p99Ms, "ms");
    measured.add("  answered after, worst", result.worstMs, "ms");
    const drainedMs = await untilJudged(server);
    measured.add("  judging caught up after", drainedMs, "ms");
    measured.add("  resident after", server.residentMiB(), "MiB");
  });
}

async function measureEvents(measured: Figures): Promise<void> {
  for (const batch of [1, EVENTS_A_BATCH])
    await withServer(async (server) => {
      const { result, cpuMs } = await load(server, { load: { kind: "events", batch } });
      const events = result.answered * batch;
      measured.add(`run events, ${batch} a request`, perSecond(result) * batch, "/s", PINGS_BUDGET);
      measured.add(`  processor time an event (${batch})`, (cpuMs * 1000) / events, "µs");
      measured.add(`  answered after, 99 % (${batch})`, result.p99Ms, "ms");
    });
}

async function measureMetrics(measured: Figures): Promise<void> {
  await withServer(async (server) => {
    const { result, cpuMs } = await load(server, {
      connections: METRICS_CONNECTIONS,
      load: { kind: "metrics", series: SERIES_A_REQUEST },
    });
    const samples = result.answered * SERIES_A_REQUEST;
    measured.add(`OTLP samples, ${SERIES_A_REQUEST} a request`, perSecond(result) * SERIES_A_REQUEST, "/s");
    measured.add("  processor time a sample", (cpuMs * 1000) / samples, "µs");
  });
}

/** Runs of two events each, of which nothing is judged any more, in the file that a clean stop leaves. */
async function measureDisk(measured: Figures): Promise<void> {
  let runs = 0;
  const { ledgerBytes } = await withServer(async (server) => {
    const result = await generate(server, {
      measureMs: 120_000,
      requests: RUNS_ON_DISK * 2,
      load: { kind: "pings" },
    });
    runs = result.answered / 2;
    await untilJudged(server);
  });
  measured.add("disk a run with its two events", ledgerBytes / runs, "bytes", DISK_BUDGET);
}

async function withServer(work: (server: BenchServer) => Promise<void>): Promise<{ ledgerBytes: number }> {
  const server = await startBenchServer();
  try {
    await work(server);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server.stop();
}

type Plan = Partial<LoadPlan> & Pick<LoadPlan, "load">;

/** The same load twice: first until the server is warm, then measured, with the processor time that it costs. */
async function load(server: BenchServer, plan: Plan): Promise<{ result: LoadResult; cpuMs: number }> {
  await generate(server, { requests: WARM_UP_REQUESTS, measureMs: WARM_UP_MS, ...plan });
  const before = server.cpuMs();
  const result = await generate(server, plan);
  return { result, cpuMs: server.cpuMs() - before };
}

async function generate(server: BenchServer, plan: Plan): Promise<LoadResult> {
  const full: LoadPlan = {
    host: server.host,
    port: server.port,
    connections: CONNECTIONS,
    measureMs: MEASURE_MS,
    requests: Number.MAX_SAFE_INTEGER,
    jobs: JOBS,
    ...plan,
  };
  const [program = "", ...args] = [
    ...pinnedTo(1),
    process.execPath,
    join(import.meta.dirname, "ingest/load.ts"),
    JSON.stringify(full),
  ];
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
  let printed = "";
  for await (const chunk of child.stdout) printed += String(chunk);
  if (printed === "") throw new Error("the load generator ended without a result");
  const result = JSON.parse(printed) as LoadResult;
  if (result.refused > 0) throw new Error(`${result.refused} requests were refused`);
  return result;
}

function perSecond({ answered, elapsedMs }: LoadResult): number {
  return (answered * 1000) / elapsedMs;
}

const DRAIN_POLL_MS = 25;
const DRAIN_LIMIT_MS = 60_000;

/** Waits until no deadline is due, and answers how long that took. */
async function untilJudged(server: BenchServer): Promise<number> {
  const startedAt = performance.now();
  let quiet = 0;
  let cpu = server.cpuMs();
  while (performance.now() - startedAt < DRAIN_LIMIT_MS) {
    await new Promise((resolve) => setTimeout(resolve, DRAIN_POLL_MS * 10));
    const now = server.cpuMs();
    quiet = now - cpu < DRAIN_POLL_MS ? quiet + 1 : 0;
    cpu = now;
    if (quiet >= 2) break;
  }
  return performance.now() - startedAt;
}
