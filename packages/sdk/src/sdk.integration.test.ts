/** Jobs written with this package against a real Batchwatch: what it knows of their runs, however they end. */
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { join } from "node:path";
import { startTestServer, type TestServer } from "@batchwatch/server/test-server";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Program, spoolFolder, startProgram, until } from "./testing/run-program.ts";

const FOLDER = join(import.meta.dirname, "testing");

let server: TestServer;
let spool: ReturnType<typeof spoolFolder>;
let programs: Program[];

beforeEach(async () => {
  programs = [];
  spool = spoolFolder();
  server = await startTestServer({ watch: { lostSettle: "1s" } });
});
afterEach(async () => {
  for (const { child } of programs) child.kill("SIGKILL");
  await server.close();
  spool.remove();
});

function start(file: string, args: readonly string[] = [], env: Record<string, string> = {}): Program {
  const program = startProgram(join(FOLDER, file), args, {
    BATCHWATCH_URL: server.httpUrl,
    BATCHWATCH_SPOOL_DIR: spool.path,
    ...env,
  });
  programs.push(program);
  return program;
}

async function read(path: string, from: TestServer = server): Promise<Record<string, unknown>> {
  return (await from.request(path)).json as Record<string, unknown>;
}

async function runOf(runId: string, from = server): Promise<Record<string, unknown> | undefined> {
  const { status, json } = await from.request(`/api/runs/${encodeURIComponent(runId)}`);
  return status === 200 ? (json as Record<string, unknown>) : undefined;
}

describe("a job of thirty lines", () => {
  test("gives run, steps, settings, logs and spans, the same in two Batchwatches, and series", async () => {
    const second = await startTestServer();
    const env = { BATCHWATCH_URL: "", DESTINATIONS: `${server.httpUrl},${second.httpUrl}` };
    const { code, stderr } = await start("thirty-lines.ts", [], env).ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const each of [server, second]) await expectThirtyLines(each);
    await second.close();
  });
});

async function expectThirtyLines(from: TestServer): Promise<void> {
  expect(await runOf("2026-11-23", from)).toMatchObject({
    phase: "completed",
    jobName: "daily_etl",
    jobType: "etl",
    environment: "production",
    recordsProcessed: 495,
    recordsFailed: 5,
    retryCount: 1,
    metadata: { region: "eu" },
    attempts: [
      { number: 1, phase: "failed", errorType: "TypeError", errorMessage: "the connection was lost" },
      { number: 2, phase: "completed" },
    ],
    steps: [
      { name: "extract", attempt: 1, outcome: "failure", records: { extracted: 500 } },
      { name: "extract", attempt: 2, outcome: "success", records: { extracted: 500 } },
      { name: "load", attempt: 2, outcome: "success", records: { loaded: 495 } },
    ],
  });
  const job = await read("/api/jobs/default/daily_etl?environment=production", from);
  expect(JSON.stringify(job)).toContain("0 2 * * *");
  const logs = (await read("/api/runs/2026-11-23/logs?limit=200", from)) as { items: { body: string }[] };
  expect(logs.items.map(({ body }) => body)).toEqual(
    expect.arrayContaining(["Step load started", "A record failed: no price"]),
  );
  const spans = (await read("/api/runs/2026-11-23/spans?limit=200", from)) as { items: { name: string }[] };
  expect(spans.items.map(({ name }) => name).sort()).toEqual([
    "batch_job.daily_etl",
    "batch_job.daily_etl",
    "batch_step.extract",
    "batch_step.extract",
    "batch_step.load",
  ]);
  const sums = {
    'batch_job_completions_total{status="success"}': 1,
    batch_job_completions_total: 1,
    batch_job_duration_seconds_count: 1,
    batch_job_queue_wait_seconds_count: 1,
    batch_job_records_processed_total: 495,
    batch_job_records_failed_total: 5,
    batch_job_retries_total: 1,
  };
  for (const [query, expected] of Object.entries(sums))
    await until(async () => {
      const { data } = (await read(`/api/v1/query?query=${encodeURIComponent(`sum(${query})`)}`, from)) as {
        data: { result: { value: [number, string] }[] };
      };
      const value = data.result[0]?.value[1];
      if (value !== undefined) expect([query, Number(value)]).toEqual([query, expected]);
      return value !== undefined;
    });
}

