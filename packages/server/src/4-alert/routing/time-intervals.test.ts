import { describe, expect, it } from "vitest";
import { parseAlertmanagerConfig } from "./parse-alertmanager-config.ts";
import type { FilePaths } from "./receiver-kinds.ts";
import { isInInterval, quietBecause } from "./time-intervals.ts";

const NO_FILES: FilePaths = { locate: (path) => ({ ok: true, path }) };

function read(periods: string) {
  const text = `route: {receiver: a}\nreceivers: [{name: a}]\ntime_intervals:\n- name: t\n  time_intervals: ${periods}`;
  return parseAlertmanagerConfig(text, NO_FILES);
}

function holds(periods: string, at: string): boolean {
  const reading = read(periods);
  const interval = reading.ok ? reading.config.timeIntervals.get("t") : undefined;
  if (interval === undefined) throw new Error(JSON.stringify(reading));
  return isInInterval(interval, Date.parse(at));
}

const BUSINESS =
  "[{times: [{start_time: 09:00, end_time: '17:00'}], weekdays: ['monday:friday'], location: Australia/Sydney}]";
const NIGHTS =
  "[{times: [{start_time: '22:00', end_time: '24:00'}, {start_time: 00:00, end_time: 06:30}], location: Europe/Berlin}]";

describe("time intervals", () => {
  it.each([
    // 24 November 2026 is a Tuesday
    ["[{}]", "2026-11-24T02:00:00Z", true],
    ["[]", "2026-11-24T02:00:00Z", false],
    [BUSINESS, "2026-11-23T22:00:00Z", true],
    [BUSINESS, "2026-11-23T21:59:59Z", false],
    [BUSINESS, "2026-11-24T06:00:00Z", false],
    [BUSINESS, "2026-11-20T22:30:00Z", false],
    [NIGHTS, "2026-11-24T05:29:59Z", true],
    [NIGHTS, "2026-11-24T05:30:00Z", false],
    [NIGHTS, "2026-07-01T04:29:00Z", true],
    [NIGHTS, "2026-07-01T04:30:00Z", false],
    // The hour that comes twice in autumn counts twice.
    [
      "[{times: [{start_time: '02:00', end_time: '03:00'}], location: Europe/Berlin}]",
      "2026-10-25T00:30:00Z",
      true,
    ],
    [
      "[{times: [{start_time: '02:00', end_time: '03:00'}], location: Europe/Berlin}]",
      "2026-10-25T01:30:00Z",
      true,
    ],
    [
      "[{times: [{start_time: '02:00', end_time: '03:00'}], location: Europe/Berlin}]",
      "2026-10-25T02:00:00Z",
      false,
    ],
    ["[{weekdays: [Sunday, 'thursday:saturday']}]", "2026-11-22T00:00:00Z", true],
    ["[{weekdays: [Sunday, 'thursday:saturday']}]", "2026-11-24T00:00:00Z", false],
    ["[{days_of_month: ['-3:-1']}]", "2026-02-26T00:00:00Z", true],
    ["[{days_of_month: ['-3:-1']}]", "2026-02-25T23:59:59Z", false],
    ["[{days_of_month: ['-1']}]", "2028-02-29T12:00:00Z", true],
    ["[{days_of_month: ['31']}]", "2026-11-30T12:00:00Z", false],
    ["[{days_of_month: ['28:31']}]", "2026-02-28T12:00:00Z", true],
    ["[{days_of_month: ['15:-1']}]", "2026-02-15T12:00:00Z", true],
    ["[{months: ['january:March', 12]}]", "2026-12-31T23:59:59Z", true],
    ["[{months: ['1:3']}]", "2026-04-01T00:00:00Z", false],
    ["[{years: ['2020:2026', 2030]}]", "2026-12-31T23:59:59Z", true],
    ["[{years: ['2020:2025', 2030]}]", "2026-01-01T00:00:00Z", false],
    ["[{months: [may], years: [2026]}, {weekdays: [tuesday]}]", "2026-11-24T00:00:00Z", true],
    ["[{months: [may], weekdays: [tuesday]}]", "2026-11-24T00:00:00Z", false],
  ])("%s at %s: %s", (periods, at, expected) => {
    expect(holds(periods, at)).toBe(expected);
  });

  it.each([
    [
      "[{times: [{start_time: '22:00', end_time: '06:00'}]}]",
      /end_time: must be after start_time; a night is two ranges/,
    ],
    [
      "[{times: [{start_time: 9:00, end_time: '10:00'}]}]",
      /start_time: must be a time of day from 00:00 to 24:00/,
    ],
    ["[{times: [{start_time: '09:00'}]}]", /has no end_time/],
    ["[{weekdays: [mon]}]", /weekdays\[0\]: must be a day such as monday/],
    ["[{weekdays: ['friday:monday']}]", /ends before it starts: write two ranges/],
    ["[{days_of_month: [0]}]", /must be a day from 1 to 31/],
    ["[{days_of_month: ['-3:3']}]", /counts its start from the end of the month/],
    ["[{days_of_month: ['10:5']}]", /ends before it starts/],
    ["[{months: [13]}]", /must be a month by name or number/],
    ["[{location: Atlantis}]", /location: must be a time zone/],
    ["[{hours: [1]}]", /hours: is not known/],
  ])("%s is refused", (periods, why) => {
    const reading = read(periods);
    expect(
      reading.ok ? "" : reading.problems.map(({ field, message }) => `${field}: ${message}`).join("\n"),
    ).toMatch(why);
  });

  it("say why a route sends nothing", () => {
    const reading = read(NIGHTS);
    if (!reading.ok) throw new Error("not read");
    const { root, timeIntervals } = reading.config;
    const because = (part: object, at: string) =>
      quietBecause({ ...root.options, ...part }, timeIntervals, Date.parse(at));
    const [night, day] = ["2026-11-24T02:00:00Z", "2026-11-24T12:00:00Z"];
    expect(because({ muteTimeIntervals: ["t"] }, night)).toBe("muted by time interval t");
    expect(because({ muteTimeIntervals: ["t"] }, day)).toBeNull();
    expect(because({ activeTimeIntervals: ["t"] }, day)).toBe("outside of the active time interval t");
    expect(because({ activeTimeIntervals: ["t"] }, night)).toBeNull();
    expect(because({}, night)).toBeNull();
  });
});
