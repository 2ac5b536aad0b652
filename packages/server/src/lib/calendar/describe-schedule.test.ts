import type { Schedule } from "@batchwatch/protocol";
import { expect, test } from "vitest";
import { describeSchedule } from "./describe-schedule.ts";
import { besideText, instantText, timeOfDayText, withoutToday } from "./time-text.ts";

function cron(pattern: string): Schedule {
  return {
    kind: "cron",
    cron: pattern,
    seconds: pattern.split(" ").length === 6,
    timezone: "Europe/Berlin",
    earlyWindowMs: null,
    lateWindowMs: null,
  };
}

test.each([
  ["0 2 * * *", "every day at 02:00 Europe/Berlin"],
  ["@daily", "every day at 00:00 Europe/Berlin"],
  ["30 2,14 * * *", "every day at 02:30 and 14:30 Europe/Berlin"],
  ["0 6 * * 1-5", "Monday to Friday at 06:00 Europe/Berlin"],
  ["0 6 * * MON,WED,FRI", "every Monday, Wednesday and Friday at 06:00 Europe/Berlin"],
  ["0 6 * * 7", "every Sunday at 06:00 Europe/Berlin"],
  ["*/15 * * * *", "every 15 minutes Europe/Berlin"],
  ["* * * * *", "every minute Europe/Berlin"],
  ["0 * * * *", "every hour Europe/Berlin"],
  ["5 */2 * * *", "every 2 hours at 5 min past Europe/Berlin"],
  ["0 9-17 * * 1-5", "every hour from 09:00 to 17:00, Monday to Friday Europe/Berlin"],
  ["0 4 1 * *", "on day 1 of every month at 04:00 Europe/Berlin"],
  ["0 4 L * *", "on the last day of every month at 04:00 Europe/Berlin"],
  ["0 4 31 12 *", "every year on day 31 of December at 04:00 Europe/Berlin"],
  ["0 0 2 * * *", "every day at 02:00 Europe/Berlin"],
  ["*/10 * * * * *", 'cron "*/10 * * * * *" Europe/Berlin'],
  ["0 4 1 * 1", 'cron "0 4 1 * 1" Europe/Berlin'],
])("%s is said as: %s", (pattern, text) => {
  expect(describeSchedule(cron(pattern))).toBe(text);
});

test("an interval is said as a length of time", () => {
  expect(
    describeSchedule({
      kind: "interval",
      everyMs: 5_400_000,
      timezone: "UTC",
      earlyWindowMs: null,
      lateWindowMs: null,
    }),
  ).toBe("at least every 1 h 30 m");
});

test("instants are said with their zone", () => {
  const at = Date.parse("2026-11-23T01:10:05Z");
  expect(instantText(at, "Europe/Berlin")).toBe("2026-11-23 02:10:05 Europe/Berlin");
  expect(timeOfDayText(6 * 3_600_000)).toBe("06:00");
});

const SLOT_AT = Date.parse("2026-11-23T01:00:00Z");

test.each([
  ["the same day", "2026-11-23T01:10:05Z", "02:10:05"],
  ["the same day there, another in UTC", "2026-11-22T23:30:00Z", "00:30"],
  ["the next day there, the same in UTC", "2026-11-23T23:30:00Z", "2026-11-24 00:30"],
])("beside another instant: %s", (_name, at, text) => {
  expect(besideText(Date.parse(at), "Europe/Berlin", SLOT_AT)).toBe(text);
});

test.each([
  ["The run failed at 2026-11-23 02:10:05 Europe/Berlin: x.", "The run failed at 02:10:05 Europe/Berlin: x."],
  ["The slot of 2026-11-22 02:00 Europe/Berlin.", "The slot of 2026-11-22 02:00 Europe/Berlin."],
  ["It said: 2026-11-23 02:10:05 ERROR no space", "It said: 2026-11-23 02:10:05 ERROR no space"],
])("today's date is left out of what we wrote, and of nothing else: %s", (text, shorter) => {
  expect(withoutToday(text, "Europe/Berlin", SLOT_AT)).toBe(shorter);
});
