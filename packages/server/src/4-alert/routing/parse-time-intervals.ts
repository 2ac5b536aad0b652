/** `time_intervals` of an Alertmanager file (and `mute_time_intervals`, its older name). */
import { isTimeZone } from "../../lib/calendar/zone-offsets.ts";
import type { NumberRange, TimeInterval, TimePeriod } from "../../model/routing.ts";
import type { ConfigSection } from "./config-section.ts";

const MONTHS = "january february march april may june july august september october november december".split(
  " ",
);
const WEEKDAYS = "sunday monday tuesday wednesday thursday friday saturday".split(" ");
const PERIOD_KEYS = ["times", "weekdays", "days_of_month", "months", "years", "location"] as const;
/** The shortest month decides whether a range can ever hold. */
const SHORTEST_MONTH = 28;

export function parseTimeIntervals(file: ConfigSection): Map<string, TimeInterval> {
  const intervals = new Map<string, TimeInterval>();
  for (const section of [...file.sections("mute_time_intervals"), ...file.sections("time_intervals")]) {
    section.allow(["name", "time_intervals"]);
    const name = section.text("name") ?? "";
    if (name === "") section.note("has no name, by which routes could use it");
    if (intervals.has(name)) section.note(`is the name of another time interval already`, "name");
    intervals.set(name, { name, periods: section.sections("time_intervals").map(parsePeriod) });
  }
  return intervals;
}

function parsePeriod(section: ConfigSection): TimePeriod {
  section.allow(PERIOD_KEYS);
  return {
    times: orNull(section, "times", parseTimes(section)),
    weekdays: ranges(
      section,
      "weekdays",
      (text) => nameIndex(WEEKDAYS, text),
      "a day such as monday, or monday:friday",
    ),
    daysOfMonth: parseDays(section),
    months: ranges(
      section,
      "months",
      (text) => {
        const named = nameIndex(MONTHS, text);
        const month = named === null ? wholeNumber(text) : named + 1;
        return month !== null && month >= 1 && month <= 12 ? month : null;
      },
      "a month by name or number (1 to 12), or a range such as may:august",
    ),
    years: ranges(section, "years", wholeNumber, "a year, or a range such as 2026:2028"),
    zone: parseZone(section),
  };
}

function parseTimes(section: ConfigSection): NumberRange[] {
  return section.sections("times").map((range) => {
    range.allow(["start_time", "end_time"]);
    const [from, to] = [minuteOf(range, "start_time"), minuteOf(range, "end_time")];
    if (from !== null && to !== null && from >= to)
      range.note("must be after start_time; a night is two ranges: to 24:00, and from 00:00", "end_time");
    return { from: from ?? 0, to: to ?? 0 };
  });
}

function minuteOf(section: ConfigSection, key: string): number | null {
  if (!section.has(key)) {
    section.note(`has no ${key}`);
    return null;
  }
  const text = section.text(key);
  const match = /^(?:([01]\d|2[0-3]):([0-5]\d)|24:00)$/.exec(text ?? "");
  if (match !== null) return match[1] === undefined ? 1440 : Number(match[1]) * 60 + Number(match[2]);
  if (text !== null)
    section.note(`must be a time of day from 00:00 to 24:00, not ${JSON.stringify(text)}`, key);
  return null;
}

function parseDays(section: ConfigSection): NumberRange[] | null {
  const read = ranges(
    section,
    "days_of_month",
    (text) => {
      const day = wholeNumber(text);
      return day !== null && day !== 0 && Math.abs(day) <= 31 ? day : null;
    },
    "a day from 1 to 31, or from the end (-1 to -31), or a range such as 1:5 or -3:-1",
    true,
  );
  for (const [index, { from, to }] of (read ?? []).entries()) {
    const earliest = (day: number): number => (day < 0 ? SHORTEST_MONTH + day : day);
    if (from < 0 && to > 0)
      section.note("counts its start from the end of the month, so must its end", "days_of_month", index);
    else if (earliest(from) > earliest(to)) section.note("ends before it starts", "days_of_month", index);
  }
  return read;
}

/** `value` or `from:to`, both included. */
function ranges(
  section: ConfigSection,
  key: string,
  read: (text: string) => number | null,
  wanted: string,
  mayRunBackwards = false,
): NumberRange[] | null {
  const list = section.texts(key).map((text, index) => {
    const parts = text.trim().toLowerCase().split(":");
    const [from = null, to = from] = parts.map((part) => read(part.trim()));
    if (from === null || to === null || parts.length > 2)
      section.note(`must be ${wanted}, not ${JSON.stringify(text)}`, key, index);
    else if (from > to && !mayRunBackwards)
      section.note("ends before it starts: write two ranges", key, index);
    return { from: from ?? 0, to: to ?? 0 };
  });
  return orNull(section, key, list);
}

/** As in Alertmanager, an empty list is a part that says nothing. */
function orNull(section: ConfigSection, key: string, list: NumberRange[]): NumberRange[] | null {
  return section.has(key) && list.length > 0 ? list : null;
}

function parseZone(section: ConfigSection): string {
  const zone = section.text("location") ?? "UTC";
  if (zone === "Local") return Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!isTimeZone(zone) || /^[+-]/.test(zone)) {
    section.note(
      `must be a time zone such as Europe/Berlin, UTC or Local, not ${JSON.stringify(zone)}`,
      "location",
    );
    return "UTC";
  }
  return zone;
}

function nameIndex(names: readonly string[], text: string): number | null {
  const index = names.indexOf(text);
  return index < 0 ? null : index;
}

function wholeNumber(text: string): number | null {
  return /^-?\d{1,4}$/.test(text) ? Number(text) : null;
}
