/**
 * The facts of a run: a join-semilattice. `mergeFacts` is commutative, associative and idempotent, so the facts, and
 * the RunView projected from them, are the same for every order and duplication of the same events, and two runs that
 * turn out to be one are merged by the same function (DESIGN decision 6).
 *
 * Starts, ends, steps and the like are few and kept as a set of marks; heartbeats, progress and counts are many and
 * kept as extremes and latest values. facts-of-event.ts makes facts of one event, project-run.ts reads them.
 */
import type { RecordCounts, RunType } from "@batchwatch/protocol";
import type { RunEvent } from "./run-event.ts";
import { type Clocks, joinClocks } from "./sender-clock.ts";

/** What the phase of a run depends on, of one event. */
export type Mark = Pick<
  RunEvent,
  | "eventId"
  | "kind"
  | "at"
  | "withinMs"
  | "witness"
  | "attempt"
  | "startedAt"
  | "durationMs"
  | "step"
  | "records"
  | "error"
  | "exitCode"
  | "signal"
  | "final"
  | "traceId"
  | "spanId"
  | "heardUntil"
> & {
  /** The source gave the run of this span an id. */
  named?: true;
};

/** The first and the last time at which something was seen. */
export interface Seen {
  first: number;
  last: number;
}

/** The earliest and the latest sample; among equals the larger. */
export interface MemorySeen {
  first: Said<number>;
  last: Said<number>;
}

/** A value with the time at which it was said: the latest wins, among equals the larger. */
export interface Said<T> {
  value: T;
  at: number;
}

export type CountFacts = { readonly [field in keyof RecordCounts]?: Said<number> };

/** The best name of the run so far: smallest rank, then earliest, then smallest text (rankOfName in facts-of-event.ts). */
export interface NameFact {
  rank: number;
  at: number;
  runId: string;
}

export interface RunFacts {
  name: NameFact | null;
  /** False while all that is known was made from counters. */
  named: boolean;
  /** Ascending by compareMarks; the first MARK_LIMIT stay, so the bound is order-free too. */
  marks: readonly Mark[];
  /** Any event, by witness. */
  seen: Readonly<Record<string, Seen>>;
  /** How far the senders' clocks are off. Key: witness, or `witness@host`. */
  clocks: Clocks;
  /** Heartbeats, by witness. */
  beats: Readonly<Record<string, Seen>>;
  /** Signs of life other than marks (beats, progress, counts, log lines): the run had started by then. */
  activity: Seen | null;
  /** Running totals by step; the run's own under "". Key: countKey. */
  counts: Readonly<Record<string, CountFacts>>;
  /** The largest count of records and the earliest time it was seen at. Key: progressKey. */
  progress: Readonly<Record<string, Said<number>>>;
  progressRate: Said<number> | null;
  /** Latest time at which a rate above zero was reported. */
  movingAt: number | null;
  progressTotal: Said<number> | null;
  /** Smallest declared. */
  heartbeatIntervalMs: number | null;
  /** Largest declared. */
  maxAttempts: number | null;
  jobType: Said<string> | null;
  host: Said<string> | null;
  /** The one furthest from an ordinary scheduled run (RUN_TYPE_ORDER). */
  runType: RunType | null;
  /** Earliest said. */
  scheduledAt: number | null;
  /** Earliest said. */
  queuedAt: number | null;
  metadata: Readonly<Record<string, Said<string | number | boolean>>>;
  peakMemoryBytes: number | null;
  memoryLimitBytes: number | null;
  cpuMs: number | null;
  memoryBytes: Said<number> | null;
  /** Memory in use: the first and the last sample of each witness. */
  memory: Readonly<Record<string, MemorySeen>>;
  traceIds: readonly string[];
}

/** A run of more marks than this keeps its ends and starts, and its earliest steps. */
export const MARK_LIMIT = 4096;
export const METADATA_LIMIT = 256;
export const COUNT_LIMIT = 1024;
export const TRACE_LIMIT = 16;
const CLOCK_LIMIT = 64;

