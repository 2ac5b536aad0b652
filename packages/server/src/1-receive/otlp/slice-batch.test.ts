import fc from "fast-check";
import { expect, test } from "vitest";
import { EMPTY_BATCH, type IntakeBatch } from "../../model/intake.ts";
import type { SeriesLabels } from "../../model/samples.ts";
import { sliceBatch } from "./slice-batch.ts";

test("every sample stands in exactly one slice, with its series", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(40), { maxLength: 6_000 }), (indexes) => {
      const samples = {
        series: Array.from({ length: 41 }, (_, index) => ({ __name__: `m${index}` })),
        seriesIndex: Uint32Array.from(indexes),
        times: Float64Array.from(indexes, (_, at) => at),
        values: Float64Array.from(indexes, (index) => index * 2),
      };
      const batch: IntakeBatch = {
        ...EMPTY_BATCH,
        samples: indexes.length === 0 ? null : samples,
        sizeBytes: 100,
      };
      const told = sliceBatch(batch).flatMap(({ samples: cut }) =>
        cut === null
          ? []
          : [...cut.seriesIndex].map((at, index) => [
              (cut.series[at] as SeriesLabels | undefined)?.__name__,
              cut.times[index],
              cut.values[index],
            ]),
      );
      expect(told).toEqual(indexes.map((index, at) => [`m${index}`, at, index * 2]));
    }),
    { numRuns: 30 },
  );
});

test("a small batch stays one; a large one is cut, and its size with it", () => {
  const logs = Array.from({ length: 5_000 }, (_, index) => ({
    logId: String(index),
    job: null,
    runId: null,
    traceId: null,
    spanId: null,
    at: 0,
    severity: null,
    body: "",
    attributes: {},
  }));
  expect(sliceBatch({ ...EMPTY_BATCH, logs: logs.slice(0, 10) })).toHaveLength(1);
  const slices = sliceBatch({ ...EMPTY_BATCH, logs, sizeBytes: 900 });
  expect(slices.flatMap((slice) => slice.logs)).toEqual(logs);
  expect(slices.map(({ sizeBytes }) => sizeBytes)).toEqual([300, 300, 300]);
});
