import { describe, expect, it } from "vitest";
import type { RangeSeries } from "../../api/prometheus.ts";
import { LIGHT } from "../../theme/tokens.ts";
import { heatmapOf } from "./heatmap-cells.ts";
import { pieSlices } from "./pie-slices.ts";
import { seriesLooks } from "./series-look.ts";
import { seriesNames } from "./series-names.ts";
import { stateSegments } from "./state-segments.ts";
import { reached } from "./threshold-look.ts";

const bucket = (le: string, ...values: number[]): RangeSeries => ({
  labels: { le },
  times: values.map((_, index) => index * 60_000),
  values,
});
const naming = { nameOf: () => "row", boundWords: (bound: number) => `${bound} s` };

describe("the names of series", () => {
  const series = (template: string | null, ...labels: Record<string, string>[]) =>
    seriesNames(labels.map((own) => ({ labels: own, template })));

  it.each([
    ["p95 {{ job_name }}", [{ job_name: "a" }, { job_name: "b" }], ["p95 a", "p95 b"]],
    [
      "p95",
      [
        { job_name: "a", x: "1" },
        { job_name: "b", x: "1" },
      ],
      ["p95 a", "p95 b"],
    ],
    [
      null,
      [
        { job_name: "a", x: "1" },
        { job_name: "b", x: "1" },
      ],
      ["a", "b"],
    ],
    [null, [{ error_type: "" }, { error_type: "Timeout" }], ["(none)", "Timeout"]],
    [null, [{ __name__: "up" }], ["up"]],
    [null, [{}], ["value"]],
    ["same", [{}, {}], ["same", "same (2)"]],
  ])("with the template %s tell %j apart", (template, labels, expected) => {
    expect(series(template, ...labels)).toEqual(expected);
  });
});

describe("a heatmap of buckets", () => {
  it("shows what fell between two bounds", () => {
    const { rows, cells } = heatmapOf([bucket("10", 3, 1), bucket("5", 1, 1), bucket("+Inf", 3, 4)], naming);
    expect(rows.map(({ name }) => name)).toEqual(["≤ 5 s", "≤ 10 s", "> 10 s"]);
    expect(cells).toEqual([
      { row: 0, at: 0, value: 1 },
      { row: 0, at: 60_000, value: 1 },
      { row: 1, at: 0, value: 2 },
      { row: 2, at: 60_000, value: 3 },
    ]);
  });

  it("sums over the other labels", () => {
    const one = { ...bucket("5", 1), labels: { le: "5", job_name: "a" } };
    const other = { ...bucket("5", 2), labels: { le: "5", job_name: "b" } };
    expect(heatmapOf([one, other], naming).cells).toEqual([{ row: 0, at: 0, value: 3 }]);
  });

  it("leaves out the buckets below and above all that fell", () => {
    const { rows } = heatmapOf([bucket("1", 0), bucket("2", 2), bucket("3", 2), bucket("+Inf", 2)], naming);
    expect(rows.map(({ name }) => name)).toEqual(["≤ 2 s"]);
    expect(heatmapOf([bucket("1", 0), bucket("+Inf", 0)], naming)).toEqual({ rows: [], cells: [] });
  });

  it("of series without buckets has a row for each", () => {
    const series = { labels: { a: "1" }, times: [0, 60_000], values: [2, Number.NaN] };
    expect(heatmapOf([series], naming)).toEqual({
      rows: [{ name: "row", bound: null }],
      cells: [{ row: 0, at: 0, value: 2 }],
    });
  });
});

describe("segments of states", () => {
  it("last while the value does, end where samples are missing, and not beyond the range", () => {
    const times = [0, 60, 120, 300, 360];
    expect(stateSegments({ times, values: [1, 1, 0, 0, 0] }, 60, 390)).toEqual([
      { from: 0, to: 120, value: 1 },
      { from: 120, to: 180, value: 0 },
      { from: 300, to: 390, value: 0 },
    ]);
  });
});

describe("slices of a pie", () => {
  it("are the largest first, without what is nothing", () => {
    const samples = [1, 3, 0, Number.NaN].map((value, index) => ({ name: String(index), value }));
    expect(pieSlices(samples)).toEqual([
      { name: "1", value: 3, share: 0.75, index: 1 },
      { name: "0", value: 1, share: 0.25, index: 0 },
    ]);
  });

  it("gather the many small ones", () => {
    const slices = pieSlices(Array.from({ length: 30 }, (_, index) => ({ name: `s${index}`, value: 1 })));
    expect(slices).toHaveLength(10);
    expect(slices.at(-1)).toMatchObject({ name: "21 others", value: 21, index: null });
  });
});

describe("thresholds", () => {
  const thresholds = [
    { value: 0, color: "red" },
    { value: 90, color: "yellow" },
    { value: 95, color: "green" },
  ];
  it.each([
    [-1, null],
    [0, "red"],
    [89.9, "red"],
    [90, "yellow"],
    [100, "green"],
    [Number.NaN, null],
  ])("%s has reached %s", (value, color) => {
    expect(reached(thresholds, value)?.color ?? null).toBe(color);
  });
});

describe("the looks of series", () => {
  it("are those of outcomes where the series are outcomes", () => {
    const looks = seriesLooks([{ status: "success" }, { status: "failure" }], LIGHT);
    expect(looks.map(({ color }) => color)).toEqual([
      LIGHT.outcomes.success.fill,
      LIGHT.outcomes.failed.fill,
    ]);
  });

  it("are dashed after the last colour", () => {
    const looks = seriesLooks(
      Array.from({ length: 9 }, (_, index) => ({ a: String(index) })),
      LIGHT,
    );
    expect(looks[8]).toEqual({ color: LIGHT.series[0], dash: "dashed" });
  });
});
