/**
 * What the SDK costs the job around it: nanoseconds a record against a bare loop and against an OpenTelemetry counter called each
 * time, its share of a job that handles 100 000 records a second, memory, and the time that it adds to the end of a process
 * with a receiver that is up, slow, and away. `npm run bench -- sdk [--no-build]`
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "../scripts/build.ts";
import type { Figure, Report } from "./report.ts";

const ROUNDS = 9;
const PROCESS_ROUNDS = 7;
const RECORD_BUDGET_NS = 20;
const SHARE_BUDGET_PERCENT = 1;
const RECORDS_A_SECOND = 100_000;
const EXIT_TIMEOUT_MS = 2_000;
const FOLDER = join(import.meta.dirname, "sdk");

export async function run(args: readonly string[]): Promise<Report[]> {
  if (!args.includes("--no-build")) await build();
  return [await countingReport(), await processReport()];
}

/** What bench/sdk/count.ts prints: nanoseconds a record, and what the process is like. */
interface Counted {
  bare: number;
  processed: number;
  bareIterated: number;
  iterated: number;
  counter: number;
}

async function countingReport(): Promise<Report> {
  const rounds: Counted[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const { printed } = await runJob("count.mjs", {});
    rounds.push(JSON.parse(printed) as Counted);
  }
  const over = (measured: keyof Counted, bare: keyof Counted): number[] =>
    rounds.map((round) => Math.max(0, round[measured] - round[bare]));
  const processed = over("processed", "bare");
  const iterated = over("iterated", "bareIterated");
  const figures: Figure[] = [
    { what: "bare loop, a record", values: rounds.map(({ bare }) => bare), unit: "ns", budget: null },
    {
      what: "run.processed(1) over it",
      values: processed,
      unit: "ns",
      budget: { kind: "at most", value: RECORD_BUDGET_NS },
    },
    {
      what: "bare for…of, a record",
      values: rounds.map(({ bareIterated }) => bareIterated),
      unit: "ns",
      budget: null,
    },
    {
      what: "run.iterate over it",
      values: iterated,
      unit: "ns",
      budget: { kind: "at most", value: RECORD_BUDGET_NS },
    },
    {
      what: "an OpenTelemetry counter over the bare loop",
      values: over("counter", "bare"),
      unit: "ns",
      budget: null,
    },
    {
      what: `share of a job of ${RECORDS_A_SECOND} records/s`,
      values: processed.map((ns) => (ns * RECORDS_A_SECOND * 100) / 1e9),
      unit: "%",
      budget: { kind: "at most", value: SHARE_BUDGET_PERCENT },
    },
  ];
  return {
    title: `Counting: ${ROUNDS} processes of 20 million records each`,
    figures,
    note: "Processor time of the job's thread, exporting to a receiver that is away, heartbeats on. The share follows from it.",
  };
}

async function processReport(): Promise<Report> {
  const up = await startReceiver("up");
  const slow = await startReceiver("slow");
  const walls: Record<"bare" | "up" | "slow" | "away", { wall: number[]; exit: number[]; rss: number[] }> = {
    bare: { wall: [], exit: [], rss: [] },
    up: { wall: [], exit: [], rss: [] },
    slow: { wall: [], exit: [], rss: [] },
    away: { wall: [], exit: [], rss: [] },
  };
  for (let round = -1; round < PROCESS_ROUNDS; round++)
    for (const [how, url] of [
      ["bare", ""],
      ["up", up.url],
      ["slow", slow.url],
      ["away", "http://127.0.0.1:9"],
    ] as const) {
      const { wallMs, printed } = await runJob("job.mjs", {
        BATCHWATCH_URL: url,
        BARE: how === "bare" ? "1" : "",
      });
      const { endedAt, rssMib } = JSON.parse(printed) as { endedAt: number; rssMib: number };
      if (round < 0) continue;
      walls[how].wall.push(wallMs.total);
      walls[how].exit.push(wallMs.exitedAt - endedAt);
      walls[how].rss.push(rssMib);
    }
  up.close();
  slow.close();
  const over = (how: "up" | "slow" | "away", what: "wall" | "exit" | "rss"): number[] =>
    walls[how][what].map((value, round) => value - (walls.bare[what][round] ?? Number.NaN));
  const exit = (how: "up" | "slow" | "away", budget: Figure["budget"]): Figure => ({
    what: `exit, receiver ${how}`,
    values: over(how, "exit"),
    unit: "ms",
    budget,
  });
  return {
    title: `A job of one run: ${PROCESS_ROUNDS} processes of each, in turn, over the same job without the SDK`,
    figures: [
      { what: "the job without it, start to exit", values: walls.bare.wall, unit: "ms", budget: null },
      { what: "start to exit, receiver up", values: over("up", "wall"), unit: "ms", budget: null },
      exit("up", null),
      exit("slow", { kind: "at most", value: EXIT_TIMEOUT_MS + 500 }),
      exit("away", null),
      { what: "resident memory", values: over("up", "rss"), unit: "MiB", budget: null },
    ],
    note: "Exit: from the end of the job's last line to the end of its process. Slow: it takes requests and never answers.",
  };
}

async function runJob(
  file: string,
  env: Record<string, string>,
): Promise<{ wallMs: { total: number; exitedAt: number }; printed: string }> {
  const spool = mkdtempSync(join(tmpdir(), "batchwatch-bench-sdk-"));
  const begunAt = performance.now();
  const child = spawn(process.execPath, [join(FOLDER, file)], {
    stdio: ["ignore", "pipe", "ignore"],
    env: { ...process.env, BATCHWATCH_URL: "http://127.0.0.1:9", ...env, BATCHWATCH_SPOOL_DIR: spool },
  });
  let printed = "";
  child.stdout.on("data", (chunk: Buffer) => {
    printed += chunk.toString();
  });
  await once(child, "exit");
  const exitedAt = Date.now();
  const total = performance.now() - begunAt;
  rmSync(spool, { recursive: true, force: true });
  return { wallMs: { total, exitedAt }, printed };
}

async function startReceiver(how: "up" | "slow"): Promise<{ url: string; close(): void }> {
  const server = createServer((request, response) => {
    request.resume();
    if (how === "up") request.on("end", () => response.writeHead(200).end());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
