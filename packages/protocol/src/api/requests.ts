/**
 * What the HTTP API accepts in paths, query strings and bodies, as zod schemas: they validate, they type, and OpenAPI
 * is generated from them. Unknown query parameters are refused, so that a misspelt filter never answers with everything.
 */
import { z } from "zod";
import { parseInstant } from "../instant.ts";
import { SEVERITIES } from "../job-settings.ts";
import { MAX_NAME_LENGTH, whyNoName } from "../name-rule.ts";
import { RUN_PHASES } from "../phases.ts";
import { JOB_HEALTHS, LOG_SEVERITIES, phaseSchema } from "./resources.ts";

/** A name in a path: what events may call a job or a run. */
const pathName = z
  .string()
  .min(1)
  .max(MAX_NAME_LENGTH)
  .superRefine((text, context) => {
    const why = whyNoName(text);
    if (why !== null) context.addIssue({ code: "custom", message: why });
  });

/** A list parameter: repeated, or comma separated. */
function listOf<T extends z.ZodType<unknown, string>>(item: T, words: string) {
  return z
    .union([z.string(), z.array(z.string())])
    .transform((value) =>
      (Array.isArray(value) ? value : [value])
        .flatMap((part) => part.split(","))
        .map((part) => part.trim())
        .filter((part) => part !== ""),
    )
    .pipe(z.array(item))
    .describe(words);
}

const nameText = z.string().max(MAX_NAME_LENGTH);

/** ISO 8601 with a zone, or epoch milliseconds; comes out as epoch milliseconds. */
const instantParameter = z.string().transform((text, context) => {
  try {
    return parseInstant(/^\d+$/.test(text) ? Number(text) : text);
  } catch (error) {
    context.addIssue({ code: "custom", message: error instanceof Error ? error.message : "must be a time" });
    return z.NEVER;
  }
});

const limitParameter = (most: number, usual: number) =>
  z.coerce
    .number({ error: `must be a whole number from 1 to ${most}` })
    .int()
    .min(1)
    .max(most)
    .default(usual)
    .describe(`at most this many items, 1 to ${most}`);

const cursorParameter = z
  .string()
  .min(1)
  .max(1000)
  .optional()
  .describe("`nextCursor` of the page before; all other parameters must stay the same");

const environmentParameter = nameText.default("").describe("empty when nobody said one");

export const JOB_SORTS = ["jobName", "health", "-lastRunAt", "nextDueAt"] as const;
export type JobSort = (typeof JOB_SORTS)[number];

export const jobListQuerySchema = z.strictObject({
  namespace: nameText.optional(),
  environment: nameText.optional(),
  search: nameText.optional().describe("part of the job's name; case does not matter"),
  owner: nameText.optional(),
  jobType: nameText.optional(),
  tag: z
    .string()
    .regex(/^[^=]+=.*$/s, { error: "must be name=value" })
    .optional()
    .describe("name=value"),
  health: listOf(z.enum(JOB_HEALTHS), `repeatable or comma separated; ${JOB_HEALTHS.join(", ")}`).optional(),
  sort: z
    .enum(JOB_SORTS)
    .default("jobName")
    .describe(
      "`health` = worst first, `-lastRunAt` = latest run first, `nextDueAt` = what is due next first",
    ),
  limit: limitParameter(200, 50),
  cursor: cursorParameter,
});
export type JobListQuery = z.output<typeof jobListQuerySchema>;

export const jobPathSchema = z.object({
  namespace: pathName,
  jobName: pathName,
});
export const jobQuerySchema = z.strictObject({ environment: environmentParameter });

/** `to` bounds what is asked for: a job of which nothing is known in between is left alone. */
export const rebuildMetricsRequestSchema = z.strictObject({
  from: instantParameter.describe("everything after it is written again"),
  to: instantParameter.optional().describe("default: now"),
});

