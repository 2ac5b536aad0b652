/**
 * What was answered survives `kill -9` (DESIGN section 2). A real server process under load from pings, our own API and
 * OTLP is killed at random moments and started again on the same data: everything that was answered is there, nothing is
 * there twice although clients send again what was not answered, nothing is there in part, and each failure pages.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { EVENTS_A_BATCH, type Message, type RunName, type Sent, send, startLoad } from "./load-clients.ts";
import { failToStart, type ServerProcess, startServerProcess } from "./server-process.ts";
import { startWebhookReceiver, type WebhookReceiver } from "./webhook-receiver.ts";

const ROUNDS = 3;
/** The server lives between these. */
const SHORTEST_LIFE_MS = 200;
const LONGEST_LIFE_MS = 1_200;
const LEAST_ANSWERED = 100;
/** Runs whose events are read one by one; the others are seen in the lists. */
const RUNS_READ_CLOSELY = 60;
const MINUTE = 60_000;

let dataDir: string;
let server: ServerProcess | null;
let receiver: WebhookReceiver;

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), "batchwatch-killed-"));
  server = null;
  receiver = await startWebhookReceiver();
});

afterEach(async () => {
  await server?.kill();
  await receiver.close();
  rmSync(dataDir, { recursive: true, force: true });
});

async function start(): Promise<ServerProcess> {
  const config = {
    receivers: [{ name: "team", type: "webhook", url: receiver.url }],
    // Each failure is looked for by itself: none may go into a digest.
    alerts: { maxPagesPerMinute: 100_000 },
  };
  server = await startServerProcess({ dataDir, config });
  return server;
}

async function get<T>(path: string): Promise<T> {
  const response = await fetch(`${server?.url}${path}`);
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}

async function all<T>(path: string): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const after: string = cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const page: { items: T[]; nextCursor: string | null } = await get(`${path}${after}`);
    items.push(...page.items);
    cursor = page.nextCursor;
  }
  return items;
}

interface StoredRun {
  jobName: string;
  runId: string;
  phase: string;
  retryCount: number;
}

const keyOf = ({ jobName, runId }: Pick<RunName, "jobName" | "runId">): string => `${jobName} ${runId}`;

async function storedRuns(): Promise<Map<string, StoredRun>> {
  const runs = await all<StoredRun>("/api/runs?limit=500");
  const byKey = new Map(runs.map((run) => [keyOf(run), run]));
  expect(byKey.size, "each run stands once in the list").toBe(runs.length);
  return byKey;
}

describe("a server that is killed under load", () => {
  it(
    "keeps what it answered, once and whole, and pages for every failure",
    async () => {
      const total: Sent = { answered: [], unanswered: [], refused: [] };
      for (let round = 0; round < ROUNDS; round += 1) {
        const running = await start();
        const load = startLoad(running.url, `r${round}`);
        await vi.waitFor(() => expect(load.sent.answered.length).toBeGreaterThan(LEAST_ANSWERED), 20_000);
        const lifeMs = SHORTEST_LIFE_MS + Math.random() * (LONGEST_LIFE_MS - SHORTEST_LIFE_MS);
        await new Promise((resolve) => setTimeout(resolve, lifeMs));
        await running.kill();
        await load.done;
        expect(load.sent.refused).toEqual([]);
        total.answered.push(...load.sent.answered);

        const again = await start();
        expect((await fetch(`${again.url}/readyz`)).status).toBe(200);
        await expectWholeBatches(load.sent.unanswered);
        const resent: Sent = { answered: [], unanswered: [], refused: [] };
        for (const message of load.sent.unanswered) await send(again.url, message, resent);
        expect(resent).toMatchObject({ unanswered: [], refused: [] });
        total.answered.push(...resent.answered);
        await again.kill();
      }

      await start();
      await expectRuns(total.answered);
      await expectEvents(total.answered);
      await expectSamples(total.answered);
      await expectLogs(total.answered);
      await expectOneIncidentEach(total.answered);
    },
    2 * MINUTE,
  );
});

/** Of a request that was not answered all is stored or nothing. */
async function expectWholeBatches(unanswered: readonly Message[]): Promise<void> {
  const batches = unanswered.filter(({ path }) => path === "/api/events");
  if (batches.length === 0) return;
  const stored = await storedRuns();
  for (const { runs } of batches) {
    const found = runs.filter((run) => stored.has(keyOf(run))).length;
    expect([0, EVENTS_A_BATCH / 2]).toContain(found);
  }
}

/** Every run, in the phase that the last answered message about it says, and not tried twice. */
async function expectRuns(answered: readonly Message[]): Promise<void> {
  const expected = new Map<string, RunName>();
  for (const run of answered.flatMap(({ runs }) => runs)) {
    const before = expected.get(keyOf(run));
    if (before === undefined || before.phase === "running") expected.set(keyOf(run), run);
  }
  const stored = await storedRuns();
  const wrong = [...expected].flatMap(([key, run]) => {
    const found = stored.get(key);
    const isRight =
      found !== undefined && found.retryCount === 0 && (run.phase === "running" || run.phase === found.phase);
    return isRight ? [] : [{ key, expected: run.phase, found: found ?? "nothing" }];
  });
  expect(wrong).toEqual([]);
  const asked = new Set(expected.keys());
  const unasked = [...stored.keys()].filter((key) => !asked.has(key) && !/_log /.test(key));
  expect(unasked, "no run that nobody sent").toEqual([]);
}

