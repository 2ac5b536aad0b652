/**
 * Settings of a job, checked and brought into the form in which they are used. One door for YAML, the API, events
 * (SDK, CLI) and pings. Accepted spellings: job-settings-keys.ts.
 */
import { z } from "zod";
import { parseDuration, readDuration } from "./duration.ts";
import { type FieldProblem, problemsOfZodError, problemsText } from "./field-problem.ts";
import type { JobSettings, JobSettingsInput } from "./job-settings.ts";
import { SEVERITIES, WEEKDAYS } from "./job-settings.ts";
import { settingsAtOdds, settingsWithoutEffect } from "./job-settings-at-odds.ts";
import { canonicalSettingsKeys } from "./job-settings-keys.ts";
import { CLOCK_TIME, CLOCK_TIME_WITH_ZONE, MAX_RUNS, usedSettings } from "./job-settings-values.ts";
import { MAX_NAME_LENGTH, whyNoName } from "./name-rule.ts";
import { RUN_TYPES } from "./phases.ts";
import { type CheckCron, isTimeZone } from "./schedule-words.ts";

/** A bare number is refused: half of those who write `maxDuration: 30` mean seconds, and none milliseconds. */
const durationSchema = z
  .union([z.string(), z.literal(0)], {
    error: ({ input }) => whyNoDuration(input) ?? 'must be a length of time such as "90s" or "1h 30m"',
  })
  .superRefine((value, context) => {
    const why = whyNoDuration(value);
    if (why !== null) context.addIssue({ code: "custom", message: why });
  })
  .describe('"90s", "30m", "1h 30m", "2d"; always with its unit');

const positiveDurationSchema = durationSchema.refine(
  (value) => whyNoDuration(value) !== null || parseDuration(value) !== 0,
  { error: "must be longer than nothing" },
);

const timezoneSchema = z
  .string()
  .refine(isTimeZone, { error: 'is no IANA time zone; write it like "Europe/Berlin" or "UTC"' })
  .describe("IANA time zone");

const weekdaySchema = z.preprocess(
  (value) => (typeof value === "string" ? value.trim().slice(0, 3).toLowerCase() : value),
  z.enum(WEEKDAYS, { error: `must be a day: ${WEEKDAYS.join(", ")}` }),
);

const clockTimeSchema = z
  .string({ error: 'must be a clock time "HH:MM"' })
  .regex(CLOCK_TIME, { error: 'must be a clock time "HH:MM" or "HH:MM:SS", 00:00 to 23:59:59' });

const scheduleObjectSchema = z.strictObject({
  cron: z.string().max(200).optional().describe("five fields, minute first"),
  seconds: z.boolean().optional().describe("the cron expression has six fields, second first"),
  every: positiveDurationSchema.optional().describe("instead of cron: at least this often"),
  timezone: timezoneSchema.optional(),
  earlyWindow: durationSchema.optional(),
  lateWindow: durationSchema.optional(),
});

/** So many runs are read to count them. */
const MOST_RUNS_COUNTED = 500;
const MAX_RUNS_EXAMPLE = '"10 per 1h"';

