import { receiverListSchema, receiverTestSchema } from "@batchwatch/protocol";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createReceiver } from "../../../5-notify/channel-registry.ts";
import { type HttpReceiver, startHttpReceiver } from "../../../5-notify/test-support/http-receiver.ts";
import { openTestApi, type TestApi } from "../test-support/open-api.ts";

let api: TestApi;
let hook: HttpReceiver;

beforeAll(async () => {
  hook = await startHttpReceiver();
  api = await openTestApi(undefined, [
    createReceiver("ops", "webhook", {
      url: `${hook.origin}/hook/s3cr3t-91-path`,
      headers: { "x-key": "s3cr3t" },
    }),
    createReceiver("team/slack", "slack", { botToken: "xoxb-s3cr3t-91", channel: "#nightly" }),
  ]);
});

beforeEach(() => {
  hook.received.length = 0;
  hook.answers = [{ status: 200 }];
});

afterAll(async () => {
  await api.close();
  await hook.close();
});

test("receivers are listed with where they go, and nothing secret", async () => {
  const list = await api.get("/api/receivers", receiverListSchema);
  expect(list.items).toEqual([
    { name: "ops", type: "webhook", target: hook.origin },
    { name: "team/slack", type: "slack", target: "#nightly at slack.com" },
  ]);
  expect(JSON.stringify(list)).not.toContain("s3cr3t");
});

test("a test sends an alert and its resolution under one key", async () => {
  const report = await api.send("POST", "/api/receivers/ops/test", null, receiverTestSchema);
  expect(report).toMatchObject({
    receiver: "ops",
    delivered: true,
    steps: [
      { reason: "opened", delivered: true, status: 200, error: null },
      { reason: "resolved", delivered: true },
    ],
  });
  expect(hook.received.map(({ body }) => body)).toMatchObject([
    { status: "firing", commonLabels: { alertname: "BatchwatchTest", severity: "info" } },
    { status: "resolved" },
  ]);
  const keys = hook.received.map(({ body }) => (body as { groupKey: string }).groupKey);
  expect(keys[0]).toBe(keys[1]);
});

test("a test that does not arrive says why, without the secret, and stops", async () => {
  hook.answers = [(response, { path }) => response.writeHead(404).end(`no ${path}`)];
  const report = await api.send("POST", "/api/receivers/ops/test", null, receiverTestSchema);
  expect(report).toMatchObject({
    delivered: false,
    steps: [{ reason: "opened", delivered: false, status: 404, error: "it answered 404: no (secret)" }],
  });
});

test("a receiver that is not there is told with the nearest name", async () => {
  const problem = await api.refused(404, { method: "POST", url: "/api/receivers/opps/test" });
  expect(problem).toMatchObject({
    code: "receiver_not_found",
    detail: 'There is no receiver "opps". Did you mean "ops"?',
  });
});
