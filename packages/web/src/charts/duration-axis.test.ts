import { describe, expect, it } from "vitest";
import { durationAxis } from "./duration-axis.ts";

describe("an axis of durations", () => {
  it.each([
    [0, 1, 1],
    [850, 500, 1_000],
    [5_900, 2_000, 6_000],
    [354_000, 120_000, 360_000],
    [7_000_000, 1_800_000, 7_200_000],
    [90_000_000, 43_200_000, 129_600_000],
  ])("up to %s ms has a tick each %s ms", (longest, interval, max) => {
    expect(durationAxis(longest)).toEqual({ interval, max });
  });

  it("has at most four ticks however long it is", () => {
    const axis = durationAxis(9_000_000_000);
    expect(axis.max / axis.interval).toBeLessThanOrEqual(4);
    expect(axis.max).toBeGreaterThanOrEqual(9_000_000_000);
  });
});
