/**
 * How a job is, in one word and one sentence. Pure: rows and the time in, words out.
 *
 * In this order: paused; failing (an open critical fact, or its last run ended badly); unknown (its source is silent, or
 * its last slot or run is); late (an open warning, or a slot that nothing came for); running; new (no run yet); ok.
 * Backfills decide nothing, and facts that are only informative change nothing.
 */
import {
  exitStatusText,
  formatDuration,
  isExecutingPhase,
  isFailurePhase,
  isTerminalPhase,
  type JOB_HEALTHS,
  PHASE_SENTENCES,
} from "@batchwatch/protocol";
import { besideText, withoutToday } from "../../../lib/calendar/time-text.ts";
import type { Job } from "../../../model/job.ts";
import type { Run, RunBar } from "../../../model/run.ts";
import type { Judgement, Slot } from "../../../model/watch.ts";
import { runTime } from "./instants.ts";
import { byWorst, factWords, isOpen } from "./judgement-view.ts";
import { isOverdue } from "./slot-view.ts";
import { asSentence, shortText, zoneOf } from "./words.ts";

export type JobHealth = (typeof JOB_HEALTHS)[number];

/** Worst first: the order of `sort=health`. */
export const HEALTHS_BY_URGENCY: readonly JobHealth[] = [
  "failing",
  "late",
  "unknown",
  "running",
  "new",
  "ok",
  "paused",
];

/** What health is told from: `runs` are enough to hold the last one that ended. */
export interface HealthEvidence {
  job: Job;
  /** Latest runs, newest first. */
  runs: readonly RunBar[];
  /** The newest of them, whole: it alone tells how it ended in detail. */
  lastRun: Run | null;
  runningCount: number;
  /** Latest slots up to now, newest first. */
  slots: readonly Slot[];
  /** Open ones. */
  judgements: readonly Judgement[];
  nextSlotAt: number | null;
  usualDurationMs: number | null;
}

export interface HealthVerdict {
  health: JobHealth;
  reason: string;
}

export function jobHealth(facts: HealthEvidence, now: number): HealthVerdict {
  return (
    whenPaused(facts) ??
    whenFailing(facts, now) ??
    whenUnknown(facts, now) ??
    whenLate(facts, now) ??
    whenRunning(facts, now) ??
    whenAtRest(facts, now)
  );
}

function whenPaused({ job }: HealthEvidence): HealthVerdict | null {
  if (!job.settings.paused) return null;
  return { health: "paused", reason: "Paused: it is recorded and judged, and nobody is notified." };
}

function whenFailing(facts: HealthEvidence, now: number): HealthVerdict | null {
  const worst = openFacts(facts).find((fact) => fact.severity === "critical");
  if (worst !== undefined) return { health: "failing", reason: factReason(facts, worst, now) };
  const run = lastEnded(facts);
  if (run === undefined || !isFailurePhase(run.phase)) return null;
  const whole = wholeRun(facts, run);
  const message = run.errorMessage ?? run.errorType ?? (whole === null ? null : exitStatusText(whole));
  const what = `The last run ${ENDED[run.phase] ?? "failed"} at ${timeText(facts, run.completedAt ?? runTime(run), now)}`;
  return {
    health: "failing",
    reason: message === null ? `${what}.` : asSentence(`${what}: ${shortText(message)}`),
  };
}

const ENDED: Readonly<Record<string, string>> = {
  failed: "failed",
  dead_letter: "failed and has no retries left",
  lost: "was lost",
};

function whenUnknown(facts: HealthEvidence, now: number): HealthVerdict | null {
  const silent = openFacts(facts).find((fact) => fact.type === "source_silent");
  if (silent !== undefined) return { health: "unknown", reason: factReason(facts, silent, now) };
  const [slot] = facts.slots;
  if (slot?.state === "unknown") {
    const why = slot.reason === null ? "" : `: ${slot.reason}`;
    return {
      health: "unknown",
      reason: asSentence(
        `Nobody can say what became of the run due at ${timeText(facts, slot.slotAt, now)}${why}`,
      ),
    };
  }
  const run = facts.runs.find(countsForHealth);
  return run?.phase === "unknown"
    ? { health: "unknown", reason: `The last run: ${PHASE_SENTENCES.unknown}` }
    : null;
}

