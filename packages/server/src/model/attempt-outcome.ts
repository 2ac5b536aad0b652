/**
 * How an attempt ended (SEMANTICS section 2, DESIGN decision 6): among disagreeing witnesses failure beats success,
 * any end beats silence, and a failure is final at once only where no retry is known.
 */
import type { RunPhase } from "@batchwatch/protocol";
import { type AttemptFacts, sharpest, type TimePoint } from "./project-attempts.ts";
import { isSameSaid } from "./repeated-event.ts";
import { compareText, type Mark } from "./run-facts.ts";

/** What the job's settings say of retries; what the events say (`maxAttempts`) counts where they say nothing. */
export interface RetryPolicy {
  maxAttempts: number | null;
  graceMs: number | null;
}

export const NO_RETRY_POLICY: RetryPolicy = { maxAttempts: null, graceMs: null };

export interface AttemptOutcome {
  phase: RunPhase;
  final: boolean;
  end: TimePoint | null;
  conflict: boolean;
  errorType: string | null;
  errorMessage: string | null;
  exitCode: number | null;
  signal: string | null;
}

interface Circumstances {
  isLast: boolean;
  start: TimePoint | null;
  lastEventAt: number;
  /** The latest sign of life by our clock. */
  lastHeardAt: number;
  policy: RetryPolicy;
}

const NOTHING_SAID = {
  conflict: false,
  errorType: null,
  errorMessage: null,
  exitCode: null,
  signal: null,
} as const;

export function judgeAttempt(attempt: AttemptFacts, circumstances: Circumstances): AttemptOutcome {
  if (attempt.ends.length > 0) return judgeEnded(attempt, circumstances);
  if (attempt.retryingAt !== null) return afterRetrying(attempt, attempt.retryingAt, circumstances.isLast);
  const { isLast, start, lastEventAt, lastHeardAt } = circumstances;
  const { lost } = attempt;
  if (lost !== null && (!isLast || holdsInSilence(lost, lastEventAt, lastHeardAt))) {
    // It ended, as far as anybody knows, with its last sign of life.
    const end = { at: Math.min(lost.at, lastEventAt), withinMs: 0 };
    const errorMessage = lost.error?.message ?? null;
    return { ...NOTHING_SAID, phase: "lost", final: true, end, errorType: "lost", errorMessage };
  }
  const open = { ...NOTHING_SAID, final: false, end: null };
  if (!isLast) return { ...open, phase: "unknown" };
  if (start !== null) return { ...open, phase: "running" };
  return { ...open, phase: attempt.queuedAt === null ? "unknown" : "queued" };
}

/** Our word of a silence holds as long as nothing later than its evidence was heard. */
export function holdsInSilence(own: Mark, lastEventAt: number, lastHeardAt: number): boolean {
  return own.heardUntil === undefined ? own.at >= lastEventAt : own.heardUntil >= lastHeardAt;
}

function afterRetrying(attempt: AttemptFacts, at: number, isLast: boolean): AttemptOutcome {
  const end = { at, withinMs: 0 };
  if (!isLast) return { ...NOTHING_SAID, phase: "failed", final: false, end };
  if (attempt.finalisedAt !== null && attempt.finalisedAt >= at)
    return { ...NOTHING_SAID, phase: "failed", final: true, end };
  const queued = attempt.queuedAt !== null && attempt.queuedAt >= at;
  return { ...NOTHING_SAID, phase: queued ? "queued" : "retrying", final: false, end };
}

function judgeEnded(attempt: AttemptFacts, { isLast, policy }: Circumstances): AttemptOutcome {
  const { phase, conflict, deciding } = endMarks(attempt.ends);
  const end = endOf(deciding);
  const failed = phase === "failed" || phase === "dead_letter";
  const outcome = {
    conflict,
    end,
    errorType: failed ? firstSaid(deciding, (mark) => mark.error?.type) : null,
    errorMessage: failed ? firstSaid(deciding, (mark) => mark.error?.message) : null,
    exitCode: firstSaid(attempt.ends, (mark) => mark.exitCode),
    signal: firstSaid(attempt.ends, (mark) => mark.signal),
  };
  if (phase !== "failed") return { ...outcome, phase, final: true };
  if (!isLast) return { ...outcome, phase: "failed", final: false };
  return { ...outcome, ...finality(attempt, deciding, end.at, policy) };
}

/** The exact time of the end: `failed` rather than the dead letter that followed it. */
function endOf(deciding: readonly Mark[]): TimePoint {
  const failed = deciding.filter((mark) => mark.kind === "failed");
  const ends = withoutRepetitions(failed.length > 0 ? failed : deciding);
  const { at, withinMs } = sharpest(ends, "last") ?? { at: 0, withinMs: 0 };
  return { at, withinMs };
}

