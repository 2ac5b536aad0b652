/**
 * The arithmetic of the meter's accumulators. Pure: a change and a value give the value after it; counters and
 * histograms never go down.
 */
import type { HistogramValue, MeterValue } from "../../model/meter.ts";
import type { SeriesLabels } from "../../model/samples.ts";

export type ValueChange =
  | { kind: "add"; amount: number }
  /** One observation, whose exact value is known: it can be put in any bucket. */
  | { kind: "observe"; value: number; bounds: readonly number[] }
  /** Observations of which only the buckets are known. */
  | { kind: "merge"; histogram: HistogramValue }
  | { kind: "set"; value: number }
  /** A gauge that only the larger of two values may stand in. */
  | { kind: "raise"; value: number }
  /** The series is in use; its value is told elsewhere. */
  | { kind: "touch" };

export interface MeterChange {
  jobId: number;
  family: string;
  labels: SeriesLabels;
  /** When it happened. */
  at: number;
  change: ValueChange;
}

export const EMPTY_HISTOGRAM: HistogramValue = { count: 0, sum: 0, bounds: [], below: [] };

/** What a series that this change begins stands at before it. */
export function valueBefore(change: ValueChange): MeterValue {
  switch (change.kind) {
    case "add":
      return { kind: "counter", value: 0 };
    case "observe":
      return { kind: "histogram", value: withBounds(EMPTY_HISTOGRAM, change.bounds) };
    case "merge":
      return { kind: "histogram", value: withBounds(EMPTY_HISTOGRAM, change.histogram.bounds) };
    case "set":
    case "raise":
    case "touch":
      return { kind: "gauge", value: 0 };
  }
}

/** The same value with room for the change: buckets that it brings along begin at what is known to lie below them. */
export function madeReady(value: MeterValue, change: ValueChange): MeterValue {
  if (value.kind !== "histogram") return value;
  const bounds =
    change.kind === "observe" ? change.bounds : change.kind === "merge" ? change.histogram.bounds : [];
  const ready = withBounds(value.value, bounds);
  return ready === value.value ? value : { kind: "histogram", value: ready };
}

/** Changes of another kind than the series' own are left out: one family name, exported as two kinds. */
export function applyChange(value: MeterValue, change: ValueChange): MeterValue {
  switch (change.kind) {
    case "add":
      return value.kind === "counter" && change.amount > 0
        ? { kind: "counter", value: value.value + change.amount }
        : value;
    case "observe":
      return value.kind === "histogram"
        ? {
            kind: "histogram",
            value: addObservation(withBounds(value.value, change.bounds), change.value),
          }
        : value;
    case "merge":
      return value.kind === "histogram"
        ? { kind: "histogram", value: addHistogram(value.value, change.histogram) }
        : value;
    case "set":
      return value.kind === "gauge" ? { kind: "gauge", value: change.value } : value;
    case "raise":
      return value.kind === "gauge" ? { kind: "gauge", value: Math.max(value.value, change.value) } : value;
    case "touch":
      return value;
  }
}

function addObservation(histogram: HistogramValue, value: number): HistogramValue {
  return {
    ...histogram,
    count: histogram.count + 1,
    sum: histogram.sum + value,
    below: histogram.below.map((count, index) => count + (value <= (histogram.bounds[index] ?? 0) ? 1 : 0)),
  };
}

/** What a series stood at before these changes were made; never below nothing. */
export function valueWithout(value: MeterValue, changes: readonly ValueChange[]): MeterValue {
  if (value.kind === "gauge") return value;
  const [first] = changes;
  if (first === undefined) return value;
  const made = changes.reduce(
    (sum, change) => applyChange(madeReady(sum, change), change),
    valueBefore(first),
  );
  if (value.kind === "counter")
    return made.kind === "counter"
      ? { kind: "counter", value: Math.max(0, value.value - made.value) }
      : value;
  if (made.kind !== "histogram") return value;
  const { bounds, below, count, sum } = value.value;
  const left = Math.max(0, count - made.value.count);
  let least = 0;
  return {
    kind: "histogram",
    value: {
      bounds,
      below: below.map((inside, index) => {
        const rest = inside - countBelow(made.value, bounds[index] ?? 0);
        least = Math.min(left, Math.max(least, rest, 0));
        return least;
      }),
      count: left,
      sum: left === 0 ? 0 : Math.max(0, sum - made.value.sum),
    },
  };
}

export function isNothing(value: MeterValue): boolean {
  switch (value.kind) {
    case "counter":
      // What extrapolates nothing: sums of fractions leave a rest.
      return value.value < 1e-9;
    case "histogram":
      return value.value.count === 0;
    case "gauge":
      return false;
  }
}

/** Where the bounds differ, each bucket grows by what the other is known to hold below its bound. */
export function addHistogram(histogram: HistogramValue, added: HistogramValue): HistogramValue {
  const base = withBounds(histogram, added.bounds);
  return {
    bounds: base.bounds,
    count: base.count + added.count,
    sum: base.sum + added.sum,
    below: base.below.map((count, index) => count + countBelow(added, base.bounds[index] ?? 0)),
  };
}

/** How many are known to be at most `bound`. */
export function countBelow({ bounds, below }: HistogramValue, bound: number): number {
  let known = 0;
  for (let index = 0; index < bounds.length; index++) {
    if ((bounds[index] ?? 0) > bound) break;
    known = below[index] ?? 0;
  }
  return known;
}

function withBounds(histogram: HistogramValue, wanted: readonly number[]): HistogramValue {
  const { bounds } = histogram;
  if (wanted === bounds || wanted.every((bound) => bounds.includes(bound))) return histogram;
  const all = [...new Set([...bounds, ...wanted])].sort((a, b) => a - b);
  return { ...histogram, bounds: all, below: all.map((bound) => countBelow(histogram, bound)) };
}

/** One text a label set, whatever the order of its names. */
export function seriesKey(family: string, labels: SeriesLabels): string {
  let key = family;
  for (const name of Object.keys(labels).sort()) key += `\0${name}\0${labels[name]}`;
  return key;
}
