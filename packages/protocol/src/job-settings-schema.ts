/**
 * Settings of a job, checked and brought into the form in which they are used. One door for YAML, the API, events
 * (SDK, CLI) and pings. Accepted spellings: job-settings-keys.ts.
 */
import { z } from "zod";
import { parseDuration } from "./duration.ts";
import { type FieldProblem, fieldPath, problemsOfZodError, problemsText } from "./field-problem.ts";
import type { JobSettings, JobSettingsInput } from "./job-settings.ts";
import { SEVERITIES, WEEKDAYS } from "./job-settings.ts";
import { canonicalSettingsKeys } from "./job-settings-keys.ts";
import { CLOCK_TIME, CLOCK_TIME_WITH_ZONE, scheduleInput, usedSettings } from "./job-settings-values.ts";
import { DETECTION_TYPES, VIOLATION_TYPES } from "./judgements.ts";
import { nearestName } from "./nearest-name.ts";

const durationSchema = z
  .union([z.string(), z.number()], { error: 'must be a length of time such as "90s" or "1h 30m"' })
  .superRefine((value, context) => {
    try {
      parseDuration(value);
    } catch (error) {
      context.addIssue({ code: "custom", message: messageOf(error) });
    }
  })
  .describe('"90s", "30m", "1h 30m", "2d", or a number of milliseconds');

const positiveDurationSchema = durationSchema.refine((value) => safeDuration(value) !== 0, {
  error: "must be longer than nothing",
});

const timezoneSchema = z
  .string()
  .refine(isTimezone, { error: 'is no IANA time zone; write it like "Europe/Berlin" or "UTC"' })
  .describe("IANA time zone");

const weekdaySchema = z.preprocess(
  (value) => (typeof value === "string" ? value.trim().slice(0, 3).toLowerCase() : value),
  z.enum(WEEKDAYS, { error: `must be a day: ${WEEKDAYS.join(", ")}` }),
);

const clockTimeSchema = z
  .string({ error: 'must be a clock time "HH:MM"' })
  .regex(CLOCK_TIME, { error: 'must be a clock time "HH:MM" or "HH:MM:SS", 00:00 to 23:59:59' });

const scheduleObjectSchema = z
  .strictObject({
    cron: z.string().min(1).max(200).optional().describe("five fields, minute first"),
    seconds: z.boolean().optional().describe("the cron expression has six fields, second first"),
    every: positiveDurationSchema.optional().describe("instead of cron: at least this often"),
    timezone: timezoneSchema.optional(),
    earlyWindow: durationSchema.optional(),
    lateWindow: durationSchema.optional(),
  })
  .superRefine((value, context) => {
    if ((value.cron === undefined) === (value.every === undefined))
      context.addIssue({ code: "custom", message: 'needs either "cron" or "every"' });
  });

const startBySchema = z
  .union([z.string(), z.number()], { error: 'must be an offset ("10m") or a clock time ("06:00")' })
  .superRefine((value, context) => {
    if (typeof value === "string" && CLOCK_TIME.test(value.trim())) return;
    if (safeDuration(value) === null)
      context.addIssue({
        code: "custom",
        message: 'must be an offset after the slot ("10m") or a clock time ("06:00")',
      });
  });

const completeBySchema = z.union(
  [
    z.string().superRefine((value, context) => {
      const [, time = "", zone] = CLOCK_TIME_WITH_ZONE.exec(value.trim()) ?? [];
      if (!CLOCK_TIME.test(time))
        context.addIssue({
          code: "custom",
          message: 'must be a clock time such as "06:00" or "06:00 Europe/Berlin"',
        });
      else if (zone !== undefined && !isTimezone(zone))
        context.addIssue({ code: "custom", message: `names "${zone}", which is no IANA time zone` });
    }),
    z.strictObject({
      time: clockTimeSchema,
      timezone: timezoneSchema.optional(),
      days: z.array(weekdaySchema).min(1).optional(),
      dayOffset: z.number().int().min(0).max(6).optional(),
    }),
  ],
  { error: 'must be a clock time such as "06:00", or { time, timezone, days, dayOffset }' },
);

