import type { Schedule } from "@batchwatch/protocol";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { nextSlotAfter, slotBefore, slotsBetween } from "./schedule-slots.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

function cron(pattern: string, timezone: string): Schedule {
  return {
    kind: "cron",
    cron: pattern,
    seconds: pattern.split(" ").length === 6,
    timezone,
    earlyWindowMs: null,
    lateWindowMs: null,
  };
}

function isoSlots(pattern: string, timezone: string, from: string, to: string): string[] {
  return slotsBetween(cron(pattern, timezone), Date.parse(from), Date.parse(to)).map((at) =>
    new Date(at).toISOString().slice(5, 16),
  );
}

describe("in the spring gap", () => {
  // Berlin, 29 March 2026: 02:00 CET (01:00Z) becomes 03:00 CEST.
  test.each([
    ["a slot inside the gap happens once, at its end", "30 2 * * *", ["03-29T01:00"]],
    ["the slot at the gap's first minute too", "0 2 * * *", ["03-29T01:00"]],
    ["several in the gap are one", "0,30 2 * * *", ["03-29T01:00"]],
    [
      "one in the gap and one at its end are one",
      "0 1-4 * * *",
      ["03-29T00:00", "03-29T01:00", "03-29T02:00"],
    ],
    ["an hour list keeps each of its hours", "30 2,14 * * *", ["03-29T01:00", "03-29T12:30"]],
    ["a slot after the gap stands", "30 3 * * *", ["03-29T01:30"]],
    ["every two hours in real time has no slot in it", "0 0-5/2 * * *", ["03-28T23:00", "03-29T02:00"]],
  ])("%s", (_name, pattern, slots) => {
    expect(isoSlots(pattern, "Europe/Berlin", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z")).toEqual(slots);
  });

  test("a cadence keeps its pace", () => {
    const slots = slotsBetween(
      cron("*/15 * * * *", "Europe/Berlin"),
      Date.parse("2026-03-29T00:00:00Z"),
      Date.parse("2026-03-29T03:00:00Z"),
    );
    expect(slots).toHaveLength(12);
    expect(new Set(slots.slice(1).map((at, index) => at - (slots[index] ?? 0)))).toEqual(
      new Set([15 * MINUTE_MS]),
    );
  });

  test("midnight itself may be missing, and the day has its slot all the same", () => {
    // Cairo, 24 April 2026: 00:00 becomes 01:00 (22:00Z the day before).
    expect(isoSlots("0 0 * * *", "Africa/Cairo", "2026-04-23T12:00:00Z", "2026-04-24T12:00:00Z")).toEqual([
      "04-23T22:00",
    ]);
  });

  test("a gap of half an hour is a gap", () => {
    // Lord Howe, 4 October 2026: 02:00 becomes 02:30.
    expect(
      isoSlots("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00:00Z", "2026-10-04T12:00:00Z"),
    ).toEqual(["10-03T15:30"]);
  });
});

describe("in the autumn fold", () => {
  // Berlin, 25 October 2026: 03:00 CEST (01:00Z) becomes 02:00 CET.
  test.each([
    ["a fixed time happens at its first occurrence", "30 2 * * *", ["10-25T00:30"]],
    ["a fixed hour with every quarter of it too", "*/30 2 * * *", ["10-25T00:00", "10-25T00:30"]],
    ["the first time after the fold stands", "0 3 * * *", ["10-25T02:00"]],
    ["an hour range has each hour once", "0 1-3 * * *", ["10-24T23:00", "10-25T00:00", "10-25T02:00"]],
    ["an hourly cadence has both", "0 * * * *", ["10-24T23:00", "10-25T00:00", "10-25T01:00", "10-25T02:00"]],
    [
      "all hours listed are a cadence",
      "0 0-23 * * *",
      ["10-24T23:00", "10-25T00:00", "10-25T01:00", "10-25T02:00"],
    ],
  ])("%s", (_name, pattern, slots) => {
    expect(isoSlots(pattern, "Europe/Berlin", "2026-10-24T22:30:00Z", "2026-10-25T02:30:00Z")).toEqual(slots);
  });

  test("asked from between the two occurrences, the next fixed slot is tomorrow's", () => {
    const next = nextSlotAfter(cron("30 2 * * *", "Europe/Berlin"), Date.parse("2026-10-25T00:45:00Z"));
    expect(next).toBe(Date.parse("2026-10-26T01:30:00Z"));
  });
});

test("a day that the zone skipped has no slot", () => {
  // Apia had no 30 December 2011.
  expect(isoSlots("0 2 * * *", "Pacific/Apia", "2011-12-29T00:00:00Z", "2012-01-01T00:00:00Z")).toEqual([
    "12-29T12:00",
    "12-30T12:00",
    "12-31T12:00",
  ]);
});

test("from is included and to is not", () => {
  const daily = cron("0 2 * * *", "UTC");
  const at = Date.parse("2026-11-23T02:00:00Z");
  expect(slotsBetween(daily, at, at + DAY_MS)).toEqual([at]);
  expect(nextSlotAfter(daily, at)).toBe(at + DAY_MS);
  expect(nextSlotAfter(daily, at - 1)).toBe(at);
  expect(slotBefore(daily, at)).toBe(at - DAY_MS);
  expect(slotBefore(daily, at + 1)).toBe(at);
});

test("a leap day comes every four years, and not in 2100", () => {
  const leap = cron("0 0 29 2 *", "UTC");
  expect(nextSlotAfter(leap, Date.parse("2096-03-01T00:00:00Z"))).toBe(Date.parse("2104-02-29T00:00:00Z"));
  expect(slotBefore(leap, Date.parse("2104-01-01T00:00:00Z"))).toBe(Date.parse("2096-02-29T00:00:00Z"));
});

test("seconds count where they are allowed", () => {
  expect(slotsBetween(cron("*/20 * * * * *", "Asia/Tokyo"), 0, MINUTE_MS).map((at) => at / 1000)).toEqual([
    0, 20, 40,
  ]);
});

test("an interval counts from its anchor", () => {
  const schedule: Schedule = {
    kind: "interval",
    everyMs: HOUR_MS,
    timezone: "UTC",
    earlyWindowMs: null,
    lateWindowMs: null,
  };
  expect(nextSlotAfter(schedule, 1234)).toBe(1234 + HOUR_MS);
  expect(slotsBetween(schedule, 1234, 1234 + 3 * HOUR_MS)).toEqual([1234 + HOUR_MS, 1234 + 2 * HOUR_MS]);
});

// Bounded by interruptAfterTimeLimit; one run of a property may be slow on a loaded machine.
vi.setConfig({ testTimeout: 60_000 });

// ── properties ──────────────────────────────────────────────────────────────────────────────────────

const zones = fc.constantFrom(...Intl.supportedValuesOf("timeZone"));
const RUNS = { numRuns: 100, interruptAfterTimeLimit: 4000 };
/** A window around a change of the zone's offset where the zone has one, else around any time. */
const changes = fc
  .record({ zone: zones, year: fc.integer({ min: 1975, max: 2037 }) })
  .map(({ zone, year }) => {
    const start = Temporal.Instant.fromEpochMilliseconds(Date.UTC(year, 0, 1)).toZonedDateTimeISO(zone);
    const at = start.getTimeZoneTransition("next")?.epochMilliseconds ?? start.epochMilliseconds;
    return { zone, from: at - 36 * HOUR_MS, to: at + 36 * HOUR_MS, at };
  });

function wall(at: number, zone: string): Temporal.PlainDateTime {
  return Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone).toPlainDateTime();
}

describe("over many zones and years", () => {
  test("a cadence has exactly the real minutes whose wall clock shows its minute", () => {
    fc.assert(
      fc.property(changes, fc.constantFrom(1, 5, 10, 15, 20, 30), ({ zone, at }, step) => {
        const from = at - 3 * HOUR_MS;
        const to = at + 3 * HOUR_MS;
        const expected: number[] = [];
        for (let minute = Math.ceil(from / MINUTE_MS) * MINUTE_MS; minute < to; minute += MINUTE_MS) {
          const shown = wall(minute, zone);
          if (shown.second === 0 && shown.minute % step === 0) expected.push(minute);
        }
        // Offsets with seconds (before 1972 in Liberia) would need a finer reference.
        fc.pre(wall(from - (from % MINUTE_MS), zone).second === 0);
        expect(slotsBetween(cron(`*/${step} * * * *`, zone), from, to)).toEqual(expected);
      }),
      RUNS,
    );
  });

  test("a daily time has one slot on each day that exists, never before its time and never in a gap", () => {
    fc.assert(
      fc.property(
        changes,
        fc.integer({ min: 0, max: 23 }),
        fc.integer({ min: 0, max: 59 }),
        ({ zone, from, to, at }, hour, minute) => {
          const slots = slotsBetween(cron(`${minute} ${hour} * * *`, zone), from, to);
          const byDay = Map.groupBy(slots, (slot) => wall(slot, zone).toPlainDate().toString());
          for (const [, ofDay] of byDay) expect(ofDay).toHaveLength(1);
          for (const slot of slots) {
            const shown = wall(slot, zone);
            const nominal = shown.toPlainDate().toPlainDateTime({ hour, minute });
            const exact = Temporal.PlainDateTime.compare(shown, nominal) === 0;
            // Else the nominal time doesn't exist, and this is the first instant after the gap.
            if (!exact) {
              expect(slot).toBe(at);
              expect(Temporal.PlainDateTime.compare(shown, nominal)).toBeGreaterThan(0);
            } else {
              expect(nominal.toZonedDateTime(zone, { disambiguation: "earlier" }).epochMilliseconds).toBe(
                slot,
              );
            }
          }
          // Whole local days inside the window, skipped days excepted, each have their slot.
          for (let day = from + 25 * HOUR_MS; day < to - 25 * HOUR_MS; day += 6 * HOUR_MS)
            expect(byDay.has(wall(day, zone).toPlainDate().toString())).toBe(true);
        },
      ),
      RUNS,
    );
  });

  test("slots are in order, none twice, and walking one by one gives the same", () => {
    const patterns = fc.constantFrom(
      "0 2,14 * * *",
      "30 1-3 * * *",
      "*/20 2 * * *",
      "0 */3 * * *",
      "15 2 * * 0",
      "45 * * * *",
    );
    fc.assert(
      fc.property(changes, patterns, ({ zone, from, to }, pattern) => {
        const schedule = cron(pattern, zone);
        const slots = slotsBetween(schedule, from, to);
        let at = from - 1;
        for (const slot of slots) {
          expect(slot).toBeGreaterThan(at);
          expect(nextSlotAfter(schedule, at)).toBe(slot);
          expect(nextSlotAfter(schedule, slot - 1)).toBe(slot);
          at = slot;
        }
      }),
      RUNS,
    );
  });
});
