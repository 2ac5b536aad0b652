/**
 * One run event → the facts it says. What an event means for the phase is kept as a mark; everything else goes into
 * extremes and latest values (run-facts.ts). Of `receivedAt` only the senders' clocks are told: a run is what happened,
 * not when we heard it.
 */
import type { RecordCounts } from "@batchwatch/protocol";
import { isSpanRunId, isUnnamedRunId, spanRunId, unnamedRunId } from "./identity.ts";
import type { RunEvent } from "./run-event.ts";
import {
  type CountFacts,
  countKey,
  EMPTY_FACTS,
  type Mark,
  METADATA_LIMIT,
  type NameFact,
  progressKey,
  type RunFacts,
  recordOf,
  type Said,
} from "./run-facts.ts";
import { clocksOfEvent } from "./sender-clock.ts";

export function factsOfEvent(event: RunEvent): RunFacts {
  const own = event.witness === "batchwatch";
  const seen = { first: event.at, last: event.at };
  const isMark = isMarkKind(event.kind);
  const moving = event.progress?.rate;
  return {
    ...EMPTY_FACTS,
    name: nameOf(event),
    named: !own && event.anonymous !== true,
    marks: isMark ? [markOf(event)] : [],
    seen: { [event.witness]: seen },
    clocks: clocksOfEvent(event),
    beats: event.kind === "heartbeat" ? { [event.witness]: seen } : {},
    activity: isMark || own || saysNothingOfStart(event) ? null : seen,
    counts: countsOf(event, isMark),
    progress: progressOf(event),
    progressRate: moving === undefined ? null : { value: moving, at: event.at },
    movingAt: moving !== undefined && moving > 0 ? event.at : null,
    progressTotal: said(event.progress?.total, event.at),
    heartbeatIntervalMs: event.heartbeatIntervalMs ?? null,
    maxAttempts: event.maxAttempts ?? null,
    jobType: said(event.jobType, event.at),
    host: said(event.host, event.at),
    runType: event.runType ?? null,
    scheduledAt: event.scheduledAt ?? (event.kind === "scheduled" ? event.at : null),
    queuedAt: event.queuedAt ?? (event.kind === "queued" ? event.at : null),
    metadata: metadataOf(event),
    peakMemoryBytes: event.resources?.peakMemoryBytes ?? null,
    memoryLimitBytes: event.resources?.memoryLimitBytes ?? null,
    cpuMs: event.resources?.cpuMs ?? null,
    memoryBytes: said(event.resources?.memoryBytes, event.at),
    memory: memoryOf(event),
    traceIds: event.traceId === undefined ? [] : [event.traceId],
  };
}

/**
 * Which name of a run wins (smaller is better): an explicit id of a source, the run's own root span, a span inside it,
 * the time of an unnamed ping, counters alone, and last the name by which Batchwatch's own events call it.
 */
const NAME_RANK = { explicit: 0, rootSpan: 1, innerSpan: 2, unnamed: 3, anonymous: 5, own: 9 } as const;

function nameOf(event: RunEvent): NameFact {
  const { run, at } = event;
  switch (run.by) {
    case "id": {
      if (event.witness === "batchwatch") return { rank: NAME_RANK.own, at, runId: run.runId };
      if (event.anonymous === true) return { rank: NAME_RANK.anonymous, at, runId: run.runId };
      return { rank: rankOfRunId(run.runId), at, runId: run.runId };
    }
    case "span": {
      const rank = event.spanId === run.spanId ? NAME_RANK.rootSpan : NAME_RANK.innerSpan;
      return { rank, at, runId: spanRunId(run.traceId, run.spanId) };
    }
    case "unnamed":
      return { rank: NAME_RANK.unnamed, at, runId: unnamedRunId(at) };
  }
}

function rankOfRunId(runId: string): number {
  if (isUnnamedRunId(runId)) return NAME_RANK.unnamed;
  return isSpanRunId(runId) ? NAME_RANK.innerSpan : NAME_RANK.explicit;
}

