/**
 * Metrics side by side with Prometheus and VictoriaMetrics, one at a time on the same machine: the same samples by remote
 * write, then the same queries. Samples a second that were answered, bytes a sample on disk, resident memory, and the
 * time of each panel and rule.
 * `npm run bench -- metrics [SERIES…] [--days N] [--step SECONDS] [--rounds N] [--only Batchwatch|Prometheus|VictoriaMetrics] [--no-build]`
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { build } from "../scripts/build.ts";
import type { FeedPlan, FeedResult } from "./metrics/feed.ts";
import { type Peer, type PeerName, startPeer } from "./metrics/peers.ts";
import { QUESTIONS, type Question } from "./metrics/questions.ts";
import { type Figure, median, type Report } from "./report.ts";

const PEERS: readonly PeerName[] = ["VictoriaMetrics", "Prometheus", "Batchwatch"];
const SERIES_A_BODY = 500;
const SAMPLES_A_SERIES = 4;
const HOUR_MS = 3_600_000;
/** What a dashboard asks for: some 360 points over any range. */
const POINTS = 360;
/** Compaction and flushes to disk come to rest. */
const SETTLE_MS = 20_000;
const DISK_BUDGET = 0.2;

interface Plan {
  series: number;
  days: number;
  stepMs: number;
  rounds: number;
  peers: readonly PeerName[];
}

/** One peer's figures, by what was measured. */
type Measured = Map<string, { values: number[]; unit: string }>;

export async function run(args: readonly string[]): Promise<Report[]> {
  if (!args.includes("--no-build")) await build();
  const option = (name: string, missing: number): number => {
    const at = args.indexOf(name);
    return at < 0 ? missing : Number(args[at + 1]);
  };
  const optionValues = new Set(args.flatMap((arg, index) => (arg.startsWith("--") ? [index + 1] : [])));
  const sizes = args.filter((arg, index) => /^\d+$/.test(arg) && !optionValues.has(index)).map(Number);
  const only = args[args.indexOf("--only") + 1];
  const reports: Report[] = [];
  for (const series of sizes.length === 0 ? [1_000, 10_000] : sizes) {
    const plan: Plan = {
      series,
      days: option("--days", 7),
      stepMs: option("--step", series > 2_000 ? 60 : 15) * 1000,
      rounds: option("--rounds", 9),
      peers: args.includes("--only") ? PEERS.filter((name) => name === only) : PEERS,
    };
    reports.push(await compare(plan));
  }
  return reports;
}

async function compare(plan: Plan): Promise<Report> {
  const startAt = Math.floor((Date.now() - plan.days * 24 * HOUR_MS) / plan.stepMs) * plan.stepMs;
  const measured = new Map<PeerName, Measured>();
  for (const name of plan.peers) {
    const peer = await startPeer(name);
    if (peer === null) continue;
    try {
      measured.set(name, await measure(peer, plan, startAt));
    } finally {
      await peer.stop();
    }
  }
  return {
    title: `metrics: ${plan.series} series, ${plan.days} days, a sample every ${plan.stepMs / 1000} s`,
    figures: figuresOf(measured),
    note: `Remote write over two connections, ${SERIES_A_BODY} series × ${SAMPLES_A_SERIES} samples a body; only the sending is timed, and each peer had the machine to itself. Queries ask for ${POINTS} points through HTTP, one at a time, the end moved on by a step each time; "×" is the peer's median over ours (above 1: ours is faster).`,
  };
}

