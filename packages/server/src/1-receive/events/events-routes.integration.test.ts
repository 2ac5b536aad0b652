import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createApiKey } from "../../access/api-keys.ts";
import { startTestServer, type TestServer } from "../../test-server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const post = (body: string | Buffer, headers: Record<string, string> = {}) =>
  server.request("/api/events", { method: "POST", body, headers });

async function run(runId: string) {
  return (await server.request(`/api/runs/${runId}`)).json as Record<string, unknown>;
}

const BEGAN_AT = Date.now() - 60_000;
const at = (seconds: number) => new Date(BEGAN_AT + seconds * 1000).toISOString();

test("a run told in events, sent twice, is one run", async () => {
  const events = [
    { kind: "started", jobName: "daily_etl", runId: "told", at: at(0), jobType: "etl" },
    {
      kind: "progress",
      jobName: "daily_etl",
      runId: "told",
      at: at(5),
      progress: { processed: 50, total: 120 },
    },
    {
      kind: "completed",
      jobName: "daily_etl",
      runId: "told",
      at: at(10),
      records: { processed: 120, failed: 3 },
      output: "done",
    },
  ];
  expect(await server.sendEvents(events)).toEqual({ accepted: 3, rejected: [] });
  expect(await server.sendEvents(events.toReversed())).toEqual({ accepted: 3, rejected: [] });
  expect(await run("told")).toMatchObject({
    phase: "completed",
    jobType: "etl",
    durationMs: 10_000,
    recordsProcessed: 120,
    recordsFailed: 3,
    retryCount: 0,
  });
  const { json } = await server.request("/api/runs/told/logs");
  expect(json).toMatchObject({ items: [{ body: "done" }] });
});

describe("a failure that is stamped 2 h back", () => {
  const failure = (runId: string) =>
    JSON.stringify({ kind: "failed", jobName: "skewed", runId, at: Date.now() - 7_200_000 });

  test("by a clock that is 2 h behind, as the sender's time of sending shows, happened now", async () => {
    await post(failure("wrong-clock"), {
      "batchwatch-sent-at": new Date(Date.now() - 7_200_000).toISOString(),
    });
    const { clock, witnesses } = await run("wrong-clock");
    expect(clock).toMatchObject({
      reportedLateMs: null,
      text: expect.stringMatching(/clock is 2 h .*behind/),
    });
    expect(witnesses).toMatchObject([{ kind: "api", clockSkewMs: expect.any(Number) }]);
  });

  test.each([
    ["kept and sent late by a clock that is right", String(Date.now()), null],
    [
      "of a sender that does not say, came late",
      "",
      { skewMs: null, text: expect.stringMatching(/came late/) },
    ],
    ["with a time of sending that can't be read, came late", "yesterday", { skewMs: null }],
  ])("%s", async (name, sentAt, clock) => {
    await post(failure(name), sentAt === "" ? {} : { "batchwatch-sent-at": sentAt });
    const seen = (await run(encodeURIComponent(name))).clock;
    if (clock === null) expect(seen).toBeNull();
    else expect(seen).toMatchObject(clock);
  });
});

describe("a body is taken as", () => {
  test.each([
    ["one object", JSON.stringify({ kind: "started", jobName: "shapes" }), {}],
    [
      "one object a line",
      '{"kind":"started","jobName":"shapes"}\n{"kind":"completed","jobName":"shapes"}\n',
      {},
    ],
    ["gzip", gzipSync('[{"kind":"started","jobName":"shapes"}]'), { "content-encoding": "gzip" }],
    [
      "a form, as curl says",
      '[{"kind":"started","jobName":"shapes"}]',
      { "content-type": "application/x-www-form-urlencoded" },
    ],
  ])("%s", async (_name, body, headers) => {
    const { status, json } = await post(body, headers);
    expect({ status, json }).toMatchObject({ status: 200, json: { rejected: [] } });
  });
});