const count = z.number().int().min(0);

const slaSchema = z
  .strictObject({
    maxDuration: positiveDurationSchema.nullable().optional(),
    minDuration: durationSchema.nullable().optional(),
    startBy: startBySchema.nullable().optional(),
    mustCompleteBy: completeBySchema.nullable().optional(),
    minRecords: count.nullable().optional(),
    maxRecords: count.nullable().optional(),
    maxFailureRate: z.number().min(0).max(1).nullable().optional().describe("share of records, 0 to 1"),
    expectedRecords: count.nullable().optional(),
  })
  .superRefine((value, context) => {
    const [shortest, longest] = [safeDuration(value.minDuration), safeDuration(value.maxDuration)];
    if (shortest !== null && longest !== null && shortest >= longest)
      context.addIssue({
        code: "custom",
        path: ["minDuration"],
        message: "must be shorter than maxDuration",
      });
    if (
      typeof value.minRecords === "number" &&
      typeof value.maxRecords === "number" &&
      value.minRecords > value.maxRecords
    )
      context.addIssue({
        code: "custom",
        path: ["minRecords"],
        message: "must not be larger than maxRecords",
      });
  });

const factTypes: readonly string[] = [...VIOLATION_TYPES, ...DETECTION_TYPES];

/** Settings in their canonical spelling. OpenAPI and the jobs file's JSON Schema are generated from it. */
export const jobSettingsSchema = z.strictObject({
  jobType: z.string().min(1).max(100).optional().describe("etl, report, migration, backup, ml, …"),
  owner: z.string().max(200).optional(),
  description: z.string().max(5000).optional(),
  runbook: z.string().max(2000).optional().describe("an http(s) address, or text"),
  tags: z
    .record(z.string().min(1).max(100), z.string().max(500))
    .refine((tags) => Object.keys(tags).length <= 50, { error: "holds more than 50 tags" })
    .optional(),
  schedule: z
    .union([z.string().min(1).max(200), scheduleObjectSchema], {
      error: 'must be a cron expression, "every 15m", or an object with cron or every',
    })
    .nullable()
    .optional(),
  sla: slaSchema.optional(),
  heartbeat: z
    .strictObject({ interval: positiveDurationSchema.optional(), limit: positiveDurationSchema.optional() })
    .nullable()
    .optional(),
  stall: z.strictObject({ limit: positiveDurationSchema.optional() }).nullable().optional(),
  retry: z
    .strictObject({
      maxAttempts: z.number().int().min(1).max(1000).optional(),
      grace: durationSchema.optional(),
    })
    .optional(),
  allowOverlap: z.boolean().optional(),
  severity: z
    .record(z.string(), z.enum(SEVERITIES, { error: `must be one of ${SEVERITIES.join(", ")}` }))
    .optional()
    .describe("severity by violation or detection type"),
  alert: z
    .strictObject({
      after: z.number().int().min(1).max(100).optional(),
      of: z.number().int().min(1).max(100).optional(),
    })
    .refine((value) => (value.after ?? 1) <= (value.of ?? value.after ?? 1), {
      error: '"after" must not be larger than "of"',
    })
    .optional(),
  resolve: z.strictObject({ after: z.number().int().min(1).max(100).optional() }).optional(),
  paused: z.boolean().optional(),
  observeOnly: z.boolean().optional(),
}) satisfies z.ZodType<JobSettingsInput>;

/** Why a cron expression is not valid, null when it is. `seconds` = six fields. The calendar is the server's. */
export type CheckCron = (cron: string, options: { seconds: boolean; timezone: string }) => string | null;

export class InvalidSettingsError extends Error {
  readonly code = "invalid_settings";
  readonly problems: readonly FieldProblem[];
  constructor(problems: readonly FieldProblem[]) {
    super(problemsText(problems));
    this.name = "InvalidSettingsError";
    this.problems = problems;
  }
}

export type SettingsReading =
  | { ok: true; settings: Partial<JobSettings>; input: JobSettingsInput }
  | { ok: false; problems: FieldProblem[] };

