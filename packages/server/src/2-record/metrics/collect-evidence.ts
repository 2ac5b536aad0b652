/**
 * Metric points of one round → heartbeats and progress (they carry the run's id), links (an exemplar beside an id), and
 * contributions to evidence (counts of ends, without an id). Pure: streams' states in, streams' states out.
 */
import { METRIC_NAMES } from "@batchwatch/protocol";
import { contentId } from "../../lib/content-id.ts";
import { usableName } from "../../lib/usable-name.ts";
import { type JobKey, jobKeyText, type RunAlias, spanAlias, traceAlias } from "../../model/identity.ts";
import type { RunLink } from "../../model/intake.ts";
import type { RunEvent } from "../../model/run-event.ts";
import type { MetricPoint } from "../../model/samples.ts";
import type { EvidenceState, MetricOutcome, Part, Sighting } from "./metric-evidence.ts";
import { type NativeDraft, nativeIncrement, nativeValue } from "./native-drafts.ts";
import { NativeRunning } from "./native-running.ts";
import { advance, type Increment, readStreamState, type StreamState } from "./stream-state.ts";

/** What one stream adds to one piece of evidence. */
export interface Contribution {
  evidenceId: string;
  /** As it is before anything contributed. */
  empty: EvidenceState;
  streamId: string;
  part: Part;
  /** Only what is left of a part that is there already: an earlier point of its stream came late. */
  isSplit: boolean;
}

export interface CollectedEvidence {
  events: RunEvent[];
  links: RunLink[];
  streams: Map<string, { state: StreamState; updatedAt: number }>;
  contributions: Contribution[];
  /** What the meter goes on counting. */
  native: NativeDraft[];
  /** Points of `batch_jobs_running` and the like. */
  running: { point: MetricPoint; job: JobKey }[];
}

/** A gauge's value above this is in milliseconds, above the one below it in seconds; anything smaller is no time. */
const MILLISECONDS_ABOVE = 1e11;
const SECONDS_ABOVE = 1e9;
/** A beat's own time further from its point than this is a clock that was never set. */
const BEAT_SPREAD_MS = 400 * 24 * 3_600_000;

export function collectEvidence(
  points: readonly MetricPoint[],
  stored: ReadonlyMap<string, string>,
): CollectedEvidence {
  const collected: CollectedEvidence = {
    events: [],
    links: [],
    streams: new Map(),
    contributions: [],
    native: [],
    running: [],
  };
  for (const point of points) {
    const job = jobOf(point);
    if (job === null) continue;
    if (NativeRunning.isTold(point)) collected.running.push({ point, job });
    if (isRunGauge(point.family)) addSignOfLife(point, job, collected);
    else if (point.kind === "counter" || point.kind === "histogram" || TELLING.has(point.family))
      addIncrement(point, job, stored, collected);
    else if (!NativeRunning.isTold(point)) addValue(point, job, stored, collected);
    if (point.family === METRIC_NAMES.lastSuccess) addLastSuccess(point, job, collected);
  }
  return collected;
}

/** Airflow series without `job_name` have `dag_id` as job name (SEMANTICS section 1). */
function jobOf({ attributes, namespace, environment }: MetricPoint): JobKey | null {
  const jobName = attributes.job_name ?? attributes["batch.job.name"] ?? attributes.dag_id;
  return jobName === undefined ? null : { namespace, environment, jobName: usableName(jobName) };
}

function isRunGauge(family: string): boolean {
  return family === METRIC_NAMES.heartbeat || family === METRIC_NAMES.progressRate;
}

// ── the two gauges with a run id ────────────────────────────────────────────────────────────────────

