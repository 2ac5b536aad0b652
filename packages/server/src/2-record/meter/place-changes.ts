/** Where each change stands in its series. Pure. */
import { type MeterChange, seriesKey } from "./meter-value.ts";
import type { SeriesBook } from "./series-book.ts";
import { isResting, type Ticks } from "./write-series.ts";

export interface Placement {
  book: Pick<SeriesBook, "get">;
  ticks: Ticks;
  writtenUntil: number;
  liveHorizonMs: number;
}

export interface Placed {
  /** By series, ascending by time. */
  placed: Map<string, MeterChange[]>;
  /** By job: the earliest of what is too old to be put in now, and how much of it there is. */
  history: Map<number, { from: number; count: number }>;
}

export function placeChanges(changes: readonly MeterChange[], placement: Placement): Placed {
  const placed = new Map<string, MeterChange[]>();
  const history = new Map<number, { from: number; count: number }>();
  for (const change of changes) {
    const key = seriesKey(change.family, change.labels);
    const at = placeOf(change, key, placement);
    if (at === null) {
      const known = history.get(change.jobId);
      history.set(change.jobId, {
        from: Math.min(known?.from ?? change.at, change.at),
        count: (known?.count ?? 0) + 1,
      });
      continue;
    }
    const ofSeries = placed.get(key);
    const moved = at === change.at ? change : { ...change, at };
    if (ofSeries === undefined) placed.set(key, [moved]);
    else ofSeries.push(moved);
  }
  for (const ofSeries of placed.values()) ofSeries.sort((a, b) => a.at - b.at);
  return { placed, history };
}

/** null: history. */
function placeOf(
  { at, change }: MeterChange,
  key: string,
  { book, ticks, writtenUntil, liveHorizonMs }: Placement,
): number | null {
  const within = Math.min(at, ticks.last);
  const series = book.get(key);
  const nextTick = ticks.times[0] ?? ticks.last;
  if (series === null || (isResting(series, nextTick) && within > series.changedAt)) return within;
  if (within > writtenUntil) return within;
  // Of a gauge only the latest value counts, and that is news.
  const isGauge = change.kind === "set" || change.kind === "raise" || change.kind === "touch";
  if (isGauge || within > writtenUntil - liveHorizonMs) return nextTick;
  return null;
}