export const RUN_TYPE_ORDER: readonly RunType[] = ["scheduled", "manual", "catchup", "backfill"];

export const EMPTY_FACTS: RunFacts = {
  name: null,
  named: false,
  marks: [],
  seen: {},
  clocks: {},
  beats: {},
  activity: null,
  counts: {},
  progress: {},
  progressRate: null,
  movingAt: null,
  progressTotal: null,
  heartbeatIntervalMs: null,
  maxAttempts: null,
  jobType: null,
  host: null,
  runType: null,
  scheduledAt: null,
  queuedAt: null,
  metadata: {},
  peakMemoryBytes: null,
  memoryLimitBytes: null,
  cpuMs: null,
  memoryBytes: null,
  memory: {},
  traceIds: [],
};

export function mergeFacts(a: RunFacts, b: RunFacts): RunFacts {
  if (a === EMPTY_FACTS) return b;
  if (b === EMPTY_FACTS || a === b) return a;
  return {
    name: either(a.name, b.name, (x, y) => (compareNames(x, y) <= 0 ? x : y)),
    named: a.named || b.named,
    marks: mergeMarks(a.marks, b.marks),
    seen: mergeRecords(a.seen, b.seen, widen),
    clocks: mergeRecords(a.clocks, b.clocks, joinClocks, CLOCK_LIMIT),
    beats: mergeRecords(a.beats, b.beats, widen),
    activity: either(a.activity, b.activity, widen),
    counts: mergeRecords(a.counts, b.counts, mergeCounts, COUNT_LIMIT),
    progress: mergeRecords(a.progress, b.progress, furthest, COUNT_LIMIT),
    progressRate: either(a.progressRate, b.progressRate, latest),
    movingAt: either(a.movingAt, b.movingAt, Math.max),
    progressTotal: either(a.progressTotal, b.progressTotal, latest),
    heartbeatIntervalMs: either(a.heartbeatIntervalMs, b.heartbeatIntervalMs, Math.min),
    maxAttempts: either(a.maxAttempts, b.maxAttempts, Math.max),
    jobType: either(a.jobType, b.jobType, latest),
    host: either(a.host, b.host, latest),
    runType: either(a.runType, b.runType, (x, y) =>
      RUN_TYPE_ORDER.indexOf(x) >= RUN_TYPE_ORDER.indexOf(y) ? x : y,
    ),
    scheduledAt: either(a.scheduledAt, b.scheduledAt, Math.min),
    queuedAt: either(a.queuedAt, b.queuedAt, Math.min),
    metadata: mergeRecords(a.metadata, b.metadata, latest, METADATA_LIMIT),
    peakMemoryBytes: either(a.peakMemoryBytes, b.peakMemoryBytes, Math.max),
    memoryLimitBytes: either(a.memoryLimitBytes, b.memoryLimitBytes, Math.max),
    cpuMs: either(a.cpuMs, b.cpuMs, Math.max),
    memoryBytes: either(a.memoryBytes, b.memoryBytes, latest),
    memory: mergeRecords(a.memory, b.memory, joinMemory),
    traceIds: mergeSets(a.traceIds, b.traceIds, TRACE_LIMIT),
  };
}

export function countKey(attempt: number | undefined, stepId: string | null): string {
  return stepId === null ? "" : `${attempt ?? 0}/${stepId}`;
}

/** Attempts that the sender did not number share a key. */
export function progressKey(attempt: number | undefined, stepId: string): string {
  return `${attempt ?? 0}/${stepId}`;
}

export function compareNames(a: NameFact, b: NameFact): number {
  return a.rank - b.rank || a.at - b.at || compareText(a.runId, b.runId);
}

export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

// ── marks ───────────────────────────────────────────────────────────────────────────────────────────

function rankOfMark(mark: Mark): number {
  switch (mark.kind) {
    case "completed":
    case "failed":
    case "dead_lettered":
    case "cancelled":
    case "skipped":
    case "suspected":
    case "lost":
    case "finalised":
      return 0;
    case "step_started":
    case "step_ended":
      return mark.step?.outcome === "failure" ? 2 : 3;
    default:
      return 1;
  }
}

