import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import pino from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ChangeFeed } from "../lib/change-feed.ts";
import { ManualClock } from "../lib/clock.ts";
import type { Alert } from "../model/alert.ts";
import type { NewDelivery } from "../model/watch.ts";
import { SelfMetrics } from "../self-monitoring/self-metrics.ts";
import { EMPTY_WATCH_COMMIT, type LedgerStore } from "../storage/ledger-store.ts";
import { createSqliteLedger } from "../storage/open-storage.ts";
import { createReceiver, type Receiver } from "./channel-registry.ts";
import { createOutbox, type Outbox } from "./outbox.ts";
import { startHttpReceiver, unusedOrigin } from "./test-support/http-receiver.ts";

const T0 = Date.UTC(2026, 10, 24, 2);

let store: LedgerStore;
let clock: ManualClock;
let server: Server;
let receiver: Receiver;
let answers: number[];
let bodies: { status: string; groupKey: string }[];
let outbox: Outbox;

beforeEach(async () => {
  store = createSqliteLedger({ path: ":memory:" });
  await store.open();
  clock = new ManualClock(T0);
  answers = [];
  bodies = [];
  server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk) => {
      text += String(chunk);
    });
    request.on("end", () => {
      bodies.push(JSON.parse(text) as { status: string; groupKey: string });
      response.writeHead(answers.shift() ?? 200).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  receiver = createReceiver("team", "webhook", { url });
  outbox = newOutbox([receiver]);
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await store.close();
});

function newOutbox(receivers: readonly Receiver[]): Outbox {
  return createOutbox({
    store,
    receivers,
    feed: new ChangeFeed(),
    clock,
    log: pino({ level: "silent" }),
    selfMetrics: new SelfMetrics(),
    publicUrl: () => "http://127.0.0.1:4318",
    random: () => 0.5,
  });
}

function delivery(reason: NewDelivery["reason"]): NewDelivery {
  const alert: Alert = {
    status: reason === "resolved" ? "resolved" : "firing",
    labels: { alertname: "BatchRunFailed", job_name: "daily_etl" },
    annotations: { summary: "daily_etl: run failed" },
    startsAt: T0,
    endsAt: null,
    severity: "critical",
    facts: [],
  };
  const payload = JSON.stringify(alert);
  return { receiver: "team", channel: "webhook", reason, dedupKey: "key-1", payload, createdAt: T0 };
}

/** An incident with these messages on their way; answers its id. */
async function incidentWith(...deliveries: NewDelivery[]): Promise<number> {
  const key = { namespace: "default", environment: "", jobName: "daily_etl" };
  const [job] = await store.ensureJobs([{ ...key, createdBy: "inferred", at: T0 }]);
  return openIncidentOf(job?.id ?? 0, ...deliveries);
}

async function openIncidentOf(jobId: number, ...deliveries: NewDelivery[]): Promise<number> {
  const incident = {
    jobId,
    state: "open",
    severity: "critical",
    alertName: "BatchRunFailed",
    title: "daily_etl: run failed",
    openedAt: T0,
    resolvedAt: null,
    resolution: null,
    runRowId: null,
    slotId: null,
    labels: {},
    annotations: {},
    notified: true,
  } as const;
  const write = { id: null, incident, judgementIds: [], entries: [], deliveries };
  await store.commitWatch({ ...EMPTY_WATCH_COMMIT, incidents: [write] });
  return (await store.openIncidents(jobId))[0]?.id ?? 0;
}

