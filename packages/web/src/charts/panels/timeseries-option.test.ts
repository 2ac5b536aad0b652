import { describe, expect, it } from "vitest";
import { filledUp, linePoints } from "./timeseries-option.ts";

const STEP = 60;

describe("the points of a line", () => {
  it("have a gap where steps are missing, or the value is no number", () => {
    const { points } = linePoints({ times: [0, 60, 240, 300], values: [1, 2, 3, Number.NaN] }, STEP);
    expect(points).toEqual([
      [0, 1],
      [60, 2],
      [120, null],
      [240, 3],
      [300, null],
    ]);
  });

  it("stand alone where there is no line on either side", () => {
    const { points, lone } = linePoints({ times: [0, 240, 300, 600], values: [1, 2, 3, 4] }, STEP);
    expect([...lone].map((index) => points[index])).toEqual([
      [0, 1],
      [600, 4],
    ]);
  });
});

it("a pile has a value for each series at each time", () => {
  const one = { times: [0, 60], values: [1, Number.NaN] };
  const other = { times: [60, 120], values: [5, 6] };
  expect(filledUp([one, other])).toEqual([
    { times: [0, 60, 120], values: [1, 0, 0] },
    { times: [0, 60, 120], values: [0, 5, 6] },
  ]);
});
