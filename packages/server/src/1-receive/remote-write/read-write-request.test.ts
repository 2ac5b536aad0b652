import { isStaleAt, labelsOf } from "@batchwatch/promql";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { KnownSeries, type SampleBatch } from "../../model/samples.ts";
import { newSeriesCache, WriteRequestReader } from "./read-write-request.ts";
import { type SentSeries, writeRequest } from "./test-support/write-request.ts";
import { Workspace } from "./workspace.ts";

const NOW = Date.UTC(2026, 10, 23, 2);
const TIMES = { earliestAt: 0, latestAt: NOW + 60_000 };
const STALE_BYTES = Uint8Array.of(2, 0, 0, 0, 0, 0, 0xf0, 0x7f);

function open(body: Uint8Array, sliceSamples?: number, series = newSeriesCache()): WriteRequestReader {
  return new WriteRequestReader(body, {
    series,
    times: TIMES,
    namespace: "finance",
    workspace: new Workspace(sliceSamples ?? 100),
  });
}

/** Copies: a slice is gone when the next is asked for. */
function slicesOf(reader: WriteRequestReader): SampleBatch[] {
  return Array.from(reader.slices(), (batch) => ({
    ...batch,
    seriesIndex: batch.seriesIndex.slice(),
    times: batch.times.slice(),
    values: batch.values.slice(),
  }));
}

function told(batches: readonly SampleBatch[]): [string, number, number][] {
  return batches.flatMap(({ series, seriesIndex, times, values }) =>
    Array.from(seriesIndex, (index, place): [string, number, number] => {
      const one = series[index];
      return [one instanceof KnownSeries ? one.labels.key : "?", times[place] ?? 0, values[place] ?? 0];
    }),
  );
}

const up = (job: string, samples: SentSeries["samples"]): SentSeries => ({
  labels: [
    ["__name__", "up"],
    ["job", job],
  ],
  samples,
});

describe("a write request", () => {
  test("gives all samples in their order, however it is sliced, and each series once a slice", () => {
    const series = fc.array(
      fc.tuple(fc.nat(20), fc.array(fc.tuple(fc.double({ noNaN: true }), fc.nat(NOW)), { maxLength: 6 })),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(series, fc.integer({ min: 1, max: 7 }), (list, sliceSamples) => {
        const sent = list.map(([job, samples]) => up(`j${job}`, samples));
        const cache = newSeriesCache();
        for (let round = 0; round < 2; round++) {
          const batches = slicesOf(open(writeRequest(sent), sliceSamples, cache));
          expect(told(batches)).toEqual(
            list.flatMap(([job, samples]) =>
              samples.map(([value, at]) => [labelsOf(up(`j${job}`, []).labels).key, at, value]),
            ),
          );
          for (const { times, series: named, namespace } of batches) {
            expect(times.length).toBeLessThanOrEqual(sliceSamples);
            expect(named.length).toBeLessThanOrEqual(times.length);
            expect(namespace).toBe("finance");
          }
        }
      }),
    );
  });

  test("keeps stale markers, sorts labels, drops empty ones, knows a series again", () => {
    const cache = newSeriesCache();
    const body = writeRequest([
      {
        labels: [
          ["job", "a"],
          ["zone", ""],
          ["__name__", "up"],
        ],
        samples: [[STALE_BYTES, NOW]],
      },
    ]);
    const [batch] = slicesOf(open(body, undefined, cache));
    const [again] = slicesOf(open(body, undefined, cache));
    expect(batch?.series).toMatchObject([{ labels: { names: ["__name__", "job"], values: ["up", "a"] } }]);
    expect(again?.series[0]).toBe(batch?.series[0]);
    expect(isStaleAt(batch?.values ?? new Float64Array(), 0)).toBe(true);
  });

  test.each<[string, SentSeries, RegExp]>([
    ["no name", { labels: [["job", "a"]], samples: [[1, NOW]] }, /__name__/],
    ["no labels at all", { labels: [], samples: [[1, NOW]] }, /__name__/],
    ["an empty name", { labels: [["__name__", ""]], samples: [[1, NOW]] }, /__name__/],
    [
      "a label twice",
      {
        labels: [
          ["__name__", "up"],
          ["a", "1"],
          ["a", "2"],
        ],
        samples: [[1, NOW]],
      },
      /twice/,
    ],
    [
      "a label without a name",
      {
        labels: [
          ["__name__", "up"],
          ["", "1"],
        ],
        samples: [[1, NOW]],
      },
      /without a name/,
    ],
    [
      "a value of many bytes",
      {
        labels: [
          ["__name__", "up"],
          ["a", "x".repeat(9000)],
        ],
        samples: [[1, NOW]],
      },
      /8192 bytes/,
    ],
    ["a time in the future", up("a", [[1, NOW + 120_000]]), /future/],
    ["a time before all", up("a", [[1, -5]]), /past/],
    ["a native histogram", { ...up("a", []), histograms: 1 }, /native histograms/],
  ])("with %s says so and gives the rest", (_name, bad, reason) => {
    const reader = open(writeRequest([up("x", [[1, NOW]]), bad, up("y", [[2, NOW]])]));
    expect(told(slicesOf(reader)).map(([, , value]) => value)).toEqual([1, 2]);
    expect(reader.reasons).toEqual([expect.stringMatching(reason)]);
    expect(reader.invalidSamples + reader.histograms).toBe(1);
  });

  test("passes over exemplars and fields to come, and reads what is said of families", () => {
    const body = writeRequest(
      [{ ...up("a", [[1, NOW]]), exemplars: 2 }],
      [
        { type: 1, family: "rows_total", help: "Rows.", unit: "rows" },
        { type: 7, family: "state" },
        { type: 2, family: "" },
      ],
    );
    const reader = open(Buffer.concat([body, Uint8Array.of(0x7a, 2, 1, 2, 0x78, 1)]));
    const [batch] = slicesOf(reader);
    expect(batch?.families).toEqual([
      { family: "rows_total", type: "counter", help: "Rows.", unit: "rows" },
      { family: "state", type: "unknown", help: "", unit: "" },
    ]);
    expect([reader.samples, reader.exemplars, reader.reasons]).toEqual([1, 2, []]);
  });

  test("without anything gives nothing", () => {
    expect(slicesOf(open(new Uint8Array()))).toEqual([]);
    expect(slicesOf(open(writeRequest([up("a", [])])))).toEqual([]);
  });

  test("of any bytes is read or refused, nothing else", () => {
    const body = writeRequest(
      [
        up("a", [
          [1, NOW],
          [2, NOW],
        ]),
        up("b", [[3, NOW]]),
      ],
      [{ type: 1, family: "f" }],
    );
    const damaged = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.tuple(fc.nat(body.length - 1), fc.nat(255)).map(([place, byte]) => {
        const bytes = Uint8Array.from(body);
        bytes[place] = byte;
        return bytes;
      }),
      fc.nat(body.length).map((length) => body.slice(0, length)),
    );
    fc.assert(
      fc.property(damaged, (bytes) => {
        try {
          for (const { seriesIndex, times, series } of open(bytes).slices()) {
            expect(seriesIndex.every((index) => index < series.length)).toBe(true);
            expect(times.every(Number.isSafeInteger)).toBe(true);
          }
        } catch (error) {
          expect(error).toMatchObject({ code: "INVALID_PROTOBUF" });
        }
      }),
      { numRuns: 2000 },
    );
  });
});
