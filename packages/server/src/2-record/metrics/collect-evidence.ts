/**
 * Metric points of one round → heartbeats and progress (they carry the run's id), links (an exemplar beside an id), and evidence
 * (counts of ends, without an id). Pure: streams' states in, streams' states out.
 */
import { createHash } from "node:crypto";
import { METRIC_NAMES } from "@batchwatch/protocol";
import { type JobKey, jobKeyText, spanAlias, traceAlias } from "../../model/identity.ts";
import type { RunLink } from "../../model/intake.ts";
import type { RunEvent } from "../../model/run-event.ts";
import type { MetricPoint } from "../../model/samples.ts";
import type { EndedRuns, EvidenceState, MetricOutcome, Sighting, Timing } from "./metric-evidence.ts";
import { advance, type Increment, readStreamState, type StreamState } from "./stream-state.ts";

export interface CollectedEvidence {
  events: RunEvent[];
  links: RunLink[];
  streams: Map<string, { state: StreamState; updatedAt: number }>;
  evidence: Map<string, EvidenceState>;
}

/** A gauge's value above this is in milliseconds, above the one below it in seconds; anything smaller is no time. */
const MILLISECONDS_ABOVE = 1e11;
const SECONDS_ABOVE = 1e9;

export function collectEvidence(
  points: readonly MetricPoint[],
  stored: ReadonlyMap<string, string>,
): CollectedEvidence {
  const collected: CollectedEvidence = {
    events: [],
    links: [],
    streams: new Map(),
    evidence: new Map(),
  };
  for (const point of [...points].sort((a, b) => a.at - b.at)) {
    const job = jobOf(point);
    if (job === null) continue;
    if (point.attributes.job_id !== undefined && isRunGauge(point.family))
      addSignOfLife(point, job, collected);
    else if (point.kind !== "gauge") addIncrement(point, job, stored, collected);
    else if (point.family === METRIC_NAMES.lastSuccess) addLastSuccess(point, job, collected);
  }
  for (const [id, state] of collected.evidence) if (saysNothing(state)) collected.evidence.delete(id);
  return collected;
}

/** Airflow series without `job_name` have `dag_id` as job name (SEMANTICS section 1). */
function jobOf({ attributes, namespace, environment }: MetricPoint): JobKey | null {
  const jobName = attributes.job_name ?? attributes["batch.job.name"] ?? attributes.dag_id;
  return jobName === undefined ? null : { namespace, environment, jobName };
}

function isRunGauge(family: string): boolean {
  return family === METRIC_NAMES.heartbeat || family === METRIC_NAMES.progressRate;
}

// ── the two gauges with a run id ────────────────────────────────────────────────────────────────────

function addSignOfLife(point: MetricPoint, job: JobKey, collected: CollectedEvidence): void {
  const runId = point.attributes.job_id ?? "";
  const isBeat = point.family === METRIC_NAMES.heartbeat;
  if (isBeat && point.value === 0) return;
  const exemplar = point.exemplars.at(-1);
  const at = Math.round((isBeat ? timeOf(point.value) : null) ?? exemplar?.at ?? point.at);
  const aliases = aliasesOf(exemplar ?? null);
  const event: RunEvent = {
    eventId: `otlp-metric:${hashOf(point.streamId, String(at))}`,
    kind: isBeat ? "heartbeat" : "progress",
    job,
    run: { by: "id", runId },
    aliases,
    at,
    withinMs: 0,
    receivedAt: point.receivedAt,
    witness: "otlp-metric",
  };
  if (!isBeat) event.progress = { rate: point.value };
  collected.events.push(event);
  if (aliases.length > 0) collected.links.push({ job, runId, aliases });
}

function timeOf(value: number): number | null {
  if (value > MILLISECONDS_ABOVE) return value;
  return value > SECONDS_ABOVE ? value * 1000 : null;
}

function aliasesOf(exemplar: MetricPoint["exemplars"][number] | null): string[] {
  if (exemplar?.traceId === null || exemplar === null) return [];
  const { traceId, spanId } = exemplar;
  return [...(spanId === null ? [] : [spanAlias(traceId, spanId)]), traceAlias(traceId)];
}

// ── increments ──────────────────────────────────────────────────────────────────────────────────────

function addIncrement(
  point: MetricPoint,
  job: JobKey,
  stored: ReadonlyMap<string, string>,
  collected: CollectedEvidence,
): void {
  const before = collected.streams.get(point.streamId)?.state ?? readStreamState(stored.get(point.streamId));
  const { state, increment } = advance(before, point);
  if (state === before) return;
  collected.streams.set(point.streamId, { state, updatedAt: point.receivedAt });
  if (increment === null || (point.family !== METRIC_NAMES.running && increment.count === 0)) return;
  const evidence = evidenceFor(point, job, increment.fromAt, collected);
  const sightings = point.exemplars
    .filter(({ at }) => at > increment.fromAt - 1 && at <= increment.at)
    .map(sighting);
  switch (point.family) {
    case METRIC_NAMES.completions:
      addEnds(evidence, point, increment, sightings);
      return;
    case METRIC_NAMES.duration: {
      const outcome = outcomeOf(point);
      evidence.durations[outcome] = addTiming(evidence.durations[outcome] ?? null, increment, sightings);
      return;
    }
    case METRIC_NAMES.execution:
      evidence.execution = addTiming(evidence.execution, increment, sightings);
      return;
    case METRIC_NAMES.queueWait:
      evidence.queueWait = addTiming(evidence.queueWait, increment, sightings);
      return;
    case METRIC_NAMES.recordsProcessed:
      evidence.recordsProcessed = (evidence.recordsProcessed ?? 0) + increment.value;
      return;
    case METRIC_NAMES.recordsFailed:
      evidence.recordsFailed = (evidence.recordsFailed ?? 0) + increment.value;
      return;
    case METRIC_NAMES.running:
      if (increment.isFirst) evidence.firstStartAt = increment.fromAt;
      evidence.starts.push(...sightings.filter(({ value }) => value > 0));
  }
}

