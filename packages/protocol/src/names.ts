/** Metric, span and attribute names that users' rules and dashboards name; they never change. */

export const METRIC_NAMES = {
  duration: "batch_job_duration_seconds",
  queueWait: "batch_job_queue_wait_seconds",
  execution: "batch_job_execution_seconds",
  running: "batch_jobs_running",
  recordsProcessed: "batch_job_records_processed_total",
  recordsFailed: "batch_job_records_failed_total",
  completions: "batch_job_completions_total",
  slaViolations: "batch_job_sla_violations_total",
  detections: "batch_job_detections_total",
  heartbeat: "batch_job_heartbeat",
  progressRate: "batch_job_progress_rate",
  lastSuccess: "batch_job_last_success_timestamp",
  queued: "batch_jobs_queued",
  retries: "batch_job_retries_total",
  deadLetters: "batch_job_dead_letters_total",
  corrections: "batch_job_corrections_total",
  nextDeadline: "batch_job_next_deadline_timestamp",
  scheduleInterval: "batch_job_schedule_interval_seconds",
  firstSeen: "batch_job_first_seen_timestamp",
  runningSince: "batch_job_running_since_timestamp",
  lastFailure: "batch_job_last_failure_timestamp",
  lastViolation: "batch_job_last_violation_timestamp",
  peakMemory: "batch_job_peak_memory_bytes",
  cpuSeconds: "batch_job_cpu_seconds_total",
} as const;

export const SPAN_PREFIXES = { job: "batch_job.", step: "batch_step." } as const;
/** Names of log events that say what happened to a run: `batch.run.started`, `batch.run.heartbeat`, … */
export const LOG_EVENT_PREFIX = "batch.run.";

export const ATTRIBUTES = {
  jobName: "batch.job.name",
  jobId: "batch.job.id",
  jobType: "batch.job.type",
  namespace: "batch.namespace",
  stepName: "batch.step.name",
  totalRecords: "batch.total_records_processed",
  recordsProcessed: "batch.records.processed",
  recordsPrefix: "batch.records.",
  environment: "deployment.environment.name",
  environmentOld: "deployment.environment",
} as const;

/** Attributes of the log events `batch.run.*` beside those above. */
export const RUN_EVENT_ATTRIBUTES = {
  eventId: "batch.event.id",
  attempt: "batch.job.attempt",
  maxAttempts: "batch.job.max_attempts",
  runType: "batch.job.run_type",
  scheduledAt: "batch.job.scheduled_at",
  queuedAt: "batch.job.queued_at",
  startedAt: "batch.job.started_at",
  queueWaitSeconds: "batch.job.queue_wait_seconds",
  durationSeconds: "batch.job.duration_seconds",
  status: "batch.job.status",
  /** Settings of the job as code declares them: JSON text in the shape of the jobs file. */
  settings: "batch.job.settings",
  /** With `failed`: true = the run has failed, false = a retry is to come. */
  final: "batch.job.final",
  stepId: "batch.step.id",
  stepParentId: "batch.step.parent_id",
  stepOutcome: "batch.step.outcome",
  heartbeatIntervalMs: "batch.heartbeat.interval_ms",
  progressRate: "batch.progress.rate",
  recordsTotal: "batch.records.total",
  exitSignal: "batch.exit.signal",
  memoryBytes: "batch.process.memory_bytes",
  peakMemoryBytes: "batch.process.peak_memory_bytes",
  memoryLimitBytes: "batch.process.memory_limit_bytes",
  cpuSeconds: "batch.process.cpu_seconds",
  /** For how long the event loop of the process has not turned, at a heartbeat. */
  loopBlockedMs: "batch.process.event_loop.blocked_ms",
  loopDelayMs: "batch.process.event_loop.delay_max_ms",
} as const;

/** Environment variables by which a run is handed to a child process. */
export const RUN_ENVIRONMENT = {
  run: "BATCHWATCH_RUN",
  job: "BATCHWATCH_JOB",
  traceparent: "TRACEPARENT",
} as const;
