import { describe, expect, it } from "vitest";
import { readSampleValue, splitPlace } from "./prometheus.ts";

describe("what the engine says", () => {
  it.each([
    [
      'invalid parameter "query": 1:4: parse error: unexpected end of input',
      "unexpected end of input",
      { line: 1, column: 4 },
    ],
    ["2:10: parse error: bad\nthing", "bad\nthing", { line: 2, column: 10 }],
    ["query timed out", "query timed out", null],
  ])("%j is read with its place", (text, message, place) => {
    expect(splitPlace(text)).toEqual({ message, place });
  });

  it.each([
    ["1.5e3", 1_500],
    ["NaN", Number.NaN],
    ["+Inf", Number.POSITIVE_INFINITY],
    ["-Inf", Number.NEGATIVE_INFINITY],
  ])("the sample %s is read as a number", (text, value) => {
    expect(readSampleValue(text)).toBe(value);
  });
});
