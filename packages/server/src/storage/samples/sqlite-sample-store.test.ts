import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import type { SampleBatch, SeriesLabels } from "../../model/samples.ts";
import { createSqliteSamples } from "../open-storage.ts";
import type { LabelMatcher, SampleStore } from "../sample-store.ts";

const T0 = Date.UTC(2026, 10, 23, 2);
const DAY = 86_400_000;
const opened: SampleStore[] = [];

afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
});

async function openStore(): Promise<SampleStore> {
  const store = createSqliteSamples({ path: ":memory:" });
  await store.open();
  opened.push(store);
  return store;
}

function batch(samples: readonly (readonly [SeriesLabels, number, number])[]): SampleBatch {
  return {
    series: samples.map(([labels]) => labels),
    seriesIndex: Uint32Array.from(samples.keys()),
    times: Float64Array.from(samples, ([, at]) => at),
    values: Float64Array.from(samples, ([, , value]) => value),
  };
}

async function selected(store: SampleStore, matchers: readonly LabelMatcher[] = [], from = 0, to = 2 * T0) {
  const series = await store.select(matchers, from, to);
  return series.map(({ labels, times, values }) => ({ labels, times: [...times], values: [...values] }));
}

const CONSTRUCTOR: SeriesLabels = Object.fromEntries([["constructor", "x"]]);
const running = (jobName: string) => ({ __name__: "batch_jobs_running", job_name: jobName });

describe("the sample store", () => {
  test("answers what was appended, by name, labels and time, both ends included", async () => {
    const store = await openStore();
    const heartbeat = { __name__: "batch_job_heartbeat", job_name: "a", job_id: "1" };
    await store.append([
      batch([
        [running("a"), T0, 1],
        [running("b"), T0, 2],
      ]),
      batch([[heartbeat, T0 + 15_000, 1]]),
    ]);
    await store.append([batch([[running("a"), T0 + 15_000, 0]])]);

    const name = { name: "__name__", op: "=", value: "batch_jobs_running" } as const;
    expect(await selected(store, [name])).toEqual([
      { labels: running("a"), times: [T0, T0 + 15_000], values: [1, 0] },
      { labels: running("b"), times: [T0], values: [2] },
    ]);
    expect(await selected(store, [name], T0 + 1, T0 + 15_000)).toEqual([
      { labels: running("a"), times: [T0 + 15_000], values: [0] },
    ]);
    expect(await selected(store, [name, { name: "job_name", op: "=~", value: "b|c" }])).toHaveLength(1);
    expect(await selected(store, [{ name: "job_id", op: "=", value: "" }])).toHaveLength(2);
    expect(await selected(store, [{ name: "job_id", op: "!=", value: "" }])).toHaveLength(1);
    expect(await selected(store, [], T0 + 20_000, T0 + 30_000)).toEqual([]);
    expect(await store.select([], 0, 2 * T0, 2)).toHaveLength(2);
    expect(await store.labelNames()).toEqual(["__name__", "job_id", "job_name"]);
    expect(await store.labelValues("job_name")).toEqual(["a", "b"]);
    expect(await store.labelValues("job_name", 1)).toEqual(["a"]);
    expect(await store.stats()).toMatchObject({ series: 3, segments: 2, firstAt: T0, lastAt: T0 + 15_000 });
  });

  test("tells series by their labels, whatever their order; an empty label is none", async () => {
    const store = await openStore();
    await store.append([
      batch([
        [{ a: "1", b: "2" }, T0, 1],
        [{ b: "2", a: "1", c: "" }, T0 + 1, 2],
        [{ a: "1" }, T0, 3],
        [CONSTRUCTOR, T0, 4],
      ]),
    ]);
    const expected: { labels: SeriesLabels; times: number[]; values: number[] }[] = [
      { labels: { a: "1", b: "2" }, times: [T0, T0 + 1], values: [1, 2] },
      { labels: { a: "1" }, times: [T0], values: [3] },
      { labels: { constructor: "x" }, times: [T0], values: [4] },
    ];
    expect(await selected(store)).toEqual(expected);
  });

  test("holds one value a time, the last written, in the order of time, however samples came", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.tuple(fc.nat(3), fc.nat(20), fc.integer()), { maxLength: 10 }), {
          maxLength: 6,
        }),
        async (appends) => {
          const store = await openStore();
          const expected = new Map<string, Map<number, number>>();
          for (const append of appends) {
            await store.append([
              batch(append.map(([job, at, value]) => [running(`j${job}`), T0 + at, value])),
            ]);
            for (const [job, at, value] of append) {
              const samples = expected.get(`j${job}`) ?? new Map<number, number>();
              expected.set(`j${job}`, samples.set(T0 + at, value));
            }
          }
          const found = await selected(store);
          expect(found).toHaveLength(expected.size);
          for (const { labels, times, values } of found) {
            const samples = [...(expected.get(labels.job_name ?? "") ?? [])].sort(([a], [b]) => a - b);
            expect(times.map((at, index) => [at, values[index]])).toEqual(samples);
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  test.each<[string, Partial<SampleBatch>]>([
    ["columns of different length", { values: new Float64Array(2) }],
    ["a series that is not there", { seriesIndex: Uint32Array.of(1) }],
    ["a time that is none", { times: Float64Array.of(Number.NaN) }],
    ["a time past all reason", { times: Float64Array.of(1e300) }],
  ])("refuses %s and keeps nothing of it", async (_name, changes) => {
    const store = await openStore();
    const good = batch([[running("a"), T0, 1]]);
    await expect(store.append([good, { ...good, ...changes }])).rejects.toMatchObject({
      code: "INVALID_VALUE",
    });
    expect((await store.stats()).segments).toBe(0);
  });

  test("keeps values that are no numbers, and takes empty batches", async () => {
    const store = await openStore();
    await store.append([]);
    await store.append([batch([])]);
    await store.append([
      batch([
        [running("a"), T0, Number.NaN],
        [running("a"), T0 + 1, Number.NEGATIVE_INFINITY],
      ]),
    ]);
    expect(await selected(store)).toMatchObject([{ values: [Number.NaN, Number.NEGATIVE_INFINITY] }]);
  });

  test("refuses an expression that may need long", async () => {
    const store = await openStore();
    await store.append([batch([[running("a"), T0, 1]])]);
    const select = store.select([{ name: "job_name", op: "=~", value: "(a+)+$" }], 0, T0);
    await expect(select).rejects.toMatchObject({ code: "INVALID_MATCHER", retryable: false });
  });

  test("drops old segments in steps and forgets series without a sample since; both may come again", async () => {
    const store = await openStore();
    for (const day of [0, 1, 2]) await store.append([batch([[running(`day${day}`), T0 + day * DAY, day]])]);
    expect(await store.prune(T0 + 2 * DAY, 1)).toBe(1);
    expect(await store.prune(T0 + 2 * DAY, 10)).toBe(1);
    expect(await store.prune(T0 + 2 * DAY, 10)).toBe(0);
    expect((await selected(store)).map(({ labels }) => labels.job_name)).toEqual(["day2"]);
    expect(await store.labelValues("job_name")).toEqual(["day2"]);
    await store.append([batch([[running("day0"), T0 + 3 * DAY, 7]])]);
    expect((await selected(store)).map(({ labels }) => labels.job_name)).toEqual(["day2", "day0"]);
    expect(await store.prune(T0, 0)).toBe(0);
  });
});
