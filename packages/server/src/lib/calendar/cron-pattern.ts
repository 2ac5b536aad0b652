/**
 * A cron pattern as a set of wall times. Croner parses and enumerates it, always over floating time (as if in UTC);
 * the zone and both DST changes are ours (schedule-slots.ts), because croner takes `0 2,14 * * *` for an interval and
 * would lose its slot in the spring gap and repeat it in autumn.
 */
import { Cron } from "croner";
import { isTimeZone } from "./zone-offsets.ts";

export interface CronPattern {
  /** The first match strictly after a floating wall time (whole seconds), null when there is none any more. */
  nextAfter(wallAt: number): number | null;
  /**
   * True when the hour is fixed: the hour field names hours and has no wildcard or step and is not all of them. Such a
   * time of day is meant once a day; everything else is a cadence in real time.
   */
  hasFixedHours: boolean;
}

export class CronError extends Error {
  readonly code = "CRON_INVALID";
}

const patterns = new Map<string, CronPattern>();
const PATTERN_CACHE_LIMIT = 10_000;

/** @throws CronError with a sentence that says what is wrong and what to write. */
export function parseCron(text: string, options: { seconds: boolean }): CronPattern {
  const key = `${options.seconds ? "s" : "m"} ${text}`;
  const known = patterns.get(key);
  if (known !== undefined) return known;
  const pattern = compile(text, options.seconds);
  if (patterns.size >= PATTERN_CACHE_LIMIT) patterns.clear();
  patterns.set(key, pattern);
  return pattern;
}

/**
 * Checks a pattern before it is stored. Answers null when it is good, else one sentence for people.
 *
 * @example validateCron("0 0 30 2 *", { seconds: false }) // 'The cron pattern "0 0 30 2 *" never matches: …'
 */
export function validateCron(text: string, options: { seconds: boolean; timezone?: string }): string | null {
  if (options.timezone !== undefined && !isTimeZone(options.timezone))
    return `"${options.timezone}" is no time zone that is known here; write an IANA name such as "Europe/Berlin" or "UTC".`;
  try {
    parseCron(text, options);
    return null;
  } catch (error) {
    if (error instanceof CronError) return error.message;
    throw error;
  }
}

function compile(text: string, seconds: boolean): CronPattern {
  const trimmed = text.trim();
  const nickname = trimmed.startsWith("@");
  const fields = trimmed.split(/\s+/);
  if (!nickname) checkFieldCount(trimmed, fields.length, seconds);
  let cron: Cron;
  try {
    cron = new Cron(trimmed, { timezone: "UTC", mode: seconds && !nickname ? "6-part" : "5-part" });
  } catch (error) {
    throw new CronError(
      `The cron pattern "${trimmed}" can't be read: ${nickname ? detailOf(error) : wrongFields(fields, seconds, error)}`,
    );
  }
  // Leap days return after eight years at the latest (1896 to 1904, 2096 to 2104).
  if (cron.nextRun(new Date(Date.UTC(2001, 0, 1))) === null)
    throw new CronError(
      `The cron pattern "${trimmed}" never matches: no such day exists in any year (for example 30 February). Change the day or the month.`,
    );
  const hourField = nickname ? (trimmed.toLowerCase() === "@hourly" ? "*" : "0") : fields[seconds ? 2 : 1];
  return {
    nextAfter: (wallAt) => cron.nextRun(new Date(wallAt))?.getTime() ?? null,
    hasFixedHours: namesHours(hourField ?? "*"),
  };
}

const FIELDS = [
  ["second", "0 to 59"],
  ["minute", "0 to 59"],
  ["hour", "0 to 23"],
  ["day", "1 to 31"],
  ["month", "1 to 12, or jan to dec"],
  ["weekday", "0 to 7, or sun to sat"],
] as const;

/** Croner stops at the first field that is wrong; each is tried alone, so that all are told. */
function wrongFields(fields: readonly string[], seconds: boolean, error: unknown): string {
  const wrong = FIELDS.slice(seconds ? 0 : 1).flatMap(([name, range], index) => {
    const text = fields[index] ?? "*";
    const alone = fields.map((_, other) => (other === index ? text : "*")).join(" ");
    try {
      new Cron(alone, { timezone: "UTC", mode: seconds ? "6-part" : "5-part" });
      return [];
    } catch {
      return [`the ${name} "${text}" is not valid (${range})`];
    }
  });
  return wrong.length === 0 ? detailOf(error) : wrong.join("; ");
}

function detailOf(error: unknown): string {
  return error instanceof Error ? error.message.replace(/^CronPattern:\s*/, "") : String(error);
}

function checkFieldCount(text: string, count: number, seconds: boolean): void {
  if (text === "")
    throw new CronError('The cron pattern is empty; write five fields, for example "0 2 * * *".');
  if (seconds && count !== 6)
    throw new CronError(
      `The cron pattern "${text}" has ${count} ${count === 1 ? "field" : "fields"}; with "seconds: true" it needs six (second minute hour day month weekday).`,
    );
  if (!seconds && count === 6)
    throw new CronError(
      `The cron pattern "${text}" has six fields; five are expected (minute hour day month weekday). If the first one means seconds, set "seconds: true".`,
    );
  if (!seconds && count !== 5)
    throw new CronError(
      `The cron pattern "${text}" has ${count} ${count === 1 ? "field" : "fields"}; five are expected (minute hour day month weekday), for example "0 2 * * *".`,
    );
}

function namesHours(field: string): boolean {
  if (/[*?/]/.test(field)) return false;
  const hours = new Set<number>();
  for (const part of field.split(",")) {
    const [from, to] = part.split("-").map(Number);
    for (let hour = from ?? 0; hour <= (to ?? from ?? 0); hour++) hours.add(hour);
  }
  return hours.size < 24;
}