test("what cannot be recorded is refused by its index, and the rest is recorded", async () => {
  const response = await server.sendEvents([
    { kind: "started", jobName: "mixed", runId: "good" },
    { kind: "startd", jobName: "mixed" },
    { kind: "completed", jobName: "mixed", at: "1970-01-01T00:00:00Z" },
    { kind: "completed", jobName: "mixed", at: Date.now() + 3 * 86_400_000 },
    { kind: "started", jobName: "mixed", witness: "batchwatch" },
  ]);
  expect(response).toEqual({
    accepted: 1,
    rejected: [
      { index: 1, code: "invalid_event", message: 'kind: is no kind of run event; did you mean "started"?' },
      { index: 2, code: "time_out_of_range", message: expect.stringMatching(/^at: is 1970/) },
      {
        index: 3,
        code: "time_out_of_range",
        message: expect.stringMatching(/^at: .*set the sender's clock/),
      },
      { index: 4, code: "invalid_event", message: expect.stringContaining("witness") },
    ],
  });
  expect(await run("good")).toMatchObject({ phase: "running" });
});

test("an end is kept whatever else is wrong with its event, and each field that was left out is named", async () => {
  const metadata = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`k${index}`, index]));
  const end = { kind: "completed", jobName: "sound", runId: "sound-1" };
  const response = await server.sendEvents([
    { ...end, kind: "started", job: { owner: "ann", schedule: "never" } },
    { ...end, metadata, records: { processed: 1.5, failed: 2 } },
  ]);
  expect(response).toEqual({
    accepted: 2,
    rejected: [],
    warnings: [
      { index: 0, field: "job.schedule", message: expect.stringMatching(/recorded without it$/) },
      { index: 1, field: "records.processed", message: expect.stringMatching(/recorded without it$/) },
      { index: 1, field: "metadata", message: expect.stringContaining("more than 128 entries") },
    ],
  });
  expect(await run("sound-1")).toMatchObject({
    phase: "completed",
    recordsProcessed: null,
    recordsFailed: 2,
  });
  const job = await server.store.findJob({ namespace: "default", environment: "", jobName: "sound" });
  expect(job?.settings.owner).toBe("ann");
});

test("a repeated start without id, time and run id is the same start", async () => {
  for (const kind of ["started", "started", "completed", "completed"])
    await server.sendEvents([{ kind, jobName: "twice" }]);
  expect((await server.request("/api/runs?jobName=twice")).json).toMatchObject({
    items: [{ phase: "completed" }],
  });
});

test("settings said in code are settings of the job, after what others say", async () => {
  await server.sendEvents([
    {
      kind: "started",
      jobName: "configured",
      runId: "c1",
      job: { sla: { max_duration_seconds: 90 }, owner: "ann" },
    },
  ]);
  const job = await server.store.findJob({ namespace: "default", environment: "", jobName: "configured" });
  expect(job?.settingsBySource.code).toEqual({ maxDurationMs: 90_000, owner: "ann" });
});

test("the namespace is the event's, else the key's", async () => {
  const { secret } = await createApiKey(
    server.store,
    { name: "t", scope: "ingest", namespace: "finance" },
    Date.now(),
  );
  const events = [
    { kind: "started", jobName: "n1", runId: "n1" },
    { kind: "started", jobName: "n2", runId: "n2", namespace: "sales" },
  ];
  await post(JSON.stringify(events), { authorization: `Bearer ${secret}` });
  expect(await run("n1")).toMatchObject({ namespace: "finance" });
  expect(await run("n2")).toMatchObject({ namespace: "sales" });
});

test("what was answered is there after a restart", async () => {
  const first = await startTestServer();
  await first.sendEvents([{ kind: "started", jobName: "kept", runId: "kept-1" }]);
  const second = await first.restart();
  expect((await second.request("/api/runs/kept-1")).json).toMatchObject({
    runId: "kept-1",
    phase: "running",
  });
  await second.close();
});