/**
 * Checks settings in any accepted spelling and brings them into the form in which they are used.
 * @returns only what was said: a setting that is absent stays absent, one that is `null` is null (explicitly unset);
 *   else every problem with the path as it was written.
 */
export function readJobSettings(input: unknown, options: { checkCron?: CheckCron } = {}): SettingsReading {
  const keys = canonicalSettingsKeys(input);
  const parsed = jobSettingsSchema.safeParse(keys.value);
  const problems = [...keys.problems];
  if (!parsed.success) problems.push(...problemsOfZodError(parsed.error, keys.knownKeysAt));
  // Whatever else is wrong: all problems are told at once.
  if (isObject(keys.value)) {
    problems.push(...severityProblems(keys.value.severity));
    problems.push(...scheduleProblems(keys.value.schedule, options.checkCron));
  }
  if (problems.length > 0 || !parsed.success)
    return { ok: false, problems: problems.map((problem) => asWritten(problem, keys.writtenAs)) };
  return { ok: true, settings: usedSettings(parsed.data), input: parsed.data };
}

/**
 * Like `readJobSettings`, for callers that cannot go on without.
 * @throws InvalidSettingsError with every problem; a retry never helps.
 */
export function normaliseJobSettings(
  input: unknown,
  options: { checkCron?: CheckCron } = {},
): Partial<JobSettings> {
  const reading = readJobSettings(input, options);
  if (!reading.ok) throw new InvalidSettingsError(reading.problems);
  return reading.settings;
}

function asWritten(problem: FieldProblem, writtenAs: ReadonlyMap<string, string>): FieldProblem {
  // The longest canonical prefix that was written otherwise decides.
  const parts = [...writtenAs.entries()].sort(([a], [b]) => b.length - a.length);
  for (const [canonical, written] of parts) {
    if (problem.field === canonical) return { ...problem, field: written };
    if (problem.field.startsWith(`${canonical}.`) || problem.field.startsWith(`${canonical}[`))
      return { ...problem, field: written + problem.field.slice(canonical.length) };
  }
  return problem;
}

function severityProblems(severity: unknown): FieldProblem[] {
  if (!isObject(severity)) return [];
  return Object.keys(severity)
    .filter((type) => !factTypes.includes(type))
    .map((type) => {
      const near = nearestName(type, factTypes);
      const hint = near === null ? "see the list in the guide on judgement" : `did you mean "${near}"?`;
      return {
        field: fieldPath(["severity", type]),
        message: `is no violation or detection type; ${hint}`,
      };
    });
}

/** What is wrong with a schedule of the right shape. */
function scheduleProblems(written: unknown, checkCron: CheckCron | undefined): FieldProblem[] {
  const schedule = jobSettingsSchema.shape.schedule.safeParse(written).data;
  if (schedule === null || schedule === undefined) return [];
  const input = scheduleInput(schedule);
  if (input.cron === undefined) {
    const every = safeDuration(input.every);
    return every === null || every < 1000
      ? [{ field: "schedule", message: `"${String(input.every)}" is no interval; write it like "every 15m"` }]
      : [];
  }
  const field = typeof schedule === "string" ? "schedule" : "schedule.cron";
  const fields = input.cron.trim().split(/\s+/).length;
  const nickname = input.cron.trim().startsWith("@");
  if (!nickname && fields === 6 && input.seconds !== true)
    return [
      {
        field,
        message:
          'has six fields; write five (minute first), or add "seconds: true" when the first is the second',
      },
    ];
  if (!nickname && fields !== (input.seconds === true ? 6 : 5))
    return [
      { field, message: `has ${fields} fields; a cron expression has five: minute hour day month weekday` },
    ];
  const why = checkCron?.(input.cron, {
    seconds: input.seconds === true,
    timezone: input.timezone ?? "UTC",
  });
  return why === null || why === undefined ? [] : [{ field, message: why }];
}

function isTimezone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

function safeDuration(value: string | number | null | undefined): number | null {
  if (value === null || value === undefined) return null;
  try {
    return parseDuration(value);
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
