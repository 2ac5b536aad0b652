/** Where each change stands in its series. Pure, but for giving way to others. */
import { type MeterChange, seriesKey } from "./meter-value.ts";
import type { SeriesBook } from "./series-book.ts";
import type { Turns } from "./turns.ts";
import { isResting, type Ticks } from "./write-series.ts";

export interface Placement {
  book: Pick<SeriesBook, "get">;
  ticks: Ticks;
  writtenUntil: number;
  liveHorizonMs: number;
  turns: Turns;
}

/** What comes together enters together. */
interface Item {
  jobId: number;
  changes: readonly MeterChange[];
}

export interface Placed<Entering extends Item> {
  /** By series, ascending by time. */
  placed: Map<string, MeterChange[]>;
  entering: Entering[];
  /** By job: when the earliest of what is too old to be put in now happened. */
  history: Map<number, number>;
}

export async function placeChanges<Entering extends Item>(
  items: readonly Entering[],
  placement: Placement,
): Promise<Placed<Entering>> {
  const placed = new Map<string, MeterChange[]>();
  const history = new Map<number, number>();
  const entering: Entering[] = [];
  for (const item of items) {
    if (placement.turns.isOver()) await placement.turns.give();
    const places = item.changes.map((change) => {
      const key = seriesKey(change.family, change.labels);
      return { change, key, at: placeOf(change, key, placement) };
    });
    const [old] = places.filter(({ at }) => at === null).map(({ change }) => change.at);
    if (old !== undefined) {
      history.set(item.jobId, Math.min(history.get(item.jobId) ?? old, old));
      continue;
    }
    entering.push(item);
    for (const { change, key, at } of places) {
      const moved = at === null || at === change.at ? change : { ...change, at };
      const ofSeries = placed.get(key);
      if (ofSeries === undefined) placed.set(key, [moved]);
      else ofSeries.push(moved);
    }
  }
  for (const ofSeries of placed.values()) ofSeries.sort((a, b) => a.at - b.at);
  return { placed, entering, history };
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
