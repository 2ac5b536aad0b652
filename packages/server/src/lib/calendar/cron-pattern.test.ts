import { describe, expect, test } from "vitest";
import { validateCron } from "./cron-pattern.ts";

describe("a pattern is refused with a sentence that says what to do", () => {
  test.each([
    ["six fields without seconds", "0 0 2 * * *", false, /six fields; five are expected.*"seconds: true"/],
    ["five fields with seconds", "0 2 * * *", true, /needs six \(second minute/],
    ["too few", "0 2 *", false, /has 3 fields; five are expected/],
    ["nothing", "  ", false, /is empty; write five fields/],
    ["30 February", "0 0 30 2 *", false, /never matches: no such day exists/],
    ["31 April and June", "0 0 31 4,6 *", false, /never matches/],
    ["one field", "daily", false, /has 1 field; five/],
    [
      "a minute that doesn't exist",
      "61 * * * *",
      false,
      /can't be read: the minute "61" is not valid \(0 to 59\)$/,
    ],
    ["an hour that doesn't exist", "0 24 * * *", false, /the hour "24"/],
    ["two mistakes", "61 24 * * *", false, /the minute "61" is not valid .*; the hour "24" is not valid/],
    ["words", "every day at 2 am", false, /can't be read/],
    ["a start of the machine", "@reboot", false, /can't be read/],
  ])("%s", (_name, text, seconds, message) => {
    expect(validateCron(text, { seconds })).toMatch(message);
  });

  test("a zone that nobody knows", () => {
    expect(validateCron("0 2 * * *", { seconds: false, timezone: "Europe/Atlantis" })).toMatch(
      /"Europe\/Atlantis" is no time zone.*IANA name/,
    );
  });
});

test.each([
  ["0 2 * * *", false],
  ["0 0 29 2 *", false],
  ["*/15 8-18 * * MON-FRI", false],
  ["0 0 L * *", false],
  ["0 9 * * FRI#2", false],
  ["@daily", false],
  ["*/10 * * * * *", true],
])("%s is good", (text, seconds) => {
  expect(validateCron(text, { seconds, timezone: "Europe/Berlin" })).toBeNull();
});
