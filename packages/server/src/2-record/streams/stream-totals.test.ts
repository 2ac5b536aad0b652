import { isStaleAt, setStale } from "@batchwatch/promql";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ExponentialSample, toClassic } from "../../model/exponential-histogram.ts";
import type { SampleBatch, SeriesLabels } from "../../model/samples.ts";
import { StreamTotals } from "./stream-totals.ts";

const LABELS = { __name__: "rows_total", job: "worker" };
const T = 1_800_000_000_000;

function batch(
  points: readonly (readonly [at: number, value: number, startAt?: number])[],
  isDelta = false,
): SampleBatch {
  return {
    series: [LABELS],
    seriesIndex: new Uint32Array(points.length),
    times: Float64Array.from(points, ([at]) => at),
    values: Float64Array.from(points, ([, value]) => value),
    streams: {
      startTimes: Float64Array.from(points, ([, , startAt]) => startAt ?? 0),
      deltas: Uint8Array.of(isDelta ? 1 : 0),
    },
  };
}

function samplesOf({ times, values }: SampleBatch): [number, number][] {
  return Array.from(times, (at, index) => [at - T, values[index] ?? 0]);
}

function exponential(more: Partial<ExponentialSample>): ExponentialSample {
  return {
    family: "task_duration",
    labels: { job: "worker" },
    at: T + 60_000,
    startAt: T,
    isDelta: false,
    count: 3,
    sum: 10,
    scale: 0,
    zeroCount: 0,
    zeroThreshold: 0,
    positive: { offset: 0, bucketCounts: [1, 2] },
    negative: { offset: 0, bucketCounts: [] },
    ...more,
  };
}

function histograms(...exponentialSamples: ExponentialSample[]): SampleBatch {
  return {
    series: [],
    seriesIndex: new Uint32Array(),
    times: new Float64Array(),
    values: new Float64Array(),
    exponential: exponentialSamples,
  };
}

/** `name{le}` at each time. */
function bucketsOf({ series, seriesIndex, times, values }: SampleBatch): string[] {
  return Array.from(times, (at, index) => {
    const { __name__ = "", le } = series[seriesIndex[index] ?? 0] as SeriesLabels;
    return `${at - T} ${__name__.replace("task_duration", "")}${le === undefined ? "" : `{${le}}`} ${values[index]}`;
  });
}

describe("a running total", () => {
  test("has a zero point at its start, once", () => {
    const totals = new StreamTotals();
    expect(samplesOf(totals.resolve(batch([[T + 60_000, 5, T]])))).toEqual([
      [0, 0],
      [60_000, 5],
    ]);
    expect(samplesOf(totals.resolve(batch([[T + 120_000, 7, T]])))).toEqual([[120_000, 7]]);
  });

  test("begins again with a new start that lies after its last sample", () => {
    const totals = new StreamTotals();
    totals.resolve(batch([[T + 60_000, 5, T]]));
    expect(samplesOf(totals.resolve(batch([[T + 120_000, 2, T + 90_000]])))).toEqual([
      [90_000, 0],
      [120_000, 2],
    ]);
    // Two writers of one series.
    expect(samplesOf(totals.resolve(batch([[T + 180_000, 3, T + 100_000]])))).toEqual([[180_000, 3]]);
  });

  test("whose start is its own time, or long ago, has none", () => {
    const totals = new StreamTotals();
    expect(samplesOf(totals.resolve(batch([[T, 5, T]])))).toEqual([[0, 5]]);
    const old = new StreamTotals();
    expect(samplesOf(old.resolve(batch([[T, 5, T - 30 * 86_400_000]])))).toEqual([[0, 5]]);
  });

  test("keeps its end", () => {
    const given = batch([[T + 60_000, Number.NaN, T]]);
    setStale(given.values, 0);
    const resolved = new StreamTotals().resolve(given);
    expect(isStaleAt(resolved.values, 0)).toBe(true);
  });
});