const START_BY = 'must be an offset after the slot ("10m") or a clock time ("06:00")';
const startBySchema = z
  .union([z.string(), z.literal(0)], {
    error: ({ input }) => (typeof input === "number" ? (whyNoDuration(input) ?? START_BY) : START_BY),
  })
  .superRefine((value, context) => {
    if (typeof value === "string" && CLOCK_TIME.test(value.trim())) return;
    const why = whyNoDuration(value);
    if (why !== null) context.addIssue({ code: "custom", message: why.includes("no unit") ? why : START_BY });
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
      else if (zone !== undefined && !isTimeZone(zone))
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

const PERCENT = /^\s*(\d+(?:\.\d+)?)\s*%\s*$/;
const SHARE = 'must be a share from 0 to 1: 0.05 or "5%"';
const ratioSchema = z
  .union(
    [
      z
        .number()
        .min(0, { error: SHARE })
        .max(1, { error: ({ input }) => `${SHARE}, not ${String(input)}` }),
      z
        .string()
        .regex(PERCENT, { error: SHARE })
        .transform((text) => Math.round(Number(PERCENT.exec(text)?.[1]) * 1e8) / 1e10)
        .pipe(z.number().max(1, { error: SHARE })),
    ],
    { error: SHARE },
  )
  .describe('share of records: 0.05 or "5%"');

const runLimits = {
  maxDuration: positiveDurationSchema.nullable().optional(),
  minDuration: durationSchema.nullable().optional(),
  minRecords: count.nullable().optional(),
  maxRecords: count.nullable().optional(),
  maxFailureRate: ratioSchema.nullable().optional(),
  maxRecordLoss: ratioSchema.nullable().optional(),
  expectedRecords: count.nullable().optional(),
};

const maxRunsSchema = z
  .union(
    [
      z.string().superRefine((value, context) => {
        const why = whyNoMaxRuns(value);
        if (why !== null) context.addIssue({ code: "custom", message: why });
      }),
      z.strictObject({
        count: z.number().int().min(1).max(MOST_RUNS_COUNTED),
        per: positiveDurationSchema,
      }),
    ],
    { error: `must say how many runs in what time: ${MAX_RUNS_EXAMPLE}, or { count: 10, per: 1h }` },
  )
  .describe('"10 per 1h": more starts in any such stretch are too many');

const slaSchema = z.strictObject({
  ...runLimits,
  startBy: startBySchema.nullable().optional(),
  mustCompleteBy: completeBySchema.nullable().optional(),
  freshness: positiveDurationSchema
    .nullable()
    .optional()
    .describe("the output is stale when it is older than this, however green the runs are"),
  maxRuns: maxRunsSchema.nullable().optional(),
  steps: z
    .record(z.string().min(1).max(200), z.strictObject({ maxDuration: positiveDurationSchema.optional() }))
    .optional()
    .describe("limits of single steps, by their name"),
  byRunType: z
    .partialRecord(z.enum(RUN_TYPES), z.strictObject(runLimits), {
      error: `must say limits for a run type: ${RUN_TYPES.join(", ")}`,
    })
    .optional()
    .describe("limits that differ for runs of a type"),
});

const upstreamSchema = z.union(
  [
    z.string().superRefine(refuseNoName),
    z.strictObject({
      name: z.string().superRefine(refuseNoName),
      namespace: z.string().min(1).max(MAX_NAME_LENGTH).optional(),
      environment: z.string().max(MAX_NAME_LENGTH).optional(),
    }),
  ],
  { error: "must be a job's name, or { name, namespace, environment }" },
);

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
    .union([z.string().max(200), scheduleObjectSchema], {
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
  upstreams: z
    .array(upstreamSchema)
    .max(50)
    .optional()
    .describe("jobs whose output this one needs: names, or { name, namespace, environment }"),
  severity: z
    .record(z.string(), z.enum(SEVERITIES), {
      error: "must say a severity for each type: { run_missed: warning, too_fast: critical }",
    })
    .optional()
    .describe("severity by violation or detection type"),
  alert: z
    .strictObject({
      after: z.number().int().min(1).max(100).optional(),
      of: z.number().int().min(1).max(100).optional(),
    })
    .optional(),
  resolve: z.strictObject({ after: z.number().int().min(1).max(100).optional() }).optional(),
  paused: z.boolean().optional(),
  observeOnly: z.boolean().optional(),
}) satisfies z.ZodType<JobSettingsInput>;

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
  | {
      ok: true;
      settings: Partial<JobSettings>;
      /** What has no effect unless another source says more. */
      warnings: FieldProblem[];
    }
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
  // Looked for whatever else is wrong: all problems are told at once.
  problems.push(...settingsAtOdds(keys.value, options.checkCron));
  if (problems.length > 0 || !parsed.success)
    return { ok: false, problems: problems.map((problem) => asWritten(problem, keys.writtenAs)) };
  const settings = usedSettings(parsed.data);
  const warnings = settingsWithoutEffect(settings).map((warning) => asWritten(warning, keys.writtenAs));
  return { ok: true, settings, warnings };
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

function refuseNoName(value: string, context: z.RefinementCtx): void {
  const why = value.trim() === "" ? "must not be empty" : whyNoName(value.trim());
  if (why !== null) context.addIssue({ code: "custom", message: why });
}

function whyNoMaxRuns(text: string): string | null {
  const [, number, per] = MAX_RUNS.exec(text.trim()) ?? [];
  if (number === undefined || per === undefined)
    return `must say how many runs in what time, such as ${MAX_RUNS_EXAMPLE}`;
  if (Number(number) < 1 || Number(number) > MOST_RUNS_COUNTED)
    return `must allow 1 to ${MOST_RUNS_COUNTED} runs`;
  return whyNoDuration(per);
}

/** What is wrong with a length of time, null for a good one. */
function whyNoDuration(value: unknown): string | null {
  if (typeof value !== "string" && typeof value !== "number")
    return 'must be a length of time such as "90s" or "1h 30m"';
  const read = readDuration(value);
  return read.ok ? null : read.why;
}
