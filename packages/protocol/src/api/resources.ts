/**
 * The resources of the HTTP API as zod schemas: they validate, they type, and OpenAPI is generated from them.
 * Instants are ISO 8601 in UTC with milliseconds, durations are `…Ms`, names camelCase, absent values null.
 */
import { z } from "zod";
import { SETTING_SOURCES, SEVERITIES } from "../job-settings.ts";
import { DETECTION_TYPES, VIOLATION_TYPES } from "../judgements.ts";
import { RUN_PHASES, RUN_TYPES } from "../phases.ts";
import { RUN_EVENT_KINDS, WITNESS_KINDS } from "../run-event.ts";

export const instantSchema = z.iso.datetime().describe("ISO 8601, UTC, milliseconds");
const instantOrNull = instantSchema.nullable();
const durationMs = z.number().describe("milliseconds");
const durationOrNull = durationMs.nullable();
const countOrNull = z.number().nullable();

export const factTypeSchema = z.enum([...VIOLATION_TYPES, ...DETECTION_TYPES]);
export const severitySchema = z.enum(SEVERITIES);

/** Of a log line, mildest first. */
export const LOG_SEVERITIES = ["trace", "debug", "info", "warn", "error", "fatal"] as const;
export const phaseSchema = z.enum(RUN_PHASES);

export const jobKeySchema = z.object({
  namespace: z.string(),
  environment: z.string(),
  jobName: z.string(),
});

/** How well a run's start or end time is known. */
export const precisionSchema = z.object({
  startedWithinMs: durationMs.describe("0 = exact"),
  completedWithinMs: durationMs.describe("0 = exact"),
});

export const runSummarySchema = jobKeySchema.extend({
  runId: z.string(),
  jobType: z.string().nullable(),
  runType: z.enum(RUN_TYPES),
  phase: phaseSchema,
  degraded: z.boolean().describe("ended well although a step failed"),
  conflict: z.boolean().describe("its witnesses disagree about the outcome"),
  anonymous: z.boolean().describe("known only from counters, without a run id of its own"),
  scheduledAt: instantOrNull,
  queuedAt: instantOrNull,
  startedAt: instantOrNull,
  completedAt: instantOrNull,
  queueWaitMs: durationOrNull,
  executionMs: durationOrNull,
  durationMs: durationOrNull,
  totalMs: durationOrNull,
  retryCount: z.number().int(),
  recordsProcessed: countOrNull,
  recordsFailed: countOrNull,
  progressRate: countOrNull.describe("records per second, last reported"),
  progressTotal: countOrNull,
  errorType: z.string().nullable(),
  errorMessage: z.string().nullable(),
  exitCode: z.number().int().nullable(),
  signal: z.string().nullable(),
  lastEventAt: instantSchema,
  lastHeartbeatAt: instantOrNull,
  openFacts: z.array(factTypeSchema).describe("violations and detections of this run that are open"),
});
export type RunSummary = z.infer<typeof runSummarySchema>;

export const attemptSchema = z.object({
  number: z.number().int(),
  phase: phaseSchema,
  startedAt: instantOrNull,
  endedAt: instantOrNull,
  durationMs: durationOrNull,
  errorType: z.string().nullable(),
  errorMessage: z.string().nullable(),
  exitCode: z.number().int().nullable(),
  signal: z.string().nullable(),
});

export const stepSchema = z.object({
  id: z.string(),
  name: z.string(),
  parentId: z.string().nullable(),
  attempt: z.number().int(),
  outcome: z.enum(["running", "success", "failure", "skipped"]),
  startedAt: instantOrNull,
  endedAt: instantOrNull,
  durationMs: durationOrNull,
  records: z.record(z.string(), z.number()).describe("processed, failed, extracted, transformed, loaded"),
  errorType: z.string().nullable(),
  errorMessage: z.string().nullable(),
});

export const witnessSchema = z.object({
  kind: z.enum(WITNESS_KINDS),
  says: phaseSchema.nullable().describe("the outcome this witness reports"),
  firstAt: instantSchema,
  lastAt: instantSchema,
  clockSkewMs: z
    .number()
    .int()
    .nullable()
    .describe("its clock minus ours, where that is proven and more than 10 minutes"),
});

export const judgementSchema = z.object({
  id: z.string(),
  class: z.enum(["violation", "detection"]),
  type: factTypeSchema,
  severity: severitySchema,
  state: z.enum(["open", "resolved"]),
  at: instantSchema.describe("when it was broken"),
  judgedAt: instantSchema.describe(
    "when that was noticed: later after a downtime of ours, or for a late report",
  ),
  resolvedAt: instantOrNull,
  limit: z.string().nullable().describe("in words, with its unit"),
  value: z.string().nullable().describe("in words, with its unit"),
  explanation: z.string(),
  resolution: z.string().nullable(),
  notified: z.boolean(),
  suppressedBecause: z.string().nullable().describe("why it paged nobody, e.g. history, observe_only"),
  runId: z.string().nullable(),
  slotAt: instantOrNull,
  incidentId: z.string().nullable(),
});
export type Judgement = z.infer<typeof judgementSchema>;

