import { describe, expect, it } from "vitest";
import { axisTicks } from "./axis-ticks.ts";

const words = (lengthMs: number) =>
  axisTicks(lengthMs)
    .map(({ label }) => label.replaceAll("\u00a0", " "))
    .join(" · ");

describe("the axis of the steps", () => {
  it.each([
    [0, "0"],
    [1, "0 · 1 ms"],
    [2, "0 · 1 ms · 2 ms"],
    [3, "0 · 3 ms"],
    [4, "0 · 1 ms · 2 ms · 4 ms"],
    [8_000, "0 · 2 s · 4 s · 8 s"],
    [3_840_000, "0 · 16 m · 32 m · 1 h 04 m"],
  ])("of %s ms says no length twice", (lengthMs, expected) => {
    expect(words(lengthMs)).toBe(expected);
  });
});
