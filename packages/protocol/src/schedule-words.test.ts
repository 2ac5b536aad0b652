import { expect, test } from "vitest";
import { scheduleProblems } from "./schedule-words.ts";

const told = (schedule: unknown): string[] =>
  scheduleProblems(schedule, () => null).map(({ field, message }) => `${field}: ${message}`);

test.each([
  "0 2 * * *",
  "@daily",
  "@Hourly",
  "every 15m",
  "@every 1h",
  { cron: "0 2 * * *" },
  { every: "1d" },
  null,
  5,
])("%j is not complained of", (schedule) => {
  expect(told(schedule)).toEqual([]);
});

test.each([
  ["daily", /^schedule: "daily" is no schedule; did you mean "@daily" .*"0 2 \* \* \*"/],
  ["every day", /^schedule: "day" is no interval; did you mean "@daily"/],
  ["every day at 2 am", /did you mean "@daily"/],
  ["every blue moon", 'schedule: "blue moon" is no interval; write it like "every 15m"'],
  ["every 10ms", /the shortest interval is 1s/],
  ["15m", 'schedule: "15m" is no schedule; did you mean "every 15m"?'],
  ["02:30", 'schedule: "02:30" is no schedule; did you mean "30 2 * * *" (every day at that time)?'],
  ["@nightly", /did you mean "0 2 \* \* \*"/],
  ["@dayly", 'schedule: "@dayly" is no schedule; did you mean "@daily"?'],
  ["@reboot", /known are @hourly, @daily/],
  ["5", "schedule: has 1 field; a cron expression has five: minute hour day month weekday"],
  ["0 2 * *", /^schedule: has 4 fields;/],
  ["0 0 2 * * *", /^schedule: has six fields;.*seconds: true/],
  ["", /^schedule: must not be empty/],
  [{ cron: "0 2 * * *", seconds: true }, /^schedule.cron: has 5 fields; with "seconds: true".* six/],
  [{ cron: "weekly" }, /^schedule.cron: "weekly" is no schedule; did you mean "@weekly"/],
  [{ every: "10ms" }, "schedule.every: must be at least 1s"],
  [{}, 'schedule: needs either "cron" or "every"'],
])("%j is told with the nearest form", (schedule, message) => {
  expect(told(schedule)).toHaveLength(1);
  expect(told(schedule)[0]).toMatch(message);
});

test("the calendar's own finding is passed on, and is not asked about a wrong zone", () => {
  const asked: string[] = [];
  const problems = scheduleProblems({ cron: "61 * * * *", timezone: "Mars" }, (_cron, { timezone }) => {
    asked.push(timezone);
    return "minute 61 does not exist";
  });
  expect([problems, asked]).toEqual([
    [{ field: "schedule.cron", message: "minute 61 does not exist" }],
    ["UTC"],
  ]);
});
