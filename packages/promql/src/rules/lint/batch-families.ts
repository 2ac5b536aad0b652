/** What is known beforehand of the series of batch jobs: their labels, when they exist, and the bounds of their buckets. */

/** Labels that every series of the family has. */
const FAMILY_LABELS: Readonly<Record<string, readonly string[]>> = {
  batch_job_duration_seconds: ["job_name", "job_type", "status"],
  batch_job_queue_wait_seconds: ["job_name"],
  batch_job_execution_seconds: ["job_name"],
  batch_jobs_running: ["job_name", "job_type"],
  batch_job_records_processed_total: ["job_name", "status"],
  batch_job_records_failed_total: ["job_name"],
  batch_job_completions_total: ["job_name", "job_type", "status"],
  batch_job_sla_violations_total: ["job_name", "violation_type"],
  batch_job_heartbeat: ["job_name", "job_id"],
  batch_job_progress_rate: ["job_name", "job_id"],
  batch_job_last_success_timestamp: ["job_name"],
};

const HISTOGRAM_SUFFIX = /_(?:bucket|count|sum)$/;

export function familyOf(metric: string): string {
  const base = metric.replace(HISTOGRAM_SUFFIX, "");
  return base in FAMILY_LABELS ? base : metric;
}

export function labelsOfFamily(metric: string): readonly string[] {
  const family = familyOf(metric);
  const labels = FAMILY_LABELS[family] ?? [];
  return metric.endsWith("_bucket") && family !== metric ? [...labels, "le"] : labels;
}

/** Batch work: seldom, and in runs that end. What holds for a web server does not hold for its series. */
export function isBatchMetric(metric: string): boolean {
  return /^batch_/.test(metric);
}

/** Families whose series are there only while a run is active. */
export const WHILE_RUNNING: ReadonlySet<string> = new Set(["batch_job_heartbeat", "batch_job_progress_rate"]);

/** Families that a run enters only when it ends. */
export const AT_THE_END: ReadonlySet<string> = new Set([
  "batch_job_duration_seconds",
  "batch_job_execution_seconds",
  "batch_job_completions_total",
]);

/** Labels that tell jobs apart. */
export const JOB_LABELS = ["job_name", "dag_id", "task_id", "job_id"] as const;

/** Bounds of Batchwatch's own duration histograms, seconds. */
export const METER_BOUNDS: readonly number[] = [
  1, 2, 5, 10, 30, 60, 120, 300, 600, 900, 1200, 1800, 2700, 3600, 5400, 7200, 10800, 14400, 21600, 28800,
  43200, 86400, 172800,
];

/** Bounds that an OpenTelemetry SDK takes where nobody names any. */
export const SDK_DEFAULT_BOUNDS: readonly number[] = [
  5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000,
];
