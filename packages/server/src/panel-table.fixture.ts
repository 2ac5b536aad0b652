/**
 * The numbers that panels and rules of batch jobs should show, worked out from a table of runs alone: no samples, no PromQL.
 * Each value is a range, because some things are allowed to move it:
 *
 * - A run counts at its end, or when it was told: between the two the series may not have it yet (`at`…`by`).
 * - A window is known by samples a step apart, so a change in its first step may be missing.
 * - `rate` and `increase` extrapolate to the whole window: a window of w with samples s apart is at most w ÷ (w − 2s) too large;
 *   and a series that has just begun, one step before its first run, by a step more than it has been there.
 * - A counter is never extrapolated below 0: so a bucket that no run was in before grows by up to a step ÷ window less than one
 *   that had some, and a quantile nearer to 1 than that may fall into the bucket of the longest run there has been.
 */

export interface TableRun {
  job: string;
  /** As a label of its series: `environment=production,`, or nothing. */
  environment: string;
  /** Of no label of the job's running gauge. */
  jobType: string | null;
  status: "success" | "failure" | null;
  errorType: string | null;
  startedAt: number;
  /** Null: it is open. */
  endedAt: number | null;
  /** It stands in the series by then. */
  by: number;
  /** Seconds as the series have them: the job's own measure where it measures. */
  duration: number | null;
  /** Upper bounds of the buckets that it is counted in, without +Inf. */
  bounds: readonly number[];
  queueWait: number | null;
  records: number;
  violation: string | null;
  /** Declared lost, as no end was told. */
  isLost: boolean;
}

export interface TableWindow {
  runs: readonly TableRun[];
  /** Around a change samples are at most so far apart. */
  stepMs: number;
  /** And later. */
  lateStepMs: number;
}

export interface Range {
  low: number;
  high: number;
}

export type Cells = Map<string, Range>;

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

/** Sums over what stands in the window, by key; only keys that may have anything. */
export function sums(
  { runs, stepMs, lateStepMs }: TableWindow,
  at: number,
  rangeMs: number,
  /** `least`: what of the amount is for sure. */
  cell: (run: TableRun) => { key: string; amount: number; least?: number } | null,
  from: (run: TableRun) => number = (run) => run.endedAt ?? 0,
): Cells {
  const cells: Cells = new Map();
  const ofWindow = rangeMs / Math.max(rangeMs - 2 * stepMs, rangeMs / 2);
  for (const run of runs) {
    const found = run.endedAt === null ? null : cell(run);
    if (found === null || found.amount === 0 || from(run) > at || run.by <= at - rangeMs) continue;
    const isSure = from(run) > at - rangeMs + stepMs && run.by <= at;
    const began = Math.min(...runs.filter((other) => isAlike(other, run)).map(({ by }) => by));
    const most = Math.max(ofWindow, 1 + lateStepMs / Math.max(15_000, at - began - stepMs));
    const known = cells.get(found.key) ?? { low: 0, high: 0 };
    cells.set(found.key, {
      low: known.low + (isSure ? (found.least ?? found.amount) : 0),
      high: known.high + found.amount * most,
    });
  }
  return cells;
}

/** They count into the same series. */
function isAlike(a: TableRun, b: TableRun): boolean {
  return a.job === b.job && a.status === b.status && a.errorType === b.errorType;
}

/** Ratio of two sums of one window, by key; where nothing is for sure below the line there is no saying. */
export function ratios(above: Cells, below: Cells, factor: number): Cells {
  return new Map(
    [...below].map(([key, { low, high }]) => {
      const part = above.get(key) ?? { low: 0, high: 0 };
      const least = high === 0 ? 0 : part.low / high;
      const most = low === 0 ? 1 : Math.min(1, part.high / low);
      return [key, { low: least * factor, high: most * factor }];
    }),
  );
}

/** The bucket in which a quantile of the durations lies, by job: its own bounds. */
export function quantiles(table: TableWindow, at: number, rangeMs: number, quantile: number): Cells {
  const cells: Cells = new Map();
  for (const job of new Set(table.runs.map((run) => run.job))) {
    const all = table.runs.flatMap((run) => {
      const { duration, endedAt, by, bounds } = run;
      if (run.job !== job || run.status === null || duration === null || endedAt === null) return [];
      if (endedAt > at || by <= at - rangeMs) return [];
      const isSure = endedAt > at - rangeMs + table.stepMs && by <= at;
      return { isSure, duration, bounds };
    });
    if (all.length === 0) continue;
    // What may be there and may not: then any of the buckets, or none.
    if (!all.every(({ isSure }) => isSure)) {
      cells.set(job, { low: 0, high: Number.POSITIVE_INFINITY });
      continue;
    }
    all.sort((a, b) => a.duration - b.duration);
    const rank = quantile * all.length;
    const near = (by: number) => all[Math.min(all.length - 1, Math.max(0, Math.ceil(rank + by) - 1))];
    const [least, next] = [near(-0.1), near(0.1)];
    const isBeyond = rank * (1 + (2 * table.stepMs) / rangeMs) > all.length;
    const most = isBeyond ? longest(table, job, at) : next;
    if (least === undefined || most === undefined) continue;
    cells.set(job, {
      low: least.bounds.findLast((bound) => bound < least.duration) ?? 0,
      high: most.bounds.find((bound) => bound >= most.duration) ?? most.bounds.at(-1) ?? Number.NaN,
    });
  }
  return cells;
}

function longest(
  { runs }: TableWindow,
  job: string,
  at: number,
): { duration: number; bounds: readonly number[] } | undefined {
  const ended = runs.flatMap(({ job: of, duration, bounds, endedAt }) =>
    of === job && duration !== null && endedAt !== null && endedAt <= at ? { duration, bounds } : [],
  );
  return ended.toSorted((a, b) => b.duration - a.duration)[0];
}
