/** Slots as the API shows them. Pure. */

import { instantText } from "../../../lib/calendar/time-text.ts";
import type { Slot } from "../../../model/watch.ts";
import { instant } from "./instants.ts";
import type { Pointers } from "./judgement-view.ts";

export interface SlotView {
  slotAt: string;
  local: string;
  state: Slot["state"];
  reason: string | null;
  runId: string | null;
}

export function slotView(slot: Slot, zone: string, pointers: Pointers): SlotView {
  return {
    slotAt: instant(slot.slotAt),
    local: instantText(slot.slotAt, zone),
    state: slot.state,
    reason: slot.reason,
    runId: slot.runRowId === null ? null : (pointers.runIds.get(slot.runRowId) ?? null),
  };
}

/** A slot that follows from the schedule and has no row yet. */
export function plannedSlotView(slotAt: number, zone: string): SlotView {
  return {
    slotAt: instant(slotAt),
    local: instantText(slotAt, zone),
    state: "expected",
    reason: null,
    runId: null,
  };
}

/** Nothing came, and the window in which it could still come is over. */
export function isOverdue(slot: Slot, now: number): boolean {
  return slot.state === "expected" && slot.lateAt < now;
}
