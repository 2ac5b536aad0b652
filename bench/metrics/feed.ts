/**
 * Feeds one peer, as a process of its own: `node feed.ts PLAN`. Bodies are made a stretch at a time, then sent over two
 * connections, and only the sending is timed. Prints a FeedResult as JSON.
 */
import { Agent, request } from "node:http";
import { Fleet } from "./fleet-series.ts";
import { remoteWriteBody } from "./write-request.ts";

export interface FeedPlan {
  /** Where to send: `http://127.0.0.1:PORT/api/v1/write`. */
  url: string;
  seriesCount: number;
  startAt: number;
  stepMs: number;
  steps: number;
  seriesABody: number;
  samplesASeries: number;
}

export interface FeedResult {
  samples: number;
  /** Time in which something was under way. */
  sendingMs: number;
  bytes: number;
  /** First answers that were not 2xx. */
  refused: readonly string[];
}

const CONNECTIONS = 2;
const BODIES_A_STRETCH = 400;

async function feed(plan: FeedPlan): Promise<FeedResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const result = { samples: 0, sendingMs: 0, bytes: 0, refused: [] as string[] };
  // A series keeps to its connection: samples out of order are refused by some.
  let lanes = newLanes();
  const flush = async (): Promise<void> => {
    const waiting = lanes;
    lanes = newLanes();
    const begunAt = performance.now();
    await Promise.all(waiting.map(sendAll));
    result.sendingMs += performance.now() - begunAt;
  };
  const sendAll = async (bodies: readonly Buffer[]): Promise<void> => {
    for (const body of bodies) {
      result.bytes += body.length;
      const refusal = await post(plan.url, body, agent);
      if (refusal !== null && result.refused.length < 3) result.refused.push(refusal);
    }
  };
  for (const slice of slices(plan)) {
    result.samples += slice.values.length;
    const lane = lanes[(slice.from / plan.seriesABody) % CONNECTIONS];
    lane?.push(remoteWriteBody(slice));
    if ((lane?.length ?? 0) >= BODIES_A_STRETCH / CONNECTIONS) await flush();
  }
  await flush();
  agent.destroy();
  return result;
}

function newLanes(): Buffer[][] {
  return Array.from({ length: CONNECTIONS }, () => []);
}

function* slices(plan: FeedPlan) {
  const fleet = new Fleet(plan.seriesCount, plan.startAt);
  for (let step = 0; step < plan.steps; step += plan.samplesASeries) {
    const count = Math.min(plan.samplesASeries, plan.steps - step);
    const times = Array.from({ length: count }, (_, index) => plan.startAt + (step + index) * plan.stepMs);
    const all = new Float64Array(fleet.series.length * count);
    for (const [index, at] of times.entries()) {
      fleet.advanceTo(at);
      for (let series = 0; series < fleet.series.length; series += 1)
        all[series * count + index] = fleet.values[series] ?? 0;
    }
    for (let from = 0; from < fleet.series.length; from += plan.seriesABody) {
      const series = fleet.series.slice(from, from + plan.seriesABody);
      yield { from, series, times, values: all.subarray(from * count, (from + series.length) * count) };
    }
  }
}

const HEADERS = {
  "content-encoding": "snappy",
  "content-type": "application/x-protobuf",
  "x-prometheus-remote-write-version": "0.1.0",
  "user-agent": "batchwatch-bench",
};

/** Null when it was taken. */
function post(url: string, body: Buffer, agent: Agent): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      { method: "POST", agent, headers: { ...HEADERS, "content-length": body.length } },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => {
          text += chunk;
        });
        response.on("end", () => {
          const status = response.statusCode ?? 0;
          resolve(status >= 200 && status < 300 ? null : `${status} ${text.slice(0, 200)}`);
        });
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });
}

if (import.meta.main)
  process.stdout.write(JSON.stringify(await feed(JSON.parse(process.argv[2] ?? "") as FeedPlan)));
