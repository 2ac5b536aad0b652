import { mkdtempSync, rmSync } from "node:fs";
import * as http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createApiKey } from "../../access/api-keys.ts";
import { startTestServer, type TestServer } from "../../test-server.ts";

let server: TestServer;
let uuid = "";
const RID = "728b3763-7b77-4a56-8b4e-4b1e1c1f1d1a";

beforeAll(async () => {
  server = await startTestServer({ ping: { bodyLimitBytes: 1000 } });
  const [job] = await server.store.ensureJobs([
    { namespace: "default", environment: "", jobName: "by_uuid", createdBy: "api", at: Date.now() },
    {
      namespace: "default",
      environment: "",
      jobName: "Nightly Backup (EU)",
      createdBy: "api",
      at: Date.now(),
    },
    { namespace: "default", environment: "", jobName: "Twice", createdBy: "api", at: Date.now() },
    { namespace: "default", environment: "", jobName: "TWICE", createdBy: "api", at: Date.now() },
  ]);
  uuid = job?.pingUuid ?? "";
});
afterAll(() => server.close());

async function runsOf(jobName: string) {
  const { json } = await server.request(`/api/runs?jobName=${encodeURIComponent(jobName)}&sort=startedAt`);
  return (json as { items: Record<string, unknown>[] }).items;
}

describe("answers as Healthchecks' clients expect", () => {
  test.each([
    ["GET", () => `/ping/${uuid}`, 200, "OK"],
    ["GET", () => `/ping/${uuid}/`, 200, "OK"],
    ["POST", () => `/ping/${uuid}/start`, 200, "OK"],
    ["PUT", () => `/ping/${uuid}`, 200, "OK"],
    ["GET", () => `/ping/${uuid}/log`, 200, "OK"],
    ["GET", () => `/ping/${uuid}/256`, 400, "invalid url format"],
    ["GET", () => `/ping/${uuid}?rid=nonsense`, 400, "invalid uuid format"],
    ["GET", () => "/ping/00000000-0000-4000-8000-000000000000", 404, "not found"],
    ["GET", () => "/ping/local/Upper", 400, "invalid url format"],
    ["GET", () => "/ping/local/fresh", 201, "Created"],
    ["GET", () => "/ping/local/fresh", 200, "OK"],
    [
      "GET",
      () => "/ping/bw_not-a-key/fresh",
      404,
      "not found: this key is not known here, or was revoked. On the server, batchwatch keys list shows the keys",
    ],
    ["GET", () => "/ping/local/nightly-backup-eu", 200, "OK"],
    ["GET", () => "/ping/local/twice", 409, "ambiguous slug"],
    ["OPTIONS", () => `/ping/${uuid}`, 204, ""],
  ])("%s %s: %d %s", async (method, path, status, text) => {
    const answer = await server.request(path(), { method });
    expect(answer).toMatchObject({ status, text: text === "" ? "" : `${text}\n` });
    expect(answer.headers.get("ping-body-limit")).toBe("1000");
    expect(answer.headers.get("access-control-allow-origin")).toBe("*");
    expect(answer.headers.get("cache-control")).toBe("no-store");
    if (text !== "") expect(answer.headers.get("content-type")).toMatch(/^text\/plain/);
  });

  test("HEAD is GET without the body", async () => {
    const { status, text, headers } = await server.request(`/ping/${uuid}`, { method: "HEAD" });
    expect({ status, text }).toEqual({ status: 200, text: "" });
    expect(headers.get("content-length")).toBe("3");
  });

  test("whatever the body claims to be", async () => {
    for (const contentType of ["application/x-www-form-urlencoded", "application/json", "nonsense", ""])
      expect(
        (
          await server.request("/ping/local/typed/log", {
            method: "POST",
            body: "a=1",
            headers: { "content-type": contentType },
          })
        ).status,
      ).toBeLessThan(202);
  });
});

describe("makes runs", () => {
  test("with start and success", async () => {
    await server.request("/ping/local/plain/start");
    await server.request("/ping/local/plain");
    expect(await runsOf("plain")).toMatchObject([{ phase: "completed", durationMs: expect.any(Number) }]);
  });

  test("with a run id, an exit status and the last line of the body as the reason", async () => {
    await server.request(`/ping/local/with_rid/start?rid=${RID}`);
    await server.request(`/ping/local/with_rid/3?rid=${RID}`, {
      method: "POST",
      body: "line one\ndisk full\n",
    });
    expect(await runsOf("with_rid")).toMatchObject([
      { runId: RID, exitCode: 3, errorType: "exit_code", errorMessage: "disk full" },
    ]);
  });

  test("each rid its own, also at the same time", async () => {
    const rids = [RID, RID.replace("7", "8"), RID.replace("7", "9")];
    await Promise.all(rids.map((rid) => server.request(`/ping/local/parallel/start?rid=${rid}`)));
    await Promise.all(rids.map((rid) => server.request(`/ping/local/parallel?rid=${rid}`)));
    const runs = await runsOf("parallel");
    expect(runs.map(({ runId }) => runId).toSorted()).toEqual(rids.toSorted());
    expect(runs.every(({ phase }) => phase === "completed")).toBe(true);
  });

  test("with the body in the run's log, cut in its middle", async () => {
    const body = `first ${"x".repeat(10_000)} last`;
    await server.request(`/ping/local/verbose?rid=${RID}`, { method: "POST", body });
    const { json } = await server.request(`/api/runs/${RID}/logs?jobName=verbose`);
    const [line] = (json as { items: { body: string }[] }).items;
    expect(line?.body).toMatch(/^first x+\n… \d+ bytes left out …\nx+ last$/);
    expect(line?.body.length).toBeLessThan(2100);
  });
});

