/**
 * The facts of a run → the run as it is judged and shown (SEMANTICS sections 2 and 3). A pure function: the same facts
 * give the same view, whatever the order, the number of times or the grouping in which their events came.
 */
import { exitStatusText, exitStatusType, type RunPhase, type WitnessKind } from "@batchwatch/protocol";
import {
  type AttemptOutcome,
  endMarks,
  holdsInSilence,
  judgeAttempt,
  NO_RETRY_POLICY,
  type RetryPolicy,
} from "./attempt-outcome.ts";
import { type AttemptFacts, attemptsOf, sharpest, type TimePoint } from "./project-attempts.ts";
import { projectRecords, projectSteps } from "./project-steps.ts";
import type { Attempt, RunView, Step, WitnessView } from "./run.ts";
import { compareText, type RunFacts } from "./run-facts.ts";
import { lastHeard, liveOffsetOf, readClocks, skewOfWitness } from "./sender-clock.ts";

interface JudgedAttempt extends AttemptOutcome {
  facts: AttemptFacts;
  start: TimePoint | null;
}

export function projectRun(facts: RunFacts, policy: RetryPolicy = NO_RETRY_POLICY): RunView {
  const lastEventAt = lastSignOfLife(facts);
  const maxAttempts = policy.maxAttempts ?? facts.maxAttempts;
  const lastHeardAt = lastHeard(facts.clocks, lastEventAt).at;
  const attempts = judgeAttempts(facts, { ...policy, maxAttempts }, { lastEventAt, lastHeardAt });
  const last = attempts.at(-1) ?? null;
  const starts = attempts.flatMap(({ facts: { number }, start }) => ({
    number,
    startedAt: start?.at ?? null,
  }));
  const steps = projectSteps(facts, starts);
  const ends = last?.facts.ends ?? [];
  const records = projectRecords(facts, starts.at(-1) ?? null, attempts.length < 2, ends, steps);
  const phase = phaseOf(facts, last, { lastEventAt, lastHeardAt });
  const final = last?.final ?? false;
  const start = attempts.find((attempt) => attempt.start !== null)?.start ?? null;
  const end = final ? (last?.end ?? null) : null;
  const clocks = readClocks(facts.clocks, !final, lastEventAt);
  return {
    phase,
    runType: facts.runType ?? "scheduled",
    jobType: facts.jobType?.value ?? null,
    anonymous: !facts.named,
    degraded:
      phase === "completed" &&
      steps.some((step) => step.outcome === "failure" && step.attempt === last?.facts.number),
    conflict: last?.conflict ?? false,
    final,
    ...timesOf(facts, attempts, start, end),
    retryCount: Math.max(0, (last?.facts.number ?? 1) - 1),
    attempts: attempts.map(viewAttempt),
    steps,
    witnesses: witnessesOf(facts, attempts),
    recordsProcessed: records.processed,
    recordsFailed: records.failed,
    stageRecords: records.stages,
    ...progressOf(facts, attempts.length < 2 ? null : (last?.start?.at ?? null)),
    ...beatsOf(facts),
    heartbeatIntervalMs: facts.heartbeatIntervalMs,
    maxAttempts,
    ...errorOf(last, steps),
    exitCode: last?.exitCode ?? null,
    signal: last?.signal ?? null,
    resources: resourcesOf(facts),
    memoryTrend: memoryTrendOf(facts, final),
    metadata: Object.fromEntries(Object.entries(facts.metadata).map(([name, { value }]) => [name, value])),
    traceIds: [...facts.traceIds],
    host: facts.host?.value ?? null,
    lastEventAt,
    ...clocks,
    runningSinceAt: final ? (start?.at ?? null) : runningSince(facts, start, clocks.liveOffsetMs),
  };
}

/** The start by our clock: that of the witness who told it, else of the sender heard of last. */
function runningSince({ clocks }: RunFacts, start: TimePoint | null, otherwiseMs: number): number | null {
  if (start === null) return null;
  const offsetMs = start.witness === undefined ? null : liveOffsetOf(clocks, start.witness);
  return start.at + (offsetMs ?? otherwiseMs);
}

/**
 * Where the end names no type, the step that failed last does (some SDKs record the exception on the child span only),
 * else the way the process ended: whichever source told it.
 */