function whenLate(facts: HealthEvidence, now: number): HealthVerdict | null {
  const worst = openFacts(facts).find((fact) => fact.severity === "warning");
  if (worst !== undefined) return { health: "late", reason: factReason(facts, worst, now) };
  const overdue = facts.slots.find((slot) => isOverdue(slot, now));
  if (overdue === undefined) return null;
  return {
    health: "late",
    reason: `Late: expected at ${timeText(facts, overdue.slotAt, now)}, and nothing has come since, for ${formatDuration(now - overdue.slotAt)}.`,
  };
}

function whenRunning(facts: HealthEvidence, now: number): HealthVerdict | null {
  if (facts.runningCount === 0) return null;
  const run = facts.runs.find((candidate) => isExecutingPhase(candidate.phase));
  if (facts.runningCount > 1 || run === undefined) {
    return { health: "running", reason: `${facts.runningCount} runs are under way.` };
  }
  // A time, which stays true while the sentence stands on a page.
  const since = run.startedAt === null ? "" : ` since ${timeText(facts, run.startedAt, now)}`;
  const usual =
    facts.usualDurationMs === null ? "" : `, usually ${formatDuration(facts.usualDurationMs)} in all`;
  const verb =
    run.phase === "retrying"
      ? "Between two tries"
      : run.phase === "suspect"
        ? "Silent, yet not lost"
        : "Running";
  return { health: "running", reason: `${verb}${since}${usual}.` };
}

/** Nothing is wrong and nothing runs: new before the first run has ended, ok after it. */
function whenAtRest(facts: HealthEvidence, now: number): HealthVerdict {
  const run = lastEnded(facts);
  if (run === undefined) return { health: "new", reason: `No run has ended yet.${nextText(facts, now)}` };
  const at = timeText(facts, run.completedAt ?? runTime(run), now);
  if (run.phase === "cancelled" || run.phase === "skipped") {
    return { health: "ok", reason: `The last run was ${run.phase} at ${at}.${nextText(facts, now)}` };
  }
  const took = run.durationMs === null ? "" : ` after ${formatDuration(run.durationMs)}`;
  const degraded = wholeRun(facts, run)?.degraded ? ", though a step failed" : "";
  return {
    health: "ok",
    reason: `The last run ended well at ${at}${took}${degraded}.${nextText(facts, now)}`,
  };
}

function nextText({ job, nextSlotAt }: HealthEvidence, now: number): string {
  if (nextSlotAt === null) return "";
  return ` The next one is due at ${besideText(nextSlotAt, zoneOf(job.settings), now)}.`;
}

/** Made anew for each reader, on one line of a board: today goes without saying. */
function timeText({ job }: HealthEvidence, at: number, now: number): string {
  const zone = zoneOf(job.settings);
  return `${besideText(at, zone, now)} ${zone}`;
}

function openFacts({ judgements, runs }: HealthEvidence): Judgement[] {
  const backfills = new Set(runs.flatMap((run) => (countsForHealth(run) ? [] : [run.id])));
  const ofBackfill = ({ suppressedBecause, runRowId }: Judgement): boolean =>
    suppressedBecause === "backfill" || (runRowId !== null && backfills.has(runRowId));
  return byWorst(judgements.filter((fact) => isOpen(fact) && !ofBackfill(fact)));
}

function factReason({ job }: HealthEvidence, fact: Judgement, now: number): string {
  const text = withoutToday(fact.explanation.trim(), zoneOf(job.settings), now);
  return asSentence(text === "" ? factWords(fact.type) : text);
}

function lastEnded(facts: HealthEvidence): RunBar | undefined {
  return facts.runs.find((run) => countsForHealth(run) && isTerminalPhase(run.phase));
}

function countsForHealth(run: RunBar): boolean {
  return run.runType !== "backfill";
}

function wholeRun({ lastRun }: HealthEvidence, run: RunBar): Run | null {
  return lastRun?.id === run.id ? lastRun : null;
}