test("create=1 and nothing else makes a job where jobs are not made by pings", async () => {
  const strict = await startTestServer({ ping: { createJobs: false } });
  expect(await strict.request("/ping/local/unknown")).toMatchObject({ status: 404, text: "not found\n" });
  expect(await strict.request("/ping/local/unknown?create=1")).toMatchObject({
    status: 201,
    text: "Created\n",
  });
  expect(await strict.request("/ping/local/unknown")).toMatchObject({ status: 200, text: "OK\n" });
  await strict.close();
});

test("where keys are asked for, the key stands in the path, and its namespace counts", async () => {
  const open = await startTestServer();
  const make = (scope: "ingest" | "read") =>
    createApiKey(open.store, { name: "test", scope, namespace: "finance" }, Date.now());
  const [ingest, reading] = [await make("ingest"), await make("read")];
  const locked = await startTestServer({ auth: { onLoopback: true }, dataDir: open.dataDir }).catch(
    (error: unknown) => error,
  );
  expect(locked).toMatchObject({ code: "DATA_DIR_IN_USE" });
  expect(await open.request(`/ping/${ingest.secret}/invoices`)).toMatchObject({ status: 201 });
  expect(await open.request(`/ping/${reading.secret}/invoices`)).toMatchObject({ status: 403 });
  expect((await open.request("/api/runs?namespace=finance")).json).toMatchObject({
    items: [{ jobName: "invoices" }],
  });
  await open.close();
});

// An address that was set up before there were keys answered "not found" and nothing else.
test("where keys are asked for, a word in the key's place is told which key is needed, whether the job exists or not", async () => {
  const dataDir = mkdtempSync(join(tmpdir(), "batchwatch-test-"));
  const open = await startTestServer({ dataDir });
  await createApiKey(open.store, { name: "test", scope: "ingest", namespace: null }, Date.now());
  await open.request("/ping/local/known");
  await open.close();
  const locked = await startTestServer({ auth: { onLoopback: true }, dataDir });
  const [known, unknown] = [
    await locked.request("/ping/local/known"),
    await locked.request("/ping/local/unknown"),
  ];
  expect(known).toMatchObject({
    status: 404,
    text: expect.stringMatching(/^not found: .*--scope ingest\n$/),
  });
  expect(unknown.text).toBe(known.text);
  await locked.close();
  rmSync(dataDir, { recursive: true });
});

test("a page of another site cannot ping by name", async () => {
  const headers = { "sec-fetch-site": "cross-site" };
  expect((await server.request("/ping/local/plain/fail", { headers })).status).toBe(403);
  expect((await server.request(`/ping/${uuid}`, { headers })).status).toBe(200);
});

describe("a ping that is sent again because its answer was lost", () => {
  test("is the same start and the same end", async () => {
    for (const path of ["start", "start", "0", "0"]) await server.request(`/ping/local/again/${path}`);
    const runs = await runsOf("again");
    expect(runs).toMatchObject([{ phase: "completed" }]);
    const { json } = await server.request("/api/jobs/default/again");
    expect(json).toMatchObject({ openFacts: [] });
  });

  test("is another run when somebody else sends it", async () => {
    await server.request("/ping/local/another/start", { headers: { "user-agent": "curl/8 on a" } });
    await server.request("/ping/local/another/start", { headers: { "user-agent": "curl/8 on b" } });
    expect((await runsOf("another")).map(({ phase }) => phase).toSorted()).toEqual(["lost", "running"]);
  });

  test("an end without rid ends the only run under way", async () => {
    await server.request(`/ping/local/mixed_rid/start?rid=${RID}`);
    await server.request("/ping/local/mixed_rid");
    expect(await runsOf("mixed_rid")).toMatchObject([{ runId: RID, phase: "completed" }]);
  });
});

describe("Cronitor's telemetry", () => {
  test.each([
    ["at its own address", "/p/api-key/cronitor_job"],
    ["at the older one", "/ping/api-key/cronitor_old"],
  ])("%s makes runs", async (_name, base) => {
    const start = await server.request(`${base}?state=run&series=s-1`);
    expect(start).toMatchObject({ status: 200, text: "OK\n" });
    await server.request(`${base}?state=complete&series=s-1&metric=count:12&metric=error_count:2`);
    expect(await runsOf(base.split("/").at(-1) ?? "")).toMatchObject([
      { runId: "s-1", phase: "completed", recordsProcessed: 12, recordsFailed: 2 },
    ]);
  });

  test("an end with a bad count is kept, and the answer names the count", async () => {
    const { status, headers } = await server.request("/p/k/cronitor_bad?state=complete&metric=count:many");
    expect(status).toBe(200);
    expect(headers.get("batchwatch-warning")).toMatch(/^metric=count: must be a number/);
    expect(await runsOf("cronitor_bad")).toMatchObject([{ phase: "completed", recordsProcessed: null }]);
  });
});

