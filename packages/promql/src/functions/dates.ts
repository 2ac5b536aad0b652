/** Parts of a date (UTC) of a vector's values in Unix seconds; without an argument of the time of evaluation. */
import { type Column, newColumn, vectorOf } from "../evaluate/values.ts";
import { stepTime } from "../evaluate/windows.ts";
import { NO_LABELS } from "../labels.ts";
import { type ValueFunction, vectorArgument } from "./function-kinds.ts";

const SECONDS_PER_DAY = 86_400;
const SECONDS_PER_HOUR = 3600;
const DAYS_PER_ERA = 146_097;
/** The day 1970-01-01, counted from 0000-03-01, where the year of this calculation starts. */
const EPOCH_DAY = 719_468;

interface CivilDate {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

/** The Gregorian date of a day since 1970, for any number of days (Date ends after 275 760). */
function civilDate(day: number): CivilDate {
  const shifted = day + EPOCH_DAY;
  const era = Math.floor(shifted / DAYS_PER_ERA);
  const dayOfEra = shifted - era * DAYS_PER_ERA;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / (DAYS_PER_ERA - 1))) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1,
  };
}

function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function daysInMonth({ year, month }: CivilDate): number {
  return month === 2 && isLeapYear(year) ? 29 : (MONTH_DAYS[month - 1] ?? 0);
}

function dayOfYear(date: CivilDate): number {
  let days = date.day;
  for (let month = 1; month < date.month; month++) days += daysInMonth({ year: date.year, month, day: 1 });
  return days;
}

function modulo(value: number, divisor: number): number {
  return value - Math.floor(value / divisor) * divisor;
}

function ofDate(part: (date: CivilDate) => number): (seconds: number) => number {
  return (seconds) => part(civilDate(Math.floor(seconds / SECONDS_PER_DAY)));
}

function datePart(part: (seconds: number) => number): ValueFunction {
  return {
    kind: "value",
    evaluate: ({ args, grid }) => {
      const apply = (value: number) => (Number.isFinite(value) ? part(Math.trunc(value)) : Number.NaN);
      if (args.length > 0) return vectorOf(vectorArgument(args, 0).map((column) => mapColumn(column, apply)));
      const now = newColumn(NO_LABELS, false, grid.count);
      for (let step = 0; step < grid.count; step++) {
        now.values[step] = part(Math.trunc(stepTime(grid, step) / 1000));
        now.present[step] = 1;
      }
      return vectorOf([now]);
    },
  };
}

export function mapColumn(column: Column, apply: (value: number) => number): Column {
  const result = newColumn(column.labels, true, column.values.length);
  for (let step = 0; step < result.values.length; step++) {
    if (column.present[step] === 0) continue;
    result.values[step] = apply(column.values[step] as number);
    result.present[step] = 1;
  }
  return result;
}

/** 1970-01-01 was a Thursday. */
const EPOCH_WEEKDAY = 4;

export const DATE_FUNCTIONS: Readonly<Record<string, ValueFunction>> = {
  year: datePart(ofDate(({ year }) => year)),
  month: datePart(ofDate(({ month }) => month)),
  day_of_month: datePart(ofDate(({ day }) => day)),
  day_of_year: datePart(ofDate(dayOfYear)),
  days_in_month: datePart(ofDate(daysInMonth)),
  day_of_week: datePart((seconds) => modulo(Math.floor(seconds / SECONDS_PER_DAY) + EPOCH_WEEKDAY, 7)),
  hour: datePart((seconds) => Math.floor(modulo(seconds, SECONDS_PER_DAY) / SECONDS_PER_HOUR)),
  minute: datePart((seconds) => Math.floor(modulo(seconds, SECONDS_PER_HOUR) / 60)),
};
