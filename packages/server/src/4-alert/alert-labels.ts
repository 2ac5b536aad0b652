/**
 * Labels and annotations of an incident's alert (SEMANTICS section 6). Pure.
 */
import { alertName, type Severity } from "@batchwatch/protocol";
import type { Job } from "../model/job.ts";
import type { Run } from "../model/run.ts";
import type { Judgement, RuleAlert } from "../model/watch.ts";

/**
 * Labels are fixed when the incident opens; only `severity` may rise later. A rule's alert brings its own, which are the
 * only ones where it names no job.
 */
export function alertLabels(job: Job, run: Run | null, worst: AlertedFact): Record<string, string> {
  const { type, severity, ruleAlert } = worst;
  if (ruleAlert === undefined) return jobLabels(job, run, alertName(type), severity);
  // A run id is never a label, though the heartbeat's series have it.
  const { job_id: _, ...said } = ruleAlert.labels;
  const own = { alertname: alertName(type), ...said, severity };
  return isOfJob(job, ruleAlert) ? { ...jobLabels(job, run, own.alertname, severity), ...own } : own;
}

type AlertedFact = Pick<Judgement, "type" | "severity" | "ruleAlert">;

function isOfJob(job: Job, { labels }: RuleAlert): boolean {
  return labels.job_name === job.jobName && (labels.namespace ?? "default") === job.namespace;
}

function jobLabels(job: Job, run: Run | null, name: string, severity: Severity): Record<string, string> {
  const labels: Record<string, string> = { alertname: name, severity };
  if (job.namespace !== "default") labels.namespace = job.namespace;
  if (job.environment !== "") labels.environment = job.environment;
  labels.job_name = job.jobName;
  const jobType = job.settings.jobType ?? run?.jobType;
  if (jobType) labels.job_type = jobType;
  if (job.settings.owner) labels.owner = job.settings.owner;
  labels.run_type = run?.runType ?? "scheduled";
  const source = run?.witnesses.find((witness) => witness.kind !== "batchwatch")?.kind;
  if (source) labels.source = source;
  for (const [name, value] of Object.entries(job.settings.tags)) labels[`tag_${labelName(name)}`] = value;
  return labels;
}

export function alertAnnotations(
  job: Job,
  run: Run | null,
  facts: readonly Judgement[],
  publicUrl: string,
): Record<string, string> {
  const worst = facts[0];
  const annotations: Record<string, string> = {
    summary: worst ? factTitle(job, worst) : job.jobName,
    description: worthTelling(facts)
      .map((fact) => fact.explanation)
      .join("\n"),
  };
  if (run) {
    annotations.run_id = run.runId;
    annotations.run_url = runUrl(publicUrl, job, run.runId);
  }
  const runbook = job.settings.runbook;
  if (runbook && /^https?:\/\//.test(runbook)) annotations.runbook_url = runbook;
  annotations.dashboard_url = jobUrl(publicUrl, job);
  if (worst?.limitText) annotations.limit = worst.limitText;
  if (worst?.valueText) annotations.value = worst.valueText;
  if (worst?.ruleAlert === undefined) return annotations;
  // What the rule says of itself goes before what we would say; the description has every fact.
  const { description: _, ...own } = worst.ruleAlert.annotations;
  return { ...annotations, ...own };
}

/** No records at all are too few as well: of one run the worse is said, and the other not repeated. */
export function worthTelling(facts: readonly Judgement[]): Judgement[] {
  const zero = facts.filter((fact) => fact.type === "zero_records");
  return facts.filter(
    (fact) =>
      fact.type !== "insufficient_records" ||
      zero.every((other) => other.runRowId !== fact.runRowId || other.state !== fact.state),
  );
}

/** "daily_etl: run failed" */
export function factTitle(job: Job, fact: Judgement): string {
  const { ruleAlert } = fact;
  if (ruleAlert !== undefined) {
    const words = ruleAlert.annotations.summary ?? ruleAlert.labels.alertname ?? "a rule fires";
    return isOfJob(job, ruleAlert) && !words.includes(job.jobName) ? `${job.jobName}: ${words}` : words;
  }
  return `${job.jobName}: ${fact.type.replaceAll("_", " ")}`;
}

export function jobUrl(publicUrl: string, job: Job): string {
  const environment = job.environment === "" ? "" : `?environment=${encodeURIComponent(job.environment)}`;
  return `${publicUrl}/jobs/${encodeURIComponent(job.namespace)}/${encodeURIComponent(job.jobName)}${environment}`;
}

/** As the page writes it (web/src/url-state/links.ts): a run id is unique within its job only. */
export function runUrl(publicUrl: string, job: Job, runId: string): string {
  const query = new URLSearchParams({ namespace: job.namespace, job: job.jobName });
  if (job.environment !== "") query.set("environment", job.environment);
  return `${publicUrl}/runs/${encodeURIComponent(runId)}?${query}`;
}

/** Label names are `[a-zA-Z0-9_]+`; anything else in a tag's name becomes an underscore. */
function labelName(name: string): string {
  return name.replaceAll(/[^a-zA-Z0-9_]/g, "_");
}