function errorOf(
  last: JudgedAttempt | null,
  steps: readonly Step[],
): Pick<RunView, "errorType" | "errorMessage"> {
  const said = { errorType: last?.errorType ?? null, errorMessage: last?.errorMessage ?? null };
  const hasFailed =
    last !== null && last.end !== null && (last.phase === "failed" || last.phase === "dead_letter");
  if (!hasFailed || said.errorType !== null) return said;
  const failed = steps
    .filter(
      (step) => step.attempt === last.facts.number && step.outcome === "failure" && step.errorType !== null,
    )
    .sort((a, b) => (a.endedAt ?? 0) - (b.endedAt ?? 0) || compareText(a.id, b.id))
    .at(-1);
  if (failed !== undefined)
    return { errorType: failed.errorType, errorMessage: said.errorMessage ?? failed.errorMessage };
  return {
    errorType: exitStatusType(last),
    errorMessage: said.errorMessage ?? exitStatusText(last),
  };
}

/** The latest `at` of anything that somebody other than Batchwatch said. */
function lastSignOfLife(facts: RunFacts): number {
  const times = Object.entries(facts.seen).flatMap(([witness, { last }]) =>
    witness === "batchwatch" ? [] : [last],
  );
  return times.length === 0 ? (facts.seen.batchwatch?.first ?? 0) : Math.max(...times);
}

// ── attempts ────────────────────────────────────────────────────────────────────────────────────────

/** The latest sign of life, by its sender's clock and by ours. */
interface LastSign {
  lastEventAt: number;
  lastHeardAt: number;
}

function judgeAttempts(facts: RunFacts, policy: RetryPolicy, lastSign: LastSign): JudgedAttempt[] {
  const attempts = attemptsOf(facts);
  return attempts.map((attempt, index) => {
    const isLast = index === attempts.length - 1;
    const start = startOf(attempt, index === 0 ? facts.activity : null);
    return { facts: attempt, start, ...judgeAttempt(attempt, { isLast, start, ...lastSign, policy }) };
  });
}

/**
 * What was said of the start, the most exact first. A step runs inside the attempt, so an earlier step moves the
 * start; other signs of life do so only where the start is vague or unknown.
 */
function startOf(attempt: AttemptFacts, activity: { first: number } | null): TimePoint | null {
  const end = sharpest(attempt.ends, "last")?.at ?? Number.POSITIVE_INFINITY;
  const said = sharpest(attempt.starts, "first");
  const signs: number[] = [];
  if (attempt.firstStepAt !== null) signs.push(attempt.firstStepAt);
  if (activity !== null && (said === null || said.withinMs > 0)) signs.push(activity.first);
  const earliest = Math.min(...signs);
  if (said === null) return earliest <= end && signs.length > 0 ? { at: earliest, withinMs: 0 } : null;
  return earliest < said.at ? { at: earliest, withinMs: said.withinMs } : said;
}

function viewAttempt(attempt: JudgedAttempt): Attempt {
  return {
    number: attempt.facts.number,
    phase: attempt.phase,
    startedAt: attempt.start?.at ?? null,
    endedAt: attempt.end?.at ?? null,
    errorType: attempt.errorType,
    errorMessage: attempt.errorMessage,
    exitCode: attempt.exitCode,
    signal: attempt.signal,
  };
}

function phaseOf(
  facts: RunFacts,
  last: JudgedAttempt | null,
  { lastEventAt, lastHeardAt }: LastSign,
): RunPhase {
  if (last === null) return facts.scheduledAt === null ? "unknown" : "scheduled";
  if (last.phase !== "running") return last.phase;
  const suspected = facts.marks.some(
    (mark) => mark.kind === "suspected" && holdsInSilence(mark, lastEventAt, lastHeardAt),
  );
  return suspected ? "suspect" : "running";
}

// ── times ───────────────────────────────────────────────────────────────────────────────────────────

type Times = Pick<
  RunView,
  | "scheduledAt"
  | "queuedAt"
  | "startedAt"
  | "completedAt"
  | "startedWithinMs"
  | "completedWithinMs"
  | "queueWaitMs"
  | "executionMs"
  | "durationMs"
  | "totalMs"
>;

function timesOf(
  facts: RunFacts,
  attempts: readonly JudgedAttempt[],
  start: TimePoint | null,
  end: TimePoint | null,
): Times {
  return {
    scheduledAt: facts.scheduledAt,
    queuedAt: facts.queuedAt,
    startedAt: start?.at ?? null,
    completedAt: end?.at ?? null,
    startedWithinMs: start?.withinMs ?? 0,
    completedWithinMs: end?.withinMs ?? 0,
    queueWaitMs: distance(facts.queuedAt, start?.at),
    executionMs: end === null ? null : executionOf(attempts),
    durationMs: distance(start?.at, end?.at),
    totalMs: distance(facts.scheduledAt, end?.at),
  };
}

