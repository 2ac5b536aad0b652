/**
 * The states of a run, each with its sentence, and the questions that are asked about them.
 * Words: docs/architecture.md ("Words"). No I/O.
 */

/** Where a run stands. `suspect` and `lost` are said by Batchwatch itself, everything else by a witness. */
export const RUN_PHASES = [
  "scheduled",
  "queued",
  "running",
  "suspect",
  "retrying",
  "completed",
  "failed",
  "dead_letter",
  "cancelled",
  "skipped",
  "lost",
  "unknown",
] as const;
export type RunPhase = (typeof RUN_PHASES)[number];

/** How a run came about. A backfill never trips a schedule SLA and turns no freshness green. */
export const RUN_TYPES = ["scheduled", "manual", "backfill", "catchup"] as const;
export type RunType = (typeof RUN_TYPES)[number];

/** One sentence for each phase, shown as it is in the page and the CLI. */
export const PHASE_SENTENCES: Readonly<Record<RunPhase, string>> = {
  scheduled: "Announced for a time to come.",
  queued: "Waiting to start.",
  running: "Started and not yet ended.",
  suspect: "Started, silent for longer than its heartbeat limit; not yet declared lost.",
  retrying: "An attempt failed; another one is to come.",
  completed: "Ended well.",
  failed: "Ended with an error, finally.",
  dead_letter: "Failed, and its retries are exhausted.",
  cancelled: "Stopped on purpose.",
  skipped: "Not run on purpose.",
  lost: "Declared dead by Batchwatch: it went silent and never ended.",
  unknown: "Its source is out of reach, so nobody can say.",
};

const TERMINAL: ReadonlySet<RunPhase> = new Set([
  "completed",
  "failed",
  "dead_letter",
  "cancelled",
  "skipped",
  "lost",
]);
const BAD: ReadonlySet<RunPhase> = new Set(["failed", "dead_letter", "lost"]);
const EXECUTING: ReadonlySet<RunPhase> = new Set(["running", "suspect", "retrying"]);

/** True when nothing more is expected of the run (a late event may still correct it). */
export function isTerminalPhase(phase: RunPhase): boolean {
  return TERMINAL.has(phase);
}

/** True when the run counts as a failure in `batch_job_completions_total`. */
export function isFailurePhase(phase: RunPhase): boolean {
  return BAD.has(phase);
}

/** True while the run is under way: started, and neither ended nor declared lost. */
export function isExecutingPhase(phase: RunPhase): boolean {
  return EXECUTING.has(phase);
}
