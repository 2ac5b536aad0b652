/**
 * What to compact next. A run is what one compaction wrote of one partition of time: its series in order, in one or more
 * blocks. Segments become runs of level 1; some runs of one level become one of the next; when a partition's time is over
 * all its runs become one settled run.
 */

/** Six hours of 15 s samples: what a panel shows, and few enough bytes to be written again for late samples. */
export const PARTITION_MS = 6 * 3_600_000;
export const FLUSHED_LEVEL = 1;
export const SETTLED_LEVEL = 9;
/** Runs of one level become one of the next when there are so many. */
const FAN_IN = 8;
/** After a partition's end its last samples are still on their way. */
const GRACE_MS = 15 * 60_000;
/** A settled partition is written again when that many runs, or that share of samples, came late. */
const LATE_RUNS = 4;
const LATE_SHARE = 0.25;

export interface RunRow {
  id: number;
  partitionAt: number;
  level: number;
  /** The highest segment in it: of two runs the one with the higher number was written later. */
  seq: number;
  samples: number;
}

export interface MergePlan {
  partitionAt: number;
  level: number;
  /** In the order of writing. */
  runs: readonly RunRow[];
}

export function partitionOf(at: number): number {
  return Math.floor(at / PARTITION_MS) * PARTITION_MS;
}

/** @param settleAll as if every partition's time were over */
export function planMerge(runs: readonly RunRow[], now: number, settleAll: boolean): MergePlan | null {
  const byPartition = Map.groupBy(runs, ({ partitionAt }) => partitionAt);
  // The newest first: it is what people look at.
  for (const partitionAt of [...byPartition.keys()].sort((a, b) => b - a)) {
    const ofPartition = (byPartition.get(partitionAt) ?? []).toSorted((a, b) => a.seq - b.seq || a.id - b.id);
    const isOver = settleAll || partitionAt + PARTITION_MS + GRACE_MS <= now;
    const plan = (isOver ? settle(ofPartition, settleAll) : null) ?? climb(ofPartition);
    if (plan !== null) return { partitionAt, ...plan };
  }
  return null;
}

function settle(runs: readonly RunRow[], all: boolean): Omit<MergePlan, "partitionAt"> | null {
  const late = runs.filter(({ level }) => level !== SETTLED_LEVEL);
  if (late.length === 0 && runs.length <= 1) return null;
  const settled = runs.filter(({ level }) => level === SETTLED_LEVEL);
  const share = sum(late) / Math.max(1, sum(settled));
  const isDue = all || settled.length !== 1 || late.length >= LATE_RUNS || share >= LATE_SHARE;
  return isDue ? { level: SETTLED_LEVEL, runs } : null;
}

/** The runs of one level stand together in the order of writing: those that were merged are older. */
function climb(runs: readonly RunRow[]): Omit<MergePlan, "partitionAt"> | null {
  for (let level = FLUSHED_LEVEL; level < SETTLED_LEVEL - 1; level++) {
    const ofLevel = runs.filter((run) => run.level === level);
    if (ofLevel.length >= FAN_IN) return { level: level + 1, runs: ofLevel };
  }
  return null;
}

function sum(runs: readonly RunRow[]): number {
  return runs.reduce((total, { samples }) => total + samples, 0);
}
