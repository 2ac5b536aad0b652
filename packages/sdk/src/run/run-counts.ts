/**
 * The numbers of a run that are counted for each record. They stand in shared memory, so that the thread that tells of the run's
 * heartbeat reads them while the job's own thread is busy; counting is a plain addition to a local array.
 */
import type { RecordCounts } from "@batchwatch/protocol/run-event";

/** Places in the shared array. */
export const SLOT = {
  processed: 0,
  failed: 1,
  /** Records expected in all; -1 = nobody has said. */
  total: 2,
  isProcessedReported: 3,
  isFailedReported: 4,
  /** 1: the run has ended, nobody beats for it any more. */
  ended: 5,
  attempt: 6,
} as const;
const SLOTS = 8;

export type SharedCounts = Float64Array<SharedArrayBuffer>;

export function newSharedCounts(): SharedCounts {
  const shared = new Float64Array(new SharedArrayBuffer(SLOTS * Float64Array.BYTES_PER_ELEMENT));
  shared[SLOT.total] = -1;
  return shared;
}

/** For a new attempt: it counts anew from zero. What is expected stays. */
export function resetCounts(shared: SharedCounts, attempt: number): void {
  for (const slot of [SLOT.processed, SLOT.failed, SLOT.isProcessedReported, SLOT.isFailedReported])
    shared[slot] = 0;
  shared[SLOT.attempt] = attempt;
}

/** A count that can be added: not negative, not NaN, not infinite. */
export function isCount(n: number): boolean {
  return n >= 0 && n < Number.POSITIVE_INFINITY;
}

/** Unreported is not zero: what was never counted is left out. */
export function recordsOf(shared: SharedCounts): RecordCounts {
  return {
    ...(shared[SLOT.isProcessedReported] === 1 && { processed: shared[SLOT.processed] ?? 0 }),
    ...(shared[SLOT.isFailedReported] === 1 && { failed: shared[SLOT.failed] ?? 0 }),
  };
}

export function totalOf(shared: SharedCounts): number | null {
  const total = shared[SLOT.total] ?? -1;
  return total < 0 ? null : total;
}