/** Of the runs of `POST /api/events` exactly a start and an end, however often they were sent. */
async function expectEvents(answered: readonly Message[]): Promise<void> {
  const runs = answered.filter(({ path }) => path === "/api/events").flatMap((message) => message.runs);
  // The last ones of each round were sent again, if any were.
  for (const run of spread(runs, RUNS_READ_CLOSELY)) {
    const path = `/api/runs/${encodeURIComponent(run.runId)}/events?jobName=${run.jobName}&limit=100`;
    const { items } = await get<{ items: { kind: string }[] }>(path);
    expect(items.map(({ kind }) => kind).sort(), run.runId).toEqual(["completed", "started"]);
  }
  const spanRuns = answered.filter(({ path }) => path === "/v1/traces").flatMap((message) => message.runs);
  for (const run of spread(spanRuns, RUNS_READ_CLOSELY)) {
    const path = `/api/runs/${encodeURIComponent(run.runId)}/spans?jobName=${run.jobName}`;
    const { items } = await get<{ items: unknown[] }>(path);
    expect(items, run.runId).toHaveLength(1);
  }
}

async function expectSamples(answered: readonly Message[]): Promise<void> {
  // Times run ahead of the clock where more than one sample a millisecond comes in.
  const to = new Date(Date.now() + MINUTE).toISOString();
  const { items } = await get<{
    items: { labels: Record<string, string>; samples: [string, number][] }[];
  }>(`/api/samples?name=load_sequence&to=${to}&limit=1000`);
  const stored = new Map<string, number>();
  for (const { labels, samples } of items)
    for (const [, value] of samples) {
      const key = `${labels.client} ${value}`;
      stored.set(key, (stored.get(key) ?? 0) + 1);
    }
  const sent = answered.flatMap(({ sample }) => sample ?? []);
  expect(sent.length).toBeGreaterThan(0);
  const wrong = sent.filter(({ client, number }) => stored.get(`${client} ${number}`) !== 1);
  expect(wrong).toEqual([]);
}

async function expectLogs(answered: readonly Message[]): Promise<void> {
  const texts: string[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const lines = await all<{ body: string }>(`/api/runs/r${round}_log-run/logs?limit=500`);
    texts.push(...lines.map(({ body }) => body));
  }
  const sent = answered.flatMap(({ log }) => log ?? []);
  const count = new Map<string, number>();
  for (const text of texts) count.set(text, (count.get(text) ?? 0) + 1);
  expect(sent.filter((text) => count.get(text) !== 1)).toEqual([]);
}

async function expectOneIncidentEach(answered: readonly Message[]): Promise<void> {
  const failed = new Set(
    answered.flatMap(({ runs }) =>
      runs.filter(({ phase }) => phase === "failed").map(({ jobName }) => jobName),
    ),
  );
  expect(failed.size).toBeGreaterThan(ROUNDS);
  await vi.waitFor(
    () => {
      const untold = [...failed].filter((jobName) => receiver.firing(jobName).length === 0);
      expect(untold).toEqual([]);
    },
    { timeout: 20_000, interval: 100 },
  );
  const incidents = await all<{ jobName: string }>("/api/incidents?limit=200");
  const ofFailed = incidents.map(({ jobName }) => jobName).filter((jobName) => failed.has(jobName));
  expect(ofFailed.sort()).toEqual([...failed].sort());
}

/** About `count` of the list, the last one always among them. */
function spread<T>(list: readonly T[], count: number): T[] {
  const step = Math.max(1, Math.floor(list.length / count));
  return list.filter((_, index) => (list.length - 1 - index) % step === 0);
}

describe("a server that is stopped", () => {
  it(
    "under load with SIGTERM answers what is open, ends with 0, and a second start has it all",
    async () => {
      const running = await start();
      const load = startLoad(running.url, "stop");
      await vi.waitFor(() => expect(load.sent.answered.length).toBeGreaterThan(LEAST_ANSWERED), 20_000);
      expect(await running.stop()).toBe(0);
      await load.done;
      expect(load.sent.refused).toEqual([]);
      await start();
      for (const message of load.sent.unanswered)
        await send(server?.url ?? "", message, { answered: load.sent.answered, unanswered: [], refused: [] });
      await expectRuns(load.sent.answered);
      await expectSamples(load.sent.answered);
    },
    MINUTE,
  );
});

describe("a server that cannot start", () => {
  it(
    "for another one on the same data names its process",
    async () => {
      const first = await start();
      const { code, said } = await failToStart({ dataDir });
      expect(code).not.toBe(0);
      expect(said).toContain(`process ${first.pid}`);
      expect(said).toContain("--data-dir");
      expect((await fetch(`${first.url}/readyz`)).status).toBe(200);
    },
    MINUTE,
  );

  it(
    "for a taken port says which one and how to choose another",
    async () => {
      const holder = createServer();
      await new Promise<void>((resolve) => holder.listen(0, "127.0.0.1", resolve));
      const address = holder.address();
      const http = `127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
      const { code, said } = await failToStart({ dataDir, http });
      holder.close();
      expect(code).not.toBe(0);
      expect(said).toContain(`${http} is in use already`);
      expect(said).toContain("--http");
    },
    MINUTE,
  );
});
