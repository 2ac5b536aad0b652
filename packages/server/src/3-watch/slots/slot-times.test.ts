import type { CompleteBy, Schedule } from "@batchwatch/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { clockTimeOn, dayOfWallTime } from "../../lib/calendar/clock-time.ts";
import { nextSlotAfter } from "../../lib/calendar/schedule-slots.ts";
import { completeByAtOf, startByAtOf } from "./slot-times.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const daily = (timeOfDayMs: number, timezone: string): Schedule => {
  const minute = Math.floor(timeOfDayMs / MINUTE_MS);
  const cron = `${minute % 60} ${Math.floor(minute / 60)} * * *`;
  return { kind: "cron", cron, seconds: false, timezone, earlyWindowMs: null, lateWindowMs: null };
};

const clock = (text: string): number => {
  const [hour = 0, minute = 0] = text.split(":").map(Number);
  return hour * HOUR_MS + minute * MINUTE_MS;
};

const by = (timeOfDayMs: number, more: Partial<CompleteBy> = {}): CompleteBy => ({
  timeOfDayMs,
  timezone: null,
  days: null,
  dayOffset: null,
  ...more,
});

describe("on the days on which Berlin changes its clocks", () => {
  // 2026-03-29: 02:00 to 03:00 does not exist. 2026-10-25: 02:00 to 03:00 happens twice.
  test.each<{ day: string; slot: string; limit: string; is: string; zone?: string }>([
    { day: "2026-03-29", slot: "01:30", limit: "02:45", is: "2026-03-29T01:00:00Z" },
    { day: "2026-03-29", slot: "02:30", limit: "02:45", is: "2026-03-29T01:15:00Z" },
    { day: "2026-03-29", slot: "02:30", limit: "03:00", is: "2026-03-29T01:30:00Z" },
    { day: "2026-03-29", slot: "02:30", limit: "03:01", is: "2026-03-29T01:01:00Z" },
    { day: "2026-03-29", slot: "02:30", limit: "06:00", is: "2026-03-29T04:00:00Z" },
    { day: "2026-03-29", slot: "02:30", limit: "02:15", is: "2026-03-30T00:15:00Z" },
    { day: "2026-03-29", slot: "02:30", limit: "02:45", is: "2026-03-29T01:15:00Z", zone: "Europe/Paris" },
    { day: "2026-03-29", slot: "02:30", limit: "01:15", is: "2026-03-29T01:15:00Z", zone: "UTC" },
    { day: "2026-03-29", slot: "02:30", limit: "00:45", is: "2026-03-30T00:45:00Z", zone: "UTC" },
    { day: "2026-10-25", slot: "02:30", limit: "02:45", is: "2026-10-25T00:45:00Z" },
    { day: "2026-10-25", slot: "02:30", limit: "03:15", is: "2026-10-25T02:15:00Z" },
  ])(
    "a slot of $day $slot that must complete by $limit $zone has until $is",
    ({ day, slot, limit, is, zone }) => {
      const schedule = daily(clock(slot), "Europe/Berlin");
      const slotAt = nextSlotAfter(schedule, clockTimeOn(day, 0, "Europe/Berlin") - 1) ?? 0;
      const limitAt = completeByAtOf(by(clock(limit)), slotAt, zone ?? "Europe/Berlin", schedule);
      expect(new Date(limitAt ?? 0).toISOString()).toBe(new Date(is).toISOString());
    },
  );

  test("the second 02:30 of a cadence has until the second 02:45", () => {
    const schedule = { ...daily(0, "Europe/Berlin"), cron: "30 * * * *" } as Schedule;
    const second = Date.parse("2026-10-25T01:30:00Z");
    expect(completeByAtOf(by(clock("02:45")), second, "Europe/Berlin", schedule)).toBe(
      second + 15 * MINUTE_MS,
    );
    const startBy = { kind: "clock" as const, timeOfDayMs: clock("02:45") };
    expect(startByAtOf(startBy, second, schedule)).toBe(second + 15 * MINUTE_MS);
  });
});

// ── properties ──────────────────────────────────────────────────────────────────────────────────────

/** A spring gap of some zone, with a time of day that it took away. */
const gaps = fc
  .record({
    zone: fc.constantFrom(...Intl.supportedValuesOf("timeZone")),
    year: fc.integer({ min: 1975, max: 2037 }),
    share: fc.double({ min: 0, max: 0.999, noNaN: true }),
  })
  .map(({ zone, year, share }) => {
    let zoned = Temporal.Instant.fromEpochMilliseconds(Date.UTC(year, 0, 1)).toZonedDateTimeISO(zone);
    for (let changes = 0; changes < 6; changes++) {
      const next = zoned.getTimeZoneTransition("next");
      if (next === null) return null;
      zoned = next;
      const at = next.epochMilliseconds;
      const before = next.subtract({ nanoseconds: 1 }).offsetNanoseconds / 1e6;
      const gapMs = next.offsetNanoseconds / 1e6 - before;
      if (gapMs < MINUTE_MS || gapMs > 12 * HOUR_MS || before % MINUTE_MS !== 0) continue;
      const wall = at + before + Math.floor((share * gapMs) / MINUTE_MS) * MINUTE_MS;
      return {
        zone,
        at,
        meantAt: wall,
        day: dayOfWallTime(wall),
        timeOfDayMs: wall - Math.floor(wall / DAY_MS) * DAY_MS,
      };
    }
    return null;
  })
  .filter((gap) => gap !== null);

test("a clock time after a slot that a gap moved is after it on the same day, at most its nominal distance away", {
  timeout: 60_000,
}, () => {
  fc.assert(
    fc.property(gaps, fc.integer({ min: 1, max: 1439 }), (gap, minutes) => {
      const schedule = daily(gap.timeOfDayMs, gap.zone);
      const timeOfDayMs = gap.timeOfDayMs + minutes * MINUTE_MS;
      fc.pre(timeOfDayMs < DAY_MS);
      expect(nextSlotAfter(schedule, gap.at - 1)).toBe(gap.at);
      const limitAt = completeByAtOf(by(timeOfDayMs), gap.at, gap.zone, schedule) ?? 0;
      expect(limitAt).toBeGreaterThan(gap.at);
      expect(limitAt).toBeLessThanOrEqual(gap.at + minutes * MINUTE_MS);
      // Where the clock shows that time after the slot, it is that time.
      const shown = clockTimeOn(gap.day, timeOfDayMs, gap.zone);
      expect(limitAt).toBe(shown > gap.at ? shown : gap.at + minutes * MINUTE_MS);
      expect(startByAtOf({ kind: "clock", timeOfDayMs }, gap.at, schedule)).toBe(limitAt);
      // The days of a deadline are those that the slot is meant for.
      const weekday = new Date(`${gap.day}T00:00:00Z`).toLocaleDateString("en", {
        weekday: "short",
        timeZone: "UTC",
      });
      const days = [weekday.toLowerCase() as "mon"];
      expect(completeByAtOf(by(timeOfDayMs, { days }), gap.at, gap.zone, schedule)).toBe(limitAt);
    }),
    { numRuns: 200, interruptAfterTimeLimit: 8000 },
  );
});
