/**
 * Exponential histograms as classic buckets: the bounds that a histogram has had stay, so that each bucket is one series;
 * a bound that comes later begins at what is known to lie below it, where the one before it stood.
 */
import type { ExponentialSample, ToClassic } from "../../model/exponential-histogram.ts";
import type { HistogramValue } from "../../model/meter.ts";
import type { SeriesLabels } from "../../model/samples.ts";
import { addHistogram, countBelow, EMPTY_HISTOGRAM } from "../meter/meter-value.ts";
import { RecentMap } from "./recent-map.ts";
import type { SampleColumns } from "./sample-columns.ts";

const HISTOGRAMS_KEPT = 50_000;
const TIMES_KEPT = 8;

interface Histogram {
  startAt: number;
  lastAt: number;
  value: HistogramValue;
  seen: number[];
  series: Map<string, SeriesLabels>;
}

export class ExponentialTotals {
  readonly #toClassic: ToClassic;
  readonly #oldestZeroMs: number;
  readonly #histograms = new RecentMap<Histogram>(HISTOGRAMS_KEPT);

  constructor(toClassic: ToClassic, oldestZeroMs: number) {
    this.#toClassic = toClassic;
    this.#oldestZeroMs = oldestZeroMs;
  }

  add(sample: ExponentialSample, out: SampleColumns): void {
    const { at, startAt, isDelta } = sample;
    const key = keyOf(sample);
    const known = this.#histograms.get(key);
    const histogram: Histogram = known ?? {
      startAt,
      lastAt: Number.NEGATIVE_INFINITY,
      value: EMPTY_HISTOGRAM,
      seen: [],
      series: new Map(),
    };
    if (isDelta && histogram.seen.includes(at)) return;
    const isNewStart = !isDelta && startAt > histogram.startAt;
    const before = isNewStart || known === null ? EMPTY_HISTOGRAM : histogram.value;
    const classic = this.#toClassic(sample);
    // All bounds that it has had, of an earlier start as well.
    const value = isDelta
      ? addHistogram(histogram.value, classic)
      : addHistogram(
          { ...histogram.value, count: 0, sum: 0, below: histogram.value.bounds.map(() => 0) },
          classic,
        );
    if (known === null || isNewStart) {
      if (startAt > 0 && startAt < at && startAt > histogram.lastAt && at - startAt <= this.#oldestZeroMs)
        this.#emit(sample, histogram, startAt, zeroOf(value), out);
    } else this.#emitNewBounds(sample, histogram, before, value, out);
    if (at > histogram.lastAt) this.#emit(sample, histogram, at, value, out);
    this.#histograms.set(key, {
      ...histogram,
      value: at >= histogram.lastAt || isDelta ? value : histogram.value,
      seen: isDelta ? [...histogram.seen.slice(1 - TIMES_KEPT), at] : [],
      startAt: Math.max(histogram.startAt, startAt),
      lastAt: Math.max(histogram.lastAt, at),
    });
  }

  #emitNewBounds(
    sample: ExponentialSample,
    histogram: Histogram,
    before: HistogramValue,
    after: HistogramValue,
    out: SampleColumns,
  ): void {
    for (const bound of after.bounds)
      if (!before.bounds.includes(bound))
        out.add(
          seriesOf(sample, histogram, "_bucket", String(bound)),
          histogram.lastAt,
          countBelow(before, bound),
        );
  }

  #emit(
    sample: ExponentialSample,
    histogram: Histogram,
    at: number,
    { bounds, below, count, sum }: HistogramValue,
    out: SampleColumns,
  ): void {
    bounds.forEach((bound, index) => {
      out.add(seriesOf(sample, histogram, "_bucket", String(bound)), at, below[index] ?? 0);
    });
    out.add(seriesOf(sample, histogram, "_bucket", "+Inf"), at, count);
    if (sample.sum !== null) out.add(seriesOf(sample, histogram, "_sum", null), at, sum);
    out.add(seriesOf(sample, histogram, "_count", null), at, count);
  }
}

function zeroOf(value: HistogramValue): HistogramValue {
  return { ...value, count: 0, sum: 0, below: value.below.map(() => 0) };
}

function seriesOf(
  { family, labels }: ExponentialSample,
  { series }: Histogram,
  suffix: string,
  le: string | null,
): SeriesLabels {
  const key = `${suffix}${le}`;
  const known = series.get(key);
  if (known !== undefined) return known;
  const made = { ...labels, __name__: `${family}${suffix}`, ...(le === null ? {} : { le }) };
  const ordered = Object.fromEntries(Object.entries(made).sort(([a], [b]) => (a < b ? -1 : 1)));
  series.set(key, ordered);
  return ordered;
}

function keyOf({ family, labels }: ExponentialSample): string {
  let key = family;
  for (const name of Object.keys(labels)) key += `\0${name}\0${labels[name]}`;
  return key;
}
