/**
 * What an ended run, and a violation or detection, add to the `batch_job_*` families (SEMANTICS sections 2, 3 and 7).
 * Pure.
 */
import { isFailurePhase, METRIC_NAMES, type RunPhase } from "@batchwatch/protocol";
import type { Job } from "../../model/job.ts";
import type { Run } from "../../model/run.ts";
import type { SeriesLabels } from "../../model/samples.ts";
import type { Judgement } from "../../model/watch.ts";
import { DURATION_BOUNDS } from "./meter-families.ts";
import type { MeterChange, ValueChange } from "./meter-value.ts";

/** A label that is longer is no type any more but a message. */
const LONGEST_LABEL = 120;

/** Those of the job on every series: the namespace and the environment where they are not the default. */
export function jobLabels({ jobName, namespace, environment }: Job): Record<string, string> {
  return {
    job_name: jobName,
    ...(namespace === "default" ? {} : { namespace }),
    ...(environment === "" ? {} : { environment }),
  };
}

export function jobTypeLabel(job: Job, run: Pick<Run, "jobType">): { job_type?: string } {
  const type = run.jobType ?? job.settings.jobType;
  return type === null || type === "" ? {} : { job_type: type.slice(0, LONGEST_LABEL) };
}

/** null: it counts as neither, like a cancelled run. */
export function completionStatus(phase: RunPhase): "success" | "failure" | null {
  if (phase === "completed") return "success";
  return isFailurePhase(phase) ? "failure" : null;
}

/** When a run enters the series: at its end. */
export function runEndAt(run: Run): number {
  return Math.round(run.completedAt ?? run.lastEventAt);
}

export function boundsOf({ settings }: Job): readonly number[] {
  const { maxDurationMs } = settings;
  if (maxDurationMs === null || maxDurationMs <= 0) return DURATION_BOUNDS;
  const declared = maxDurationMs / 1000;
  if (DURATION_BOUNDS.includes(declared)) return DURATION_BOUNDS;
  return [...DURATION_BOUNDS, declared].sort((a, b) => a - b);
}

/** Everything an ended run adds, each family once. `errorType` is the one that the series may carry. */
export function runChanges(job: Job, run: Run, errorType: string | null): MeterChange[] {
  const at = runEndAt(run);
  const own = jobLabels(job);
  const typed = { ...own, ...jobTypeLabel(job, run) };
  const status = completionStatus(run.phase);
  const bounds = boundsOf(job);
  const changes: MeterChange[] = [];
  const change = (family: string, labels: SeriesLabels, value: ValueChange): void => {
    changes.push({ jobId: job.id, family, labels, at, change: value });
  };
  const observe = (family: string, labels: SeriesLabels, ms: number | null): void => {
    if (ms !== null) change(family, labels, { kind: "observe", value: ms / 1000, bounds });
  };
  change(METRIC_NAMES.running, typed, { kind: "touch" });
  if (run.queuedAt !== null) change(METRIC_NAMES.queued, typed, { kind: "touch" });
  if (status !== null) {
    const ended = { ...typed, status };
    const isTyped = status === "failure" && errorType !== null;
    const labels = isTyped ? { ...ended, error_type: errorType } : ended;
    change(METRIC_NAMES.completions, labels, { kind: "add", amount: 1 });
    observe(METRIC_NAMES.duration, ended, run.durationMs);
    observe(METRIC_NAMES.execution, own, run.executionMs);
    observe(METRIC_NAMES.queueWait, own, run.queueWaitMs);
  }
  for (const of of ownChanges(run)) change(of.family, { ...own, ...of.labels }, of.value);
  const last = lastFamily(run, status);
  if (last !== null) change(last, own, { kind: "raise", value: at / 1000 });
  return changes;
}

/** What a run adds whatever its end was, by the labels of its job alone. */
function ownChanges(run: Run): { family: string; labels: SeriesLabels; value: ValueChange }[] {
  const { cpuMs, peakMemoryBytes } = run.resources;
  const amounts: [string, number | null | undefined, SeriesLabels?][] = [
    [METRIC_NAMES.recordsProcessed, run.recordsProcessed, { status: "success" }],
    [METRIC_NAMES.recordsFailed, run.recordsFailed],
    [METRIC_NAMES.retries, run.retryCount],
    [METRIC_NAMES.deadLetters, run.phase === "dead_letter" ? 1 : 0],
    [METRIC_NAMES.cpuSeconds, cpuMs === undefined ? null : cpuMs / 1000],
  ];
  const added = amounts.flatMap(([family, amount, labels = {}]) =>
    amount === null || amount === undefined || amount <= 0
      ? []
      : [{ family, labels, value: { kind: "add", amount } as const }],
  );
  if (peakMemoryBytes === undefined) return added;
  return [
    ...added,
    { family: METRIC_NAMES.peakMemory, labels: {}, value: { kind: "set", value: peakMemoryBytes } },
  ];
}

/** A backfill turns no freshness green, and nothing red. */
function lastFamily({ phase, runType }: Run, status: "success" | "failure" | null): string | null {
  if (runType === "backfill") return null;
  if (phase === "completed") return METRIC_NAMES.lastSuccess;
  return status === "failure" ? METRIC_NAMES.lastFailure : null;
}

export function errorLabel(errorType: string | null): string | null {
  return errorType === null || errorType === "" ? null : errorType.slice(0, LONGEST_LABEL);
}

/** That a failure exhausted the retries is no other end. */
export function isOtherEnd(counted: RunPhase, real: RunPhase): boolean {
  const isFailed = (phase: RunPhase): boolean => phase === "failed" || phase === "dead_letter";
  return counted !== real && !(isFailed(counted) && isFailed(real));
}

/** A run that was counted and turned out to have ended otherwise: said, and not counted twice. */
export function correctionChange(job: Job, run: Run, counted: RunPhase, at: number): MeterChange {
  const labels = { ...jobLabels(job), counted, real: run.phase };
  const change = { kind: "add", amount: 1 } as const;
  return { jobId: job.id, family: METRIC_NAMES.corrections, labels, at, change };
}

export function judgementChanges(job: Job, judgement: Judgement): MeterChange[] {
  // A rule that asks for detections would keep itself firing.
  if (judgement.type === "rule_firing") return [];
  const own = jobLabels(job);
  const at = Math.round(judgement.at);
  const change = (family: string, labels: SeriesLabels, of: MeterChange["change"]): MeterChange => ({
    jobId: job.id,
    family,
    labels,
    at,
    change: of,
  });
  const once = { kind: "add", amount: 1 } as const;
  if (judgement.class === "detection")
    return [change(METRIC_NAMES.detections, { ...own, detection_type: judgement.type }, once)];
  const labels = { ...own, violation_type: judgement.type };
  return [
    change(METRIC_NAMES.slaViolations, labels, once),
    change(METRIC_NAMES.lastViolation, labels, { kind: "raise", value: at / 1000 }),
  ];
}
