import { labelsOf } from "@batchwatch/promql";
import { afterEach, describe, expect, test } from "vitest";
import { KnownSeries } from "../../model/samples.ts";
import {
  batchOf,
  describeMetricStore,
  running,
  selected,
  T0,
} from "../contract-tests/metric-store-contract.ts";
import type { MetricStore } from "../metric-store.ts";
import { createSqliteSamples } from "../open-storage.ts";
import type { MetricStoreOptions } from "./sqlite-metric-store.ts";

const opened: MetricStore[] = [];

afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
});

async function openStore(options: Partial<MetricStoreOptions> = {}): Promise<MetricStore> {
  const store = createSqliteSamples({ path: ":memory:", ...options });
  await store.open();
  opened.push(store);
  return store;
}

describeMetricStore("in memory", openStore);

const DAY = 86_400_000;
const ALL = { matcherSets: [], fromAt: -8.64e15, toAt: 8.64e15, limit: 0 };

describe("retention", () => {
  test("drops runs by age in steps; series and texts without a sample go too, and may come again", async () => {
    const store = await openStore();
    for (const day of [0, 1, 2]) await store.append([batchOf([[running(`day${day}`), T0 + day * DAY, day]])]);
    await store.compact();
    expect(await store.prune(T0 + 2 * DAY, 1)).toBe(1);
    expect(await store.prune(T0 + 2 * DAY, 10)).toBe(1);
    expect(await store.prune(T0 + 2 * DAY, 10)).toBe(0);
    expect((await selected(store)).map(({ labels }) => labels.job_name)).toEqual(["day2"]);
    await store.compact();
    expect(await store.stats()).toMatchObject({ series: 1, samples: 1 });
    expect(await store.labelValuesOf("job_name", ALL)).toEqual(["day2"]);
    await store.append([batchOf([[running("day0"), T0 + 3 * DAY, 7]])]);
    expect((await selected(store)).map(({ labels }) => labels.job_name)).toEqual(["day0", "day2"]);
    expect(await store.prune(T0, 0)).toBe(0);
  });

  test("drops the oldest runs while all take more than allowed", async () => {
    const store = await openStore();
    for (let day = 0; day < 10; day++)
      await store.append([
        batchOf(
          Array.from({ length: 200 }, (_, index) => [running("a"), T0 + day * DAY + index, Math.sin(index)]),
        ),
      ]);
    await store.compact();
    expect(await store.pruneToSize(1e9, 10)).toBe(0);
    const dropped = await store.pruneToSize(6000, 100);
    expect(dropped).toBeGreaterThan(3);
    expect(dropped).toBeLessThan(10);
    const [{ times = [] } = {}] = await selected(store);
    expect(times[0]).toBe(T0 + dropped * DAY);
    expect(await store.pruneToSize(6000, 100)).toBe(0);
  });

  test("keeps a series that is known to a receiver right, though it was freed meanwhile", async () => {
    const store = await openStore();
    const known = new KnownSeries(labelsOf(Object.entries(running("a"))));
    await store.append([batchOf([[{}, T0, 1]], { series: [known] })]);
    await store.compact();
    await store.prune(T0 + DAY, 10);
    await store.compact();
    expect((await store.stats()).series).toBe(0);
    await store.append([batchOf([[{}, T0 + DAY, 2]], { series: [known] })]);
    expect(await selected(store)).toEqual([{ labels: running("a"), times: [T0 + DAY], values: [2] }]);
  });
});

describe("limits on series", () => {
  const many = (namespace: string | null, from: number, count: number) =>
    batchOf(
      Array.from({ length: count }, (_, index) => [running(`${namespace}${from + index}`), T0, 1]),
      namespace === null ? {} : { namespace },
    );

  test("refuse new series of a namespace and take those that exist, others unhindered", async () => {
    const store = await openStore({ limits: { maxSeries: 1000, maxSeriesPerNamespace: 10 } });
    expect(await store.append([many("a", 0, 8)])).toEqual([null]);
    const [over, other, own] = await store.append([many("a", 5, 10), many("b", 0, 10), many(null, 0, 50)]);
    expect(over).toMatchObject({
      samples: 5,
      series: 5,
      reason: expect.stringContaining("maxSeriesPerNamespace"),
    });
    expect([other, own]).toEqual([null, null]);
    expect(await store.stats()).toMatchObject({ series: 70, samples: 8 + 5 + 10 + 50 });
  });

  test("one namespace that fills all but the last tenth leaves that to the others", async () => {
    const store = await openStore({ limits: { maxSeries: 100, maxSeriesPerNamespace: 1000 } });
    const [greedy] = await store.append([many("a", 0, 95)]);
    expect(greedy).toMatchObject({ series: 5, reason: expect.stringContaining("maxSeries") });
    expect(await store.append([many("b", 0, 5)])).toEqual([null]);
    expect(await store.append([many(null, 0, 5)])).toEqual([null]);
    expect(await store.append([many(null, 5, 1)])).toMatchObject([{ series: 1 }]);
    expect(await store.append([many("a", 0, 90)])).toEqual([null]);
  });

  test("of a commit that fails nothing counts", async () => {
    const store = await openStore({ limits: { maxSeries: 1000, maxSeriesPerNamespace: 10 } });
    const bad = { ...many("a", 0, 1), times: Float64Array.of(0.5) };
    await expect(store.append([many("a", 0, 10), bad])).rejects.toMatchObject({ code: "INVALID_VALUE" });
    expect(await store.append([many("a", 20, 10)])).toEqual([null]);
  });
});

test("many commits are compacted by themselves, and few after a while", async () => {
  const store = await openStore({ flush: { segments: 10, samples: 1e9, ageMs: 20 } });
  for (let index = 0; index < 25; index++) await store.append([batchOf([[running("a"), T0 + index, index]])]);
  await expect.poll(() => store.stats()).toMatchObject({ segments: 0, samples: 25 });
  expect(await selected(store)).toMatchObject([
    { times: Array.from({ length: 25 }, (_, index) => T0 + index) },
  ]);
});
