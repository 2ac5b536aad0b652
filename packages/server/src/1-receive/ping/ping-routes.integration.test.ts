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
    ["GET", () => "/ping/bw_not-a-key/fresh", 404, "not found"],
    ["GET", () => "/ping/local/nightly-backup-eu", 200, "OK"],
    ["GET", () => "/ping/local/twice", 409, "ambiguous slug"],
    ["OPTIONS", () => `/ping/${uuid}`, 204, ""],
  ])("%s %s: %d %s", async (method, path, status, text) => {
    const answer = await server.request(path(), { method });
    expect(answer).toMatchObject({ status, text });
    expect(answer.headers.get("ping-body-limit")).toBe("1000");
    expect(answer.headers.get("access-control-allow-origin")).toBe("*");
    expect(answer.headers.get("cache-control")).toBe("no-store");
    if (text !== "") expect(answer.headers.get("content-type")).toMatch(/^text\/plain/);
  });

  test("HEAD is GET without the body", async () => {
    const { status, text, headers } = await server.request(`/ping/${uuid}`, { method: "HEAD" });
    expect({ status, text }).toEqual({ status: 200, text: "" });
    expect(headers.get("content-length")).toBe("2");
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
  expect(await strict.request("/ping/local/unknown")).toMatchObject({ status: 404, text: "not found" });
  expect(await strict.request("/ping/local/unknown?create=1")).toMatchObject({
    status: 201,
    text: "Created",
  });
  expect(await strict.request("/ping/local/unknown")).toMatchObject({ status: 200, text: "OK" });
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

test("a page of another site cannot ping by name", async () => {
  const headers = { "sec-fetch-site": "cross-site" };
  expect((await server.request("/ping/local/plain/fail", { headers })).status).toBe(403);
  expect((await server.request(`/ping/${uuid}`, { headers })).status).toBe(200);
});