/** An observable gauge repeats its last value: the time of a beat is the value, else the exemplar, else the point. */
function addSignOfLife(point: MetricPoint, job: JobKey, collected: CollectedEvidence): void {
  const said = point.attributes.job_id ?? point.attributes["batch.job.id"];
  if (said === undefined) return;
  const runId = usableName(said);
  const isBeat = point.family === METRIC_NAMES.heartbeat;
  if (!Number.isFinite(point.value) || (isBeat && point.value <= 0)) return;
  const exemplar = point.exemplars.at(-1) ?? null;
  const at = Math.round((isBeat ? beatTime(point) : null) ?? exemplar?.at ?? point.at);
  const aliases = aliasesOf(exemplar);
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
  const jobType = point.attributes.job_type;
  if (jobType !== undefined) event.jobType = jobType;
  if (!isBeat) event.progress = { rate: point.value };
  if (exemplar !== null && exemplar.traceId !== null) event.traceId = exemplar.traceId;
  collected.events.push(event);
  if (aliases.length > 0) collected.links.push({ job, runId, aliases });
  const part: Part = { ...emptyPart(point), runId };
  collected.contributions.push({
    ...placeOf(point, job, point.at),
    streamId: point.streamId,
    part,
    isSplit: false,
  });
}

function beatTime({ value, at }: MetricPoint): number | null {
  const told = timeOf(value);
  return told === null || Math.abs(told - at) > BEAT_SPREAD_MS ? null : told;
}

function timeOf(value: number): number | null {
  if (value > MILLISECONDS_ABOVE) return value;
  return value > SECONDS_ABOVE ? value * 1000 : null;
}

function aliasesOf(exemplar: MetricPoint["exemplars"][number] | null): RunAlias[] {
  if (exemplar?.traceId === null || exemplar === null) return [];
  const { traceId, spanId } = exemplar;
  return [...(spanId === null ? [] : [spanAlias(traceId, spanId)]), traceAlias(traceId)];
}

// ── increments ──────────────────────────────────────────────────────────────────────────────────────

/** Families whose increments say something of runs. */
const TELLING: ReadonlySet<string> = new Set([
  METRIC_NAMES.running,
  METRIC_NAMES.completions,
  METRIC_NAMES.duration,
  METRIC_NAMES.execution,
  METRIC_NAMES.queueWait,
  METRIC_NAMES.recordsProcessed,
  METRIC_NAMES.recordsFailed,
]);

function addIncrement(
  point: MetricPoint,
  job: JobKey,
  stored: ReadonlyMap<string, string>,
  collected: CollectedEvidence,
): void {
  if (!Number.isFinite(point.value) || point.kind === "gauge") return;
  const before = collected.streams.get(point.streamId)?.state ?? readStreamState(stored.get(point.streamId));
  const { state, increment, splits } = advance(before, point);
  if (state !== before) collected.streams.set(point.streamId, { state, updatedAt: point.receivedAt });
  const native = increment === null || splits !== null ? null : nativeIncrement(point, job, increment);
  if (native !== null) collected.native.push(native);
  if (!TELLING.has(point.family)) return;
  if (increment !== null) contribute(point, job, increment, false, collected);
  if (splits !== null) contribute(point, job, splits, true, collected);
}

/** A gauge: only what is new of it is worth a row. */
function addValue(
  point: MetricPoint,
  job: JobKey,
  stored: ReadonlyMap<string, string>,
  collected: CollectedEvidence,
): void {
  if (!Number.isFinite(point.value)) return;
  const before = collected.streams.get(point.streamId)?.state ?? readStreamState(stored.get(point.streamId));
  const last = before.writers[0]?.points.at(-1);
  if (last !== undefined && (last.at >= point.at || last.value === point.value)) return;
  const known = { at: point.at, value: point.value, count: 0 };
  const state = { writers: [{ startAt: 0, points: [known], isTrimmed: false }], forgottenAt: 0 };
  collected.streams.set(point.streamId, { state, updatedAt: point.receivedAt });
  collected.native.push(nativeValue(point, job));
}

