import { WEEKDAYS } from "@batchwatch/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { addDays, clockTimeOn, localDay, timeOfDayOfWallTime, weekdayOf } from "./clock-time.ts";
import { instantOfWallTime, isTimeZone, wallTimeOf } from "./zone-offsets.ts";

const HOUR_MS = 3_600_000;

test.each([
  ["an ordinary day", "2026-11-23", 6 * HOUR_MS, "Europe/Berlin", "2026-11-23T05:00:00.000Z"],
  [
    "in the gap: the first instant after it",
    "2026-03-29",
    2.5 * HOUR_MS,
    "Europe/Berlin",
    "2026-03-29T01:00:00.000Z",
  ],
  [
    "in the fold: the first occurrence",
    "2026-10-25",
    2.5 * HOUR_MS,
    "Europe/Berlin",
    "2026-10-25T00:30:00.000Z",
  ],
  ["west of Greenwich", "2026-11-01", 1.5 * HOUR_MS, "America/New_York", "2026-11-01T05:30:00.000Z"],
  ["half-hour zones", "2026-06-01", 0, "Asia/Kolkata", "2026-05-31T18:30:00.000Z"],
])("a clock time on a day: %s", (_name, day, timeOfDayMs, zone, expected) => {
  expect(new Date(clockTimeOn(day, timeOfDayMs, zone)).toISOString()).toBe(expected);
});

test("days and weekdays", () => {
  expect(localDay(Date.parse("2026-11-22T23:30:00Z"), "Europe/Berlin")).toBe("2026-11-23");
  expect(timeOfDayOfWallTime(wallTimeOf(Date.parse("2026-11-22T23:30:00Z"), "Europe/Berlin"))).toBe(
    0.5 * HOUR_MS,
  );
  expect(weekdayOf("2026-11-23")).toBe("mon");
  expect(weekdayOf("1969-12-28")).toBe("sun");
  expect(addDays("2026-02-28", 1)).toBe("2026-03-01");
  expect(() => addDays("yesterday", 1)).toThrow("YYYY-MM-DD");
  expect(WEEKDAYS).toContain(weekdayOf("2026-01-01"));
});

test("zones are known by their names", () => {
  expect(isTimeZone("Europe/Berlin")).toBe(true);
  expect(isTimeZone("UTC")).toBe(true);
  expect(isTimeZone("Europe/Atlantis")).toBe(false);
  expect(isTimeZone("")).toBe(false);
});

test("wall time and instant agree with Temporal in every zone", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...Intl.supportedValuesOf("timeZone")),
      fc.integer({ min: Date.UTC(1975, 0, 1), max: Date.UTC(2037, 11, 31) }),
      (zone, at) => {
        const zoned = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone);
        const wallAt = wallTimeOf(at, zone);
        expect(new Date(wallAt).toISOString().slice(0, 19)).toBe(
          zoned.toPlainDateTime().toString().slice(0, 19),
        );
        const first = zoned.toPlainDateTime().toZonedDateTime(zone, { disambiguation: "earlier" });
        expect(instantOfWallTime(wallAt, zone)).toBe(first.epochMilliseconds);
      },
    ),
    { numRuns: 300, interruptAfterTimeLimit: 4000 },
  );
});