describe("the outbox", () => {
  it("delivers, and keeps the proof", async () => {
    const id = await incidentWith(delivery("opened"));
    expect(await outbox.sendDue()).toBe(1);
    expect(await store.deliveriesOf(id)).toMatchObject([
      { state: "delivered", tries: [{ at: T0, status: 200, error: null }] },
    ]);
    expect(await outbox.sendDue()).toBe(0);
    expect(bodies).toMatchObject([{ status: "firing", groupKey: "key-1" }]);
  });

  it("tries again later when the receiver is down, under the same key", async () => {
    answers = [503, 500];
    const id = await incidentWith(delivery("opened"));
    await outbox.sendDue();
    expect(await outbox.sendDue()).toBe(0);
    clock.advance(1_000);
    await outbox.sendDue();
    clock.advance(2_000);
    await outbox.sendDue();
    expect(await store.deliveriesOf(id)).toMatchObject([
      { state: "delivered", tries: [{ status: 503 }, { status: 500 }, { status: 200 }] },
    ]);
    expect(bodies.map(({ groupKey }) => groupKey)).toEqual(["key-1", "key-1", "key-1"]);
  });

  it("never lets a resolution overtake the opening that is still on its way", async () => {
    answers = [503];
    await incidentWith(delivery("opened"), delivery("resolved"));
    await outbox.sendDue();
    expect(await outbox.sendDue()).toBe(0);
    clock.advance(1_000);
    await outbox.sendDue();
    await outbox.sendDue();
    expect(bodies.map(({ status }) => status)).toEqual(["firing", "firing", "resolved"]);
  });

  it("parks what the receiver refuses, and sends what comes after it", async () => {
    answers = [404];
    const id = await incidentWith(delivery("opened"), delivery("resolved"));
    await outbox.sendDue();
    await outbox.sendDue();
    expect(await store.deliveriesOf(id)).toMatchObject([
      { state: "parked", tries: [{ status: 404, error: "it answered 404" }] },
      { state: "delivered" },
    ]);
  });

  it("parks what has no receiver any more, and says so", async () => {
    const id = await incidentWith(delivery("opened"));
    await newOutbox([]).sendDue();
    expect(await store.deliveriesOf(id)).toMatchObject([
      { state: "parked", tries: [{ error: 'no receiver "team" is configured' }] },
    ]);
  });

  it("sends once more under the same key when the process died before it could write the proof", async () => {
    const id = await incidentWith(delivery("opened"));
    const [claimed] = await store.claimDeliveries(T0, 1, 30_000);
    expect(claimed).toBeDefined();
    expect(await outbox.sendDue()).toBe(0);
    clock.advance(30_000);
    expect(await outbox.sendDue()).toBe(1);
    expect(await store.deliveriesOf(id)).toMatchObject([{ state: "delivered" }]);
  });

  it.each(["no JSON", "null", "{}", "[1]"])(
    "parks a row that holds %j, and sends what comes after it",
    async (payload) => {
      const id = await incidentWith({ ...delivery("opened"), payload }, delivery("resolved"));
      await outbox.sendDue();
      await outbox.sendDue();
      expect(await store.deliveriesOf(id)).toMatchObject([
        { state: "parked", tries: [{ error: "the stored message cannot be read" }] },
        { state: "delivered" },
      ]);
    },
  );

  it("gives a channel what it remembered, and keeps what it remembers next", async () => {
    const slack = await startHttpReceiver();
    const root = { channel: "C1", ts: "17.1" };
    slack.answers = [{ status: 200, body: JSON.stringify({ ok: true, ...root }) }];
    const options = { apiUrl: slack.origin, botToken: "xoxb-1", channel: "C1" };
    const id = await incidentWith(delivery("opened"), delivery("resolved"));
    // Another process sends the second: what is remembered is in the ledger.
    await newOutbox([createReceiver("team", "slack", options)]).sendDue();
    await newOutbox([createReceiver("team", "slack", options)]).sendDue();
    expect(slack.received.map(({ path }) => path)).toEqual([
      "/chat.postMessage",
      "/chat.update",
      "/chat.postMessage",
    ]);
    expect(slack.received[1]?.body).toMatchObject(root);
    expect(await store.receiverMemory(id, "team")).toEqual({ memory: JSON.stringify(root), resendAt: null });
    await slack.close();
  });

  it("tells an Alertmanager again each minute, until the resolution is delivered", async () => {
    const am = await startHttpReceiver();
    const told = newOutbox([createReceiver("team", "alertmanager", { urls: [am.origin] })]);
    const id = await incidentWith(delivery("opened"));
    await told.sendDue();
    clock.advance(59_999);
    expect(await told.sendDue()).toBe(0);
    clock.advance(1);
    expect(await told.sendDue()).toBe(1);
    am.answers = [{ status: 503 }, { status: 200 }];
    clock.advance(60_000);
    expect(await told.sendDue()).toBe(1);
    clock.advance(60_000);
    expect(await told.sendDue()).toBe(1);
    expect(am.received).toHaveLength(4);
    expect((await store.deliveriesOf(id))[0]?.tries).toHaveLength(1);

    const incident = await store.getIncident(id);
    if (incident === null) throw new Error("the incident is gone");
    const { id: _, ...same } = incident;
    const write = { id, incident: same, judgementIds: [], entries: [], deliveries: [delivery("resolved")] };
    await store.commitWatch({ ...EMPTY_WATCH_COMMIT, incidents: [write] });
    clock.advance(60_000);
    expect(await told.sendDue()).toBe(1);
    clock.advance(600_000);
    expect(await told.sendDue()).toBe(0);
    expect(am.received.at(-1)?.body).toMatchObject([{ endsAt: new Date(T0 + 240_000).toISOString() }]);
    await am.close();
  });

  it("lets a receiver that hangs hold up nobody else", async () => {
    const hung = await startHttpReceiver();
    hung.answers = [() => {}];
    const feed = new ChangeFeed();
    const running = createOutbox({
      store,
      receivers: [createReceiver("hung", "webhook", { url: hung.origin }), receiver],
      feed,
      clock,
      log: pino({ level: "silent" }),
      selfMetrics: new SelfMetrics(),
      publicUrl: () => "http://127.0.0.1:4318",
    });
    const key = { namespace: "default", environment: "", createdBy: "inferred", at: T0 } as const;
    for (let index = 0; index < 100; index++) {
      const [job] = await store.ensureJobs([{ ...key, jobName: `job_${index}` }]);
      await openIncidentOf(job?.id ?? 0, { ...delivery("opened"), receiver: "hung" });
    }
    await incidentWith(delivery("opened"));
    running.start();
    while (bodies.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(hung.received.length).toBeLessThan(64);
    await hung.close();
    await running.stop();
  });

  it("shows what went wrong although it was delivered", async () => {
    const am = await startHttpReceiver();
    const nobody = await unusedOrigin();
    const id = await incidentWith(delivery("opened"));
    await newOutbox([createReceiver("team", "alertmanager", { urls: [am.origin, nobody] })]).sendDue();
    expect(await store.deliveriesOf(id)).toMatchObject([
      {
        state: "delivered",
        tries: [{ status: 200, error: expect.stringContaining("ECONNREFUSED") as string }],
      },
    ]);
    await am.close();
  });

  it("wakes when rows are written, and finishes what is in hand when it stops", async () => {
    const feed = new ChangeFeed();
    const running = createOutbox({
      store,
      receivers: [receiver],
      feed,
      clock,
      log: pino({ level: "silent" }),
      selfMetrics: new SelfMetrics(),
      publicUrl: () => "http://127.0.0.1:4318",
    });
    running.start();
    const id = await incidentWith(delivery("opened"));
    feed.publish({ topic: "deliveries" });
    while (bodies.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await running.stop();
    expect(await store.deliveriesOf(id)).toMatchObject([{ state: "delivered" }]);
  });
});
