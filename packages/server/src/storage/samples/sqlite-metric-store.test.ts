import { afterEach } from "vitest";
import { describeMetricStore } from "../contract-tests/metric-store-contract.ts";
import type { MetricStore } from "../metric-store.ts";
import { createSqliteSamples } from "../open-storage.ts";

const opened: MetricStore[] = [];

afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
});

describeMetricStore("in memory", async () => {
  const store = createSqliteSamples({ path: ":memory:" });
  await store.open();
  opened.push(store);
  return store;
});