describe("increments", () => {
  test("are added up, from zero at the first one's start", () => {
    const totals = new StreamTotals();
    const first = totals.resolve(batch([[T + 60_000, 5, T]], true));
    const second = totals.resolve(batch([[T + 120_000, 7, T + 60_000]], true));
    expect([...samplesOf(first), ...samplesOf(second)]).toEqual([
      [0, 0],
      [60_000, 5],
      [120_000, 12],
    ]);
  });

  test("come to the same total in any order, however often each is sent", () => {
    const points = fc.shuffledSubarray([1, 2, 3, 4, 5, 1, 3, 5], { minLength: 8 });
    fc.assert(
      fc.property(points, (order) => {
        const totals = new StreamTotals();
        let last = 0;
        for (const minute of order)
          for (const [, value] of samplesOf(
            totals.resolve(batch([[T + minute * 60_000, minute, T + (minute - 1) * 60_000]], true)),
          ))
            if (value !== 0) {
              expect(value).toBeGreaterThanOrEqual(last);
              last = value;
            }
        const after = totals.resolve(batch([[T + 360_000, 1, T + 300_000]], true));
        expect(samplesOf(after)).toEqual([[360_000, 16]]);
      }),
    );
  });
});

describe("an exponential histogram", () => {
  test("becomes classic buckets, with a zero point", () => {
    const out = bucketsOf(new StreamTotals().resolve(histograms(exponential({}))));
    expect(out).toEqual([
      "0 _bucket{1} 0",
      "0 _bucket{2} 0",
      "0 _bucket{4} 0",
      "0 _bucket{+Inf} 0",
      "0 _sum 0",
      "0 _count 0",
      "60000 _bucket{1} 0",
      "60000 _bucket{2} 1",
      "60000 _bucket{4} 3",
      "60000 _bucket{+Inf} 3",
      "60000 _sum 10",
      "60000 _count 3",
    ]);
  });

  test("whose buckets grow begins the new ones where the old ones stood", () => {
    const totals = new StreamTotals();
    totals.resolve(histograms(exponential({})));
    const positive = { offset: 0, bucketCounts: [1, 2, 1] };
    const out = bucketsOf(
      totals.resolve(histograms(exponential({ at: T + 120_000, count: 4, sum: 16, positive }))),
    );
    expect(out).toContain("60000 _bucket{8} 3");
    expect(out).toContain("120000 _bucket{8} 4");
  });

  test("of increments adds to every bucket, those outside its own range too", () => {
    const totals = new StreamTotals();
    totals.resolve(histograms(exponential({ isDelta: true })));
    const out = bucketsOf(
      totals.resolve(
        histograms(
          exponential({
            isDelta: true,
            startAt: T + 60_000,
            at: T + 120_000,
            count: 1,
            sum: 1.5,
            positive: { offset: 0, bucketCounts: [1] },
          }),
        ),
      ),
    );
    expect(out).toEqual([
      "120000 _bucket{1} 0",
      "120000 _bucket{2} 2",
      "120000 _bucket{4} 4",
      "120000 _bucket{+Inf} 4",
      "120000 _sum 11.5",
      "120000 _count 4",
    ]);
  });

  test("keeps every observation, on bounds that all scales share", () => {
    const arbitrary = fc.record({
      scale: fc.integer({ min: -4, max: 20 }),
      offset: fc.integer({ min: -2000, max: 2000 }),
      bucketCounts: fc.array(fc.nat(5), { minLength: 1, maxLength: 160 }),
      zeroCount: fc.nat(3),
    });
    fc.assert(
      fc.property(arbitrary, ({ scale, offset, bucketCounts, zeroCount }) => {
        // What a double can hold.
        fc.pre((Math.abs(offset) + 200) * 2 ** -scale < 1000);
        const count = zeroCount + bucketCounts.reduce((sum, inside) => sum + inside, 0);
        const { bounds, below } = toClassic(
          exponential({ scale, positive: { offset, bucketCounts }, zeroCount, count }),
        );
        expect(bounds.length).toBeLessThanOrEqual(67);
        expect(bounds).toEqual([...new Set(bounds)].toSorted((a, b) => a - b));
        expect(below).toEqual(below.toSorted((a, b) => a - b));
        expect(below.at(-1) ?? 0).toBe(count);
      }),
    );
  });
});