/** An end that was sent again because the answer was lost ended when it was first said. */
function withoutRepetitions(marks: readonly Mark[]): readonly Mark[] {
  if (marks.length < 2) return marks;
  const inOrder = marks.toSorted((a, b) => a.at - b.at || compareText(a.eventId, b.eventId));
  return inOrder.filter(
    (mark, index) =>
      !inOrder
        .slice(0, index)
        .some(
          (before) =>
            before.witness === mark.witness && before.kind === mark.kind && isSameSaid(before, mark),
        ),
  );
}

/**
 * A failure is final when its source says so, when the attempts are exhausted, when Batchwatch has waited for a retry
 * in vain (`finalised`), or at once where no retries are known. What a source says of its own retry goes first.
 */
function finality(
  attempt: AttemptFacts,
  failures: readonly Mark[],
  failedAt: number,
  policy: RetryPolicy,
): { phase: RunPhase; final: boolean } {
  const maxAttempts = policy.maxAttempts ?? 1;
  const exhausted = maxAttempts > 1 && attempt.number >= maxAttempts;
  const endOfAll = exhausted ? ("dead_letter" as const) : ("failed" as const);
  const retryAnnounced = failures.some((mark) => mark.final === false) || attempt.retryingAt !== null;
  const finalised = attempt.finalisedAt !== null && attempt.finalisedAt >= failedAt;
  if (finalised || failures.some((mark) => mark.final === true)) return { phase: endOfAll, final: true };
  if (!retryAnnounced && exhausted) return { phase: "dead_letter", final: true };
  const graceGiven = policy.graceMs !== null && policy.graceMs > 0;
  if (!retryAnnounced && maxAttempts <= attempt.number && !graceGiven)
    return { phase: "failed", final: true };
  if (attempt.queuedAt !== null && attempt.queuedAt > failedAt) return { phase: "queued", final: false };
  return { phase: retryAnnounced ? "retrying" : "failed", final: false };
}

// ── what the ends say together ──────────────────────────────────────────────────────────────────────

export interface EndOfMarks {
  phase: "completed" | "failed" | "dead_letter" | "cancelled" | "skipped";
  conflict: boolean;
  /** The marks that say so. */
  deciding: readonly Mark[];
}

/**
 * Failure beats success. Cancelled before the failure explains the failure (the signal ended it). A skip goes before
 * success (Airflow reports a skipped task as complete first), and success before cancelled: it did get to its end.
 */
export function endMarks(ends: readonly Mark[]): EndOfMarks {
  const failures = ends.filter((mark) => mark.kind === "failed" || mark.kind === "dead_lettered");
  const completed = ends.filter((mark) => mark.kind === "completed");
  const cancelled = ends.filter((mark) => mark.kind === "cancelled");
  const skipped = ends.filter((mark) => mark.kind === "skipped");
  const dead = failures.some((mark) => mark.kind === "dead_lettered");
  const cancelledAt = Math.min(...cancelled.map((mark) => mark.at));
  const explained = !dead && failures.every((mark) => mark.at >= cancelledAt);
  if (failures.length > 0 && !(cancelled.length > 0 && explained)) {
    const conflict = completed.length > 0 || skipped.length > 0;
    return { phase: dead ? "dead_letter" : "failed", conflict, deciding: failures };
  }
  if (skipped.length > 0) return { phase: "skipped", conflict: false, deciding: skipped };
  if (completed.length > 0 && failures.length === 0)
    return { phase: "completed", conflict: cancelled.length > 0, deciding: completed };
  return { phase: "cancelled", conflict: completed.length > 0, deciding: cancelled };
}

/** Whose words explain best, when several witnesses describe one end. */
const WITNESS_ORDER = [
  "sdk",
  "otlp-span",
  "otlp-log",
  "airflow",
  "spark",
  "openlineage",
  "api",
  "ping",
  "cli",
];

function firstSaid<T>(marks: readonly Mark[], read: (mark: Mark) => T | undefined): T | null {
  const order = (mark: Mark): number => {
    const index = WITNESS_ORDER.indexOf(mark.witness);
    return index < 0 ? WITNESS_ORDER.length : index;
  };
  const inOrder = marks.toSorted(
    (a, b) => order(a) - order(b) || a.at - b.at || compareText(a.eventId, b.eventId),
  );
  for (const mark of inOrder) {
    const said = read(mark);
    if (said !== undefined) return said;
  }
  return null;
}
