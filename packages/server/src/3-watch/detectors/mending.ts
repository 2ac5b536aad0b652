/** The ways in which judgements come to their end (SEMANTICS section 5, "It resolves when"). */
import { formatDuration, isTerminalPhase } from "@batchwatch/protocol";
import { besideText, clockText, instantText } from "../../lib/calendar/time-text.ts";
import type { Run } from "../../model/run.ts";
import type { Finding, MendContext, RunContext } from "./detector.ts";

/** That slot's run succeeds, late as it may be, or a later one does. */
export function whenRunSucceeds(context: MendContext): string | null {
  if (context.run.phase !== "completed") return null;
  if (context.isOwn) return `The run succeeded ${endText(context)}.`;
  return context.isLater ? laterText(context) : null;
}

/** As `whenRunSucceeds`; besides, a run that was stopped or skipped on purpose is expected no longer. */
export function whenRunSucceedsOrIsCalledOff(context: MendContext): string | null {
  return (context.isOwn ? calledOffText(context) : null) ?? whenRunSucceeds(context);
}

/**
 * The run itself, corrected, or the next one ends well inside the limits. A run that says nothing of what is limited
 * (`tells` is false) is neither outside nor inside: unreported is not zero, and not enough either.
 */
export function whenInsideLimits(
  context: MendContext,
  examine: (context: RunContext) => Finding | null,
  tells: (context: RunContext) => boolean = () => true,
): string | null {
  if (context.run.phase !== "completed" || examine(context) !== null || !tells(context)) return null;
  if (context.isOwn) return `The run ended inside its limits ${endText(context)}.`;
  return context.isLater ? `${laterText(context)} It is inside its limits.` : null;
}

/** The run ends, in whatever way; lost is no end that anybody saw. */
export function whenRunEnds(context: MendContext): string | null {
  const { run } = context;
  if (!context.isOwn || !isTerminalPhase(run.phase) || run.phase === "lost") return null;
  return calledOffText(context) ?? `The run ended (${run.phase}) ${endText(context)}.`;
}

export function calledOffText(context: RunContext): string | null {
  const { run } = context;
  if (run.phase === "cancelled") return `The run was cancelled on purpose ${endText(context)}.`;
  return run.phase === "skipped" ? "The run was skipped on purpose." : null;
}

/** Run ids are long and of no use in a sentence about times; the first part tells them apart. */
export function runName(run: Run): string {
  return run.runId.length > 24 ? `${run.runId.slice(0, 20)}…` : run.runId;
}

function laterText(context: MendContext): string {
  const { run, slot, zone } = context;
  if (slot === null) return `A later run (${runName(run)}) succeeded ${endText(context)}.`;
  const which = `The run of the slot ${instantText(slot.slotAt, zone)} (${runName(run)})`;
  return `${which} succeeded ${endText(context, slot.slotAt)}.`;
}

function endText(context: RunContext, namedAt?: number): string {
  const { run, zone } = context;
  if (run.completedAt === null) return "";
  const took = run.durationMs === null ? "" : ` after ${formatDuration(run.durationMs)}`;
  const at =
    namedAt === undefined ? clockText(run.completedAt, zone) : besideText(run.completedAt, zone, namedAt);
  return `at ${at}${took}`;
}
