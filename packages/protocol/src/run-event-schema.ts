/**
 * The run event of `POST /api/events`, checked. Receives what JSON gave; hands on the same event with epoch
 * milliseconds and settings in the form in which they are used, or every problem with the field's name.
 * Shape: run-event.ts. Other spellings: run-event-keys.ts.
 */
import { z } from "zod";
import { cleanText, cutText } from "./cut-text.ts";
import { type FieldProblem, problemsOfZodError, withoutPath } from "./field-problem.ts";
import { MAX_NOMINAL_AHEAD_MS, parseInstant, whyNotPlausible } from "./instant.ts";
import type { JobSettings } from "./job-settings.ts";
import { readJobSettings } from "./job-settings-schema.ts";
import { MAX_NAME_LENGTH, whyNoName } from "./name-rule.ts";
import { nearestName } from "./nearest-name.ts";
import { RUN_TYPES } from "./phases.ts";
import { RUN_EVENT_KINDS, type RunEventInput, WITNESS_KINDS } from "./run-event.ts";
import { canonicalRunEventKeys } from "./run-event-keys.ts";
import type { CheckCron } from "./schedule-words.ts";

/** Longer output is cut (first and last part), never refused: a terminal event must not be lost for its log. */
export const MAX_OUTPUT_BYTES = 100_000;
const MAX_ERROR_MESSAGE_BYTES = 8_192;
const MAX_ERROR_STACK_BYTES = 32_768;
const MAX_METADATA_ENTRIES = 128;
const MAX_METADATA_TEXT_BYTES = 4_096;

const maybeName = z
  .string()
  .transform((text) => text.toWellFormed().trim())
  .superRefine((text, context) => {
    const why = whyNoName(text);
    if (why !== null) context.addIssue({ code: "custom", message: why });
  });
const name = maybeName.refine((text) => text !== "", { error: "must not be empty" });
const shortText = z
  .string()
  .transform((text) => cleanText(text).trim())
  .pipe(z.string().max(MAX_NAME_LENGTH, { error: `must be at most ${MAX_NAME_LENGTH} characters long` }));
const textUpTo = (limitBytes: number) =>
  z.string().transform((text) => cutText(cleanText(text), limitBytes).text);
const instant = z
  .union([z.string(), z.number()], { error: "must be a time: ISO 8601 with a zone, or epoch milliseconds" })
  .transform((value, context) => {
    try {
      return parseInstant(value);
    } catch (error) {
      context.addIssue({ code: "custom", message: error instanceof Error ? error.message : String(error) });
      return z.NEVER;
    }
  });
const count = z
  .number()
  .int({ error: "must be a whole number" })
  .min(0, { error: "must be 0 or more" })
  .max(Number.MAX_SAFE_INTEGER);
const amount = z.number().min(0, { error: "must be 0 or more" }).max(Number.MAX_SAFE_INTEGER);
const hexId = (digits: number) =>
  z
    .string()
    .regex(new RegExp(`^[0-9a-fA-F]{${digits}}$`), { error: `must be ${digits} hex digits` })
    .transform((text) => text.toLowerCase());

const recordsSchema = z.strictObject({
  processed: count.optional(),
  failed: count.optional(),
  extracted: count.optional(),
  transformed: count.optional(),
  loaded: count.optional(),
});