/** Clocks of several senders may disagree: a time before its cause counts as the same moment. */
function distance(from: number | null | undefined, to: number | null | undefined): number | null {
  return from === null || from === undefined || to === null || to === undefined
    ? null
    : Math.max(0, to - from);
}

function executionOf(attempts: readonly JudgedAttempt[]): number | null {
  const known = attempts.flatMap(({ start, end }) => distance(start?.at, end?.at) ?? []);
  return known.length === 0 ? null : known.reduce((sum, ms) => sum + ms, 0);
}

// ── what was reported on the way ────────────────────────────────────────────────────────────────────

function progressOf(
  facts: RunFacts,
  since: number | null,
): Pick<RunView, "progressRate" | "progressTotal" | "lastProgressAt" | "reportsProgress"> {
  const grown = Object.values(facts.progress).map(({ at }) => at);
  const reportsProgress = grown.length > 0 || facts.progressRate !== null;
  const times = facts.movingAt === null ? grown : [...grown, facts.movingAt];
  // A step that begins or ends is progress of a run that reports some.
  for (const mark of facts.marks)
    if (times.length > 0 && (mark.kind === "step_started" || mark.kind === "step_ended")) times.push(mark.at);
  const lastProgressAt = times.length === 0 ? null : times.reduce((a, b) => Math.max(a, b));
  return {
    progressRate: facts.progressRate?.value ?? null,
    progressTotal: facts.progressTotal?.value ?? null,
    // An attempt that has reported nothing yet is not stalled because the one before it was.
    lastProgressAt:
      lastProgressAt !== null && since !== null && lastProgressAt < since ? null : lastProgressAt,
    reportsProgress,
  };
}

function beatsOf(facts: RunFacts): Pick<RunView, "firstBeatAt" | "lastBeatAt"> {
  const beats = Object.values(facts.beats);
  if (beats.length === 0) return { firstBeatAt: null, lastBeatAt: null };
  return {
    firstBeatAt: Math.min(...beats.map(({ first }) => first)),
    lastBeatAt: Math.max(...beats.map(({ last }) => last)),
  };
}

function resourcesOf(facts: RunFacts): RunView["resources"] {
  return {
    ...(facts.peakMemoryBytes === null ? {} : { peakMemoryBytes: facts.peakMemoryBytes }),
    ...(facts.memoryBytes === null ? {} : { memoryBytes: facts.memoryBytes.value }),
    ...(facts.memoryLimitBytes === null ? {} : { memoryLimitBytes: facts.memoryLimitBytes }),
    ...(facts.cpuMs === null ? {} : { cpuMs: facts.cpuMs }),
  };
}

/** A command and the program inside it may both sample: the one that says more sees more. */
function memoryTrendOf({ memory }: RunFacts, isOver: boolean): RunView["memoryTrend"] {
  if (isOver) return null;
  const [most] = Object.entries(memory).sort(
    ([a, x], [b, y]) => y.last.value - x.last.value || compareText(a, b),
  );
  if (most === undefined) return null;
  const { first, last } = most[1];
  return { firstAt: first.at, firstBytes: first.value, lastAt: last.at, lastBytes: last.value };
}

/** What each witness says of the last attempt that it saw the end of. */
function witnessesOf(facts: RunFacts, attempts: readonly JudgedAttempt[]): WitnessView[] {
  return Object.entries(facts.seen)
    .map(([kind, { first, last }]) => ({
      kind: kind as WitnessKind,
      says: saidBy(kind, attempts),
      firstAt: first,
      lastAt: last,
      ...skewField(skewOfWitness(facts.clocks, kind)),
    }))
    .sort((a, b) => a.firstAt - b.firstAt || compareText(a.kind, b.kind));
}

function skewField(skewMs: number | null): Pick<WitnessView, "clockSkewMs"> {
  return skewMs === null ? {} : { clockSkewMs: skewMs };
}

function saidBy(witness: string, attempts: readonly JudgedAttempt[]): RunPhase | null {
  for (const { facts } of attempts.toReversed()) {
    if (witness === "batchwatch" && facts.lost !== null) return "lost";
    const own = facts.ends.filter((mark) => mark.witness === witness);
    if (own.length > 0) return endMarks(own).phase;
  }
  return null;
}
