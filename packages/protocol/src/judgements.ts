/**
 * The names of what can go wrong. Rules, labels and the web use these and no others.
 * Meaning of each: docs/guide/judgement.md.
 */
import type { Severity } from "./job-settings.ts";

/** Broken declared expectations, counted in `batch_job_sla_violations_total{violation_type}`. */
export const VIOLATION_TYPES = [
  "duration_exceeded",
  "deadline_missed",
  "failure_rate_exceeded",
  "insufficient_records",
  "start_late",
  "run_missed",
  "too_fast",
  "too_many_records",
  "freshness_stale",
  "ran_too_often",
  "overlapping_run",
  "instances_missing",
] as const;
export type ViolationType = (typeof VIOLATION_TYPES)[number];

/** What is noticed without a declared limit, counted in `batch_job_detections_total{detection_type}`. */
export const DETECTION_TYPES = [
  "run_failed",
  "heartbeat_missing",
  "progress_stalled",
  "zero_records",
  "records_unreported",
  "record_loss",
  "step_failed",
  "out_of_memory",
  "memory_pressure",
  "upstream_late",
  "upstream_failed",
  "retries_exhausted",
  "witness_conflict",
  "source_silent",
  "duration_anomaly",
  "throughput_drop",
  "records_anomaly",
  "sla_at_risk",
  "rule_firing",
] as const;
export type DetectionType = (typeof DETECTION_TYPES)[number];

export type FactType = ViolationType | DetectionType;

const CRITICAL: ReadonlySet<FactType> = new Set<FactType>([
  "run_failed",
  "run_missed",
  "deadline_missed",
  "out_of_memory",
  "retries_exhausted",
]);
const INFO: ReadonlySet<FactType> = new Set<FactType>([
  "duration_anomaly",
  "records_anomaly",
  "records_unreported",
]);

/** The severity of a type where neither the job nor the configuration says otherwise. */
export function defaultSeverity(type: FactType): Severity {
  if (CRITICAL.has(type)) return "critical";
  return INFO.has(type) ? "info" : "warning";
}

export function isViolationType(type: FactType): type is ViolationType {
  return (VIOLATION_TYPES as readonly string[]).includes(type);
}

/** `alertname` of a type: `run_failed` → `BatchRunFailed`. */
export function alertName(type: FactType): string {
  return `Batch${type
    .split("_")
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join("")}`;
}
