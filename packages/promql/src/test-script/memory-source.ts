/**
 * Series in memory, for test scripts and rule tests. It also keeps which of them have samples that the engine does not
 * know (native histograms, start timestamps), and says when a query has read one.
 */
import { type Labels, labelValue } from "../labels.ts";
import { compileMatcher } from "../matchers.ts";
import type { LabelMatcher, SeriesSource, SourceSeries } from "../series-source.ts";
import { setStale } from "../stale-marker.ts";

/** Why a query that reads such a sample cannot be judged. */
export type UnsupportedSample = "native histograms" | "start timestamps";

interface StoredSeries {
  readonly labels: Labels;
  times: Float64Array;
  values: Float64Array;
  count: number;
  readonly unsupported: { at: number; what: UnsupportedSample }[];
}

const FIRST_CAPACITY = 16;

export class MemorySource implements SeriesSource {
  readonly #series = new Map<string, StoredSeries>();
  readonly #touched = new Set<UnsupportedSample>();

  /** Adds a sample; at a time that has one already the new one stands. */
  append(labels: Labels, at: number, value: number | "stale"): void {
    const series = this.#seriesOf(labels);
    const place = firstAtOrAfter(series.times, series.count, at);
    if (place === series.count || series.times[place] !== at) makeRoom(series, place);
    series.times[place] = at;
    if (value === "stale") setStale(series.values, place);
    else series.values[place] = value;
  }

  /** Notes that the series has a sample here that no query can read. */
  appendUnsupported(labels: Labels, at: number, what: UnsupportedSample): void {
    this.#seriesOf(labels).unsupported.push({ at, what });
  }

  select(matchers: readonly LabelMatcher[], fromAt: number, toAt: number): readonly SourceSeries[] {
    const tests = matchers.map(compileMatcher);
    const found: SourceSeries[] = [];
    for (const series of this.#series.values()) {
      if (!tests.every((test) => test.matches(labelValue(series.labels, test.name)))) continue;
      for (const { at, what } of series.unsupported) if (at >= fromAt && at <= toAt) this.#touched.add(what);
      const from = firstAtOrAfter(series.times, series.count, fromAt);
      const to = firstAtOrAfter(series.times, series.count, toAt + 1);
      if (from === to) continue;
      const { labels, times, values } = series;
      found.push({ labels, times: times.subarray(from, to), values: values.subarray(from, to) });
    }
    return found;
  }

  /** What was read, since the last call, of samples that the engine does not know. */
  takeTouched(): readonly UnsupportedSample[] {
    const touched = [...this.#touched];
    this.#touched.clear();
    return touched;
  }

  #seriesOf(labels: Labels): StoredSeries {
    const known = this.#series.get(labels.key);
    if (known !== undefined) return known;
    const fresh: StoredSeries = {
      labels,
      times: new Float64Array(FIRST_CAPACITY),
      values: new Float64Array(FIRST_CAPACITY),
      count: 0,
      unsupported: [],
    };
    this.#series.set(labels.key, fresh);
    return fresh;
  }
}

/** Never writes into arrays that a query was given: those before `place` stay, the rest is copied. */
function makeRoom(series: StoredSeries, place: number): void {
  const { count } = series;
  if (place === count && count < series.times.length) {
    series.count++;
    return;
  }
  const capacity = Math.max(FIRST_CAPACITY, count * 2);
  series.times = withGap(series.times, count, place, capacity);
  series.values = withGap(series.values, count, place, capacity);
  series.count++;
}

function withGap(old: Float64Array, count: number, place: number, capacity: number): Float64Array {
  const fresh = new Float64Array(capacity);
  fresh.set(old.subarray(0, place));
  fresh.set(old.subarray(place, count), place + 1);
  return fresh;
}

function firstAtOrAfter(times: Float64Array, count: number, at: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] ?? 0) < at) low = middle + 1;
    else high = middle;
  }
  return low;
}
