/** Pushes of real clients to a real server: curl, and Python's standard library. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import protobuf from "protobufjs";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { startTestServer, type TestServer } from "../../test-server.ts";

/** Not synchronously: the server runs in this process. */
const runProgram = promisify(execFile);

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(async () => {
  await server.close();
});

async function push(path: string, body: string | Uint8Array, init: RequestInit = {}): Promise<number> {
  const { status } = await server.request(`/metrics/${path}`, {
    method: "POST",
    ...init,
    body: typeof body === "string" ? body : new Uint8Array(body),
  });
  return status;
}

async function groups() {
  return (await server.store.pushGroups()).map(({ labels, families }) => ({
    labels,
    names: families.map(({ name }) => name),
  }));
}

describe("statuses, as the Pushgateway's own", () => {
  test.for([
    ["a push", "job/a", "m 1\n", 200],
    ["an empty one", "job/a", "", 200],
    ["one with labels in the path", "job/a/instance/b", "m 1\n", 200],
    ["an encoded job", "job@base64/YS9i", "m 1\n", 200],
    ["an empty label", "job/a/x@base64/=", "m 1\n", 200],
    ["standard base64", "job@base64/Pz8+", "m 1\n", 400],
    ["an odd path", "job/a/instance", "m 1\n", 400],
    ["no job", "job/", "m 1\n", 400],
    ["an empty encoded job", "job@base64/=", "m 1\n", 400],
    ["a syntax error", "job/a", "m{ 1\n", 400],
    ["a timestamp", "job/a", "m 1 1700000000000\n", 400],
    ["a duplicate", "job/a", "m 1\nm 2\n", 400],
  ] as const)("%s", async ([, path, body, status]) => {
    expect(await push(path, body)).toBe(status);
  });

  test("a type that contradicts another group's is refused, and the group says so", async () => {
    expect(await push("job/t1", "# TYPE typed counter\ntyped 1\n")).toBe(200);
    expect(await push("job/t2", "# TYPE typed gauge\ntyped 1\n")).toBe(400);
    const group = (await server.store.pushGroups()).find(({ labels }) => labels.job === "t2");
    expect([group?.pushedAt, (group?.failedAt ?? 0) > 0]).toEqual([0, true]);
  });

  test("GET is not for groups", async () => {
    expect((await server.request("/metrics/job/a")).status).toBe(405);
  });
});

test("PUT replaces the group, POST its namesakes, DELETE drops it", async () => {
  expect(await push("job/r", "a 1\nb 1\n", { method: "PUT" })).toBe(200);
  expect(await push("job/r", "b 2\nc 2\n")).toBe(200);
  const of = async () => (await groups()).find(({ labels }) => labels.job === "r")?.names;
  expect(await of()).toEqual(["a", "b", "c"]);
  expect(await push("job/r", "d 3\n", { method: "PUT" })).toBe(200);
  expect(await of()).toEqual(["d"]);
  expect((await server.request("/metrics/job/r", { method: "DELETE" })).status).toBe(202);
  expect((await server.request("/metrics/job/r", { method: "DELETE" })).status).toBe(202);
  expect(await of()).toBeUndefined();
});

test("curl and Python push as they do to a Pushgateway, gzip included", async () => {
  const text = "# TYPE some_metric gauge\nsome_metric 3.14\n";
  await runProgram("curl", ["-fsS", "--data-binary", text, `${server.httpUrl}/metrics/job/by_curl`]);
  await runProgram("python3", [
    "-c",
    `import urllib.request
request = urllib.request.Request("${server.httpUrl}/metrics/job/by_python/instance/i1", data=b"other_metric 2\\n", method="PUT")
request.add_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
print(urllib.request.urlopen(request, timeout=10).status)`,
  ]);
  expect(await push("job/by_gzip", gzipSync("zipped 1\n"), { headers: { "content-encoding": "gzip" } })).toBe(
    200,
  );
  const names = (await groups()).flatMap((group) => group.names);
  expect(names).toEqual(expect.arrayContaining(["some_metric", "other_metric", "zipped"]));
});

test("protobuf is taken as client libraries send it", async () => {
  const message = protobuf.Writer.create();
  message.uint32(10).string("proto_metric").uint32(24).uint32(1);
  message
    .uint32(34)
    .fork()
    .uint32(10)
    .fork()
    .uint32(10)
    .string("a")
    .uint32(18)
    .string("b")
    .ldelim()
    .uint32(18)
    .fork()
    .uint32(9)
    .double(4.5)
    .ldelim()
    .ldelim();
  const family = message.finish();
  const body = protobuf.Writer.create().uint32(family.length).finish();
  const type = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited";
  expect(await push("job/proto", Buffer.concat([body, family]), { headers: { "content-type": type } })).toBe(
    200,
  );
  const group = (await server.store.pushGroups()).find(({ labels }) => labels.job === "proto");
  expect(group?.families).toEqual([
    {
      name: "proto_metric",
      type: "gauge",
      help: "",
      samples: [{ name: "proto_metric", labels: { a: "b", job: "proto" }, value: "4.5" }],
    },
  ]);
});

test("a pushed run becomes a run, once", async () => {
  const endedAt = Math.floor(Date.now() / 1000) - 30;
  const body = `# TYPE backup_duration_seconds gauge
backup_duration_seconds 42
# TYPE backup_last_success_timestamp_seconds gauge
backup_last_success_timestamp_seconds ${endedAt}
`;
  expect(await push("job/db_backup", body)).toBe(200);
  expect(await push("job/db_backup", body)).toBe(200);
  const job = await server.store.findJob({ namespace: "default", environment: "", jobName: "db_backup" });
  const { items } = await server.store.listRuns({ jobId: job?.id ?? 0 }, "startedAt", {
    limit: 10,
    cursor: null,
  });
  expect(items.map(({ phase, completedAt, durationMs }) => ({ phase, completedAt, durationMs }))).toEqual([
    { phase: "completed", completedAt: endedAt * 1000, durationMs: 42_000 },
  ]);
});

test("groups are scraped while they live, and survive a restart", { timeout: 60_000 }, async () => {
  let live = await startTestServer();
  try {
    expect(
      (await live.request("/metrics/job/scraped/env/prod", { method: "PUT", body: "scraped_metric 7\n" }))
        .status,
    ).toBe(200);
    live = await live.restart();
    await vi.waitFor(
      async () => {
        const { value } = await live.samples.queryInstant('{job="scraped"}', Date.now());
        const found = value.kind === "vector" ? value.samples : [];
        expect(found.map(({ labels }) => labels.values[labels.names.indexOf("__name__")]).toSorted()).toEqual(
          ["push_failure_time_seconds", "push_time_seconds", "scraped_metric"],
        );
      },
      { timeout: 40_000, interval: 250 },
    );
  } finally {
    await live.close();
  }
});