async function measure(peer: Peer, plan: Plan, startAt: number): Promise<Measured> {
  const measured: Measured = new Map();
  const add = (what: string, unit: string, ...values: number[]): void => {
    const figure = measured.get(what) ?? { values: [], unit };
    figure.values.push(...values);
    measured.set(what, figure);
  };
  add("resident at start", "MiB", peer.residentMiB());
  const steps = Math.floor((plan.days * 24 * HOUR_MS) / plan.stepMs);
  const fed = await feed({
    url: `${peer.url}/api/v1/write`,
    seriesCount: plan.series,
    startAt,
    stepMs: plan.stepMs,
    steps,
    seriesABody: SERIES_A_BODY,
    samplesASeries: SAMPLES_A_SERIES,
  });
  if (fed.refused.length > 0) throw new Error(`${peer.name} refused samples: ${fed.refused.join("; ")}`);
  add("samples taken", "/s", (fed.samples / fed.sendingMs) * 1000);
  add("resident after", "MiB", peer.residentMiB());
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  add("bytes a sample", "B", peer.diskBytes() / fed.samples);
  const endAt = startAt + (steps - 1) * plan.stepMs;
  for (const hours of [6, 24 * plan.days])
    for (const question of QUESTIONS) {
      if (question.kind === "rule" && hours !== 6) continue;
      const times = await ask(peer, question, { endAt, hours, rounds: plan.rounds });
      const what = question.kind === "rule" ? question.name : `${question.name}, ${hoursText(hours)}`;
      add(what, "ms", ...times);
    }
  add("resident after queries", "MiB", peer.residentMiB());
  return measured;
}

function hoursText(hours: number): string {
  return hours % 24 === 0 ? `${hours / 24} d` : `${hours} h`;
}

async function ask(
  peer: Peer,
  question: Question,
  { endAt, hours, rounds }: { endAt: number; hours: number; rounds: number },
): Promise<number[]> {
  const stepSeconds = Math.max(15, Math.round((hours * 3600) / POINTS));
  const times: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const end = Math.floor(endAt / 1000 / stepSeconds) * stepSeconds - (rounds - round) * stepSeconds;
    const parameters: Record<string, string> =
      question.kind === "panel"
        ? {
            query: question.query,
            start: String(end - hours * 3600),
            end: String(end),
            step: String(stepSeconds),
          }
        : { query: question.query, time: String(end) };
    const path = question.kind === "panel" ? "query_range" : "query";
    const begunAt = performance.now();
    const answer = await fetch(`${peer.url}/api/v1/${path}?${new URLSearchParams(parameters)}`);
    const text = await answer.text();
    const tookMs = performance.now() - begunAt;
    if (!answer.ok)
      throw new Error(`${peer.name}: ${question.query}: ${answer.status} ${text.slice(0, 300)}`);
    // The first one warms up.
    if (round > 0) times.push(tookMs);
  }
  return times;
}

/** Ours first, then each peer's with the ratio in the name of the row. */
function figuresOf(measured: ReadonlyMap<PeerName, Measured>): Figure[] {
  const ours = measured.get("Batchwatch");
  const names = [...new Set([...measured.values()].flatMap((figures) => [...figures.keys()]))];
  return names.flatMap((what) =>
    (["Batchwatch", "VictoriaMetrics", "Prometheus"] as const).flatMap((peer): Figure[] => {
      const figure = measured.get(peer)?.get(what);
      if (figure === undefined) return [];
      if (peer === "Batchwatch")
        return [{ what: `${what}: Batchwatch`, ...figure, budget: budgetOf(what, measured) }];
      const ratio = median(figure.values) / median(ours?.get(what)?.values ?? [Number.NaN]);
      const shown = Number.isFinite(ratio) ? ` (× ${ratio.toFixed(2)})` : "";
      const name = ours === undefined ? `${what}: ${peer}` : `  ${peer}${shown}`;
      return [{ what: name, ...figure, budget: null }];
    }),
  );
}

/** DESIGN's budgets, from the peers of the same run: queries no slower than VictoriaMetrics, as many samples a second. */
function budgetOf(what: string, measured: ReadonlyMap<PeerName, Measured>): Figure["budget"] {
  if (what === "bytes a sample") return { kind: "at most", value: DISK_BUDGET };
  const victoria = measured.get("VictoriaMetrics")?.get(what);
  if (victoria === undefined || what.startsWith("resident")) return null;
  return { kind: what === "samples taken" ? "at least" : "at most", value: median(victoria.values) };
}

function feed(plan: FeedPlan): Promise<FeedResult> {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, "metrics/feed.ts"), JSON.stringify(plan)],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  let printed = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    printed += chunk;
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve(JSON.parse(printed) as FeedResult);
      else reject(new Error(`feeding ended with ${code}`));
    });
  });
}
