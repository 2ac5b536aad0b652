/**
 * Deadlines in words: what will be looked at, and what happens then. Deadlines by which Batchwatch only wakes itself
 * (`judge_run`, `fill_slots`, …) are not shown. Pure.
 */

import { instantText } from "../../../lib/calendar/time-text.ts";
import type { Deadline } from "../../../model/watch.ts";
import { instant } from "./instants.ts";

export interface DeadlineView {
  kind: string;
  dueAt: string;
  explanation: string;
}

const EXPLANATIONS: Readonly<Record<string, (when: string) => string>> = {
  slot_late: (when) => `Without a start by ${when} the slot counts as missed.`,
  slot_start_by: (when) => `It must have started by ${when}.`,
  slot_complete_by: (when) => `It must be complete by ${when}.`,
  run_max_duration: (when) => `Still running at ${when}, it has taken longer than its maximum duration.`,
  run_heartbeat: (when) => `Without a heartbeat by ${when} the run is suspect.`,
  run_lost: (when) => `Still silent at ${when}, the run is declared lost.`,
  run_stall: (when) => `Without progress by ${when} the run has stalled.`,
  run_retry_grace: (when) => `Without another attempt by ${when} the run has failed for good.`,
};

/** Kinds that mean something to people, for asking the store. */
export const SHOWN_DEADLINE_KINDS: readonly string[] = Object.keys(EXPLANATIONS);

/** Rows are looked at within a second; longer due, they wait for what was sent while Batchwatch was away. */
const OVERDUE_MS = 2000;
const OVERDUE_TEXT =
  "Its time has passed: after a start, Batchwatch first waits for what was sent while it was away (watch.catchUpGrace), then judges it.";

export function deadlineView(deadline: Deadline, zone: string, now: number): DeadlineView | null {
  const explain = EXPLANATIONS[deadline.kind];
  if (explain === undefined) return null;
  const explanation = explain(instantText(deadline.dueAt, zone));
  return {
    kind: deadline.kind,
    dueAt: instant(deadline.dueAt),
    explanation: now - deadline.dueAt > OVERDUE_MS ? `${explanation} ${OVERDUE_TEXT}` : explanation,
  };
}

/** Soonest first. */
export function deadlineViews(deadlines: readonly Deadline[], zone: string, now: number): DeadlineView[] {
  return [...deadlines]
    .sort((a, b) => a.dueAt - b.dueAt || a.id - b.id)
    .flatMap((deadline) => deadlineView(deadline, zone, now) ?? []);
}
