/** What every metric store has to do, told by its port alone. */
import { isStaleAt, type LabelMatcher, labelsOf, STALE_MARKER } from "@batchwatch/promql";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { KnownSeries, type SampleBatch, type SeriesLabels } from "../../model/samples.ts";
import type { MetricStore } from "../metric-store.ts";

export const T0 = Date.UTC(2026, 10, 23, 2);
const HOUR = 3_600_000;
const ALWAYS = { matcherSets: [], fromAt: -8.64e15, toAt: 8.64e15, limit: 0 };

export type Sample = readonly [SeriesLabels, number, number | "stale"];

export function batchOf(samples: readonly Sample[], more: Partial<SampleBatch> = {}): SampleBatch {
  const values = new Float64Array(samples.length);
  samples.forEach(([, , value], index) => {
    if (value === "stale") values.set(STALE_MARKER, index);
    else values[index] = value;
  });
  return {
    series: samples.map(([labels]) => labels),
    seriesIndex: Uint32Array.from(samples.keys()),
    times: Float64Array.from(samples, ([, at]) => at),
    values,
    ...more,
  };
}

export interface StoredSeries {
  labels: SeriesLabels;
  times: number[];
  values: (number | "stale")[];
}

export async function selected(
  store: MetricStore,
  matchers: readonly LabelMatcher[] = [],
  from = 0,
  to = 2 * T0,
): Promise<StoredSeries[]> {
  const series = await store.select(matchers, from, to);
  return series.map(({ labels, times, values }) => ({
    labels: Object.fromEntries(labels.names.map((name, index) => [name, labels.values[index] ?? ""])),
    times: [...times],
    values: Array.from(values, (value, index) => (isStaleAt(values, index) ? "stale" : value)),
  }));
}

const CONSTRUCTOR: SeriesLabels = Object.fromEntries([["constructor", "x"]]);
export const running = (jobName: string) => ({ __name__: "batch_jobs_running", job_name: jobName });
const NAMED: LabelMatcher = { name: "__name__", op: "=", value: "batch_jobs_running" };

// ── a simple model: for each job what holds at each time ─────────────────────────────────────────────

type Value = number | "stale";
type Model = Map<string, Map<number, Value>>;

/** Times over some partitions of blocks. */
const hour = (place: number): number => T0 + place * HOUR;

const VALUE: fc.Arbitrary<Value> = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.double(),
  fc.constant("stale" as const),
  fc.constantFrom(0.1, 1e18, -0, Number.POSITIVE_INFINITY),
);
const samplesOf = (minLength: number, maxLength: number) =>
  fc.array(fc.tuple(fc.nat(3), fc.nat(40), VALUE), { minLength, maxLength });
const APPEND = fc.record({ do: fc.constant("append" as const), samples: samplesOf(1, 12) });
const REPLACE = fc.record({
  do: fc.constant("replace" as const),
  job: fc.nat(3),
  from: fc.nat(40),
  length: fc.nat(20),
  samples: samplesOf(0, 5),
});
const COMPACT = fc.constant({ do: "compact" as const });
const STEP = fc.oneof(
  { weight: 4, arbitrary: APPEND },
  { weight: 1, arbitrary: REPLACE },
  { weight: 2, arbitrary: COMPACT },
);
const STEPS = fc.array(STEP, { maxLength: 12 });
type Step = typeof STEP extends fc.Arbitrary<infer T> ? T : never;

/** Does the same to the store and to the model. */
async function take(step: Step, store: MetricStore, model: Model): Promise<void> {
  if (step.do === "compact") return store.compact();
  const samples = step.samples.map(([job, place, value]): Sample => [running(`j${job}`), hour(place), value]);
  if (step.do === "append") await store.append([batchOf(samples)]);
  else {
    const [fromAt, toAt] = [hour(step.from), hour(step.from + step.length)];
    await store.replaceRange({
      matcherSets: [[{ name: "job_name", op: "=", value: `j${step.job}` }]],
      fromAt,
      toAt,
      batches: samples.length === 0 ? [] : [batchOf(samples)],
    });
    const known = model.get(`j${step.job}`);
    for (const at of known?.keys() ?? []) if (at >= fromAt && at <= toAt) known?.delete(at);
  }
  for (const [{ job_name: job = "" }, at, value] of samples)
    model.set(job, (model.get(job) ?? new Map<number, Value>()).set(at, value));
}

