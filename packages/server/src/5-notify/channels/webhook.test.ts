import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Notification } from "../channel.ts";
import { createReceiver } from "../channel-registry.ts";
import { webhookChannel, webhookOptionsSchema } from "./webhook.ts";

const notification: Notification = {
  alert: {
    status: "firing",
    labels: { alertname: "BatchRunFailed", severity: "critical", job_name: "daily_etl" },
    annotations: { summary: "daily_etl: run failed", run_url: "http://127.0.0.1:4318/runs/r1" },
    startsAt: Date.UTC(2026, 10, 24, 2),
    endsAt: null,
    severity: "critical",
    facts: [{ type: "run_failed", explanation: "Exit code 1 <oops> & more.", limit: null, value: "1" }],
  },
  dedupKey: "batchwatch/default//daily_etl/2026-11-24T02:00:00.000Z",
  reason: "opened",
  receiver: "team",
  incidentUrl: "http://127.0.0.1:4318/incidents/1",
};

interface Answer {
  status: number;
  headers?: Record<string, string>;
  body?: string;
}

let server: Server;
let url: string;
let answer: Answer | "hang";
let bodies: unknown[];

beforeEach(async () => {
  bodies = [];
  answer = { status: 200 };
  server = createServer((request, response) => {
    void readJson(request).then((body) => {
      bodies.push(body);
      if (answer === "hang") return;
      response.writeHead(answer.status, answer.headers).end(answer.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function readJson(request: IncomingMessage): Promise<unknown> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return JSON.parse(text);
}

function send(signal: AbortSignal = AbortSignal.timeout(5_000)) {
  return createReceiver("team", "webhook", { url }).send(notification, signal);
}

describe("the webhook channel", () => {
  it("posts Alertmanager's webhook shape", async () => {
    expect(await send()).toEqual({ kind: "delivered", status: 200 });
    expect(bodies).toMatchObject([
      {
        version: "4",
        status: "firing",
        groupKey: notification.dedupKey,
        commonLabels: { job_name: "daily_etl" },
        alerts: [
          {
            status: "firing",
            startsAt: "2026-11-24T02:00:00.000Z",
            endsAt: "0001-01-01T00:00:00Z",
            annotations: { incident_url: "http://127.0.0.1:4318/incidents/1" },
          },
        ],
      },
    ]);
  });

  it("renders for Slack with its control characters escaped", () => {
    const options = webhookOptionsSchema.parse({ url: "https://hooks.example.test/x", format: "slack" });
    const body = JSON.stringify(webhookChannel.render(options, notification));
    expect(body).toContain('"text":"Open: daily_etl: run failed"');
    expect(body).toContain("Exit code 1 &lt;oops&gt; &amp; more.");
    expect(body).toContain("<http://127.0.0.1:4318/incidents/1|Incident>");
  });

  it.each<[string, Answer, object]>([
    [
      "retries a 500",
      { status: 500, body: "down" },
      { kind: "retry", status: 500, error: "it answered 500: down" },
    ],
    [
      "retries a 429 when asked to",
      { status: 429, headers: { "retry-after": "7" } },
      { kind: "retry", retryAfterMs: 7_000 },
    ],
    ["parks a 400", { status: 400, body: "no" }, { kind: "refused", error: "it answered 400: no" }],
    ["parks a 404", { status: 404 }, { kind: "refused", error: "it answered 404" }],
    [
      "follows no redirect",
      { status: 302, headers: { location: "http://127.0.0.1:1/" } },
      { kind: "refused", status: 302 },
    ],
  ])("%s", async (_name, given, expected) => {
    answer = given;
    expect(await send()).toMatchObject(expected);
    expect(bodies).toHaveLength(1);
  });

  it("retries when nobody answers in time", async () => {
    answer = "hang";
    const controller = new AbortController();
    const sending = send(controller.signal);
    while (bodies.length === 0) await new Promise((resolve) => setImmediate(resolve));
    controller.abort();
    expect(await sending).toEqual({
      kind: "retry",
      status: null,
      error: "no answer in time",
      retryAfterMs: null,
    });
  });

  it("retries when nobody listens, and says so", async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    expect(await send()).toMatchObject({ kind: "retry", status: null });
    server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });

  it("names the option that is wrong", () => {
    expect(() => createReceiver("team", "webhook", { url: "ftp://x" })).toThrow(/url/);
    expect(() => createReceiver("team", "webhook", { url, colour: "red" })).toThrow(/colour/);
  });
});
