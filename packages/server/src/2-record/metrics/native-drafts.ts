/**
 * What the points of a job's own `batch_job_*` families add to the server-held series (SEMANTICS section 7). Pure. The
 * increments are those that evidence is made of too; of a point that comes late its part was counted with the one behind it.
 */
import { METRIC_NAMES } from "@batchwatch/protocol";
import type { JobKey } from "../../model/identity.ts";
import type { NativeChange, NativeIncrement } from "../../model/meter.ts";
import type { MetricPoint, SeriesLabels } from "../../model/samples.ts";
import type { Increment } from "./stream-state.ts";

/** Before its job has a row. */
export type NativeDraft = Omit<NativeIncrement, "id" | "jobId" | "claimed" | "applied"> & { job: JobKey };

/** Whose process it was is no part of the series: they are the job's. */
const OF_THE_PROCESS: ReadonlySet<string> = new Set([
  "instance",
  "host",
  "host_name",
  "hostname",
  "service_instance_id",
  "batch_namespace",
  "deployment_environment_name",
]);
const WITH_STATUS: ReadonlySet<string> = new Set([METRIC_NAMES.completions, METRIC_NAMES.duration]);

export function nativeIncrement(point: MetricPoint, job: JobKey, increment: Increment): NativeDraft | null {
  const change = changeOf(point, increment);
  if (change === null) return null;
  const seen = increment.count === 1 ? exactTime(point, increment) : null;
  return {
    job,
    family: point.family,
    labels: nativeLabels(point, job),
    instanceId: point.instanceId,
    fromAt: seen ?? increment.fromAt,
    at: increment.at,
    isFirst: seen !== null,
    change,
  };
}

/** A gauge's new value: held until the next. */
export function nativeValue(point: MetricPoint, job: JobKey): NativeDraft {
  return {
    job,
    family: point.family,
    labels: nativeLabels(point, job),
    instanceId: point.instanceId,
    fromAt: point.at,
    at: point.at,
    isFirst: false,
    change: { kind: "set", value: point.value },
  };
}

function changeOf(point: MetricPoint, { value, count, buckets }: Increment): NativeChange | null {
  if (point.kind === "counter") return value > 0 ? { kind: "add", amount: value } : null;
  if (point.kind !== "histogram" || count <= 0) return null;
  const { bounds, below } = buckets ?? { bounds: [], below: [] };
  return { kind: "merge", histogram: { count, sum: value, bounds, below } };
}

/** Of a single measurement: the start of its stream, or its exemplar. */
function exactTime({ exemplars }: MetricPoint, { isFirst, fromAt, at }: Increment): number | null {
  if (isFirst) return fromAt;
  const seen = exemplars.find((exemplar) => exemplar.at > fromAt - 1 && exemplar.at <= at + 1);
  return seen?.at ?? null;
}

export function nativeLabels({ family, attributes }: MetricPoint, job: JobKey): SeriesLabels {
  const labels: Record<string, string> = {};
  for (const [key, value] of Object.entries(attributes)) {
    const name = key.replaceAll(/[^a-zA-Z0-9_]/g, "_").replace(/^(?=[0-9])/, "key_");
    if (value !== "" && !OF_THE_PROCESS.has(name)) labels[name] = value;
  }
  delete labels.batch_job_name;
  labels.job_name = job.jobName;
  if (job.namespace !== "default") labels.namespace = job.namespace;
  if (job.environment !== "") labels.environment = job.environment;
  const status = labels.status;
  if (status !== undefined && WITH_STATUS.has(family)) labels.status = statusLabel(status);
  if (labels.status === "success" && /^(none|null)$/i.test(labels.error_type ?? "")) delete labels.error_type;
  return labels;
}

/** Users' rules name two words; sources have more of them (INGEST 5.3, 2). */
function statusLabel(given: string): string {
  const word = given.trim().toLowerCase();
  if (/^(success|succeeded|successful|completed|complete|finished|done|ok)$/.test(word)) return "success";
  if (/^(fail|failed|failure|error|errored|timeout|timed_out|dead_letter|lost|killed)$/.test(word))
    return "failure";
  return given;
}