function addLastSuccess(point: MetricPoint, job: JobKey, collected: CollectedEvidence): void {
  const at = timeOf(point.value);
  if (at === null) return;
  const evidence = evidenceFor(point, job, point.at, collected);
  evidence.lastSuccessAt = Math.max(evidence.lastSuccessAt ?? 0, Math.round(at));
}

/** The evidence of this point's process, job, task and export. */
function evidenceFor(
  point: MetricPoint,
  job: JobKey,
  fromAt: number,
  collected: CollectedEvidence,
): EvidenceState {
  const taskId = point.attributes.level === "dag" ? null : (point.attributes.task_id ?? null);
  const id = hashOf(point.instanceId, jobKeyText(job), taskId ?? "", String(Math.round(point.at)));
  const known = collected.evidence.get(id);
  if (known !== undefined) {
    known.fromAt = Math.min(known.fromAt, fromAt);
    known.jobType ??= point.attributes.job_type ?? null;
    return known;
  }
  const evidence: EvidenceState = {
    job,
    jobType: point.attributes.job_type ?? null,
    instanceId: point.instanceId,
    taskId,
    fromAt,
    at: point.at,
    ends: [],
    durations: {},
    execution: null,
    queueWait: null,
    recordsProcessed: null,
    recordsFailed: null,
    lastSuccessAt: null,
    firstStartAt: null,
    starts: [],
    explainedBy: [],
    anonymous: [],
  };
  collected.evidence.set(id, evidence);
  return evidence;
}

function addEnds(
  evidence: EvidenceState,
  point: MetricPoint,
  increment: Increment,
  sightings: Sighting[],
): void {
  const ended: EndedRuns = {
    outcome: outcomeOf(point),
    errorType: errorTypeOf(point),
    count: Math.round(increment.count),
    firstEndAt: increment.isFirst ? increment.fromAt : null,
    sightings,
  };
  if (ended.count > 0) evidence.ends.push(ended);
}

function addTiming(timing: Timing | null, increment: Increment, sightings: Sighting[]): Timing {
  return {
    sumSeconds: (timing?.sumSeconds ?? 0) + increment.value,
    count: (timing?.count ?? 0) + Math.round(increment.count),
    sightings: [...(timing?.sightings ?? []), ...sightings],
  };
}

/** Status words vary (INGEST 5.3, 2); a word nobody knows counts as a success only where nothing speaks of an error. */
function outcomeOf(point: MetricPoint): MetricOutcome {
  const word = (point.attributes.status ?? point.attributes.state ?? "").toLowerCase();
  if (/^(success|succeeded|completed|complete|ok)$/.test(word)) return "success";
  if (/^(fail|failed|failure|error|timeout|timed_out|dead_letter)$/.test(word)) return "failure";
  if (/^cancell?ed$/.test(word)) return "cancelled";
  if (word === "skipped") return "skipped";
  return errorTypeOf(point) === null ? "success" : "failure";
}

function errorTypeOf({ attributes }: MetricPoint): string | null {
  const type = attributes.error_type?.trim() ?? "";
  return type === "" || /^(none|null)$/i.test(type) ? null : type;
}

function sighting(exemplar: MetricPoint["exemplars"][number]): Sighting {
  const { traceId, spanId } = exemplar;
  return {
    at: exemplar.at,
    value: exemplar.value,
    span: traceId === null || spanId === null ? null : spanAlias(traceId, spanId),
    trace: traceId === null ? null : traceAlias(traceId),
  };
}

/**
 * A DAG's end may have a duration and no completion (INGEST 5.3, 9): durations stand in for missing completions. Evidence without
 * an end is kept only for the starts that it saw.
 */
function saysNothing(evidence: EvidenceState): boolean {
  for (const [outcome, timing] of Object.entries(evidence.durations) as [MetricOutcome, Timing][]) {
    const told = evidence.ends.some((ended) => ended.outcome === outcome);
    if (told || timing.count === 0) continue;
    evidence.ends.push({
      outcome,
      errorType: null,
      count: timing.count,
      firstEndAt: null,
      sightings: timing.sightings,
    });
  }
  return evidence.ends.length === 0 && evidence.starts.length === 0;
}

function hashOf(...parts: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("base64url").slice(0, 22);
}