export const runEventSchema = z.strictObject({
  kind: z.enum(RUN_EVENT_KINDS, {
    error: (issue) => {
      const near = typeof issue.input === "string" ? nearestName(issue.input, RUN_EVENT_KINDS) : null;
      const hint = near === null ? `must be one of ${RUN_EVENT_KINDS.join(", ")}` : `did you mean "${near}"?`;
      return issue.input === undefined ? `is missing; it ${hint}` : `is no kind of run event; ${hint}`;
    },
  }),
  jobName: name,
  namespace: maybeName.optional(),
  environment: maybeName.optional(),
  jobType: shortText.optional(),
  runId: name.optional(),
  at: instant.optional(),
  id: name.optional(),
  attempt: z.number().int().min(1).max(100_000).optional(),
  runType: z.enum(RUN_TYPES).optional(),
  scheduledAt: instant.optional(),
  queuedAt: instant.optional(),
  startedAt: instant.optional(),
  durationMs: amount.optional(),
  step: z
    .strictObject({
      name,
      id: name.optional(),
      parentId: name.optional(),
      outcome: z.enum(["success", "failure", "skipped"]).optional(),
      records: recordsSchema.optional(),
    })
    .optional(),
  records: recordsSchema.optional(),
  progress: z
    .strictObject({
      processed: amount.optional(),
      total: amount.optional(),
      rate: amount.optional(),
      message: textUpTo(MAX_METADATA_TEXT_BYTES).optional(),
    })
    .optional(),
  error: z
    .strictObject({
      type: textUpTo(MAX_NAME_LENGTH).optional(),
      message: textUpTo(MAX_ERROR_MESSAGE_BYTES).optional(),
      stack: textUpTo(MAX_ERROR_STACK_BYTES).optional(),
    })
    .optional(),
  exitCode: z.number().int().min(-2_147_483_648).max(4_294_967_295).optional(),
  signal: shortText.optional(),
  resources: z
    .strictObject({
      peakMemoryBytes: amount.optional(),
      memoryBytes: amount.optional(),
      memoryLimitBytes: amount.optional(),
      cpuMs: amount.optional(),
    })
    .optional(),
  heartbeatIntervalMs: z.number().min(1).max(Number.MAX_SAFE_INTEGER).optional(),
  final: z.boolean().optional(),
  maxAttempts: z.number().int().min(1).max(100_000).optional(),
  output: z.string().optional(),
  outputTruncated: z.boolean().optional(),
  metadata: z
    .custom<Record<string, string | number | boolean>>(
      (value) =>
        typeof value !== "object" || value === null || Object.keys(value).length <= MAX_METADATA_ENTRIES,
      {
        error: `holds more than ${MAX_METADATA_ENTRIES} entries; send what you search for, leave the rest in the log`,
      },
    )
    .pipe(
      z.record(
        z.string(),
        z.union([z.number(), z.boolean(), textUpTo(MAX_METADATA_TEXT_BYTES)], {
          error:
            "must be text, a number or a boolean; put what is nested into text, or under names of its own",
        }),
        { error: "must be an object of names and values" },
      ),
    )
    .optional(),
  traceId: hexId(32).optional(),
  spanId: hexId(16).optional(),
  parentSpanId: hexId(16).optional(),
  job: z.looseObject({}).optional().describe("settings of the job, as in the jobs file"),
  witness: z.enum(WITNESS_KINDS).optional(),
  host: shortText.optional(),
}) satisfies z.ZodType<unknown, RunEventInput>;

/** An event that may be recorded. */
export interface ReadRunEvent extends Omit<z.output<typeof runEventSchema>, "job"> {
  jobSettings?: Partial<JobSettings>;
}

export type RunEventReading =
  | {
      ok: true;
      event: ReadRunEvent;
      /** What was wrong beside it, and was left out: an end is never lost for a bad count or a mistyped setting. */
      warnings: FieldProblem[];
    }
  | { ok: false; code: "invalid_event" | "time_out_of_range"; problems: FieldProblem[] };

const KNOWN_KEYS: readonly string[] = Object.keys(runEventSchema.shape);

/**
 * Reads one event. What says which run it is about, what happened and when must be right, else it is refused; any other
 * field that is not is left out, with a warning that names it.
 * @param now the server's clock: a time before 2010, or more than 24 h ahead of it, is refused.
 */
export function readRunEvent(
  input: unknown,
  now: number,
  options: { checkCron?: CheckCron } = {},
): RunEventReading {
  const strict = runEventSchema.safeParse(input);
  if (strict.success) return judged(strict.data, now, options, []);
  if (typeof input !== "object" || input === null || Array.isArray(input))
    return refused("invalid_event", [{ field: "", message: "must be an object: one run event" }]);
  const { value, problems } = canonicalRunEventKeys(input as Record<string, unknown>, KNOWN_KEYS);
  const [fatal, warnings] = sorted(problems, value.kind);
  const sound = withoutBadFields(value, fatal, warnings);
  return "problems" in sound
    ? refused("invalid_event", sound.problems)
    : judged(sound.event, now, options, warnings);
}

/** Leaves out what is wrong until the rest is right; removing one may show another. */
function withoutBadFields(
  given: Record<string, unknown>,
  fatal: FieldProblem[],
  warnings: FieldProblem[],
): { event: z.output<typeof runEventSchema> } | { problems: FieldProblem[] } {
  let value: unknown = given;
  for (let round = 0; ; round += 1) {
    const parsed = runEventSchema.safeParse(value);
    if (parsed.success) return fatal.length > 0 ? { problems: fatal } : { event: parsed.data };
    const [identity, side] = sorted(problemsOfZodError(parsed.error, knownKeysAt), given.kind);
    const removed = withoutAll(value, side, withoutField);
    if (identity.length > 0 || removed === null || round > MOST_ROUNDS)
      return { problems: [...fatal, ...identity, ...(identity.length > 0 ? [] : side)] };
    warnings.push(...side);
    value = removed;
  }
}

/** null where nothing could be left out. */
function withoutAll(
  value: unknown,
  problems: readonly FieldProblem[],
  without: (value: unknown, field: string) => unknown,
): unknown {
  // What is gone already went with what held it.
  const rest = problems.reduce((left, { field }) => without(left, field) ?? left, value);
  return rest === value ? null : rest;
}