function compareMarks(a: Mark, b: Mark): number {
  return rankOfMark(a) - rankOfMark(b) || a.at - b.at || compareText(a.eventId, b.eventId);
}

/** Two events of one id are one event; if they differ, the same one is kept whichever came first. */
function sameIdSmaller(a: Mark, b: Mark): Mark {
  return (compareMarks(a, b) || compareText(JSON.stringify(a), JSON.stringify(b))) <= 0 ? a : b;
}

function mergeMarks(a: readonly Mark[], b: readonly Mark[]): readonly Mark[] {
  if (b.length === 0) return a;
  if (a.length === 0) return b;
  const byId = new Map(a.map((mark) => [mark.eventId, mark]));
  let changed = false;
  for (const mark of b) {
    const known = byId.get(mark.eventId);
    const kept = known === undefined ? mark : sameIdSmaller(known, mark);
    if (kept === known) continue;
    byId.set(mark.eventId, kept);
    changed = true;
  }
  return changed ? [...byId.values()].sort(compareMarks).slice(0, MARK_LIMIT) : a;
}

// ── the joins of single values ──────────────────────────────────────────────────────────────────────

function either<T>(a: T | null, b: T | null, join: (a: T, b: T) => T): T | null {
  if (a === null) return b;
  return b === null ? a : join(a, b);
}

function widen(a: Seen, b: Seen): Seen {
  return { first: Math.min(a.first, b.first), last: Math.max(a.last, b.last) };
}

function latest<T extends string | number | boolean>(a: Said<T>, b: Said<T>): Said<T> {
  if (a.at !== b.at) return a.at > b.at ? a : b;
  return compareValues(a.value, b.value) >= 0 ? a : b;
}

function joinMemory(a: MemorySeen, b: MemorySeen): MemorySeen {
  return { first: earliest(a.first, b.first), last: latest(a.last, b.last) };
}

function earliest(a: Said<number>, b: Said<number>): Said<number> {
  if (a.at !== b.at) return a.at < b.at ? a : b;
  return a.value >= b.value ? a : b;
}

function compareValues(a: string | number | boolean, b: string | number | boolean): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return compareText(`${typeof a}${a}`, `${typeof b}${b}`);
}

/** The larger value; among equals the earlier time. */
function furthest(a: Said<number>, b: Said<number>): Said<number> {
  if (a.value !== b.value) return a.value > b.value ? a : b;
  return a.at <= b.at ? a : b;
}

function mergeCounts(a: CountFacts, b: CountFacts): CountFacts {
  return mergeRecords<Said<number>>(a, b, latest);
}

/** Key by key; of more than `limit` keys the smallest stay, in any order of merging the same. */
function mergeRecords<T>(
  a: Readonly<Record<string, T>>,
  b: Readonly<Record<string, T>>,
  join: (a: T, b: T) => T,
  limit = Number.POSITIVE_INFINITY,
): Readonly<Record<string, T>> {
  const theirs = Object.entries(b);
  if (theirs.length === 0) return a;
  const merged = new Map(Object.entries(a));
  for (const [key, value] of theirs) {
    const known = merged.get(key);
    merged.set(key, known === undefined ? value : join(known, value));
  }
  return recordOf(merged, limit);
}

/** Without a prototype's names: a key may be "__proto__". */
export function recordOf<T>(
  entries: ReadonlyMap<string, T>,
  limit = Number.POSITIVE_INFINITY,
): Readonly<Record<string, T>> {
  if (entries.size <= limit) return Object.fromEntries(entries);
  return Object.fromEntries([...entries].sort(([a], [b]) => compareText(a, b)).slice(0, limit));
}

function mergeSets(a: readonly string[], b: readonly string[], limit: number): readonly string[] {
  if (b.every((item) => a.includes(item))) return a;
  return [...new Set([...a, ...b])].sort(compareText).slice(0, limit);
}
