import { rebuiltMetricsSchema } from "@batchwatch/protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openTestApi, type TestApi } from "../test-support/open-api.ts";
import { NOW } from "../test-support/rows.ts";
import { seedJob } from "../test-support/seed.ts";

const PATH = "/api/jobs/default/daily_etl/rebuild-metrics";
const DAY = 86_400_000;

let api: TestApi;
beforeEach(async () => {
  api = await openTestApi();
  await seedJob(api.store, "daily_etl");
});
afterEach(() => api.close());

test("a job of which nothing is known in the range is left alone", async () => {
  const from = new Date(NOW - DAY).toISOString();
  expect(await api.send("POST", PATH, { from }, rebuiltMetricsSchema)).toEqual({
    from,
    runs: 0,
    series: 0,
    samples: 0,
  });
});

test.each([
  ["no `from`", PATH, {}, 400],
  ["a `from` that is no time", PATH, { from: "yesterday" }, 400],
  ["a `from` in the future", PATH, { from: String(NOW + DAY) }, 400],
  ["a `to` before it", PATH, { from: String(NOW - DAY), to: String(NOW - 2 * DAY) }, 400],
  ["no such job", PATH.replace("daily_etl", "other"), { from: String(NOW - DAY) }, 404],
] as const)("%s is refused", async (_what, url, payload, status) => {
  await api.refused(status, { method: "POST", url, payload });
});
