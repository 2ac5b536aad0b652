// A server that routes by an Alertmanager file: what fails reaches the receiver of its route, the file may change while
// the server runs, and a start with a wrong one is refused.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { startTestServer, type TestServer } from "./test-server.ts";

interface Hook {
  path: string;
  status: string;
  groupKey: string;
  groupLabels: Record<string, string>;
  jobs: (string | undefined)[];
}

let folder: string;
let sink: Server;
let hooks: Hook[];
let server: TestServer | null = null;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "batchwatch-routes-"));
  hooks = [];
  sink = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk) => {
      text += String(chunk);
    });
    request.on("end", () => {
      const { alerts, ...body } = JSON.parse(text) as Hook & { alerts: { labels: Record<string, string> }[] };
      hooks.push({
        path: request.url ?? "",
        status: body.status,
        groupKey: body.groupKey,
        groupLabels: body.groupLabels,
        jobs: alerts.map(({ labels }) => labels.job_name).toSorted(),
      });
      response.end();
    });
  });
  await new Promise<void>((resolve) => sink.listen(0, "127.0.0.1", resolve));
});

afterEach(async () => {
  await server?.close();
  server = null;
  sink.closeAllConnections();
  await new Promise((resolve) => sink.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

/** Routes in a file, with a receiver for each of the sink's paths. */
function write(routes: string): string {
  const address = `http://127.0.0.1:${(sink.address() as AddressInfo).port}`;
  writeFileSync(join(folder, "url"), `${address}/night\n`);
  const file = join(folder, "alertmanager.yml");
  writeFileSync(
    file,
    `${routes}
receivers:
- name: day
  webhook_configs: [{url: "${address}/day"}]
- name: night
  webhook_configs: [{url_file: url}]
`,
  );
  return file;
}

async function start(alertmanagerFile: string): Promise<TestServer> {
  return await startTestServer({ alerts: { alertmanagerFile, reloadInterval: "100ms" } });
}

async function fail(...jobs: string[]): Promise<void> {
  await server?.sendEvents(
    jobs.map((jobName) => ({ kind: "failed", jobName, runId: `${jobName}-${hooks.length}`, final: true })),
  );
}

test("what fails is told by its route, grouped, and its end under the same key", async () => {
  server = await start(
    write(`route:
  receiver: day
  group_wait: 0s
  routes:
  - {matchers: [job_name=~"nightly_.*"], receiver: night, group_by: [severity], group_wait: 1s, group_interval: 1s}`),
  );
  await fail("nightly_a", "nightly_b", "other");
  await vi.waitFor(() => expect(hooks).toHaveLength(2), 20_000);
  expect(hooks.find(({ path }) => path === "/day")).toMatchObject({ status: "firing", jobs: ["other"] });
  const opened = hooks.find(({ path }) => path === "/night");
  expect(opened).toMatchObject({
    status: "firing",
    jobs: ["nightly_a", "nightly_b"],
    groupLabels: { severity: "critical" },
  });
  const done = ["nightly_a", "nightly_b"].map((jobName) => ({ kind: "completed", jobName, runId: "good" }));
  await server.sendEvents(done);
  await vi.waitFor(() => expect(hooks.at(-1)).toMatchObject({ path: "/night", status: "resolved" }), 20_000);
  expect(hooks.at(-1)?.groupKey).toBe(opened?.groupKey);
});

test("the file is read again when it changes; a wrong one changes nothing and is shown", async () => {
  server = await start(write("route: {receiver: day, group_wait: 0s}"));
  await fail("a");
  await vi.waitFor(() => expect(hooks.map(({ path }) => path)).toEqual(["/day"]), 20_000);
  write("route: {receiver: evening}");
  await vi.waitFor(async () => {
    const { json } = (await server?.request("/api/routes")) ?? { json: null };
    expect(json).toMatchObject({
      problem: expect.stringContaining('alertmanager.yml:1: route.receiver: names "evening"') as string,
      routes: [{ receiver: "day" }],
    });
  }, 20_000);
  write("route: {receiver: night, group_wait: 0s}");
  await vi.waitFor(() => expect(hooks.map(({ path }) => path)).toEqual(["/day", "/night"]), 20_000);
  const { json } = await server.request("/api/routes/test?label=job_name%3Da");
  expect(json).toMatchObject({ results: [{ receiver: "night", channels: [{ channel: "webhook" }] }] });
});

test("an alert of a rule takes the same road, by its own labels, and ends with the rule", async () => {
  const rules = join(folder, "rules.yaml");
  const rule = (expr: string): string =>
    `groups: [{name: g, interval: 1s, rules: [{alert: AlwaysHigh, expr: "${expr}", labels: {team: night}}]}]`;
  writeFileSync(rules, rule("vector(1) > 0"));
  const alertmanagerFile = write(`route:
  receiver: day
  routes: [{matchers: [team=night], receiver: night, group_wait: 0s, group_interval: 1s}]`);
  server = await startTestServer({
    alerts: { alertmanagerFile },
    rules: { files: [rules], reloadInterval: "100ms" },
  });
  await vi.waitFor(() => expect(hooks).toMatchObject([{ path: "/night", status: "firing" }]), 20_000);
  const { json } = await server.request("/api/incidents?state=open");
  expect(json).toMatchObject({ items: [{ alertName: "AlwaysHigh", namespace: "(rules)" }] });
  writeFileSync(rules, rule("vector(1) > 2"));
  await vi.waitFor(() => expect(hooks.at(-1)).toMatchObject({ path: "/night", status: "resolved" }), 20_000);
});

test("a start with a wrong file is refused, with file and line", async () => {
  await expect(start(write("route: {receiver: evening}"))).rejects.toThrow(
    /alertmanager\.yml:1: route\.receiver: names "evening", which is not in "receivers" \(day, night\)/,
  );
  await expect(start(join(folder, "none.yml"))).rejects.toThrow(/none\.yml: .*does not exist/);
});