function contribute(
  point: MetricPoint,
  job: JobKey,
  increment: Increment,
  isSplit: boolean,
  collected: CollectedEvidence,
): void {
  const sightings = isSplit
    ? []
    : point.exemplars
        .filter(({ at }) => at > increment.fromAt - 1 && at <= increment.at + 1)
        .map((exemplar) => sighting(exemplar));
  const isRunning = point.family === METRIC_NAMES.running;
  const saysNothing = isRunning ? !increment.isFirst && sightings.length === 0 : increment.count === 0;
  if (saysNothing && !isSplit) return;
  const { fromAt, value, count, isFirst } = increment;
  const outcome = hasOutcome(point.family) ? outcomeOf(point) : null;
  const errorType = errorTypeOf(point);
  const part: Part = { ...emptyPart(point), outcome, errorType, fromAt, value, count, isFirst, sightings };
  collected.contributions.push({
    ...placeOf(point, job, increment.at),
    streamId: point.streamId,
    part,
    isSplit,
  });
}

function addLastSuccess(point: MetricPoint, job: JobKey, collected: CollectedEvidence): void {
  const at = timeOf(point.value);
  if (at === null) return;
  const part: Part = { ...emptyPart(point), level: Math.round(at) };
  collected.contributions.push({
    ...placeOf(point, job, point.at),
    streamId: point.streamId,
    part,
    isSplit: false,
  });
}

function emptyPart({ family, at, value }: MetricPoint): Part {
  return {
    family,
    outcome: null,
    errorType: null,
    fromAt: at,
    value: 0,
    count: 0,
    isFirst: false,
    level: value,
    sightings: [],
  };
}

/** The evidence of this point's process, job, task and export. */
function placeOf(
  point: MetricPoint,
  job: JobKey,
  exportAt: number,
): { evidenceId: string; empty: EvidenceState } {
  const { attributes, instanceId } = point;
  // `task_id` means a task even without `level`.
  const taskId = attributes.level === "dag" ? null : (attributes.task_id ?? null);
  const at = Math.round(exportAt);
  const evidenceId = hashOf(instanceId, jobKeyText(job), taskId ?? "", String(at));
  const jobType = attributes.job_type ?? null;
  return {
    evidenceId,
    empty: { job, jobType, instanceId, taskId, at, parts: {}, explainedBy: [], anonymous: [], looks: 0 },
  };
}

/** Lays a contribution into the evidence it belongs to. */
export function addPart(
  state: EvidenceState,
  { empty, streamId, part, isSplit }: Contribution,
): EvidenceState {
  const known = state.parts[streamId];
  if (isSplit && known === undefined) return state;
  const kept = isSplit
    ? {
        ...part,
        sightings: (known?.sightings ?? []).filter(({ at }) => at > part.fromAt),
        level: known?.level ?? part.level,
      }
    : part;
  const parts: Record<string, Part> = { ...state.parts, [streamId]: kept };
  // A counter's earlier point came late and has taken the whole of it.
  if (isSplit && kept.count === 0) delete parts[streamId];
  return { ...state, jobType: state.jobType ?? empty.jobType, parts };
}

// ── words ───────────────────────────────────────────────────────────────────────────────────────────

function hasOutcome(family: string): boolean {
  return family === METRIC_NAMES.completions || family === METRIC_NAMES.duration;
}

/** Status words vary (INGEST 5.3, 2); a word nobody knows counts as a success only where nothing speaks of an error. */
function outcomeOf(point: MetricPoint): MetricOutcome {
  const word = (point.attributes.status ?? point.attributes.state ?? "").trim().toLowerCase();
  if (/^(success|succeeded|successful|completed|complete|finished|done|ok)$/.test(word)) return "success";
  if (/^(fail|failed|failure|error|errored|timeout|timed_out|dead_letter|lost|killed)$/.test(word))
    return "failure";
  if (/^(cancell?ed|aborted)$/.test(word)) return "cancelled";
  if (/^(skip|skipped)$/.test(word)) return "skipped";
  return errorTypeOf(point) === null ? "success" : "failure";
}

function errorTypeOf({ attributes }: MetricPoint): string | null {
  const type = attributes.error_type?.trim() ?? "";
  return type === "" || /^(none|null|nil|undefined)$/i.test(type) ? null : type;
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

function hashOf(...parts: readonly string[]): string {
  return contentId(JSON.stringify(parts));
}
