/** The panel and rule queries that each peer is asked: those of the dashboard and rules that users of this field own. */
export interface Question {
  name: string;
  query: string;
  /** A panel is asked over a range, a rule at an instant. */
  kind: "panel" | "rule";
}

export const QUESTIONS: readonly Question[] = [
  {
    name: "success rate",
    kind: "panel",
    query:
      'sum(rate(batch_job_completions_total{status="success"}[5m])) / sum(rate(batch_job_completions_total[5m])) * 100',
  },
  {
    name: "duration p95",
    kind: "panel",
    query: "histogram_quantile(0.95, sum(rate(batch_job_duration_seconds_bucket[5m])) by (le, job_name))",
  },
  {
    name: "records a minute",
    kind: "panel",
    query: "sum(rate(batch_job_records_processed_total[1m])) by (job_name) * 60",
  },
  { name: "running jobs", kind: "panel", query: "sum(batch_jobs_running) by (job_name)" },
  {
    name: "violations, 24 h",
    kind: "panel",
    query: "sum(increase(batch_job_sla_violations_total[24h])) by (job_name, violation_type)",
  },
  {
    name: "queue wait heatmap",
    kind: "panel",
    query: "sum(rate(batch_job_queue_wait_seconds_bucket[5m])) by (le, job_name)",
  },
  {
    name: "failures by error",
    kind: "panel",
    query: 'sum(increase(batch_job_completions_total{status="failure"}[24h])) by (error_type)',
  },
  { name: "heartbeats", kind: "panel", query: "batch_job_heartbeat" },
  {
    name: "rule: duration",
    kind: "rule",
    query:
      "histogram_quantile(0.95, sum(rate(batch_job_duration_seconds_bucket[15m])) by (le, job_name)) > 3600",
  },
  {
    name: "rule: failure rate",
    kind: "rule",
    query:
      'sum(rate(batch_job_completions_total{status="failure"}[1h])) by (job_name) / sum(rate(batch_job_completions_total[1h])) by (job_name) > 0.05',
  },
  {
    name: "rule: heartbeat",
    kind: "rule",
    query: 'absent_over_time(batch_job_heartbeat{job_name=~".+"}[5m])',
  },
  {
    name: "rule: throughput",
    kind: "rule",
    query: "sum(rate(batch_job_records_processed_total[15m])) by (job_name) == 0 and batch_jobs_running > 0",
  },
  {
    name: "rule: not run",
    kind: "rule",
    query: "time() - max(batch_job_last_success_timestamp) by (job_name) > 86400",
  },
  {
    name: "rule: violations",
    kind: "rule",
    query: "increase(batch_job_sla_violations_total[1h]) > 0",
  },
];
