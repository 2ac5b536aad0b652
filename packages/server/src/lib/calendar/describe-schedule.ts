/** A schedule in plain words with its zone: "every day at 02:00 Europe/Berlin". */
import { formatExactDuration, type Schedule } from "@batchwatch/protocol";

const DAY_NAMES = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"] as const;
const DAY_SHORT = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"] as const;
const MONTH_NAMES = [
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
] as const;
const NICKNAMES: Readonly<Record<string, string>> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};

/** Patterns that have no short sentence are quoted as they are. */
export function describeSchedule(schedule: Schedule): string {
  if (schedule.kind === "interval") return `at least every ${formatExactDuration(schedule.everyMs)}`;
  const text = NICKNAMES[schedule.cron.trim().toLowerCase()] ?? schedule.cron.trim();
  const fields = text.split(/\s+/);
  const [minute, hour, day, month, weekday] = fields.length === 6 ? fields.slice(1) : fields;
  const plain = fields.length === 5 || fields[0] === "0";
  const when = plain ? whenText(minute ?? "", hour ?? "") : null;
  const days = daysText(day ?? "", month ?? "", weekday ?? "");
  if (when === null || days === null) return `cron "${schedule.cron.trim()}" ${schedule.timezone}`;
  if (when.kind === "times")
    return `${days === "" ? "every day" : days} at ${when.text} ${schedule.timezone}`;
  return `${when.text}${days === "" ? "" : `, ${days}`} ${schedule.timezone}`;
}

function whenText(minute: string, hour: string): { kind: "times" | "cadence"; text: string } | null {
  const minuteStep = stepOf(minute);
  const hourStep = stepOf(hour);
  if (hour === "*" && minuteStep !== null)
    return { kind: "cadence", text: minuteStep === 1 ? "every minute" : `every ${minuteStep} minutes` };
  if (!isNumber(minute)) return null;
  const pastHour = minute === "0" ? "" : ` at ${minute} min past`;
  if (hourStep !== null)
    return {
      kind: "cadence",
      text: `${hourStep === 1 ? "every hour" : `every ${hourStep} hours`}${pastHour}`,
    };
  const hours = hour.split(",");
  if (hours.length <= 6 && hours.every(isNumber)) {
    const times = hours.map((one) => `${one.padStart(2, "0")}:${minute.padStart(2, "0")}`);
    return { kind: "times", text: joined(times) };
  }
  const range = /^(\d+)-(\d+)$/.exec(hour);
  if (range === null) return null;
  return {
    kind: "cadence",
    text: `every hour from ${(range[1] ?? "").padStart(2, "0")}:${minute.padStart(2, "0")} to ${(range[2] ?? "").padStart(2, "0")}:${minute.padStart(2, "0")}`,
  };
}

function daysText(day: string, month: string, weekday: string): string | null {
  const anyDay = day === "*" || day === "?";
  const anyWeekday = weekday === "*" || weekday === "?";
  if (month === "*" && anyDay && anyWeekday) return "";
  if (month === "*" && anyDay) return weekdaysText(weekday);
  if (!anyWeekday) return null;
  const dayText = day.toUpperCase() === "L" ? "the last day" : isNumber(day) ? `day ${day}` : null;
  if (dayText === null) return null;
  if (month === "*") return `on ${dayText} of every month`;
  return isNumber(month) ? `every year on ${dayText} of ${MONTH_NAMES[Number(month) - 1] ?? month}` : null;
}

function weekdaysText(field: string): string | null {
  const range = /^(\w+)-(\w+)$/.exec(field);
  if (range !== null) {
    const from = weekdayName(range[1] ?? "");
    const to = weekdayName(range[2] ?? "");
    return from === null || to === null ? null : `${from} to ${to}`;
  }
  const names = field.split(",").map(weekdayName);
  return names.every((name) => name !== null) ? `every ${joined(names)}` : null;
}

function weekdayName(text: string): string | null {
  if (/^[0-7]$/.test(text)) return DAY_NAMES[Number(text) % 7] ?? null;
  const index = (DAY_SHORT as readonly string[]).indexOf(text.toUpperCase());
  return DAY_NAMES[index] ?? null;
}

function stepOf(field: string): number | null {
  if (field === "*") return 1;
  const step = /^\*\/(\d+)$/.exec(field);
  return step === null ? null : Number(step[1]);
}

function isNumber(text: string): boolean {
  return /^\d+$/.test(text);
}

function joined(words: readonly string[]): string {
  if (words.length < 2) return words[0] ?? "";
  return `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}
