// The whole stage over a real ledger and an injected clock: judgements in, outbox rows and timelines out.
import type { FactType, Severity } from "@batchwatch/protocol";
import { beforeEach, describe, expect, it } from "vitest";
import { DeadlineEngine } from "../3-watch/deadlines/deadline-engine.ts";
import { ChangeFeed } from "../lib/change-feed.ts";
import { ManualClock } from "../lib/clock.ts";
import type { AlertMessage } from "../model/alert.ts";
import type { RoutingConfig } from "../model/routing.ts";
import type { NewJudgement } from "../model/watch.ts";
import { SelfMetrics } from "../self-monitoring/self-metrics.ts";
import { EMPTY_WATCH_COMMIT, type LedgerStore } from "../storage/ledger-store.ts";
import { createSqliteLedger } from "../storage/open-storage.ts";
import { type Alerting, createAlerting } from "./create-alerting.ts";
import { FOLD_INCIDENT } from "./incident-folding.ts";
import { parseAlertmanagerConfig } from "./routing/parse-alertmanager-config.ts";

/** A Tuesday. */
const T0 = Date.UTC(2026, 10, 24, 2);
const [SECOND, MINUTE, HOUR] = [1000, 60_000, 3_600_000];

let store: LedgerStore;
let clock: ManualClock;
let engine: DeadlineEngine;
let alerting: Alerting;
let routing: RoutingConfig | null;

beforeEach(async () => {
  store = createSqliteLedger({ path: ":memory:" });
  await store.open();
  clock = new ManualClock(T0);
  routing = null;
  begin();
});

/** Also what a restart is: nothing but the rows is left. */
function begin(maxPagesPerMinute: number | null = null): void {
  const feed = new ChangeFeed();
  const selfMetrics = new SelfMetrics();
  const log = { warn: () => undefined, error: (...said: unknown[]) => expect(said).toEqual([]) };
  engine = new DeadlineEngine({ store, clock, feed, log, selfMetrics });
  alerting = createAlerting({
    store,
    clock,
    feed,
    selfMetrics,
    publicUrl: () => "http://127.0.0.1:4318",
    receivers: [{ name: "ops", channel: "webhook" }],
    routing: () => routing,
    maxPagesPerMinute,
  });
  engine.register(...alerting.handlers);
}

function routes(text: string): void {
  const receivers = ["team", "pager", "nobody"].map((name) =>
    name === "nobody"
      ? `- name: ${name}`
      : `- {name: ${name}, webhook_configs: [{url: "https://hooks.example.com/${name}"}]}`,
  );
  const reading = parseAlertmanagerConfig(`${text}\nreceivers:\n${receivers.join("\n")}`, {
    locate: (path) => ({ ok: true, path }),
  });
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
  routing = reading.config;
}

/** Something is wrong with the job; answers the job's id. */
async function broken(
  jobName: string,
  severity: Severity = "critical",
  type: FactType = "run_failed",
): Promise<number> {
  const key = { namespace: "default", environment: "", jobName, createdBy: "inferred", at: T0 } as const;
  const jobId = (await store.ensureJobs([key]))[0]?.id ?? 0;
  const now = clock.now();
  await store.commitWatch({
    ...EMPTY_WATCH_COMMIT,
    judgements: [judgementOf(jobId, severity, type)],
    setDeadlines: [{ kind: FOLD_INCIDENT, subject: `job:${jobId}`, jobId, dueAt: now }],
  });
  await engine.runDue(now);
  return jobId;
}

function judgementOf(jobId: number, severity: Severity, type: FactType): NewJudgement {
  const now = clock.now();
  return {
    jobId,
    class: "detection",
    type,
    severity,
    subject: `job:${jobId}:${now}`,
    runRowId: null,
    slotId: null,
    at: now,
    judgedAt: now,
    limitText: null,
    valueText: null,
    explanation: `${type} happened`,
    suppressedBecause: null,
  };
}

