/** What each state of a run, job, step or fact looks like: one outcome, one word. Pure. */

import type { Severity, Step, StripBar } from "../api/resources.ts";
import type { Outcome } from "../theme/tokens.ts";
import type { Health } from "../url-state/board-filters.ts";

export interface OutcomeLook {
  outcome: Outcome;
  word: string;
}

export type ShownPhase = StripBar["phase"];

const PHASES: Readonly<Record<ShownPhase, OutcomeLook>> = {
  scheduled: { outcome: "skipped", word: "scheduled" },
  queued: { outcome: "skipped", word: "queued" },
  running: { outcome: "running", word: "running" },
  suspect: { outcome: "lost", word: "suspect" },
  retrying: { outcome: "late", word: "retrying" },
  completed: { outcome: "success", word: "completed" },
  failed: { outcome: "failed", word: "failed" },
  dead_letter: { outcome: "dead", word: "dead letter" },
  cancelled: { outcome: "skipped", word: "cancelled" },
  skipped: { outcome: "skipped", word: "skipped" },
  lost: { outcome: "lost", word: "lost" },
  unknown: { outcome: "unknown", word: "unknown" },
  missed: { outcome: "failed", word: "missed" },
  expected: { outcome: "late", word: "expected" },
};

const HEALTH_LOOKS: Readonly<Record<Health, OutcomeLook>> = {
  failing: { outcome: "failed", word: "failing" },
  late: { outcome: "late", word: "late" },
  unknown: { outcome: "unknown", word: "unknown" },
  running: { outcome: "running", word: "running" },
  new: { outcome: "skipped", word: "new" },
  ok: { outcome: "success", word: "ok" },
  paused: { outcome: "skipped", word: "paused" },
};

const SEVERITY_LOOKS: Readonly<Record<Severity, OutcomeLook>> = {
  critical: { outcome: "failed", word: "critical" },
  warning: { outcome: "late", word: "warning" },
  info: { outcome: "running", word: "info" },
};

const STEP_LOOKS: Readonly<Record<Step["outcome"], OutcomeLook>> = {
  running: { outcome: "running", word: "running" },
  success: { outcome: "success", word: "success" },
  failure: { outcome: "failed", word: "failed" },
  skipped: { outcome: "skipped", word: "skipped" },
};

export function phaseLook(phase: ShownPhase): OutcomeLook {
  return PHASES[phase];
}

export function healthLook(health: Health): OutcomeLook {
  return HEALTH_LOOKS[health];
}

export function severityLook(severity: Severity): OutcomeLook {
  return SEVERITY_LOOKS[severity];
}

export function stepLook(outcome: Step["outcome"]): OutcomeLook {
  return STEP_LOOKS[outcome];
}

/** `deadline_missed` → "deadline missed". */
export function factWords(type: string): string {
  return type.replaceAll("_", " ");
}