describe("a job killed with SIGKILL", () => {
  test.for(["start", "extract", "transform", "load", "end"])(
    "at %s is found; nothing that it said is missing",
    async (point) => {
      const program = start("ways-to-end.ts", ["kill", point], { HEARTBEAT: "1s", LIMIT: "3s" });
      await program.printed(`at ${point}`);
      const steps = ["extract", "transform", "load"];
      const begun = point === "end" ? steps : steps.slice(0, steps.indexOf(point) + 1);
      const done = point === "end" ? begun : begun.slice(0, -1);
      // What was sent by then: a kill takes what is still on its way, and nothing else.
      await until(async () => {
        const run = await runOf("run-kill");
        const seen = (run?.steps ?? []) as { name: string; outcome: string }[];
        const ended = seen.filter(({ outcome }) => outcome === "success");
        return (
          run?.phase === "running" &&
          run.lastHeartbeatAt !== null &&
          seen.length >= begun.length &&
          ended.length >= done.length
        );
      });
      program.child.kill("SIGKILL");
      await program.ended;
      const run = await until(async () => {
        const seen = await runOf("run-kill");
        return seen?.phase === "suspect" || seen?.phase === "lost" ? seen : undefined;
      });
      const seen = run.steps as { name: string; outcome: string }[];
      // Steps of one millisecond have no order among themselves.
      expect(seen.map(({ name }) => name).toSorted()).toEqual(begun.toSorted());
      for (const step of seen) expect(step.outcome).toBe(done.includes(step.name) ? "success" : "running");
    },
  );
});

describe("a job whose thread is busy", () => {
  test("is seen started, beating and moving meanwhile, and its loop as stuck", async () => {
    const program = start("ways-to-end.ts", ["busy", "4000"], { HEARTBEAT: "1s" });
    await program.printed("busy");
    const run = await until(async () => {
      const seen = await runOf("run-busy");
      return seen?.phase === "running" && seen.lastHeartbeatAt !== null ? seen : undefined;
    });
    expect(run.recordsProcessed).toBeGreaterThan(0);
    await program.ended;
    const logs = (await read("/api/runs/run-busy/logs?limit=200")) as { items: { body: string }[] };
    expect(logs.items.map(({ body }) => body).join("\n")).toContain("the event loop is stuck");
    expect(await runOf("run-busy")).toMatchObject({ phase: "completed" });
  });
});

describe("however the process ends, its run has ended", () => {
  test.for([
    ["exit", ["0"], { code: 0 }, { phase: "completed", exitCode: null, recordsProcessed: 3 }],
    ["exit", ["3"], { code: 3 }, { phase: "failed", exitCode: 3, errorType: "ProcessExit" }],
    [
      "throw",
      [],
      { code: 1 },
      { phase: "failed", errorType: "RangeError", errorMessage: "nobody catches this" },
    ],
    ["reject", [], { code: 1 }, { phase: "failed", errorType: "RangeError", errorMessage: "the job failed" }],
  ] as const)("%s %s", async ([way, args, end, expected]) => {
    const ended = await start("ways-to-end.ts", [way, ...args]).ended;
    expect(ended).toMatchObject(end);
    expect(await runOf(`run-${way}`)).toMatchObject(expected);
    expect(spool.files()).toEqual([]);
  });

  test.for(["SIGTERM", "SIGINT"] as const)("%s ends it as it would without us", async (signal) => {
    const program = start("ways-to-end.ts", ["wait"]);
    await program.printed("waiting");
    program.child.kill(signal);
    expect(await program.ended).toMatchObject({ signal });
    expect(await runOf("run-wait")).toMatchObject({ phase: "failed", signal, errorType: signal });
  });

  test("a job that handles SIGTERM itself decides", async () => {
    const program = start("ways-to-end.ts", ["handle-sigterm"]);
    await program.printed("waiting");
    program.child.kill("SIGTERM");
    expect(await program.ended).toMatchObject({ code: 0, signal: null });
    expect(await runOf("run-handle-sigterm")).toMatchObject({ phase: "completed", recordsProcessed: 7 });
  });
});

