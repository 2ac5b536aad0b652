/** A slot as it is filled ahead. */
import type { Schedule } from "@batchwatch/protocol";
import type { Job } from "../../model/job.ts";
import type { Slot } from "../../model/watch.ts";
import type { SlotWindow } from "./slot-times.ts";

export type ScheduledJob = Job & { settings: { schedule: Schedule } };
export type NewSlot = Omit<Slot, "id">;

export function expectedSlot(job: Job, slotAt: number, window: SlotWindow): NewSlot {
  return { jobId: job.id, slotAt, ...window, state: "expected", reason: null, runRowId: null };
}
