/** The run strip: the last runs and the slots that nothing came for, on one line of time, oldest first. Pure. */
import type { StripBar } from "@batchwatch/protocol";
import { isFailurePhase } from "@batchwatch/protocol";
import type { RunBar } from "../../../model/run.ts";
import type { Slot } from "../../../model/watch.ts";
import { instant, runTime } from "./instants.ts";
import { isOverdue } from "./slot-view.ts";
import { shortText } from "./words.ts";

export const STRIP_LENGTH = 30;

export function stripBars(runs: readonly RunBar[], slots: readonly Slot[], now: number): StripBar[] {
  const bars = [
    ...runs.map((run) => ({ at: runTime(run), bar: runBar(run) })),
    ...slots.flatMap((slot) => {
      const bar = slotBar(slot, now);
      return bar === null ? [] : [{ at: slot.slotAt, bar }];
    }),
  ];
  return bars
    .sort((a, b) => a.at - b.at)
    .slice(-STRIP_LENGTH)
    .map(({ bar }) => bar);
}

function runBar(run: RunBar): StripBar {
  return {
    runId: run.runId,
    at: instant(runTime(run)),
    phase: run.phase,
    durationMs: run.durationMs,
    recordsProcessed: run.recordsProcessed,
    why: whyOf(run),
  };
}

function whyOf(run: RunBar): string | null {
  if (!isFailurePhase(run.phase) && run.phase !== "retrying") return null;
  const message = run.errorMessage ?? run.errorType;
  return message === null ? null : shortText(message);
}

/** Matched and skipped slots leave no bar: their run, or nothing, stands for them. */
function slotBar(slot: Slot, now: number): StripBar | null {
  const phase = slot.state === "missed" || slot.state === "unknown" ? slot.state : null;
  if (phase === null && !isOverdue(slot, now)) return null;
  return {
    runId: null,
    at: instant(slot.slotAt),
    phase: phase ?? "expected",
    durationMs: null,
    recordsProcessed: null,
    why: slot.reason,
  };
}