async function mended(jobId: number): Promise<void> {
  const now = clock.now();
  await store.commitWatch({
    ...EMPTY_WATCH_COMMIT,
    resolveJudgements: (await store.openJudgements(jobId)).map(({ id }) => ({
      id,
      at: now,
      resolution: "A later run succeeded",
    })),
    setDeadlines: [{ kind: FOLD_INCIDENT, subject: `job:${jobId}`, jobId, dueAt: now }],
  });
  await engine.runDue(now);
}

async function pass(ms: number): Promise<void> {
  clock.advance(ms);
  await engine.runDue(clock.now());
}

/** Messages since the last call: "receiver reason status: the first summary (+ others)". */
async function messages(): Promise<string[]> {
  const due = await store.claimDeliveries(clock.now(), 1000, 1);
  for (const { id } of due)
    await store.recordTry(id, { at: clock.now(), latencyMs: 0, status: 200, error: null }, true, null);
  return due.map(({ receiver, reason, payload }) => {
    const { status, annotations, others = [] } = JSON.parse(payload) as AlertMessage;
    return `${receiver} ${reason} ${status}: ${annotations.summary}${others.length === 0 ? "" : ` + ${others.length}`}`;
  });
}

async function timeline(jobId: number): Promise<string[]> {
  const { items } = await store.listIncidents({ jobId }, { limit: 10, cursor: null });
  const entries = await store.incidentEntries(items[0]?.id ?? 0);
  return entries.map(({ text }) => text);
}

describe("without routes", () => {
  it("everyone is told at once", async () => {
    const job = await broken("etl");
    expect(await messages()).toEqual(["ops opened firing: etl: run failed"]);
    await mended(job);
    expect(await messages()).toEqual(["ops resolved resolved: etl: run failed"]);
  });

  it("a storm is so many messages and one digest, which tells their end as well", async () => {
    begin(3);
    const jobs = [];
    for (let index = 0; index < 8; index++) jobs.push(await broken(`job${index}`));
    expect(await messages()).toHaveLength(3);
    expect(await timeline(jobs[5] ?? 0)).toContain(
      "More than 3 messages a minute would go to ops: this one goes into a digest.",
    );
    await pass(MINUTE);
    expect(await messages()).toEqual(["ops opened firing: 5 alerts, the worst: job3: run failed + 4"]);
    expect(await broken("late")).toBeGreaterThan(0);
    expect(await messages()).toEqual(["ops opened firing: late: run failed"]);
    for (const job of jobs) await mended(job);
    expect(await messages()).toHaveLength(3);
    await pass(5 * MINUTE);
    expect(await messages()).toEqual([
      "ops resolved resolved: 5 alerts are over, the worst: job3: run failed + 4",
    ]);
    await pass(24 * HOUR);
    expect(await messages()).toEqual([]);
  });

  it("the breaker remembers over a restart what was sent in the last minute", async () => {
    begin(1);
    await broken("a");
    begin(1);
    await broken("b");
    expect(await messages()).toEqual(["ops opened firing: a: run failed"]);
  });
});

const ROUTES = `
route:
  receiver: team
  group_by: [alertname]
  routes:
  - {matchers: [severity="critical"], receiver: pager, group_wait: 0s, group_by: [job_name], continue: true}
  - {matchers: [severity=~".*"], receiver: team}
`;

