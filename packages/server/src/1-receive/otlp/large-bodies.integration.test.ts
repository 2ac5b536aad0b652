/** Requests that are read in a worker and stored slice by slice are answered like any other. */
import { expect, test } from "vitest";
import { startTestServer } from "../../test-server.ts";
import { oneSpan, tracesJson, tracesProtobuf } from "./test-support/trace-requests.ts";

const RUNS = 5_000;

test("a large request is stored whole, its answer counts what was left out, and pings are answered meanwhile", async () => {
  const server = await startTestServer();
  const spans = Array.from({ length: RUNS }, (_, index) => oneSpan({ runId: `run-${index}` }));
  const body = tracesJson([...spans, oneSpan({ startAt: 1000 })]);
  expect(body.length).toBeGreaterThan(1024 * 1024);
  const answer = server.request("/v1/traces", {
    method: "POST",
    body,
    headers: { "content-type": "application/json" },
  });
  let isAnswered = false;
  void answer.finally(() => {
    isAnswered = true;
  });
  let pings = 0;
  while (!isAnswered) {
    expect((await server.request("/healthz")).status).toBe(200);
    pings += 1;
  }
  expect((await answer).json).toMatchObject({ partialSuccess: { rejectedSpans: "1" } });
  expect(pings).toBeGreaterThan(1);
  expect(await server.store.findRunsByRunId("run-0")).toHaveLength(1);
  expect(await server.store.findRunsByRunId(`run-${RUNS - 1}`)).toHaveLength(1);
  await server.close();
});

test("a large request that cannot be read is refused with its field, and the next one is read", async () => {
  const server = await startTestServer();
  const spans = Array.from({ length: RUNS }, (_, index) => oneSpan({ runId: `run-${index}` }));
  const bad = tracesJson(spans).replace(/"endTimeUnixNano":"\d+"/, '"endTimeUnixNano":{}');
  const headers = { "content-type": "application/json" };
  const refused = await server.request("/v1/traces", { method: "POST", body: bad, headers });
  expect(refused.status).toBe(400);
  expect(refused.json).toMatchObject({
    details: [{ fieldViolations: [{ field: "resourceSpans[0].scopeSpans[0].spans[0].endTimeUnixNano" }] }],
  });
  const good = await server.request("/v1/traces", {
    method: "POST",
    body: new Uint8Array(tracesProtobuf(spans)),
    headers: { "content-type": "application/x-protobuf" },
  });
  expect(good.status).toBe(200);
  expect(await server.store.findRunsByRunId("run-7")).toHaveLength(1);
  await server.close();
});
