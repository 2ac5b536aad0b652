/**
 * Clients that send to a server for as long as it answers, each in its own way, and remember what was answered with 2xx
 * and what was not answered at all. Everything carries an identity, so that what was not answered can be sent again.
 */
import { randomBytes, randomUUID } from "node:crypto";

export interface Sent {
  /** What was answered. */
  answered: Message[];
  /** The connection broke before an answer. */
  unanswered: Message[];
  /** Statuses that were neither 2xx nor 503. */
  refused: string[];
}

export interface Message {
  path: string;
  body: object | null;
  /** The runs that this message is about, and the samples (client, number) that it brings. */
  runs: readonly RunName[];
  /** Event ids under which `POST /api/events` keeps them. */
  sample?: { client: string; number: number };
  log?: string;
}

export interface RunName {
  jobName: string;
  runId: string;
  phase: "running" | "completed" | "failed";
}

export interface Load {
  sent: Sent;
  /** Resolves when no client gets through any more. */
  done: Promise<void>;
}

export const EVENTS_A_BATCH = 10;
const FAILING_RUN = 9;

/** Starts all clients. They end when the server is gone. */
export function startLoad(url: string, round: string): Load {
  const sent: Sent = { answered: [], unanswered: [], refused: [] };
  const clients: (() => Generator<Message>)[] = [
    ...[1, 2, 3, 4].map((client) => () => pings(`${round}_ping${client}`)),
    ...[1, 2, 3].map((client) => () => events(`${round}_api${client}`)),
    ...[1, 2].map((client) => () => spans(`${round}_span${client}`)),
    () => logs(`${round}_log`),
    () => metrics(`${round}_metric`),
  ];
  const done = Promise.all(
    clients.map(async (messages) => {
      for (const message of messages()) if (!(await send(url, message, sent))) return;
    }),
  ).then(() => undefined);
  return { sent, done };
}

/** False when the server is gone. A 503 is sent again by any client; here it is simply not counted as answered. */
export async function send(url: string, message: Message, sent: Sent): Promise<boolean> {
  try {
    const response = await fetch(url + message.path, {
      method: message.body === null ? "GET" : "POST",
      ...(message.body !== null && {
        headers: { "content-type": "application/json" },
        body: JSON.stringify(message.body),
      }),
    });
    const text = await response.text();
    if (response.ok) sent.answered.push(message);
    else if (response.status === 503) sent.unanswered.push(message);
    else sent.refused.push(`${message.path}: ${response.status} ${text}`);
    return true;
  } catch {
    sent.unanswered.push(message);
    return false;
  }
}

/** Starts and ends of runs with `rid`. Each failing run has a job of its own, so that its incident can be counted. */
function* pings(client: string): Generator<Message> {
  for (let number = 0; ; number += 1) {
    const fails = number % FAILING_RUN === 0;
    const jobName = fails ? `${client}_fails_${number}` : client;
    const runId = randomUUID();
    const path = `/ping/local/${jobName}`;
    const message = (action: string, phase: RunName["phase"]): Message => ({
      path: `${path}${action}?rid=${runId}&create=1`,
      body: null,
      runs: [{ jobName, runId, phase }],
    });
    yield message("/start", "running");
    yield fails ? message("/3", "failed") : message("", "completed");
  }
}

function* events(client: string): Generator<Message> {
  for (let number = 0; ; number += 1) {
    const runs = Array.from({ length: EVENTS_A_BATCH / 2 }, (_, index) => ({
      jobName: client,
      runId: `${client}-${number}-${index}`,
      phase: "completed" as const,
    }));
    const at = new Date().toISOString();
    yield {
      path: "/api/events",
      body: runs.flatMap(({ jobName, runId }) => [
        { kind: "started", jobName, runId, at },
        { kind: "completed", jobName, runId, at, records: { processed: number } },
      ]),
      runs,
    };
  }
}

function* spans(client: string): Generator<Message> {
  for (let number = 0; ; number += 1) {
    const runId = `${client}-${number}`;
    const endNano = BigInt(Date.now()) * 1_000_000n;
    const attributes = attributesOf({ "batch.job.name": client, "batch.job.id": runId });
    yield {
      path: "/v1/traces",
      body: {
        resourceSpans: [
          {
            resource: { attributes: attributesOf({ "service.name": client }) },
            scopeSpans: [
              {
                spans: [
                  {
                    traceId: randomBytes(16).toString("hex"),
                    spanId: randomBytes(8).toString("hex"),
                    name: `batch_job.${client}`,
                    kind: 1,
                    startTimeUnixNano: String(endNano - 1_000_000_000n),
                    endTimeUnixNano: String(endNano),
                    attributes,
                    status: { code: 1 },
                  },
                ],
              },
            ],
          },
        ],
      },
      runs: [{ jobName: client, runId, phase: "completed" }],
    };
  }
}

/** Lines of one run that has begun. */
function* logs(client: string): Generator<Message> {
  const runId = `${client}-run`;
  for (let number = 0; ; number += 1) {
    const text = `line ${number} of ${client}`;
    yield {
      path: "/v1/logs",
      body: {
        resourceLogs: [
          {
            resource: { attributes: attributesOf({ "service.name": client }) },
            scopeLogs: [
              {
                logRecords: [
                  {
                    timeUnixNano: String(BigInt(Date.now()) * 1_000_000n),
                    severityNumber: 9,
                    body: { stringValue: text },
                    attributes: attributesOf({ "batch.job.name": client, "batch.job.id": runId }),
                  },
                ],
              },
            ],
          },
        ],
      },
      runs: [],
      log: text,
    };
  }
}

/** A gauge that counts its own requests: each value must be there once. No two samples have the same time. */
function* metrics(client: string): Generator<Message> {
  const begunAt = Date.now();
  for (let number = 0; ; number += 1) {
    const timeUnixNano = String(BigInt(begunAt + number) * 1_000_000n);
    const point = { timeUnixNano, asDouble: number, attributes: attributesOf({ client }) };
    yield {
      path: "/v1/metrics",
      body: {
        resourceMetrics: [
          {
            resource: { attributes: attributesOf({ "service.name": client }) },
            scopeMetrics: [{ metrics: [{ name: "load_sequence", gauge: { dataPoints: [point] } }] }],
          },
        ],
      },
      runs: [],
      sample: { client, number },
    };
  }
}

function attributesOf(values: Readonly<Record<string, string>>) {
  return Object.entries(values).map(([key, stringValue]) => ({ key, value: { stringValue } }));
}
