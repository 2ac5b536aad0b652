/** The states of a job's upstreams for one run or one slot of it; empty where it has none. */
import type { Job } from "../../model/job.ts";
import type { Run } from "../../model/run.ts";
import type { Slot } from "../../model/watch.ts";
import type { WatchParts } from "../watch-parts.ts";
import { type DataInterval, loadUpstreamState, type UpstreamState } from "./upstream-state.ts";

export async function loadUpstreamsOfRun(
  parts: WatchParts,
  job: Job,
  run: Run,
  slot: Slot | null,
): Promise<readonly UpstreamState[]> {
  const startedAt = run.startedAt ?? run.completedAt;
  // A backfill is for data of another time.
  if (startedAt === null || run.runType === "backfill") return [];
  return load(parts, job, startedAt, slot);
}

export function loadUpstreamsOfSlot(
  parts: WatchParts,
  job: Job,
  slot: Slot,
): Promise<readonly UpstreamState[]> {
  return load(parts, job, slot.lateAt, slot);
}

async function load(
  { store, edges }: WatchParts,
  job: Job,
  at: number,
  slot: Slot | null,
): Promise<readonly UpstreamState[]> {
  const keys = (await Promise.all(edges.map((each) => each.upstreamsOf(job)))).flat();
  if (keys.length === 0) return [];
  const interval: DataInterval = { since: slot === null ? null : await slotBefore(store, slot), at };
  return Promise.all(keys.map((key) => loadUpstreamState(store, key, interval)));
}

/** Without a slot before it, nobody knows since when there should be new data. */
async function slotBefore({ recentSlots }: WatchParts["store"], slot: Slot): Promise<number | null> {
  const slots = (await recentSlots([slot.jobId], slot.slotAt, 1)).get(slot.jobId) ?? [];
  return slots[0]?.slotAt ?? null;
}
