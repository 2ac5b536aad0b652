/**
 * The run event of `POST /api/events`, checked. Receives what JSON gave; hands on the same event with epoch
 * milliseconds and settings in the form in which they are used, or every problem with the field's name.
 * Shape: run-event.ts. Other spellings: run-event-keys.ts.
 */
import { z } from "zod";
import { cleanText, cutText } from "./cut-text.ts";
import { type FieldProblem, problemsOfZodError } from "./field-problem.ts";
import { MAX_NOMINAL_AHEAD_MS, parseInstant, whyNotPlausible } from "./instant.ts";
import type { JobSettings } from "./job-settings.ts";
import { type CheckCron, readJobSettings } from "./job-settings-schema.ts";
import { nearestName } from "./nearest-name.ts";
import { RUN_TYPES } from "./phases.ts";
import { RUN_EVENT_KINDS, type RunEventInput, WITNESS_KINDS } from "./run-event.ts";
import { canonicalRunEventKeys } from "./run-event-keys.ts";

/** Longest name of a job, run, namespace, environment. */
export const MAX_NAME_LENGTH = 200;
/** Longer output is cut (first and last part), never refused: a terminal event must not be lost for its log. */
export const MAX_OUTPUT_BYTES = 100_000;
const MAX_ERROR_MESSAGE_BYTES = 8_192;
const MAX_ERROR_STACK_BYTES = 32_768;
const MAX_METADATA_ENTRIES = 128;
const MAX_METADATA_TEXT_BYTES = 4_096;

const name = z
  .string()
  .transform((text) => cleanText(text).trim())
  .pipe(
    z
      .string()
      .min(1, { error: "must not be empty" })
      .max(MAX_NAME_LENGTH, { error: `must be at most ${MAX_NAME_LENGTH} characters long` })
      // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is refused.
      .regex(/^[^\u0000-\u001f\u007f]*$/, { error: "must not hold control characters" }),
  );
const optionalName = z
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
  namespace: optionalName.optional(),
  environment: optionalName.optional(),
  jobType: optionalName.optional(),
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
  signal: optionalName.optional(),
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
    .pipe(z.record(z.string(), z.union([z.number(), z.boolean(), textUpTo(MAX_METADATA_TEXT_BYTES)])))
    .optional(),
  traceId: hexId(32).optional(),
  spanId: hexId(16).optional(),
  parentSpanId: hexId(16).optional(),
  job: z.looseObject({}).optional().describe("settings of the job, as in the jobs file"),
  witness: z.enum(WITNESS_KINDS).optional(),
  host: optionalName.optional(),
}) satisfies z.ZodType<unknown, RunEventInput>;

/** An event that may be recorded. */
export interface ReadRunEvent extends Omit<z.output<typeof runEventSchema>, "job"> {
  jobSettings?: Partial<JobSettings>;
}

export type RunEventReading =
  | { ok: true; event: ReadRunEvent }
  | { ok: false; code: "invalid_event" | "time_out_of_range"; problems: FieldProblem[] };

const KNOWN_KEYS: readonly string[] = Object.keys(runEventSchema.shape);

/**
 * Reads one event.
 * @param now the server's clock: a time before 2010, or more than 24 h ahead of it, is refused.
 */
export function readRunEvent(
  input: unknown,
  now: number,
  options: { checkCron?: CheckCron } = {},
): RunEventReading {
  const strict = runEventSchema.safeParse(input);
  if (strict.success) return judged(strict.data, now, options);
  if (typeof input !== "object" || input === null || Array.isArray(input))
    return {
      ok: false,
      code: "invalid_event",
      problems: [{ field: "", message: "must be an object: one run event" }],
    };
  const { value, problems } = canonicalRunEventKeys(input as Record<string, unknown>, KNOWN_KEYS);
  const parsed = runEventSchema.safeParse(value);
  if (!parsed.success) problems.push(...problemsOfZodError(parsed.error, knownKeysAt).map(presence));
  if (problems.length > 0 || !parsed.success) return { ok: false, code: "invalid_event", problems };
  return judged(parsed.data, now, options);
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

function presence(problem: FieldProblem): FieldProblem {
  return problem.message.endsWith("received undefined") ? { ...problem, message: "is missing" } : problem;
}

function judged(
  parsed: z.output<typeof runEventSchema>,
  now: number,
  options: { checkCron?: CheckCron },
): RunEventReading {
  const { job, ...event } = parsed;
  const problems = timeProblems(event, now);
  if (problems.length > 0) return { ok: false, code: "time_out_of_range", problems };
  if ((event.kind === "step_started" || event.kind === "step_ended") && event.step === undefined)
    return { ok: false, code: "invalid_event", problems: [{ field: "step.name", message: "is missing" }] };
  const read: ReadRunEvent = event;
  if (event.output !== undefined) {
    const output = cutText(cleanText(event.output), MAX_OUTPUT_BYTES);
    read.output = output.text;
    if (output.cut) read.outputTruncated = true;
  }
  if (job === undefined) return { ok: true, event: read };
  const settings = readJobSettings(job, options);
  if (!settings.ok)
    return {
      ok: false,
      code: "invalid_event",
      problems: settings.problems.map((problem) => ({
        field: problem.field === "" ? "job" : `job.${problem.field}`,
        message: problem.message,
      })),
    };
  read.jobSettings = settings.settings;
  return { ok: true, event: read };
}

function timeProblems(event: Omit<z.output<typeof runEventSchema>, "job">, now: number): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const check = (field: string, at: number | undefined, maxAheadMs?: number): void => {
    const why = at === undefined ? null : whyNotPlausible(at, now, maxAheadMs);
    if (why !== null) problems.push({ field, message: why });
  };
  check("at", event.at);
  check("queuedAt", event.queuedAt);
  check("startedAt", event.startedAt);
  check("scheduledAt", event.scheduledAt, MAX_NOMINAL_AHEAD_MS);
  return problems;
}
