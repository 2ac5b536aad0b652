import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  durationText,
  formatDuration,
  formatExactDuration,
  MAX_DURATION_MS,
  parseDuration,
} from "./duration.ts";

describe("parseDuration", () => {
  test.each([
    ["90s", 90_000],
    ["1h 30m", 5_400_000],
    ["1h30m", 5_400_000],
    ["1 hour 5 minutes", 3_900_000],
    ["500ms", 500],
    ["1.5h", 5_400_000],
    ["2d", 172_800_000],
    ["1w", 604_800_000],
    [" 10 Min ", 600_000],
    ["PT15M", 900_000],
    ["P1DT2H", 93_600_000],
    ["0", 0],
    [1500, 1500],
    [0.4, 0],
  ])("%s is %d ms", (input, ms) => {
    expect(parseDuration(input)).toBe(ms);
  });

  test.each([
    ["", /no length of time/],
    ["90", /no unit: write 90s/],
    ["soon", /no length of time/],
    ["5 parsecs", /no length of time/],
    ["-5m", /no length of time/],
    [-1, /0 or more/],
    [Number.NaN, /0 or more/],
    [Number.POSITIVE_INFINITY, /0 or more/],
    ["30m 1h", /larger first/],
    ["1h 1h", /larger first/],
    ["11y", /no length of time/],
    ["4000d", /longer than ten years/],
    ["P", /no length of time/],
    ["PT", /no length of time/],
  ])("%s is refused", (input, message) => {
    expect(() => parseDuration(input)).toThrow(message);
  });

  test("reads back every duration that durationText writes", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: MAX_DURATION_MS }), (ms) => {
        expect(parseDuration(durationText(ms))).toBe(ms);
      }),
    );
  });

  test("answers whole milliseconds or a RangeError, whatever the text", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9.hmsdw ]{0,20}$/)), (text) => {
        try {
          expect(Number.isSafeInteger(parseDuration(text))).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
    );
  });
});

describe("formatDuration", () => {
  test.each([
    [0, "0 ms"],
    [850, "850 ms"],
    [999.6, "1 s"],
    [12_340, "12.3 s"],
    [59_940, "59.9 s"],
    [59_960, "1 m"],
    [245_000, "4 m 05 s"],
    [3_599_600, "1 h"],
    [3_840_000, "1 h 04 m"],
    [86_399_999, "1 d"],
    [183_600_000, "2 d 03 h"],
    [-1500, "−1.5 s"],
    [Number.NaN, "–"],
  ])("%d ms is shown as %s", (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  test("never shows 60 s, 60 m or 24 h", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: MAX_DURATION_MS, noNaN: true }), (ms) => {
        expect(formatDuration(ms)).not.toMatch(/\b(60 s|60 m|24 h)\b/);
      }),
    );
  });
});

test.each([
  [20_000, "20 s"],
  [3_840_000, "1 h 04 m"],
  [5_415_000, "1 h 30 m 15 s"],
  [1_234, "1 s 234 ms"],
  [0, "0 ms"],
])("a limit of %d ms is shown exactly, as %s", (ms, text) => {
  expect(formatExactDuration(ms)).toBe(text);
});
