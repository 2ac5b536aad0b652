/** What a run adds to the metric families at its start and at its end. */
import { ATTRIBUTES } from "@batchwatch/protocol/names";
import type { RecordCounts } from "@batchwatch/protocol/run-event";
import type { Attributes } from "@opentelemetry/api";
import type { RunEnd } from "../run/run-end.ts";
import type { RunSettings } from "../run/run-options.ts";
import { instruments } from "./instruments.ts";
import type { ResourceUse } from "./process-resources.ts";

export interface EndedRun {
  end: RunEnd;
  at: number;
  durationMs: number;
  executionMs: number;
  queueWaitMs: number | null;
  records: RecordCounts;
  retries: number;
  isDeadLetter: boolean;
  use: ResourceUse;
}

export function countStart(settings: RunSettings): void {
  instruments().running.add(1, typedLabels(settings));
}

/** A run that was cancelled or skipped, or whose failure is not final, counts as no completion. */
export function countEnd(settings: RunSettings, ended: EndedRun): void {
  const { end, at, durationMs, executionMs, queueWaitMs, records, retries, isDeadLetter, use } = ended;
  const own = ownLabels(settings);
  const typed = typedLabels(settings);
  const families = instruments();
  families.running.add(-1, typed);
  const status = statusOf(end);
  if (status !== null) {
    const labels = { ...typed, status };
    families.completions.add(1, end.kind === "failed" ? { ...labels, error_type: end.error.type } : labels);
    families.duration.record(durationMs / 1000, labels);
    families.execution.record(executionMs / 1000, own);
    if (queueWaitMs !== null) families.queueWait.record(queueWaitMs / 1000, own);
  }
  const { processed = 0, failed = 0 } = records;
  if (processed > 0) families.recordsProcessed.add(processed, { ...own, status: "success" });
  if (failed > 0) families.recordsFailed.add(failed, own);
  if (retries > 0) families.retries.add(retries, own);
  if (isDeadLetter) families.deadLetters.add(1, own);
  if (use.cpuSeconds > 0) families.cpuSeconds.add(use.cpuSeconds, own);
  families.peakMemory.record(use.peakMemoryBytes, own);
  if (end.kind === "completed" && settings.runType !== "backfill")
    families.lastSuccess.record(at / 1000, own);
}

function statusOf(end: RunEnd): "success" | "failure" | null {
  if (end.kind === "completed") return "success";
  return end.kind === "failed" && end.isFinal ? "failure" : null;
}

function ownLabels({ jobName, namespace, environment }: RunSettings): Attributes {
  return {
    job_name: jobName,
    ...(namespace !== null && { [ATTRIBUTES.namespace]: namespace }),
    ...(environment !== null && { [ATTRIBUTES.environment]: environment }),
  };
}

function typedLabels(settings: RunSettings): Attributes {
  return { ...ownLabels(settings), ...(settings.jobType !== null && { job_type: settings.jobType }) };
}