function withoutField(value: unknown, field: string): unknown {
  if (field !== "metadata" || typeof value !== "object" || value === null) return withoutPath(value, field);
  const { metadata } = value as { metadata?: unknown };
  if (typeof metadata !== "object" || metadata === null) return withoutPath(value, field);
  // Too many: the first ones stay.
  const kept = Object.entries(metadata).slice(0, MAX_METADATA_ENTRIES);
  return { ...value, metadata: Object.fromEntries(kept) };
}

/** Which run, what happened, when; of a step also which step and how it ended. */
const IDENTITY: readonly string[] = ["kind", "jobName", "namespace", "environment", "runId", "at"];
const STEP_IDENTITY: readonly string[] = ["step", "step.name", "step.id", "step.outcome"];
const STEP_KINDS: readonly unknown[] = ["step_started", "step_ended"];
const MOST_ROUNDS = 5;

function sorted(problems: readonly FieldProblem[], kind: unknown): [FieldProblem[], FieldProblem[]] {
  const isIdentity = ({ field, message }: FieldProblem): boolean =>
    field === "" ||
    IDENTITY.includes(field) ||
    (STEP_KINDS.includes(kind) && STEP_IDENTITY.includes(field)) ||
    (message.startsWith("is not known") && IDENTITY.includes(nearestName(field, KNOWN_KEYS) ?? ""));
  const { identity = [], side = [] } = Object.groupBy(problems, (problem) =>
    isIdentity(problem) ? "identity" : "side",
  );
  return [identity, side];
}

function knownKeysAt(path: readonly PropertyKey[]): readonly string[] {
  if (path.length === 0) return KNOWN_KEYS;
  switch (path.at(-1)) {
    case "records":
      return Object.keys(recordsSchema.shape);
    case "step":
      return ["name", "id", "parentId", "outcome", "records"];
    case "progress":
      return ["processed", "total", "rate", "message"];
    case "error":
      return ["type", "message", "stack"];
    case "resources":
      return ["peakMemoryBytes", "memoryBytes", "memoryLimitBytes", "cpuMs"];
    default:
      return [];
  }
}

function judged(
  parsed: z.output<typeof runEventSchema>,
  now: number,
  options: { checkCron?: CheckCron },
  warnings: FieldProblem[],
): RunEventReading {
  const { job, ...read }: z.output<typeof runEventSchema> & ReadRunEvent = parsed;
  const whyAt = read.at === undefined ? null : whyNotPlausible(read.at, now);
  if (whyAt !== null) return refused("time_out_of_range", [{ field: "at", message: whyAt }]);
  for (const [field, maxAheadMs] of SIDE_TIMES) {
    const at = read[field];
    const why = at === undefined ? null : whyNotPlausible(at, now, maxAheadMs);
    if (why === null) continue;
    warnings.push({ field, message: why });
    delete read[field];
  }
  if (STEP_KINDS.includes(read.kind) && read.step === undefined)
    return refused("invalid_event", [{ field: "step.name", message: "is missing" }]);
  if (read.kind === "records" && warnings.length > 0 && Object.keys(read.records ?? {}).length === 0)
    return refused("invalid_event", warnings);
  if (read.output !== undefined) {
    const output = cutText(cleanText(read.output), MAX_OUTPUT_BYTES);
    read.output = output.text;
    if (output.cut) read.outputTruncated = true;
  }
  if (job !== undefined) read.jobSettings = soundSettings(job, options, warnings);
  return { ok: true, event: read, warnings };
}

const SIDE_TIMES: readonly (readonly ["queuedAt" | "startedAt" | "scheduledAt", number?])[] = [
  ["queuedAt"],
  ["startedAt"],
  ["scheduledAt", MAX_NOMINAL_AHEAD_MS],
];

/** The settings that are right; each of the others is a warning. */
function soundSettings(
  given: unknown,
  options: { checkCron?: CheckCron },
  warnings: FieldProblem[],
): Partial<JobSettings> {
  const warn = (problems: readonly FieldProblem[]): void => {
    for (const { field, message } of problems)
      warnings.push({ field: field === "" ? "job" : `job.${field}`, message });
  };
  let settings = given;
  for (let round = 0; ; round += 1) {
    const reading = readJobSettings(settings, options);
    if (reading.ok) return reading.settings;
    warn(reading.problems);
    settings = reading.problems.reduce<unknown>(
      (rest, { field }) => rest && withoutPath(rest, field),
      settings,
    );
    if (settings === null || round > MOST_ROUNDS) return {};
  }
}

function refused(
  code: "invalid_event" | "time_out_of_range",
  problems: FieldProblem[],
): Extract<RunEventReading, { ok: false }> {
  return { ok: false, code, problems };
}