describe("Sentry's check-ins", () => {
  test("make runs, declare their job, and are answered with 202 and nothing", async () => {
    const body = JSON.stringify({
      status: "in_progress",
      check_in_id: RID,
      environment: "production",
      monitor_config: { schedule: { type: "crontab", value: "0 2 * * *" }, max_runtime: 30 },
    });
    const headers = { "content-type": "application/json" };
    const start = await server.request("/api/42/cron/sentry_job/public/", { method: "POST", body, headers });
    expect(start).toMatchObject({ status: 202, text: "" });
    const end = `/api/42/cron/sentry_job/public/?check_in_id=${RID}&status=ok&environment=production`;
    expect(await server.request(end)).toMatchObject({ status: 202 });
    expect(await runsOf("sentry_job")).toMatchObject([
      { runId: RID, environment: "production", phase: "completed" },
    ]);
    const key = { namespace: "default", environment: "production", jobName: "sentry_job" };
    expect((await server.store.findJob(key))?.settings).toMatchObject({ maxDurationMs: 1_800_000 });
  });

  test("are refused where they say no outcome", async () => {
    expect(await server.request("/api/42/cron/sentry_job/public/")).toMatchObject({ status: 400 });
  });

  test("leave the API's own addresses alone", async () => {
    expect((await server.request("/api/jobs/cron/anything")).json).toMatchObject({ code: "job_not_found" });
  });
});

test("what is refused is counted by receiver and reason", async () => {
  await server.request("/ping/local/counted/999");
  await server.request("/ping/local/counted?rid=7");
  const send = (path: string, body: string, headers: Record<string, string> = {}) =>
    server.request(path, { method: "POST", body, headers });
  await send("/api/events", "{");
  await send("/api/events", "[]", { "content-encoding": "gzip" });
  await send("/v1/traces", "{", { "content-type": "application/json" });
  const { text } = await server.request("/metrics");
  for (const [stage, code] of [
    ["receive_ping", "invalid_url_format"],
    ["receive_ping", "invalid_uuid_format"],
    ["receive_events", "invalid_json"],
    ["receive_events", "corrupt_body"],
    ["receive_otlp", "malformed"],
  ])
    expect(text).toMatch(
      new RegExp(`batchwatch_stage_errors_total\\{stage="${stage}",code="${code}"\\} [1-9]`),
    );
});

describe("the short way answers as the usual one does", () => {
  // An unknown parameter with an escape takes the usual way.
  const usual = (path: string): string => `${path}${path.includes("?") ? "&" : "?"}x=%20`;
  test.each([
    ["GET", () => `/ping/${uuid}`],
    ["HEAD", () => `/ping/${uuid}`],
    ["POST", () => `/ping/${uuid}/start`],
    ["GET", () => `/ping/${uuid}/7?rid=${RID}`],
    ["GET", () => "/ping/local/short/log?create=1"],
    ["GET", () => `/ping/${uuid}/256`],
    ["GET", () => `/ping/${uuid}?rid=nonsense`],
    ["GET", () => "/ping/"],
    ["GET", () => "/ping/local"],
    ["GET", () => "/ping/local/Upper"],
    ["GET", () => "/ping/bw_not-a-key/short"],
    ["GET", () => "/ping/local/twice"],
  ])("%s %s", async (method, path) => {
    const shown = async (url: string) => {
      const { status, text, headers } = await server.request(url, { method });
      const { date: _date, ...rest } = Object.fromEntries(headers);
      return { status, text, headers: rest };
    };
    await shown(path());
    expect(await shown(path())).toEqual(await shown(usual(path())));
  });

  test.each([
    ["another host's name", { host: "elsewhere.example.com" }, 403],
    ["a proxy", { "x-forwarded-for": "10.0.0.1" }, 401],
    ["a page of another origin", { origin: "https://elsewhere.example.com" }, 403],
  ])("and lets nobody pass whom the door refuses: %s", async (_name, headers, status) => {
    const { hostname, port } = new URL(server.httpUrl);
    const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
    http
      .get({ hostname, port, path: "/ping/local/refused", headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
      .on("error", reject);
    expect(await promise).toBe(status);
    expect(await runsOf("refused")).toEqual([]);
  });

  test("and is counted under the route of the usual one", async () => {
    const counted = async () => {
      const { text } = await server.request("/metrics");
      return Number(/http_requests_total\{route="\/ping\/\*",status="200"\} (\d+)/.exec(text)?.[1]);
    };
    await server.request(`/ping/${uuid}`);
    const before = await counted();
    await server.request(`/ping/${uuid}`);
    await server.request(usual(`/ping/${uuid}`));
    expect(await counted()).toBe(before + 2);
  });
});