export const RUN_SORTS = ["startedAt", "-startedAt", "durationMs", "-durationMs"] as const;

export const runListQuerySchema = z.strictObject({
  namespace: nameText.optional(),
  environment: nameText.optional(),
  jobName: nameText.optional(),
  phase: listOf(phaseSchema, `repeatable or comma separated; ${RUN_PHASES.join(", ")}`).optional(),
  from: instantParameter.optional().describe("started (else first heard of) at or after"),
  to: instantParameter.optional().describe("started (else first heard of) before"),
  runId: nameText.optional(),
  search: nameText.optional().describe("beginning of the run id, or part of the job's name"),
  sort: z.enum(RUN_SORTS).default("-startedAt"),
  limit: limitParameter(500, 50),
  cursor: cursorParameter,
});
export type RunListQuery = z.output<typeof runListQuerySchema>;

export const runPathSchema = z.object({ runId: pathName });

/** A run id is unique within its job only; these tell runs of one id apart. */
export const runQuerySchema = z.strictObject({
  namespace: nameText.optional(),
  environment: nameText.optional(),
  jobName: nameText.optional(),
});
export type RunQuery = z.output<typeof runQuerySchema>;

export const runPartsQuerySchema = runQuerySchema.extend({
  limit: limitParameter(1000, 200),
  cursor: cursorParameter,
});

export const runLogsQuerySchema = runPartsQuerySchema.extend({
  severity: z
    .enum(LOG_SEVERITIES)
    .optional()
    .describe("at least this severity; lines that name none always come along"),
});

export const runSpansQuerySchema = runQuerySchema.extend({ limit: limitParameter(10_000, 2000) });

export const incidentListQuerySchema = z.strictObject({
  state: z.enum(["open", "resolved"]).optional(),
  severity: z.enum(SEVERITIES).optional(),
  namespace: nameText.optional(),
  environment: nameText.optional(),
  jobName: nameText.optional(),
  sort: z
    .enum(["-openedAt", "openedAt"])
    .default("-openedAt")
    .describe("`-openedAt` = newest first, `openedAt` = oldest first"),
  limit: limitParameter(200, 50),
  cursor: cursorParameter,
});
export type IncidentListQuery = z.output<typeof incidentListQuerySchema>;

export const incidentPathSchema = z.object({
  id: z.string().regex(/^[1-9]\d{0,15}$/, { error: "must be the number of an incident" }),
});

/** `name="value"`, `name!=value`, `name=~regex`, `name!~regex`. */
const MATCH = /^\s*([a-zA-Z_][a-zA-Z0-9_.]*)\s*(=~|!~|!=|=)\s*(?:"((?:[^"\\]|\\.)*)"|(.*))\s*$/s;

export const labelMatchSchema = z
  .string()
  .regex(MATCH, { error: 'must be name=value, name!=value, name=~"regex" or name!~"regex"' })
  .transform((text) => {
    const [, name = "", op = "=", quoted, plain = ""] = MATCH.exec(text) ?? [];
    const value = quoted === undefined ? plain.trimEnd() : quoted.replace(/\\(.)/gs, "$1");
    return { name, op: op as "=" | "!=" | "=~" | "!~", value };
  });

export const sampleQuerySchema = z.strictObject({
  name: nameText.optional().describe("the metric's name, short for match=__name__=…"),
  match: z
    .union([z.string(), z.array(z.string())])
    .transform((value) => (Array.isArray(value) ? value : [value]))
    .pipe(z.array(labelMatchSchema))
    .optional()
    .describe('repeatable; a label matcher: job_name=daily_etl, status!=success, job_name=~"daily_.*"'),
  from: instantParameter.optional().describe("default: one hour before `to`"),
  to: instantParameter.optional().describe("inclusive; default: now"),
  limit: limitParameter(1000, 100),
});

export const schedulePreviewQuerySchema = z.strictObject({
  count: limitParameter(50, 5).describe("how many runs to name"),
});
