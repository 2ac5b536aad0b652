/**
 * The promise that everything else serves: daily_etl starts, beats, stalls and is killed with SIGKILL. With a heartbeat limit
 * that is one incident and one delivered webhook no later than two seconds after the limit, whether the job runs under
 * `exec`, under curl pings, or with the stock OpenTelemetry SDK; and none in 100 clean runs.
 * Real processes, real server, real receiver; the limit is scaled down from 60 s.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startTestServer, type TestServer } from "../packages/server/src/test-server.ts";
import { startWebhookReceiver, type WebhookReceiver } from "./webhook-receiver.ts";

const LIMIT_MS = 2_000;
/** What the promise allows between the end of the limit and the delivery. */
const DELIVERY_MS = 2_000;
/** The last sign of life may be this much older than the kill. */
const BEAT_MS = 700;
const MINUTE = 60_000;
const CLEAN_RUNS = 100;

let server: TestServer;
let receiver: WebhookReceiver;
let children: ChildProcess[];

beforeEach(async () => {
  children = [];
  receiver = await startWebhookReceiver();
  server = await startTestServer({
    receivers: [{ name: "team", type: "webhook", url: receiver.url }],
    watch: { lostSettle: "1s" },
  });
});

afterEach(async () => {
  for (const child of children) killGroup(child);
  await server.close();
  await receiver.close();
});

describe("a job that stalls and is killed with SIGKILL", () => {
  it(
    "under exec: one incident and one webhook in time",
    async () => {
      const child = exec(
        ["--heartbeat-limit", `${LIMIT_MS}ms`, "--heartbeat-interval", "300ms"],
        ["e2e/jobs/stalling-job.mjs"],
      );
      await line(child, "stalled");
      await untilRun(
        (run) => run.phase === "running" && run.recordsProcessed === 300 && run.lastHeartbeatAt !== null,
      );
      await killAndExpectOneAlert(child);
    },
    MINUTE,
  );

  it(
    "under exec, when only the command is killed: told at once, with the signal",
    async () => {
      const child = exec(
        [],
        ["-e", 'console.log("up"); setTimeout(() => process.kill(process.pid, "SIGKILL"), 300)'],
      );
      await exited(child);
      await until(() => receiver.firing("daily_etl").length > 0);
      expect(receiver.firing("daily_etl").map(({ alertName }) => alertName)).toEqual(["BatchRunFailed"]);
      expect((await runs())[0]).toMatchObject({ phase: "failed", signal: "SIGKILL" });
      await expectOneIncident();
    },
    MINUTE,
  );

  it(
    "under curl pings: one incident and one webhook in time",
    async () => {
      await declareLimit();
      const child = start("sh", ["e2e/jobs/pinging-job.sh", pingUrl(), uuid(1), "stall"]);
      await line(child, "beating");
      await killAndExpectOneAlert(child);
    },
    MINUTE,
  );

  it(
    "with the stock SDK exporters: one incident and one webhook in time",
    async () => {
      await declareLimit();
      const child = sdkJob("stall");
      await line(child, "beating");
      await untilRun((run) => run.phase === "running" && run.lastHeartbeatAt !== null);
      await killAndExpectOneAlert(child);
    },
    MINUTE,
  );
});

describe(`${CLEAN_RUNS} clean runs`, () => {
  it(
    "under exec tell nobody anything",
    async () => {
      for (let done = 0; done < CLEAN_RUNS; done += 5)
        await Promise.all(
          Array.from({ length: 5 }, async () => {
            const options = ["--heartbeat-limit", `${LIMIT_MS}ms`, "--heartbeat-interval", "300ms"];
            expect(
              await exited(exec([...options, "--run-type", "manual"], ["-e", "0"], `clean_${done}`)),
            ).toBe(0);
          }),
        );
      await expectSilence();
    },
    2 * MINUTE,
  );

  it(
    "under curl pings tell nobody anything",
    async () => {
      await declareLimit();
      for (let run = 1; run <= CLEAN_RUNS; run += 1)
        expect(await exited(start("sh", ["e2e/jobs/pinging-job.sh", pingUrl(), uuid(run), "1"]))).toBe(0);
      await expectSilence();
    },
    2 * MINUTE,
  );

  it(
    "with the stock SDK exporters tell nobody anything",
    async () => {
      await declareLimit();
      expect(await exited(sdkJob(String(CLEAN_RUNS)))).toBe(0);
      await expectSilence();
    },
    2 * MINUTE,
  );
});

