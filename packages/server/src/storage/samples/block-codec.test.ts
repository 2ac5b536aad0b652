import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BlockBuilder, BlockData, BlockDirectory, type EncodedBlock } from "./block-codec.ts";

const T0 = Date.UTC(2026, 10, 23);

interface SeriesSamples {
  metric: number;
  id: number;
  times: Float64Array;
  values: Float64Array;
}

function build(series: readonly SeriesSamples[], pack: boolean): EncodedBlock {
  const builder = new BlockBuilder();
  for (const { metric, id, times, values } of series) builder.add(metric, id, times, values, 0, times.length);
  return builder.finish(pack);
}

function read(block: EncodedBlock): SeriesSamples[] {
  const directory = new BlockDirectory(block.directory);
  const data = new BlockData(directory, block.data);
  return Array.from(directory.ids, (id, index) => {
    const values = new Float64Array(directory.countOf(index));
    data.readValues(index, values, 0);
    return { metric: directory.metrics[index] ?? 0, id, times: data.times(index), values };
  });
}

const samples = fc
  .uniqueArray(fc.tuple(fc.integer({ min: -10, max: 1e6 }), fc.double()), {
    minLength: 1,
    maxLength: 30,
    selector: ([at]) => at,
  })
  .map((list) => list.sort(([a], [b]) => a - b));
const blockArbitrary = fc
  .uniqueArray(fc.tuple(fc.nat(5), fc.integer({ min: 1, max: 2 ** 32 - 1 }), samples), {
    minLength: 1,
    maxLength: 20,
    selector: ([metric, id]) => `${metric}/${id}`,
  })
  .map((list) =>
    list
      .sort(([metricA, idA], [metricB, idB]) => metricA - metricB || idA - idB)
      .map(([metric, id, points]) => ({
        metric,
        id,
        times: Float64Array.from(points, ([at]) => at),
        values: Float64Array.from(points, ([, value]) => value),
      })),
  );

describe("a block", () => {
  test("gives back what was put in, packed or not", () => {
    fc.assert(
      fc.property(blockArbitrary, fc.boolean(), (series, pack) => {
        const block = build(series, pack);
        expect(read(block)).toEqual(series);
        expect(block).toMatchObject({
          series: series.length,
          samples: series.reduce((sum, { times }) => sum + times.length, 0),
          fromAt: Math.min(...series.map(({ times }) => times[0] ?? 0)),
          toAt: Math.max(...series.map(({ times }) => times.at(-1) ?? 0)),
        });
      }),
    );
  });

  test("finds its series and says where others would stand", () => {
    fc.assert(
      fc.property(blockArbitrary, fc.nat(5), fc.nat(50), (series, metric, id) => {
        const directory = new BlockDirectory(build(series, false).directory);
        series.forEach((one, index) => {
          expect(directory.find(one.metric, one.id)).toBe(index);
        });
        const found = directory.find(metric, id);
        const before = series.filter((one) => one.metric < metric || (one.metric === metric && one.id < id));
        if (found < 0) expect(-1 - found).toBe(before.length);
      }),
    );
  });

  test("holds one time column for series that were sampled together, jitter and all", () => {
    const times = Float64Array.from(
      { length: 500 },
      (_, index) => T0 + index * 15_000 + ((index * 7919) % 13),
    );
    const block = build(
      Array.from({ length: 50 }, (_, index) => ({
        metric: 1,
        id: index + 1,
        times,
        values: times.map(() => 1),
      })),
      false,
    );
    const [first, second] = read(block);
    expect(first?.times).toBe(second?.times);
    expect(block.data.length).toBeLessThan(500 * 3 + 50 * 10);
  });

  test("of an installation's metrics over six hours takes at most 0.2 bytes a sample", () => {
    const times = Float64Array.from({ length: 1440 }, (_, index) => T0 + index * 15_000);
    const block = build(
      Array.from({ length: 720 }, (_, series) => ({
        metric: 1,
        id: series + 1,
        times,
        // A bucket of a job that runs each quarter of an hour, and counts in it now and then.
        values: Float64Array.from(times, (_at, index) => Math.floor((index / 60) * ((series % 9) / 9))),
      })),
      true,
    );
    expect((block.data.length + block.directory.length) / block.samples).toBeLessThan(0.2);
  });

  test("that was cut or garbled is refused or read, but never more than that", () => {
    const block = build(
      [{ metric: 1, id: 1, times: Float64Array.of(T0, T0 + 1), values: Float64Array.of(1, 2) }],
      false,
    );
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 0, max: 255 }), fc.boolean(), (place, byte, inData) => {
        const damaged = { ...block, directory: block.directory.slice(), data: block.data.slice() };
        const target = inData ? damaged.data : damaged.directory;
        target[place % target.length] = byte;
        try {
          read(damaged);
        } catch (error) {
          expect(error).toMatchObject({ code: "CORRUPT" });
        }
      }),
    );
  });
});
