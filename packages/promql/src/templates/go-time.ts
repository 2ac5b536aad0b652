/** Times and durations as Go prints them; times are UTC. */
const WEEKDAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];

/** `2006-01-02 15:04:05.999999999 -0700 MST`, as `time.Time` prints itself. */
export function timeString(at: number): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return farTimeString(at);
  const text = date.toISOString();
  const dot = text.lastIndexOf(".");
  const fraction = text.slice(dot + 1, -1).replace(/0+$/, "");
  const [day = "", clock = ""] = text.slice(0, dot).split("T");
  const year = /^[+-]/.test(day) ? day.replace(/^\+0*/, "").replace(/^-0*/, "-") : day;
  return `${year} ${clock}${fraction === "" ? "" : `.${fraction}`} +0000 UTC`;
}

function farTimeString(at: number): string {
  return `${at} ms +0000 UTC`;
}

const LAYOUT_PART =
  /2006|06|January|Jan|0?1(?!\d)|01|Monday|Mon|_2|002|02|2|15|03|3|04|4|05|5|PM|pm|\.0+|\.9+|-07:00|-0700|-07|Z07:00|Z0700|MST/g;

/** `time.Time.Format` with Go's reference layout, in UTC. */
export function formatTime(at: number, layout: string): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return timeString(at);
  return layout.replaceAll(LAYOUT_PART, (part) => layoutPart(date, part));
}

function layoutPart(date: Date, part: string): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  const hour12 = date.getUTCHours() % 12 === 0 ? 12 : date.getUTCHours() % 12;
  const month = MONTHS[date.getUTCMonth()] ?? "";
  const weekday = WEEKDAYS[date.getUTCDay()] ?? "";
  switch (part) {
    case "2006":
      return String(date.getUTCFullYear()).padStart(4, "0");
    case "06":
      return two(date.getUTCFullYear() % 100);
    case "January":
      return month;
    case "Jan":
      return month.slice(0, 3);
    case "01":
      return two(date.getUTCMonth() + 1);
    case "1":
      return String(date.getUTCMonth() + 1);
    case "Monday":
      return weekday;
    case "Mon":
      return weekday.slice(0, 3);
    case "_2":
      return String(date.getUTCDate()).padStart(2, " ");
    case "002":
      return String(dayOfYear(date.getTime())).padStart(3, "0");
    case "02":
      return two(date.getUTCDate());
    case "2":
      return String(date.getUTCDate());
    case "15":
      return two(date.getUTCHours());
    case "03":
      return two(hour12);
    case "3":
      return String(hour12);
    case "04":
      return two(date.getUTCMinutes());
    case "4":
      return String(date.getUTCMinutes());
    case "05":
      return two(date.getUTCSeconds());
    case "5":
      return String(date.getUTCSeconds());
    case "PM":
    case "pm": {
      const half = date.getUTCHours() < 12 ? "AM" : "PM";
      return part === "PM" ? half : half.toLowerCase();
    }
    case "-07:00":
      return "+00:00";
    case "-0700":
      return "+0000";
    case "-07":
      return "+00";
    case "Z07:00":
    case "Z0700":
      return "Z";
    case "MST":
      return "UTC";
    default:
      return fraction(date, part);
  }
}

function fraction(date: Date, part: string): string {
  const digits = String(date.getUTCMilliseconds())
    .padStart(3, "0")
    .padEnd(part.length - 1, "0");
  const shown = digits.slice(0, part.length - 1);
  if (part.startsWith(".0")) return `.${shown}`;
  const short = shown.replace(/0+$/, "");
  return short === "" ? "" : `.${short}`;
}

export function dayOfYear(at: number): number {
  const date = new Date(at);
  return Math.floor((at - Date.UTC(date.getUTCFullYear(), 0, 1)) / 86_400_000) + 1;
}

export function weekdayName(at: number): string {
  return WEEKDAYS[new Date(at).getUTCDay()] ?? "";
}

export function monthName(at: number): string {
  return MONTHS[new Date(at).getUTCMonth()] ?? "";
}

/** `1h1m1.5s`, `1.5ms`, `0s`, as `time.Duration` prints itself. */
export function durationString(ns: bigint): string {
  if (ns === 0n) return "0s";
  const sign = ns < 0n ? "-" : "";
  const magnitude = ns < 0n ? -ns : ns;
  if (magnitude < 1_000n) return `${sign}${magnitude}ns`;
  if (magnitude < 1_000_000n) return `${sign}${withFraction(magnitude, 1_000n)}µs`;
  if (magnitude < 1_000_000_000n) return `${sign}${withFraction(magnitude, 1_000_000n)}ms`;
  const minutes = magnitude / 60_000_000_000n;
  const seconds = withFraction(magnitude % 60_000_000_000n, 1_000_000_000n);
  if (minutes === 0n) return `${sign}${seconds}s`;
  const hours = minutes / 60n;
  if (hours === 0n) return `${sign}${minutes}m${seconds}s`;
  return `${sign}${hours}h${minutes % 60n}m${seconds}s`;
}

function withFraction(value: bigint, unit: bigint): string {
  const rest = value % unit;
  if (rest === 0n) return String(value / unit);
  const digits = String(rest)
    .padStart(String(unit).length - 1, "0")
    .replace(/0+$/, "");
  return `${value / unit}.${digits}`;
}