describe("with routes", () => {
  it("groups wait, tell what came meanwhile together, then in their interval, and again later", async () => {
    routes("route: {receiver: team}");
    const first = await broken("a", "warning");
    await pass(20 * SECOND);
    const second = await broken("b", "critical");
    expect(await messages()).toEqual([]);
    expect((await timeline(first)).at(-1)).toBe("Goes to the receiver team: no other route matches.");
    await pass(10 * SECOND);
    expect(await messages()).toEqual(["team/webhook opened firing: b: run failed + 1"]);
    await pass(MINUTE);
    const third = await broken("c", "info");
    expect(await messages()).toEqual([]);
    await pass(4 * MINUTE);
    expect(await messages()).toEqual(["team/webhook opened firing: c: run failed + 2"]);
    await mended(first);
    await pass(5 * MINUTE);
    expect(await messages()).toEqual(["team/webhook repeated firing: b: run failed + 2"]);
    await pass(3 * HOUR + 55 * MINUTE);
    expect(await messages()).toEqual([]);
    await pass(5 * MINUTE);
    expect(await messages()).toEqual(["team/webhook repeated firing: b: run failed + 1"]);
    await mended(second);
    await mended(third);
    await pass(5 * MINUTE);
    expect(await messages()).toEqual(["team/webhook resolved resolved: b: run failed + 1"]);
    await pass(24 * HOUR);
    expect(await messages()).toEqual([]);
  });

  it("survive a restart between any two looks", async () => {
    routes("route: {receiver: team}");
    const job = await broken("a");
    begin();
    await pass(30 * SECOND);
    expect(await messages()).toEqual(["team/webhook opened firing: a: run failed"]);
    begin();
    await mended(job);
    begin();
    await pass(5 * MINUTE);
    expect(await messages()).toEqual(["team/webhook resolved resolved: a: run failed"]);
  });

  it("each receiver is told by its own route, under one key from opening to end", async () => {
    routes(ROUTES);
    const job = await broken("a", "critical");
    expect(await messages()).toEqual(["pager/webhook opened firing: a: run failed"]);
    await pass(30 * SECOND);
    expect(await messages()).toEqual(["team/webhook opened firing: a: run failed"]);
    await mended(job);
    await pass(5 * MINUTE);
    expect((await messages()).toSorted()).toEqual([
      "pager/webhook resolved resolved: a: run failed",
      "team/webhook resolved resolved: a: run failed",
    ]);
    const { items } = await store.listIncidents({ jobId: job }, { limit: 1, cursor: null });
    const deliveries = await store.deliveriesOf(items[0]?.id ?? 0);
    for (const receiver of ["pager/webhook", "team/webhook"]) {
      const keys = deliveries.filter((each) => each.receiver === receiver).map(({ dedupKey }) => dedupKey);
      expect(keys).toHaveLength(2);
      expect(new Set(keys).size).toBe(1);
    }
  });

  it("what grows worse is told soon to who knows it, and to whom its severity brings in", async () => {
    routes(ROUTES);
    const job = await broken("a", "warning", "heartbeat_missing");
    await pass(30 * SECOND);
    expect(await messages()).toEqual(["team/webhook opened firing: a: heartbeat missing"]);
    await broken("a", "critical", "run_failed");
    expect(await messages()).toEqual(["pager/webhook opened firing: a: run failed"]);
    await pass(30 * SECOND);
    expect(await messages()).toEqual(["team/webhook raised firing: a: run failed"]);
    expect(await timeline(job)).toContain('Goes to the receiver pager: it matches {severity="critical"}.');
  });

  it("what is over before the group's first look is told to nobody, and the timeline says so", async () => {
    routes("route: {receiver: team}");
    const job = await broken("a");
    await mended(job);
    await pass(30 * SECOND);
    expect(await messages()).toEqual([]);
    expect((await timeline(job)).at(-1)).toBe("Not sent to team: it was over before it was due to be sent.");
  });

  it("a receiver without a channel is named in the timeline", async () => {
    routes("route: {receiver: nobody}");
    const job = await broken("a");
    await broken("a", "info", "zero_records");
    await pass(HOUR);
    expect(await messages()).toEqual([]);
    const said = (await timeline(job)).filter((text) => text.includes("nobody is told there"));
    expect(said).toEqual([
      "Goes to the receiver nobody, which has no channel (no other route matches): nobody is told there.",
    ]);
  });

  it("muted times keep an opening back until they end, and never an end", async () => {
    routes(`
route:
  receiver: team
  routes: [{matchers: [severity=~".*"], group_wait: 0s, mute_time_intervals: [nights]}]
time_intervals: [{name: nights, time_intervals: [{times: [{start_time: 00:00, end_time: 06:00}]}]}]`);
    const job = await broken("a");
    expect((await timeline(job)).at(-1)).toBe("Not sent to team: muted by time interval nights.");
    for (let look = 0; look < 47; look++) await pass(5 * MINUTE);
    expect(await messages()).toEqual([]);
    await pass(5 * MINUTE);
    expect(await messages()).toEqual(["team/webhook opened firing: a: run failed"]);
    await pass(19 * HOUR);
    await messages();
    await mended(job);
    await pass(5 * MINUTE);
    expect(await messages()).toEqual(["team/webhook resolved resolved: a: run failed"]);
    expect((await timeline(job)).filter((text) => text.startsWith("Not sent"))).toHaveLength(1);
  });

  it("an inhibited one waits for its source to end, and names it", async () => {
    routes(`
route: {receiver: team, group_by: ['...']}
inhibit_rules: [{source_matchers: [severity="critical"], target_matchers: [severity="warning"]}]`);
    const upstream = await broken("upstream", "critical");
    const job = await broken("downstream", "warning");
    await pass(30 * SECOND);
    expect(await messages()).toEqual(["team/webhook opened firing: upstream: run failed"]);
    expect((await timeline(job)).at(-1)).toBe(
      'Not sent to team: inhibited by incident 1 (upstream: run failed), rule {severity="critical"} over {severity="warning"}.',
    );
    await mended(upstream);
    await pass(5 * MINUTE);
    expect((await messages()).toSorted()).toEqual([
      "team/webhook opened firing: downstream: run failed",
      "team/webhook resolved resolved: upstream: run failed",
    ]);
  });

  it("another file of routes brings open incidents to who is named now, and ends to who knew them", async () => {
    routes("route: {receiver: team}");
    const job = await broken("a");
    await pass(30 * SECOND);
    await messages();
    routes("route: {receiver: pager, group_wait: 0s}");
    await alerting.reroute();
    await engine.runDue(clock.now());
    expect(await messages()).toEqual(["pager/webhook opened firing: a: run failed"]);
    await mended(job);
    await pass(5 * MINUTE);
    expect((await messages()).toSorted()).toEqual([
      "pager/webhook resolved resolved: a: run failed",
      "team/webhook resolved resolved: a: run failed",
    ]);
  });

  it("a storm of groups becomes one digest a receiver", async () => {
    begin(2);
    routes("route: {receiver: team, group_by: ['...'], group_wait: 0s}");
    for (let index = 0; index < 6; index++) await broken(`job${index}`);
    expect(await messages()).toHaveLength(2);
    await pass(MINUTE);
    expect(await messages()).toEqual([
      "team/webhook opened firing: 4 alerts, the worst: job2: run failed + 3",
    ]);
  });
});

it("a storm of a thousand is one short digest, and its members are told and kept", {
  timeout: 60_000,
}, async () => {
  begin(5);
  const now = clock.now();
  const keys = Array.from({ length: 1000 }, (_, index) => ({
    namespace: "default",
    environment: "",
    jobName: `job${index}`,
    createdBy: "inferred" as const,
    at: now,
  }));
  const jobs = await store.ensureJobs(keys);
  await store.commitWatch({
    ...EMPTY_WATCH_COMMIT,
    judgements: jobs.map(({ id }) => judgementOf(id, "critical", "run_failed")),
    setDeadlines: jobs.map(({ id }) => ({
      kind: FOLD_INCIDENT,
      subject: `job:${id}`,
      jobId: id,
      dueAt: now,
    })),
  });
  await engine.runDue(now);
  expect(await messages()).toHaveLength(5);
  await pass(MINUTE);
  const [digest, ...others] = await messages();
  expect([digest, others]).toEqual([
    expect.stringMatching(/^ops opened firing: 995 alerts, the worst: job\d+: run failed \+ 99$/),
    [],
  ]);
  for (const { id } of jobs.slice(-3))
    expect(await store.deliveriesOf((await store.openIncidents(id))[0]?.id ?? 0)).toHaveLength(1);
});
