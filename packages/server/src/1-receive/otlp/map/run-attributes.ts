/**
 * `batch.job.*` and `batch.progress.*` attributes as facts of a run event. Spans and log events spell them alike.
 */
import {
  ATTRIBUTES,
  MAX_NOMINAL_AHEAD_MS,
  parseInstant,
  type RunType,
  whyNotPlausible,
} from "@batchwatch/protocol";
import type { RunEvent } from "../../../model/run-event.ts";
import type { AttributeMap } from "../wire/otlp-types.ts";
import { numberAttribute, textAttribute } from "./origin.ts";

export const RUN_ATTRIBUTES = {
  attempt: "batch.job.attempt",
  runType: "batch.job.run_type",
  scheduledAt: "batch.job.scheduled_at",
  queueWaitSeconds: "batch.job.queue_wait_seconds",
  status: "batch.job.status",
  heartbeatIntervalMs: "batch.heartbeat.interval_ms",
  progressRate: "batch.progress.rate",
  recordsTotal: "batch.records.total",
} as const;

const RUN_TYPES: readonly RunType[] = ["scheduled", "manual", "backfill", "catchup"];

/** What a source says of the run as a whole, at its start or later. */
export function runFactsOf(attributes: AttributeMap, receivedAt: number): Partial<RunEvent> {
  const facts: Partial<RunEvent> = {};
  const jobType = textAttribute(attributes, ATTRIBUTES.jobType, "job_type");
  if (jobType !== null) facts.jobType = jobType;
  const attempt = numberAttribute(attributes, RUN_ATTRIBUTES.attempt);
  if (attempt !== undefined && Number.isInteger(attempt) && attempt >= 1) facts.attempt = attempt;
  const word = textAttribute(attributes, RUN_ATTRIBUTES.runType)?.toLowerCase();
  const runType = RUN_TYPES.find((known) => known === word);
  if (runType !== undefined) facts.runType = runType;
  const scheduledAt = instantAttribute(attributes, RUN_ATTRIBUTES.scheduledAt, receivedAt);
  if (scheduledAt !== null) facts.scheduledAt = scheduledAt;
  const intervalMs = numberAttribute(attributes, RUN_ATTRIBUTES.heartbeatIntervalMs);
  if (intervalMs !== undefined && intervalMs > 0) facts.heartbeatIntervalMs = Math.round(intervalMs);
  return facts;
}

/** null where it is missing, no time, or none that can be. */
function instantAttribute(attributes: AttributeMap, name: string, receivedAt: number): number | null {
  const value = attributes[name];
  if (typeof value !== "string" && typeof value !== "number") return null;
  try {
    const at = parseInstant(value);
    return whyNotPlausible(at, receivedAt, MAX_NOMINAL_AHEAD_MS) === null ? at : null;
  } catch {
    return null;
  }
}

/** Answers undefined when nothing is reported. */
export function progressOf(attributes: AttributeMap): RunEvent["progress"] {
  const processed = numberAttribute(attributes, ATTRIBUTES.recordsProcessed);
  const rate = numberAttribute(attributes, RUN_ATTRIBUTES.progressRate, "rate");
  const total = numberAttribute(attributes, RUN_ATTRIBUTES.recordsTotal, "total");
  if (processed === undefined && rate === undefined && total === undefined) return undefined;
  return {
    ...(processed === undefined ? {} : { processed }),
    ...(rate === undefined ? {} : { rate }),
    ...(total === undefined ? {} : { total }),
  };
}
