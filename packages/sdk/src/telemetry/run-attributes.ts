/** The attributes by which every signal says which run it is of (docs/semantic-conventions.md). */
import { ATTRIBUTES, RUN_EVENT_ATTRIBUTES as NAMES } from "@batchwatch/protocol/names";
import type { RecordCounts } from "@batchwatch/protocol/run-event";
import type { Attributes } from "@opentelemetry/api";
import type { PlainValue } from "../run/plain-values.ts";
import type { RunSettings } from "../run/run-options.ts";
import type { ResourceUse } from "./process-resources.ts";

export function identityAttributes(settings: RunSettings, runId: string): Attributes {
  const { jobName, namespace, environment } = settings;
  return {
    [ATTRIBUTES.jobName]: jobName,
    [ATTRIBUTES.jobId]: runId,
    ...(namespace !== null && { [ATTRIBUTES.namespace]: namespace }),
    ...(environment !== null && { [ATTRIBUTES.environment]: environment }),
  };
}

/** What a start says of the run as a whole. */
export function startAttributes(settings: RunSettings, attempt: number, startedAt: number): Attributes {
  const { jobType, runType, scheduledAt, queuedAt, retries } = settings;
  return {
    ...(jobType !== null && { [ATTRIBUTES.jobType]: jobType }),
    [NAMES.attempt]: attempt,
    ...(retries.most > 1 && { [NAMES.maxAttempts]: retries.most }),
    ...(runType !== null && { [NAMES.runType]: runType }),
    ...(scheduledAt !== null && { [NAMES.scheduledAt]: new Date(scheduledAt).toISOString() }),
    ...(queuedAt !== null &&
      attempt === 1 && { [NAMES.queueWaitSeconds]: Math.max(0, startedAt - queuedAt) / 1000 }),
  };
}

export function metadataAttributes(metadata: Readonly<Record<string, PlainValue>>): Attributes {
  return Object.fromEntries(Object.entries(metadata).map(([name, value]) => [`batch.job.${name}`, value]));
}

/** Unreported is not zero: what was never counted has no attribute. */
export function recordAttributes(records: RecordCounts): Attributes {
  return Object.fromEntries(
    Object.entries(records).map(([field, value]) => [ATTRIBUTES.recordsPrefix + field, value]),
  );
}

export function resourceAttributes(use: ResourceUse): Attributes {
  const { memoryBytes, peakMemoryBytes, memoryLimitBytes, cpuSeconds } = use;
  return {
    [NAMES.memoryBytes]: memoryBytes,
    [NAMES.peakMemoryBytes]: peakMemoryBytes,
    ...(memoryLimitBytes !== null && { [NAMES.memoryLimitBytes]: memoryLimitBytes }),
    [NAMES.cpuSeconds]: cpuSeconds,
  };
}

export function exceptionAttributes(error: { type?: string; message?: string; stack?: string }): Attributes {
  return {
    ...(error.type !== undefined && { "exception.type": error.type }),
    ...(error.message !== undefined && { "exception.message": error.message }),
    ...(error.stack !== undefined && { "exception.stacktrace": error.stack }),
  };
}