function modelled(model: Model, fromAt: number, toAt: number): StoredSeries[] {
  return [...model]
    .map(([job, samples]) => {
      const kept = [...samples].filter(([at]) => at >= fromAt && at <= toAt).sort(([a], [b]) => a - b);
      return { labels: running(job), times: kept.map(([at]) => at), values: kept.map(([, value]) => value) };
    })
    .filter(({ times }) => times.length > 0)
    .sort((a, b) => (a.labels.job_name < b.labels.job_name ? -1 : 1));
}

/**
 * @param open a new, empty store each time
 * @param runs how often the store is compared with the model
 */
export function describeMetricStore(name: string, open: () => Promise<MetricStore>, runs = 40): void {
  describe(`the metric store, ${name},`, () => {
    test("answers what was appended, by name, labels and time, both ends included", async () => {
      const store = await open();
      const heartbeat = { __name__: "batch_job_heartbeat", job_name: "a", job_id: "1" };
      await store.append([
        batchOf([
          [running("a"), T0, 1],
          [running("b"), T0, 2],
        ]),
        batchOf([[heartbeat, T0 + 15_000, 1]]),
      ]);
      await store.append([batchOf([[running("a"), T0 + 15_000, 0]])]);

      expect(await selected(store, [NAMED])).toEqual([
        { labels: running("a"), times: [T0, T0 + 15_000], values: [1, 0] },
        { labels: running("b"), times: [T0], values: [2] },
      ]);
      expect(await selected(store, [NAMED], T0 + 1, T0 + 15_000)).toEqual([
        { labels: running("a"), times: [T0 + 15_000], values: [0] },
      ]);
      expect(await selected(store, [NAMED, { name: "job_name", op: "=~", value: "b|c" }])).toHaveLength(1);
      expect(await store.select([], 0, 2 * T0, 1)).toHaveLength(1);
      expect(await store.stats()).toMatchObject({ series: 3, samples: 4, firstAt: T0, lastAt: T0 + 15_000 });
    });

    test("lists series, names and values, of a selection and a time", async () => {
      const store = await open();
      await store.append([
        batchOf([
          [running("a"), T0, 1],
          [running("b"), T0 + 24 * HOUR, 1],
          [{ __name__: "other", zone: "z" }, T0, 1],
        ]),
      ]);
      for (const when of ["fresh", "compacted"]) {
        expect(await store.labelNamesOf(ALWAYS), when).toEqual(["__name__", "job_name", "zone"]);
        expect(await store.labelValuesOf("__name__", ALWAYS), when).toEqual(["batch_jobs_running", "other"]);
        expect(await store.labelValuesOf("job_name", { ...ALWAYS, limit: 1 }), when).toEqual(["a"]);
        expect(await store.labelValuesOf("nothing", ALWAYS), when).toEqual([]);
        const early = { ...ALWAYS, fromAt: T0, toAt: T0 + HOUR };
        expect(await store.labelValuesOf("job_name", early), when).toEqual(["a"]);
        const named = { ...ALWAYS, matcherSets: [[NAMED], [{ ...NAMED, value: "other" }], [NAMED]] };
        expect(await store.labelNamesOf({ ...early, matcherSets: [[NAMED]] }), when).toEqual([
          "__name__",
          "job_name",
        ]);
        expect(await store.series(named), when).toEqual([
          labelsOf(Object.entries(running("a"))),
          labelsOf(Object.entries(running("b"))),
          labelsOf([
            ["__name__", "other"],
            ["zone", "z"],
          ]),
        ]);
        await store.compact();
      }
    });

    test("tells series by their labels, whatever their order; an empty label is none", async () => {
      const store = await open();
      const known = new KnownSeries(labelsOf(Object.entries({ a: "1", b: "2" })));
      await store.append([
        batchOf([
          [{ a: "1", b: "2" }, T0, 1],
          [{ b: "2", a: "1", c: "" }, T0 + 1, 2],
          [{ a: "1" }, T0, 3],
          [CONSTRUCTOR, T0, 4],
        ]),
      ]);
      for (const at of [T0 + 2, T0 + 3]) await store.append([batchOf([[{}, at, 5]], { series: [known] })]);
      const expected: StoredSeries[] = [
        { labels: { a: "1" }, times: [T0], values: [3] },
        { labels: { a: "1", b: "2" }, times: [T0, T0 + 1, T0 + 2, T0 + 3], values: [1, 2, 5, 5] },
        { labels: CONSTRUCTOR, times: [T0], values: [4] },
      ];
      expect(await selected(store)).toEqual(expected);
    });

    test("finds series by any matchers as testing each of them would", async () => {
      const store = await open();
      const value = fc.constantFrom("", "a", "b", "ab");
      const all: SeriesLabels[] = [];
      for (const x of ["", "a", "b", "ab"])
        for (const y of ["", "a", "b"]) all.push({ __name__: "m", ...(x && { x }), ...(y && { y }) });
      await store.append([batchOf(all.map((labels) => [labels, T0, 1]))]);
      const matcher = fc.record({
        name: fc.constantFrom("x", "y", "z", "__name__"),
        op: fc.constantFrom("=" as const, "!=" as const, "=~" as const, "!~" as const),
        value: fc.oneof(value, fc.constantFrom(".*", ".+", "a|b", "a.*", "m")),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(matcher, { maxLength: 3 }), async (matchers) => {
          const expected = all.filter((labels) =>
            matchers.every(({ name: label, op, value: pattern }) => {
              const text = labels[label] ?? "";
              const isEqual = op.endsWith("~") ? new RegExp(`^(?:${pattern})$`).test(text) : text === pattern;
              return op.startsWith("!") ? !isEqual : isEqual;
            }),
          );
          const found = await selected(store, matchers);
          expect(new Set(found.map(({ labels }) => JSON.stringify(labels)))).toEqual(
            new Set(expected.map((labels) => JSON.stringify(labels))),
          );
        }),
        { numRuns: 60 },
      );
    });

    test("holds what a simple model holds, however samples come and whenever they are compacted", async () => {
      await fc.assert(
        fc.asyncProperty(STEPS, fc.nat(40), fc.nat(40), async (steps, from, length) => {
          const store = await open();
          const model: Model = new Map();
          for (const step of steps) await take(step, store, model);
          for (const [fromAt, toAt] of [[0, 2 * T0] as const, [hour(from), hour(from + length)] as const])
            expect(await selected(store, [], fromAt, toAt)).toEqual(modelled(model, fromAt, toAt));
          await store.close();
        }),
        { numRuns: runs },
      );
    }, 60_000);

    test.each<[string, Partial<SampleBatch>]>([
      ["columns of different length", { values: new Float64Array(2) }],
      ["a series that is not there", { seriesIndex: Uint32Array.of(1) }],
      ["a time that is none", { times: Float64Array.of(Number.NaN) }],
      ["a time with a fraction", { times: Float64Array.of(0.5) }],
      ["a time past all reason", { times: Float64Array.of(1e300) }],
    ])("refuses %s and keeps nothing of it", async (_name, changes) => {
      const store = await open();
      const good = batchOf([[running("a"), T0, 1]]);
      await expect(store.append([good, { ...good, ...changes }])).rejects.toMatchObject({
        code: "INVALID_VALUE",
      });
      expect(await store.stats()).toMatchObject({ segments: 0, series: 0 });
    });

    test("keeps values that are no numbers, and takes empty batches", async () => {
      const store = await open();
      await store.append([]);
      await store.append([batchOf([])]);
      await store.append([
        batchOf([
          [running("a"), T0, Number.NaN],
          [running("a"), T0 + 1, Number.NEGATIVE_INFINITY],
          [running("a"), T0 + 2, "stale"],
        ]),
      ]);
      for (let round = 0; round < 2; round++) {
        expect(await selected(store)).toMatchObject([
          { values: [Number.NaN, Number.NEGATIVE_INFINITY, "stale"] },
        ]);
        await store.compact();
      }
    });

    test("answers an expression that is none with its fault", async () => {
      const store = await open();
      await store.append([batchOf([[running("a"), T0, 1]])]);
      const select = store.select([{ name: "job_name", op: "=~", value: "(" }], 0, T0);
      await expect(select).rejects.toMatchObject({ kind: "bad_data" });
      expect(await selected(store, [{ name: "job_name", op: "=~", value: "(a+)+" }])).toHaveLength(1);
    });

    test("knows what was said of families, the last word", async () => {
      const store = await open();
      const family = { family: "m", type: "counter", help: "Rows.", unit: "" } as const;
      await store.append([batchOf([], { families: [family, { ...family, family: "a" }] })]);
      await store.append([
        batchOf([[running("a"), T0, 1]], { families: [{ ...family, help: "All rows." }] }),
      ]);
      expect(await store.metadata()).toEqual([
        { ...family, family: "a" },
        { ...family, help: "All rows." },
      ]);
      expect(await store.metadata("m")).toEqual([{ ...family, help: "All rows." }]);
      expect(await store.metadata("x")).toEqual([]);
    });
  });
}