// ── what is promised ────────────────────────────────────────────────────────────────────────────────

async function killAndExpectOneAlert(child: ChildProcess): Promise<void> {
  const killedAt = Date.now();
  killGroup(child);
  await until(() => receiver.firing("daily_etl").length > 0);
  const [alert] = receiver.firing("daily_etl");
  const tookMs = (alert?.at ?? Number.POSITIVE_INFINITY) - killedAt;
  expect(tookMs).toBeGreaterThan(LIMIT_MS - BEAT_MS);
  expect(tookMs).toBeLessThanOrEqual(LIMIT_MS + DELIVERY_MS);
  expect(alert?.alertName).toBe("BatchHeartbeatMissing");
  // Until it is declared lost, and beyond: the same incident, and no second message.
  await untilRun((run) => run.phase === "lost");
  await settle();
  expect(receiver.firing("daily_etl")).toHaveLength(1);
  await expectOneIncident();
}

async function expectOneIncident(): Promise<void> {
  const { items } = (await server.request("/api/incidents?limit=100")).json as { items: { state: string }[] };
  expect(items).toHaveLength(1);
  expect(items[0]).toMatchObject({ state: "open", jobName: "daily_etl", notified: true });
}

/** Longer than the limit: what would have been said has been said. */
async function expectSilence(): Promise<void> {
  await until(async () => (await allRuns()).length === CLEAN_RUNS);
  await until(async () => (await allRuns()).every((run) => run.phase === "completed"));
  await new Promise((resolve) => setTimeout(resolve, LIMIT_MS + DELIVERY_MS));
  await settle();
  expect(receiver.received).toEqual([]);
  expect((await server.request("/api/incidents")).json).toMatchObject({ items: [] });
}

/** Nothing is due and nothing is on its way. */
async function settle(): Promise<void> {
  await until(async () => (await server.store.deadlineBacklog(Date.now())).due === 0);
  await until(async () => (await server.store.claimDeliveries(0, 1, 0)).length === 0);
}

// ── jobs ────────────────────────────────────────────────────────────────────────────────────────────

function exec(options: readonly string[], script: readonly string[], jobName = "daily_etl"): ChildProcess {
  return start("packages/cli/bin/batchwatch", [
    ...["exec", "--job", jobName, "--url", server.httpUrl, ...options],
    ...["--", process.execPath, ...script],
  ]);
}

function sdkJob(what: string): ChildProcess {
  return start(process.execPath, ["e2e/jobs/sdk-job.mjs", what], {
    OTEL_EXPORTER_OTLP_ENDPOINT: server.httpUrl,
    OTEL_SERVICE_NAME: "etl",
    JOB_NAME: "daily_etl",
  });
}

function start(command: string, args: readonly string[], env: Record<string, string> = {}): ChildProcess {
  const child = spawn(command, args, {
    detached: true,
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, ...env },
  });
  children.push(child);
  return child;
}

/** The whole process group: a machine that goes down takes everything with it. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // It is gone already.
  }
}

async function line(child: ChildProcess, wanted: string): Promise<void> {
  if (child.stdout === null) throw new Error("the job has no output");
  for await (const text of createInterface({ input: child.stdout })) if (text === wanted) return;
  throw new Error(`the job ended without saying "${wanted}"`);
}

function exited(child: ChildProcess): Promise<number | null> {
  child.stdout?.resume();
  return new Promise((resolve) => child.once("exit", resolve));
}

function pingUrl(): string {
  return `${server.httpUrl}/ping/local/daily_etl`;
}

function uuid(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`;
}

async function declareLimit(): Promise<void> {
  const answer = await server.request("/api/jobs/default/daily_etl", {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ heartbeat: { limit: `${LIMIT_MS}ms` }, allowOverlap: true }),
  });
  expect(answer.status, answer.text).toBeLessThan(300);
}

// ── looking ─────────────────────────────────────────────────────────────────────────────────────────

interface SeenRun {
  phase: string;
  recordsProcessed: number | null;
  lastHeartbeatAt: string | null;
}

async function runs(query = "jobName=daily_etl&"): Promise<SeenRun[]> {
  const { json } = await server.request(`/api/runs?${query}limit=200`);
  return (json as { items: SeenRun[] }).items;
}

function allRuns(): Promise<SeenRun[]> {
  return runs("");
}

function untilRun(holds: (run: SeenRun) => boolean): Promise<void> {
  return until(async () => (await runs()).some(holds));
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20));
}
