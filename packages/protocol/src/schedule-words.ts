/** What is wrong with a schedule as somebody wrote it, and the nearest form that is one. Every mistake of it at once. */
import { parseDuration } from "./duration.ts";
import type { FieldProblem } from "./field-problem.ts";
import { isObject } from "./is-object.ts";
import { CLOCK_TIME, scheduleInput } from "./job-settings-values.ts";
import { nearestName } from "./nearest-name.ts";

/** Why a cron expression is not valid, null when it is. `seconds` = six fields. The calendar is the server's. */
export type CheckCron = (cron: string, options: { seconds: boolean; timezone: string }) => string | null;

const SHORTEST_INTERVAL_MS = 1000;
const NICKNAMES: readonly string[] = [
  "@hourly",
  "@daily",
  "@weekly",
  "@monthly",
  "@yearly",
  "@annually",
  "@midnight",
];

/** Words that people write for a schedule, and what says the same. */
const MEANT: Readonly<Record<string, string>> = {
  minutely: '"* * * * *" or "every 1m"',
  hourly: '"@hourly" (at minute 0) or "every 1h"',
  daily: '"@daily" (at 00:00), "0 2 * * *" (at 02:00) or "every 1d"',
  nightly: '"0 2 * * *" (at 02:00)',
  midnight: '"@midnight"',
  weekly: '"@weekly" (Sunday, 00:00), "0 2 * * mon" (Monday, 02:00) or "every 7d"',
  monthly: '"@monthly" (on the 1st, 00:00) or "0 2 1 * *" (at 02:00)',
  yearly: '"@yearly" (1 January, 00:00)',
  weekdays: '"0 2 * * mon-fri" (at 02:00)',
};
const SAME_WORD: Readonly<Record<string, string>> = {
  minute: "minutely",
  hour: "hourly",
  day: "daily",
  night: "nightly",
  week: "weekly",
  month: "monthly",
  year: "yearly",
  annually: "yearly",
  weekday: "weekdays",
  workdays: "weekdays",
};

/** @param written the value of `schedule`, of any shape: what has no shape at all is the schema's to refuse. */
export function scheduleProblems(written: unknown, checkCron: CheckCron | undefined): FieldProblem[] {
  if (typeof written === "string") return textProblems(written, checkCron);
  if (!isObject(written)) return [];
  const { cron, every } = written;
  const problems: FieldProblem[] = [];
  if ((cron === undefined) === (every === undefined))
    problems.push({
      field: "schedule",
      message:
        cron === undefined ? 'needs either "cron" or "every"' : 'says both "cron" and "every"; keep one',
    });
  if (typeof cron === "string")
    problems.push(
      ...cronProblems("schedule.cron", cron, written.seconds === true, written.timezone, checkCron),
    );
  if (typeof every === "string" && isTooShort(every))
    problems.push({ field: "schedule.every", message: "must be at least 1s" });
  return problems;
}

function textProblems(text: string, checkCron: CheckCron | undefined): FieldProblem[] {
  const field = "schedule";
  const { cron, every } = scheduleInput(text);
  if (cron !== undefined) return cronProblems(field, cron, false, "UTC", checkCron);
  const interval = String(every);
  const ms = durationOrNull(interval);
  if (ms !== null && ms >= SHORTEST_INTERVAL_MS) return [];
  if (ms !== null) return [{ field, message: `"${text.trim()}" is too often; the shortest interval is 1s` }];
  return [
    { field, message: `"${interval}" is no interval; ${meant(interval) ?? 'write it like "every 15m"'}` },
  ];
}

function cronProblems(
  field: string,
  written: string,
  seconds: boolean,
  timezone: unknown,
  checkCron: CheckCron | undefined,
): FieldProblem[] {
  const cron = written.trim();
  if (cron === "") return [{ field, message: 'must not be empty; write it like "0 2 * * *"' }];
  if (cron.startsWith("@")) return nicknameProblems(field, cron);
  const fields = cron.split(/\s+/).length;
  const hint = fields < 5 ? meant(cron) : null;
  if (hint !== null) return [{ field, message: `"${cron}" is no schedule; ${hint}` }];
  if (fields === 6 && !seconds)
    return [
      {
        field,
        message:
          'has six fields; write five (minute first), or add "seconds: true" when the first is the second',
      },
    ];
  if (fields !== (seconds ? 6 : 5)) {
    const has = `has ${fields} ${fields === 1 ? "field" : "fields"}`;
    const needed = seconds
      ? 'with "seconds: true" a cron expression has six: second minute hour day month weekday'
      : "a cron expression has five: minute hour day month weekday";
    return [{ field, message: `${has}; ${needed}` }];
  }
  // A zone that is wrong is told of on its own.
  const why = checkCron?.(cron, { seconds, timezone: isTimeZone(timezone) ? timezone : "UTC" }) ?? null;
  return why === null ? [] : [{ field, message: why }];
}

function nicknameProblems(field: string, nickname: string): FieldProblem[] {
  if (NICKNAMES.includes(nickname.toLowerCase())) return [];
  const near = nearestName(nickname, NICKNAMES);
  const hint =
    meant(nickname.slice(1)) ??
    (near === null ? `known are ${NICKNAMES.join(", ")}` : `did you mean "${near}"?`);
  return [{ field, message: `"${nickname}" is no schedule; ${hint}` }];
}

/** "did you mean …?" for words, times of day and lengths of time; null for anything else. */
function meant(text: string): string | null {
  const word = text.trim().toLowerCase();
  const first = word.split(/\s+/)[0] ?? "";
  const forms = MEANT[SAME_WORD[first] ?? first];
  if (forms !== undefined) return `did you mean ${forms}?`;
  const [, hour, minute] = CLOCK_TIME.exec(word.replace(/^at\s+/, "")) ?? [];
  if (hour !== undefined && minute !== undefined)
    return `did you mean "${Number(minute)} ${Number(hour)} * * *" (every day at that time)?`;
  return /\d/.test(word) && durationOrNull(word) !== null ? `did you mean "every ${word}"?` : null;
}

function isTooShort(every: string): boolean {
  const ms = durationOrNull(every);
  return ms !== null && ms > 0 && ms < SHORTEST_INTERVAL_MS;
}

function durationOrNull(text: string): number | null {
  try {
    return parseDuration(text);
  } catch {
    return null;
  }
}

export function isTimeZone(name: unknown): name is string {
  if (typeof name !== "string" || !/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