export const deadlineSchema = z.object({
  kind: z.string(),
  dueAt: instantSchema,
  explanation: z.string(),
});

export const slotSchema = z.object({
  slotAt: instantSchema.describe("nominal time"),
  local: z.string().describe("nominal time in the job's zone, with the zone"),
  state: z.enum(["expected", "matched", "missed", "unknown", "skipped"]),
  reason: z.string().nullable(),
  runId: z.string().nullable(),
});

export const runDetailSchema = runSummarySchema.extend({
  attempts: z.array(attemptSchema),
  steps: z.array(stepSchema),
  witnesses: z.array(witnessSchema),
  violations: z.array(judgementSchema).describe("violations and detections of this run"),
  precision: precisionSchema,
  clock: z
    .object({
      skewMs: z.number().int().nullable().describe("the senders' clock minus ours, where it is proven"),
      reportedLateMs: durationOrNull.describe("reported so long after its own times, for whichever reason"),
      text: z.string(),
    })
    .nullable()
    .describe("null while the run's times are within 10 minutes of their receipt"),
  slot: slotSchema.nullable(),
  deadlines: z.array(deadlineSchema),
  resources: z.object({
    peakMemoryBytes: countOrNull,
    memoryLimitBytes: countOrNull,
    cpuMs: countOrNull,
  }),
  metadata: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  traceIds: z.array(z.string()),
  host: z.string().nullable(),
  incidentId: z.string().nullable(),
  previousRunId: z.string().nullable(),
  nextRunId: z.string().nullable(),
});
export type RunDetail = z.infer<typeof runDetailSchema>;

/** One bar of the run strip. */
export const stripBarSchema = z.object({
  runId: z.string().nullable().describe("null for a slot without a run"),
  at: instantSchema,
  phase: z.union([phaseSchema, z.enum(["missed", "expected"])]),
  durationMs: durationOrNull,
  recordsProcessed: countOrNull,
  why: z.string().nullable(),
});
export type StripBar = z.infer<typeof stripBarSchema>;

export const JOB_HEALTHS = ["ok", "running", "late", "failing", "unknown", "paused", "new"] as const;

export const jobSummarySchema = jobKeySchema.extend({
  jobType: z.string().nullable(),
  owner: z.string().nullable(),
  tags: z.record(z.string(), z.string()),
  health: z.enum(JOB_HEALTHS),
  healthReason: z.string().describe("one sentence"),
  schedule: z.string().nullable().describe("in words, with the zone"),
  timezone: z.string().nullable().describe("IANA zone of its schedule; null without one"),
  nextSlotAt: instantOrNull,
  nextDeadline: deadlineSchema.nullable(),
  runningCount: z.number().int(),
  lastRun: runSummarySchema.nullable(),
  lastSuccessAt: instantOrNull,
  usualDurationMs: durationOrNull.describe("median of the last 30 good runs"),
  p95DurationMs: durationOrNull,
  strip: z.array(stripBarSchema).describe("oldest first, at most 30"),
  openIncidentId: z.string().nullable(),
  openIncidentSeverity: severitySchema.nullable(),
  paused: z.boolean(),
  observeOnly: z.boolean(),
  firstSeenAt: instantSchema,
  hint: z
    .string()
    .nullable()
    .describe("what is probably not meant, and what to do, e.g. declared for another environment"),
});
export type JobSummary = z.infer<typeof jobSummarySchema>;

export const settingSchema = z.object({
  name: z.string(),
  value: z.unknown(),
  text: z.string().describe("the value in words"),
  source: z.enum([...SETTING_SOURCES, "default"]),
  overridden: z.array(z.object({ source: z.enum(SETTING_SOURCES), text: z.string() })),
});

export const jobDetailSchema = jobSummarySchema.extend({
  description: z.string().nullable(),
  runbook: z.string().nullable(),
  settings: z.array(settingSchema),
  pingUrl: z.string(),
  pingUuid: z.string(),
  upcomingSlots: z.array(slotSchema).describe("the next five"),
  recentSlots: z.array(slotSchema),
  openFacts: z.array(judgementSchema),
});
export type JobDetail = z.infer<typeof jobDetailSchema>;

export const runEventViewSchema = z.object({
  id: z.string(),
  kind: z.enum([...RUN_EVENT_KINDS, "suspected", "lost", "finalised"]),
  at: instantSchema,
  receivedAt: instantSchema,
  witness: z.enum(WITNESS_KINDS),
  attempt: z.number().int().nullable(),
  summary: z.string().describe("the event in words"),
  payload: z.record(z.string(), z.unknown()),
});

