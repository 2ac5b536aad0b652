import { describe, expect, it } from "vitest";
import {
  absoluteRange,
  alignedTo,
  lengthOf,
  moved,
  periodOf,
  readTimeRange,
  relativeRange,
  stepFor,
} from "./time-range.ts";

const NOW = Date.parse("2026-11-24T12:00:00Z");
const HOUR = 3_600_000;

describe("a time range in the address", () => {
  it.each([
    ["now-6h", "now", 6 * HOUR],
    ["now-7d", "now-1d", 6 * 24 * HOUR],
    [String(NOW - HOUR), String(NOW), HOUR],
    ["2026-11-24T10:00:00Z", "2026-11-24T10:30:00Z", HOUR / 2],
  ])("from %s to %s is %s ms long", (from, to, length) => {
    const period = periodOf({ from, to }, NOW);
    expect(period && period.to - period.from).toBe(length);
  });

  it.each([
    ["now", "now-6h"],
    ["yesterday", "now"],
    ["now-6x", "now"],
    ["", "now"],
  ])("from %s to %s is none", (from, to) => {
    expect(periodOf({ from, to }, NOW)).toBeNull();
  });

  it("falls back on the usual one where it cannot be read", () => {
    const usual = relativeRange("24h");
    expect(readTimeRange(new URLSearchParams(), usual)).toEqual(usual);
    expect(readTimeRange(new URLSearchParams({ from: "nonsense" }), usual)).toEqual(usual);
    expect(readTimeRange(new URLSearchParams({ from: "now-1h" }), usual)).toEqual({
      from: "now-1h",
      to: "now",
    });
  });

  it("knows the length of a relative one only", () => {
    expect(lengthOf(relativeRange("6h"))).toBe("6h");
    expect(lengthOf({ from: "0", to: "now" })).toBeNull();
  });

  it("moves by half its length, and not beyond now", () => {
    const period = { from: NOW - 4 * HOUR, to: NOW - 2 * HOUR };
    expect(periodOf(moved(period, "back", NOW), NOW)).toEqual({ from: NOW - 5 * HOUR, to: NOW - 3 * HOUR });
    expect(periodOf(moved(period, "out", NOW), NOW)).toEqual({ from: NOW - 5 * HOUR, to: NOW - HOUR });
    expect(periodOf(moved({ from: NOW - HOUR, to: NOW }, "ahead", NOW), NOW)).toEqual({
      from: NOW - HOUR,
      to: NOW,
    });
  });

  it("is never shorter than a minute when it is picked", () => {
    expect(absoluteRange({ from: 1_000, to: 1_500 })).toEqual({ from: "1000", to: "61000" });
  });
});

describe("the steps of a range", () => {
  it.each([
    ["15m", 15_000],
    ["6h", 60_000],
    ["24h", 300_000],
    ["7d", 1_800_000],
    ["90d", 6 * HOUR],
  ])("of %s are %s ms", (length, step) => {
    expect(stepFor(periodOf(relativeRange(length), NOW) ?? { from: 0, to: 0 })).toBe(step);
  });

  it("stand at multiples of the step", () => {
    expect(alignedTo({ from: 61_000, to: 119_999 }, 30_000)).toEqual({ from: 60_000, to: 90_000 });
  });
});
