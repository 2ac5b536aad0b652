import { describe, expect, it } from "vitest";
import { formatBytes, formatCount, formatExactCount, formatRate, formatRatio, plural } from "./count.ts";
import { formatCoarseDuration, formatDuration } from "./duration.ts";
import { formatFullInstant, formatInstant, formatRelative, isKnownZone } from "./instant.ts";

/** Reads no-break spaces as spaces, so that the tables below can be read. */
const spaced = (text: string) => text.replaceAll("\u00a0", " ");

describe("formatDuration", () => {
  it.each([
    [null, "–"],
    [0, "0 ms"],
    [850, "850 ms"],
    [999.7, "1 s"],
    [12_340, "12.3 s"],
    [59_940, "59.9 s"],
    [59_990, "1 m"],
    [185_000, "3 m 05 s"],
    [3_599_900, "1 h"],
    [3_840_000, "1 h 04 m"],
    [86_399_000, "1 d"],
    [183_600_000, "2 d 03 h"],
    [-2_000, "−2 s"],
  ])("says %s ms as %s", (ms, words) => {
    expect(spaced(formatDuration(ms))).toBe(words);
  });
});

describe("formatCoarseDuration", () => {
  it.each([
    [900, "0 s"],
    [14_900, "14 s"],
    [61_000, "1 m"],
    [7_800_000, "2 h 10 m"],
    [40_000_000, "11 h"],
    [180_000_000, "2 d"],
  ])("says %s ms as %s", (ms, words) => {
    expect(spaced(formatCoarseDuration(ms))).toBe(words);
  });
});

describe("counts", () => {
  it.each([
    [undefined, "–"],
    [0, "0"],
    [9_999, "9 999"],
    [12_345, "12.3 k"],
    [150_000, "150 k"],
    [999_600, "1 M"],
    [1_234_567, "1.2 M"],
    [3_000_000_000, "3 G"],
    [-20_000, "−20 k"],
  ])("formatCount says %s as %s", (count, words) => {
    expect(spaced(formatCount(count)).replace("-", "−")).toBe(words);
  });

  it("shows every figure where it is asked to", () => {
    expect(spaced(formatExactCount(1_234_567))).toBe("1 234 567");
    expect(spaced(formatExactCount(-1500.5))).toBe("−1 500.5");
  });

  it.each([
    [0, "0 /s"],
    [0.25, "0.25 /s"],
    [8.04, "8 /s"],
    [12_300, "12.3 k /s"],
  ])("formatRate says %s as %s", (rate, words) => {
    expect(spaced(formatRate(rate))).toBe(words);
  });

  it.each([
    [0, "0 %"],
    [0.0004, "< 0.1 %"],
    [0.0125, "1.3 %"],
    [0.5, "50 %"],
  ])("formatRatio says %s as %s", (ratio, words) => {
    expect(spaced(formatRatio(ratio))).toBe(words);
  });

  it.each([
    [0, "0 B"],
    [1023, "1023 B"],
    [1536, "1.5 KiB"],
    [1_503_238_553, "1.4 GiB"],
  ])("formatBytes says %s as %s", (bytes, words) => {
    expect(spaced(formatBytes(bytes))).toBe(words);
  });

  it("puts one thing in the singular", () => {
    expect(plural(1, "run")).toBe("1 run");
    expect(plural(2, "try", "tries")).toBe("2 tries");
  });
});

describe("instants", () => {
  const nowAt = Date.parse("2026-03-29T12:00:00Z");

  it.each([
    ["2026-03-29T12:00:00.400Z", "now"],
    ["2026-03-29T11:59:46Z", "14 s ago"],
    ["2026-03-29T14:10:00Z", "in 2 h 10 m"],
  ])("formatRelative says %s as %s", (at, words) => {
    expect(spaced(formatRelative(Date.parse(at), nowAt))).toBe(words);
  });

  it.each([
    // The clocks go forward at 01:00 UTC: 02:30 does not exist in Berlin that day.
    ["2026-03-29T00:59:59Z", "01:59:59 CET"],
    ["2026-03-29T01:00:00Z", "03:00:00 CEST"],
    ["2026-03-28T12:00:00Z", "28 Mar 13:00:00 CET"],
    ["2025-12-31T23:30:00Z", "00:30:00"],
  ])("shows %s in the zone's own time", (at, words) => {
    const text = formatInstant(Date.parse(at), {
      zone: "Europe/Berlin",
      nowAt,
      seconds: true,
      withZone: true,
    });
    expect(spaced(text)).toContain(words);
  });

  it("says the year where it is another one", () => {
    const text = formatInstant(Date.parse("2025-06-01T00:00:00Z"), { zone: "UTC", nowAt });
    expect(spaced(text)).toBe("1 Jun 2025 00:00");
  });

  it("gives the zone's and the universal time on hover", () => {
    expect(formatFullInstant(Date.parse("2026-03-29T01:00:00.007Z"), "Europe/Berlin")).toBe(
      "Sun 29 Mar 2026 03:00:00.007 Europe/Berlin\nSun 29 Mar 2026 01:00:00.007 UTC",
    );
  });

  it("knows which zones it knows", () => {
    expect(isKnownZone("Europe/Berlin")).toBe(true);
    expect(isKnownZone("Mars/Olympus")).toBe(false);
  });
});