export const logViewSchema = z.object({
  at: instantSchema,
  severity: z.enum(LOG_SEVERITIES).nullable(),
  body: z.string(),
  attributes: z.record(z.string(), z.unknown()),
  traceId: z.string().nullable(),
  spanId: z.string().nullable(),
});

export const spanViewSchema = z.object({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().nullable(),
  name: z.string(),
  serviceName: z.string().nullable(),
  startedAt: instantSchema,
  durationMs,
  status: z.enum(["unset", "ok", "error"]),
  statusMessage: z.string().nullable(),
  attributes: z.record(z.string(), z.unknown()),
  events: z.array(
    z.object({ at: instantSchema, name: z.string(), attributes: z.record(z.string(), z.unknown()) }),
  ),
});

export const deliverySchema = z.object({
  id: z.string(),
  receiver: z.string(),
  channel: z.string(),
  reason: z.enum(["opened", "raised", "repeated", "acknowledged", "resolved", "corrected"]),
  state: z.enum(["pending", "delivered", "parked"]),
  dedupKey: z.string(),
  createdAt: instantSchema,
  deliveredAt: instantOrNull,
  nextTryAt: instantOrNull,
  tries: z.array(
    z.object({
      at: instantSchema,
      latencyMs: durationMs,
      status: z.number().int().nullable(),
      error: z.string().nullable(),
    }),
  ),
});

export const incidentSummarySchema = jobKeySchema.extend({
  id: z.string(),
  state: z.enum(["open", "resolved"]),
  severity: severitySchema,
  alertName: z.string(),
  title: z.string(),
  openedAt: instantSchema,
  resolvedAt: instantOrNull,
  resolution: z.string().nullable(),
  runId: z.string().nullable(),
  slotAt: instantOrNull,
  factTypes: z.array(factTypeSchema),
  notified: z.boolean(),
});
export type IncidentSummary = z.infer<typeof incidentSummarySchema>;

export const incidentDetailSchema = incidentSummarySchema.extend({
  facts: z.array(judgementSchema),
  timeline: z.array(z.object({ at: instantSchema, text: z.string() })),
  deliveries: z.array(deliverySchema),
  labels: z.record(z.string(), z.string()),
  annotations: z.record(z.string(), z.string()),
});
export type IncidentDetail = z.infer<typeof incidentDetailSchema>;

/** RFC 9457 problem details. */
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  code: z.string(),
  detail: z.string(),
  instance: z.string().optional(),
  errors: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
  candidates: z
    .array(jobKeySchema)
    .optional()
    .describe("with ambiguous_run: the jobs that have a run of this id"),
});
export type Problem = z.infer<typeof problemSchema>;

/** The answer of `POST /api/events`. */
export const eventsResponseSchema = z.object({
  accepted: z.number().int(),
  rejected: z.array(z.object({ index: z.number().int(), code: z.string(), message: z.string() })),
  warnings: z
    .array(z.object({ index: z.number().int(), field: z.string(), message: z.string() }))
    .optional()
    .describe("fields that were wrong: their events were recorded without them"),
});

export function pageOf<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() });
}

/** `POST /api/schedule/preview`: a schedule in words, and when it would run. */
export const schedulePreviewSchema = z.object({
  text: z.string().describe("in words, with the zone"),
  timezone: z.string(),
  upcoming: z.array(z.object({ slotAt: instantSchema, local: z.string(), text: z.string() })),
});
export type SchedulePreview = z.infer<typeof schedulePreviewSchema>;

/** `GET /api/samples`: one stored series. */
export const sampleSeriesSchema = z.object({
  labels: z.record(z.string(), z.string()),
  samples: z
    .array(z.tuple([instantSchema, z.number().nullable()]))
    .describe("ascending; null = not a finite number"),
});

/** `GET /api/overview`: the counts in the page's header and favicon. */
export const overviewSchema = z.object({
  version: z.string(),
  now: instantSchema,
  jobs: z.number().int(),
  running: z.number().int(),
  openIncidents: z.number().int(),
  openCritical: z.number().int(),
  namespaces: z.array(z.string()),
  httpUrl: z.string(),
  grpcAddress: z.string().nullable(),
  authRequired: z.boolean(),
  receiverConfigured: z.boolean(),
  retention: z
    .object({
      runsMs: durationOrNull,
      heartbeatsMs: durationOrNull,
      spansMs: durationOrNull,
      logsMs: durationOrNull,
      samplesMs: durationOrNull,
    })
    .describe("how long each is kept; null = for ever"),
});
export type Overview = z.infer<typeof overviewSchema>;

/** What a rebuild of a job's `batch_job_*` series wrote; all 0 where nothing was to be written. */
export const rebuiltMetricsSchema = z.object({
  from: instantSchema,
  runs: z.number().int().describe("runs that ended since then"),
  series: z.number().int().describe("counters, histograms and last values"),
  samples: z.number().int(),
});
export type RebuiltMetrics = z.infer<typeof rebuiltMetricsSchema>;