describe("a run in several places", () => {
  test("a child process tells its part as a step inside the step that started it", async () => {
    expect(await start("ways-to-end.ts", ["child"]).ended).toMatchObject({ code: 0 });
    const run = await runOf("run-child");
    expect(run).toMatchObject({ phase: "completed", retryCount: 0 });
    const steps = run?.steps as { id: string; name: string; parentId: string; records: object }[];
    expect(steps.map(({ name }) => name)).toEqual(["fan out", "part 1"]);
    expect(steps[1]).toMatchObject({ parentId: steps[0]?.id, records: { loaded: 5 } });
  });

  test("nested and concurrent runs are kept apart; words and attributes of their logs end nothing", async () => {
    expect(await start("ways-to-end.ts", ["nested"]).ended).toMatchObject({ code: 0 });
    expect(await runOf("outer-1")).toMatchObject({ phase: "completed", steps: [] });
    for (const name of ["a", "b"]) {
      expect(await runOf(`inner-${name}`)).toMatchObject({
        phase: "completed",
        recordsProcessed: 1,
        steps: [{ name: "load" }],
        metadata: { parentRunId: "outer-1" },
      });
      const logs = (await read(`/api/runs/inner-${name}/logs`)) as { items: { body: string }[] };
      expect(logs.items.map(({ body }) => body)).toContain(
        `Job inner failed: these are only words of ${name}`,
      );
    }
  });
});

describe("under `batchwatch exec`", () => {
  test("a run of the same job is the same run, told by both; the next one is another, inside it", async () => {
    const job = [process.execPath, join(FOLDER, "ways-to-end.ts"), "unnamed"];
    const cli = "../../../cli/src/main.ts";
    const args = ["exec", "--job", "daily_etl", "--run-id", "of-exec", "--", ...job];
    expect(await start(cli, args).ended).toMatchObject({ code: 0 });
    expect(await runOf("of-exec")).toMatchObject({ phase: "completed", recordsProcessed: 4, retryCount: 0 });
    const { items } = (await read("/api/runs?jobName=daily_etl")) as { items: { runId: string }[] };
    const [other, ...more] = items.filter(({ runId }) => runId !== "of-exec");
    expect(more).toEqual([]);
    expect(await runOf(other?.runId ?? "")).toMatchObject({
      recordsProcessed: 2,
      metadata: { parentRunId: "of-exec" },
    });
  });
});

describe("a server that is away", () => {
  test("what could not be sent goes with the next run, with its times", async () => {
    const port = await freePort();
    const away = { BATCHWATCH_URL: `http://127.0.0.1:${port}` };
    const first = await start("ways-to-end.ts", ["plain", "kept"], away).ended;
    expect(first).toMatchObject({ code: 0 });
    expect(first.stderr).toContain("ECONNREFUSED");
    expect(spool.files().length).toBeGreaterThan(0);
    const endedAt = Date.now();
    const proxy = await startProxy(port, Number(new URL(server.httpUrl).port));
    expect(await start("ways-to-end.ts", ["plain", "next"], away).ended).toMatchObject({
      code: 0,
      stderr: "",
    });
    const kept = await until(() => runOf("kept"));
    expect(kept).toMatchObject({ phase: "completed", recordsProcessed: 1 });
    expect(new Date(kept.completedAt as string).getTime()).toBeLessThanOrEqual(endedAt);
    expect(await runOf("next")).toMatchObject({ phase: "completed" });
    expect(spool.files()).toEqual([]);
    proxy.close();
  });
});

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/** The server comes to the address at which it was not. */
async function startProxy(port: number, to: number): Promise<Server> {
  const proxy = createServer((socket) => {
    const through = connect(to, "127.0.0.1");
    socket.pipe(through).pipe(socket);
    socket.on("error", () => through.destroy());
    through.on("error", () => socket.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(port, "127.0.0.1", resolve));
  return proxy;
}
