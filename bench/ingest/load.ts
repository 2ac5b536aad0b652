/**
 * The load generator, a process of its own: `node load.ts PLAN`. Each connection sends a request, waits for its answer and
 * sends the next: no pipelining, so that every answer counts as one durable round trip. Raw sockets, because an HTTP
 * client costs more CPU than the server that it is to load. Prints one LoadResult as JSON.
 */
import { randomUUID } from "node:crypto";
import { connect, type Socket } from "node:net";
import { metricsRequest } from "./metrics-request.ts";

export interface LoadPlan {
  host: string;
  port: number;
  connections: number;
  /** Ends after this time, or after so many requests. */
  measureMs: number;
  requests: number;
  /** Jobs among which the requests are spread. */
  jobs: number;
  load: { kind: "pings" } | { kind: "events"; batch: number } | { kind: "metrics"; series: number };
}

export interface LoadResult {
  answered: number;
  /** Answers that were not 2xx. */
  refused: number;
  elapsedMs: number;
  p50Ms: number;
  p99Ms: number;
  worstMs: number;
}

/** A maker of requests for one connection: each call is the next one. */
type RequestMaker = () => Buffer;

const HEADER_END = Buffer.from("\r\n\r\n");

class Connection {
  readonly #socket: Socket;
  readonly #next: RequestMaker;
  readonly #answered: (status: number, tookMs: number) => boolean;
  readonly done: Promise<void>;
  #received: Buffer = Buffer.alloc(0);
  #sentAt = 0;
  #finish: () => void = () => {};

  constructor(plan: LoadPlan, next: RequestMaker, answered: (status: number, tookMs: number) => boolean) {
    this.#next = next;
    this.#answered = answered;
    this.#socket = connect(plan.port, plan.host);
    this.#socket.setNoDelay(true);
    this.done = new Promise((resolve, reject) => {
      this.#finish = resolve;
      this.#socket.on("error", reject);
      this.#socket.on("close", () => reject(new Error("the server closed a connection")));
    });
    this.#socket.on("connect", () => this.#send());
    this.#socket.on("data", (chunk: Buffer) => this.#take(chunk));
  }

  #send(): void {
    this.#sentAt = performance.now();
    this.#socket.write(this.#next());
  }

  #take(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const headerEnd = this.#received.indexOf(HEADER_END);
    if (headerEnd < 0) return;
    const header = this.#received.toString("latin1", 0, headerEnd);
    const bodyBytes = Number(/\r\ncontent-length: (\d+)/i.exec(header)?.[1] ?? 0);
    const endsAt = headerEnd + HEADER_END.length + bodyBytes;
    if (this.#received.length < endsAt) return;
    this.#received = this.#received.subarray(endsAt);
    if (this.#answered(Number(header.slice(9, 12)), performance.now() - this.#sentAt)) this.#send();
    else this.#finish();
  }

  close(): void {
    this.#socket.removeAllListeners();
    this.#socket.destroy();
  }
}

async function generateLoad(plan: LoadPlan): Promise<LoadResult> {
  const latencies: number[] = [];
  let refused = 0;
  const startedAt = performance.now();
  let lastAt = startedAt;
  const answered = (status: number, tookMs: number): boolean => {
    lastAt = performance.now();
    if (status >= 200 && status < 300) latencies.push(tookMs);
    else refused += 1;
    return (
      lastAt - startedAt < plan.measureMs && latencies.length + refused + plan.connections <= plan.requests
    );
  };
  const connections = Array.from(
    { length: plan.connections },
    (_, index) => new Connection(plan, makerOf(plan, index), answered),
  );
  await Promise.all(connections.map(({ done }) => done));
  for (const connection of connections) connection.close();
  latencies.sort((a, b) => a - b);
  const at = (ratio: number): number => latencies[Math.floor((latencies.length - 1) * ratio)] ?? Number.NaN;
  return {
    answered: latencies.length,
    refused,
    elapsedMs: lastAt - startedAt,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    worstMs: at(1),
  };
}

function makerOf(plan: LoadPlan, connection: number): RequestMaker {
  let turn = 0;
  const jobName = (): string => `bench-${(connection + turn * plan.connections) % plan.jobs}`;
  switch (plan.load.kind) {
    case "pings":
      return pingMaker(() => {
        turn += 1;
        return jobName();
      });
    case "events": {
      const { batch } = plan.load;
      let half: Buffer | null = null;
      return () => {
        if (half !== null) {
          const ends = half;
          half = null;
          return ends;
        }
        turn += 1;
        const runs = Array.from({ length: Math.ceil(batch / 2) }, () => ({
          jobName: jobName(),
          runId: randomUUID(),
        }));
        if (batch > 1)
          return post("/api/events", JSON.stringify(runs.flatMap((run) => [started(run), completed(run)])));
        half = post("/api/events", JSON.stringify(runs.map(completed)));
        return post("/api/events", JSON.stringify(runs.map(started)));
      };
    }
    case "metrics": {
      const { series } = plan.load;
      return () => {
        turn += 1;
        const body = metricsRequest({ host: `host-${connection}`, series, at: Date.now(), turn });
        return post("/v1/metrics", body, "application/x-protobuf");
      };
    }
  }
}

/** A start and then the success of the same run, by turns. */
function pingMaker(nextJob: () => string): RequestMaker {
  let running: { job: string; rid: string } | null = null;
  return () => {
    const run = running ?? { job: nextJob(), rid: randomUUID() };
    const action = running === null ? "/start" : "";
    running = running === null ? run : null;
    return Buffer.from(
      `GET /ping/local/${run.job}${action}?rid=${run.rid} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: curl/8.5.0\r\n\r\n`,
    );
  };
}

interface RunName {
  jobName: string;
  runId: string;
}

function started(run: RunName) {
  return { kind: "started", ...run, at: new Date().toISOString() };
}

function completed(run: RunName) {
  return { kind: "completed", ...run, at: new Date().toISOString(), records: { processed: 1500 } };
}

function post(path: string, body: string | Uint8Array, type = "application/json"): Buffer {
  const bytes = Buffer.from(body as Uint8Array);
  const head = `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: ${type}\r\nContent-Length: ${bytes.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), bytes]);
}

if (import.meta.main) {
  const plan = JSON.parse(process.argv[2] ?? "") as LoadPlan;
  process.stdout.write(JSON.stringify(await generateLoad(plan)));
}
