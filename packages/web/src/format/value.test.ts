import { expect, it } from "vitest";
import { formatValue } from "./value.ts";

it.each([
  [0, "none", "0"],
  [97.456, "percent", "97.5 %"],
  [0.974, "ratio", "97.4 %"],
  [245, "seconds", "4 m 05 s"],
  [0.0004, "seconds", "0.4 ms"],
  [-3600, "seconds", "−1 h"],
  [1.5 * 1024 ** 3, "bytes", "1.5 GiB"],
  [84, "per_minute", "84 /min"],
  [0.001234, "per_second", "0.00123 /s"],
  [1.05, "count", "1"],
  [0.4, "count", "0"],
  [123_456, "count", "123 k"],
  [1e-9, "none", "1.00e-9"],
  [Number.NaN, "percent", "NaN"],
  [Number.POSITIVE_INFINITY, "seconds", "+∞"],
  [1_795_521_600, "timestamp", "24 Nov 12:00:00 UTC"],
] as const)("%s in %s is written %s", (value, unit, expected) => {
  const text = formatValue(value, { unit }).replaceAll("\u00a0", " ");
  expect(text.replace(" 2026", "")).toBe(expected);
});

it("has as many digits as were asked for", () => {
  expect(formatValue(2 / 3, { unit: "percent", decimals: 2 })).toBe("0.67\u00a0%");
});
