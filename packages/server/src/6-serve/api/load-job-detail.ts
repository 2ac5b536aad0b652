/** A job with everything its page shows, after a fixed number of queries. */
import type { JobDetail } from "@batchwatch/protocol";
import { slotsBetween } from "../../lib/calendar/schedule-slots.ts";
import type { Job } from "../../model/job.ts";
import type { LedgerStore } from "../../storage/ledger-store.ts";
import { loadJobFacts } from "./load-job-facts.ts";
import { loadPointers } from "./load-pointers.ts";
import { jobDetail, UPCOMING_SLOTS } from "./views/job-view.ts";

/** Slots are filled ahead by days, not years; more rows than this are never needed. */
const AHEAD_MS = 400 * 86_400_000;

export async function loadJobDetail(
  store: LedgerStore,
  job: Job,
  publicUrl: string,
  now: number,
): Promise<JobDetail> {
  const [facts] = await loadJobFacts(store, [job], now);
  if (facts === undefined) throw new Error("facts of a job are always there");
  const plannedSlots = plannedSlotsOf(job, now);
  const aheadSlots = (
    await store.slotsBetween(job.id, now, (plannedSlots.at(-1) ?? now + AHEAD_MS) + 1)
  ).slice(0, UPCOMING_SLOTS);
  const pointers = await loadPointers(store, [...facts.judgements, ...facts.slots, ...aheadSlots]);
  return jobDetail({ facts, aheadSlots, plannedSlots, pointers, publicUrl }, now);
}

/** The slots of an interval depend on the last start; only their rows tell them. */
function plannedSlotsOf(job: Job, now: number): number[] {
  const { schedule } = job.settings;
  return schedule?.kind === "cron" ? slotsBetween(schedule, now, now + AHEAD_MS * 10, UPCOMING_SLOTS) : [];
}
