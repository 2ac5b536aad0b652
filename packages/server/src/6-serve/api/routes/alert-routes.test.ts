import { routesSchema, routeTestSchema } from "@batchwatch/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseAlertmanagerConfig } from "../../../4-alert/routing/parse-alertmanager-config.ts";
import { openTestApi, type TestApi } from "../test-support/open-api.ts";

const FILE = `
route:
  receiver: ops
  routes:
  - {matchers: [severity="critical"], receiver: pager, group_by: [job_name], group_wait: 0s, mute_time_intervals: [always]}
receivers:
- {name: ops, webhook_configs: [{url: "https://hooks.example.com/a?token=secret"}]}
- {name: pager}
time_intervals: [{name: always, time_intervals: [{}]}]
inhibit_rules: [{name: worse, source_matchers: [severity="critical"], target_matchers: [severity="warning"]}]
`;

let routed: TestApi;
let simple: TestApi;
beforeAll(async () => {
  const reading = parseAlertmanagerConfig(FILE, { locate: (path) => ({ ok: true, path }) });
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
  routed = await openTestApi({
    file: () => "/etc/alertmanager.yml",
    trouble: () => null,
    maxPagesPerMinute: 20,
    audience: () => ({ kind: "routed", routing: reading.config }),
  });
  simple = await openTestApi();
});
afterAll(() => Promise.all([routed.close(), simple.close()]));

test("the routes are listed with their timing, and without anything secret", async () => {
  const body = await routed.get("/api/routes", routesSchema);
  expect(body).toMatchObject({
    file: "/etc/alertmanager.yml",
    routes: [
      { depth: 0, receiver: "ops", matchers: "{}", groupWaitMs: 30_000 },
      {
        depth: 1,
        receiver: "pager",
        matchers: '{severity="critical"}',
        quietBecause: "muted by time interval always",
      },
    ],
    receivers: [{ name: "ops", channels: [{ name: "ops/webhook", channel: "webhook" }] }, { name: "pager" }],
    inhibitRules: [{ name: "worse", equal: [] }],
    timeIntervals: [{ name: "always", holdsNow: true }],
  });
  expect(JSON.stringify(body)).not.toContain("secret");
});

test("labels are answered with their receivers and the reason", async () => {
  const ask = (query: string) => routed.get(`/api/routes/test?${query}`, routeTestSchema);
  expect(await ask("label=severity%3Dcritical&label=job_name%3Da%3Db")).toMatchObject({
    labels: { severity: "critical", job_name: "a=b" },
    results: [
      {
        receiver: "pager",
        channels: [],
        because: 'it matches {severity="critical"}',
        groupLabels: { job_name: "a=b" },
      },
    ],
  });
  expect(await ask("")).toMatchObject({ results: [{ receiver: "ops", because: "no other route matches" }] });
  await routed.refused(400, "/api/routes/test?label=severity");
  await routed.refused(400, "/api/routes/test?labels=severity%3Dcritical");
});

test("without a file every receiver is told", async () => {
  expect(await simple.get("/api/routes", routesSchema)).toMatchObject({
    file: null,
    routes: [],
    receivers: [{ name: "ops" }],
  });
  expect(await simple.get("/api/routes/test?label=a%3Db", routeTestSchema)).toMatchObject({
    results: [{ receiver: "ops", route: null }],
  });
});