/** A name that came by a link or stands in a row: it has no time, so an event's name of the same rank goes before it. */
export function factsOfName(runId: string, anonymous = false): RunFacts {
  const rank = anonymous ? NAME_RANK.anonymous : rankOfRunId(runId);
  return { ...EMPTY_FACTS, name: { rank, at: Number.MAX_SAFE_INTEGER, runId }, named: !anonymous };
}

function isMarkKind(kind: RunEvent["kind"]): boolean {
  switch (kind) {
    case "heartbeat":
    case "progress":
    case "records":
    case "log":
      return false;
    case "scheduled":
    case "queued":
    case "started":
    case "step_started":
    case "step_ended":
    case "completed":
    case "failed":
    case "retrying":
    case "dead_lettered":
    case "cancelled":
    case "skipped":
    case "suspected":
    case "lost":
    case "finalised":
      return true;
  }
}

/** A ping's `/log` has no state by its contract: it does not say that the run has started. */
function saysNothingOfStart(event: RunEvent): boolean {
  return event.kind === "log" && event.witness === "ping";
}

function markOf(event: RunEvent): Mark {
  const mark: Mark = {
    eventId: event.eventId,
    kind: event.kind,
    at: event.at,
    withinMs: event.withinMs,
    witness: event.witness,
  };
  if (event.attempt !== undefined) mark.attempt = event.attempt;
  if (event.startedAt !== undefined) mark.startedAt = event.startedAt;
  if (event.durationMs !== undefined) mark.durationMs = event.durationMs;
  if (event.step !== undefined) mark.step = event.step;
  if (event.records !== undefined) mark.records = event.records;
  if (event.error !== undefined) {
    const { type, message } = event.error;
    mark.error = { ...(type === undefined ? {} : { type }), ...(message === undefined ? {} : { message }) };
  }
  if (event.exitCode !== undefined) mark.exitCode = event.exitCode;
  if (event.signal !== undefined) mark.signal = event.signal;
  if (event.final !== undefined) mark.final = event.final;
  if (event.heardUntil !== undefined) mark.heardUntil = event.heardUntil;
  if (event.traceId !== undefined) mark.traceId = event.traceId;
  if (event.spanId !== undefined) {
    mark.spanId = event.spanId;
    if (event.run.by === "id") mark.named = true;
  }
  return mark;
}

function said<T>(value: T | undefined, at: number): Said<T> | null {
  return value === undefined ? null : { value, at };
}

/** Running totals. Those of marks stay with their mark, where the end's figures win. */
function countsOf(event: RunEvent, isMark: boolean): RunFacts["counts"] {
  if (isMark) return {};
  const counts = new Map<string, CountFacts>();
  if (event.step !== undefined) {
    const stepCounts = { ...event.step.records, ...event.records };
    counts.set(countKey(event.attempt, event.step.id ?? event.step.name), countFacts(stepCounts, event.at));
  } else if (event.records !== undefined) {
    counts.set(countKey(undefined, null), countFacts(event.records, event.at));
  }
  return recordOf(counts);
}

function countFacts(counts: RecordCounts, at: number): CountFacts {
  return Object.fromEntries(
    Object.entries(counts)
      .filter(([, value]) => value !== undefined)
      .map(([field, value]) => [field, { value, at }]),
  );
}

/** By attempt and step: each counts anew from zero. */
function progressOf(event: RunEvent): RunFacts["progress"] {
  const { step } = event;
  const records = { ...step?.records, ...event.records };
  const processed =
    event.progress?.processed ??
    records.processed ??
    records.loaded ??
    records.transformed ??
    records.extracted;
  if (processed === undefined) return {};
  return { [progressKey(event.attempt, step?.id ?? step?.name ?? "")]: { value: processed, at: event.at } };
}

function memoryOf(event: RunEvent): RunFacts["memory"] {
  const sample = said(event.resources?.memoryBytes, event.at);
  return sample === null ? {} : { [event.witness]: { first: sample, last: sample } };
}

function metadataOf(event: RunEvent): RunFacts["metadata"] {
  if (event.metadata === undefined) return {};
  const entries = Object.entries(event.metadata).map(
    ([name, value]) => [name, { value, at: event.at }] as const,
  );
  return recordOf(new Map(entries), METADATA_LIMIT);
}
