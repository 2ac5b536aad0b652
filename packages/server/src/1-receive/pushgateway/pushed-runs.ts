/**
 * A push → what it says of a run. A batch job pushes at its end, so a push tells the end of a run where it holds one of:
 *
 * - `batch_job_completions_total{status}` that counted something;
 * - a gauge that ends in `_last_success_timestamp` or `_last_completion_timestamp` (with or without `_seconds`);
 * - a gauge that ends in `_success` or `_exit_code`, beside the time of the push.
 *
 * With it go the duration (`…_duration_seconds`: a gauge, or a histogram of one), and the records of the `batch_job_records_*`
 * families. The run id is a grouping label that says one, else it follows from the time of the end: the same push twice is one run.
 */
import { METRIC_NAMES } from "@batchwatch/protocol";
import type { PushedFamily, PushedSample } from "../../model/push-group.ts";
import type { RunEvent } from "../../model/run-event.ts";
import type { SeriesLabels } from "../../model/samples.ts";

const RUN_ID_LABELS = ["run_id", "job_id", "batch_job_id"] as const;
const MILLISECONDS_ABOVE = 1e11;
const SECONDS_ABOVE = 1e9;
/** A pushed time further from the push is no end of this run: it was pushed again with another metric. */
const SPREAD_MS = 86_400_000;

export interface PushedRun {
  namespace: string;
  labels: SeriesLabels;
  families: readonly PushedFamily[];
  at: number;
}

/** Of the families of batch jobs: what they count enters the server's own series with the run. */
export function isOfRun({ name, type }: PushedFamily): boolean {
  return /^batch_jobs?_/.test(name) && (type === "counter" || type === "histogram");
}

export function eventsOfPush({ namespace, labels, families, at }: PushedRun): RunEvent[] {
  const samples = families.flatMap((family) => family.samples);
  const environment = labels.environment ?? "";
  return jobNames(samples, labels).flatMap((jobName) => {
    const own = samples.filter((sample) => (sample.labels.job_name ?? labels.job ?? "") === jobName);
    const end = endOf(own, at);
    if (end === null) return [];
    const runId = runIdOf(own, labels) ?? `push-${new Date(end.at).toISOString()}`;
    const durationMs = durationOf(own);
    const processed = sumOf(own, METRIC_NAMES.recordsProcessed);
    const failed = sumOf(own, METRIC_NAMES.recordsFailed);
    const jobType = own.find((sample) => sample.labels.job_type !== undefined)?.labels.job_type;
    return [
      {
        eventId: `pushgateway:${namespace}/${environment}/${jobName}/${runId}/${end.kind}/${end.at}`,
        kind: end.kind,
        job: { namespace, environment, jobName },
        run: { by: "id", runId } as const,
        aliases: [],
        at: end.at,
        withinMs: 0,
        receivedAt: at,
        witness: "pushgateway" as const,
        ...(durationMs === null ? {} : { durationMs, startedAt: end.at - durationMs }),
        ...(end.kind === "failed" ? { final: true } : {}),
        ...(end.errorType === null ? {} : { error: { type: end.errorType } }),
        ...(end.exitCode === null ? {} : { exitCode: end.exitCode }),
        ...(processed === null && failed === null
          ? {}
          : {
              records: {
                ...(processed === null ? {} : { processed }),
                ...(failed === null ? {} : { failed }),
              },
            }),
        ...(jobType === undefined ? {} : { jobType }),
      },
    ];
  });
}

function jobNames(samples: readonly PushedSample[], labels: SeriesLabels): string[] {
  return [...new Set(samples.map((sample) => sample.labels.job_name ?? labels.job ?? ""))].filter(
    (name) => name !== "",
  );
}

interface End {
  kind: "completed" | "failed";
  at: number;
  errorType: string | null;
  exitCode: number | null;
}

function endOf(samples: readonly PushedSample[], pushedAt: number): End | null {
  const timeOf = (pattern: RegExp): number | null => {
    const told = samples
      .filter(({ name }) => pattern.test(name))
      .map(({ value }) => instantOf(Number(value)));
    const near = told.filter((at): at is number => at !== null && Math.abs(at - pushedAt) <= SPREAD_MS);
    return near.length === 0 ? null : Math.max(...near);
  };
  const succeededAt = timeOf(/_last_success(_timestamp)?(_seconds)?$/);
  const completedAt = timeOf(/_last_(completion|run|end)(_timestamp)?(_seconds)?$/);
  const exitCode = lastValue(samples, /_exit_code$/);
  const success = lastValue(samples, /_success$/);
  const counted = samples.filter(({ name, value }) => name === METRIC_NAMES.completions && Number(value) > 0);
  const failure = counted.find(({ labels }) => labels.status !== undefined && !isGood(labels.status));
  const at = completedAt ?? succeededAt ?? pushedAt;
  const saysFailure = failure !== undefined || (exitCode !== null && exitCode !== 0) || success === 0;
  if (saysFailure)
    return {
      kind: "failed",
      at: completedAt ?? pushedAt,
      errorType: failure?.labels.error_type ?? null,
      exitCode,
    };
  const saysSuccess = counted.length > 0 || exitCode === 0 || success === 1 || succeededAt !== null;
  return saysSuccess || completedAt !== null ? { kind: "completed", at, errorType: null, exitCode } : null;
}

function isGood(status: string): boolean {
  return /^(success|succeeded|successful|completed|complete|finished|done|ok)$/i.test(status.trim());
}

function lastValue(samples: readonly PushedSample[], pattern: RegExp): number | null {
  const found = samples.find(({ name }) => pattern.test(name));
  const value = found === undefined ? Number.NaN : Number(found.value);
  return Number.isFinite(value) ? value : null;
}

function sumOf(samples: readonly PushedSample[], name: string): number | null {
  const values = samples.filter((sample) => sample.name === name).map(({ value }) => Number(value));
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0);
}

function durationOf(samples: readonly PushedSample[]): number | null {
  const gauge = lastValue(samples, /_duration_seconds$/);
  if (gauge !== null && gauge >= 0) return Math.round(gauge * 1000);
  const sums = samples.filter(({ name }) => name === `${METRIC_NAMES.duration}_sum`);
  const counts = samples.filter(({ name }) => name === `${METRIC_NAMES.duration}_count`);
  const [sum] = sums;
  return sum !== undefined && counts.length === 1 && Number(counts[0]?.value) === 1
    ? Math.round(Number(sum.value) * 1000)
    : null;
}

function runIdOf(samples: readonly PushedSample[], labels: SeriesLabels): string | null {
  for (const name of RUN_ID_LABELS) {
    const said = labels[name] ?? samples.find((sample) => sample.labels[name] !== undefined)?.labels[name];
    if (said !== undefined && said !== "") return said;
  }
  return null;
}

function instantOf(value: number): number | null {
  if (!(value > SECONDS_ABOVE)) return null;
  return Math.round(value > MILLISECONDS_ABOVE ? value : value * 1000);
}
