/**
 * One accumulator → its samples over some ticks (SEMANTICS section 7). Pure.
 *
 * - Every tick has the value that holds then.
 * - A series that begins, or that rested, has a point before its first change, one interval earlier: what it stood at (0
 *   where it begins). So `increase` sees the first run of every label set.
 * - A change that comes after a quiet while stands at its own time, with the value before it 1 ms earlier: a window that begins
 *   between the tick before and the change holds it whole, so counts of a window are those of the ledger.
 */
import type { MeterSeries, MeterValue } from "../../model/meter.ts";
import { addSamples, type LabelSetCache } from "./label-sets.ts";
import { applyChange, type MeterChange, madeReady, valueBefore } from "./meter-value.ts";
import type { SampleWriter } from "./sample-writer.ts";
import { TICK_MS, ticksOfRange, ticksOfSeries } from "./tick-times.ts";

/** Quieter than this, a change is worth two samples of its own. */
const SPARSE_MS = 2 * TICK_MS;
/**
 * Buckets that a histogram gets later begin so long before the change that brings them: else windows that hold it are extrapolated
 * otherwise for them than for the old ones, and quantiles fall into the wrong bucket.
 */
export const BOUNDS_BEGIN_BEFORE_MS = 900_000;
/** A counter that nothing changed for this long is written no more until something does. */
export const RESTS_AFTER_MS = 35 * 86_400_000;

export interface SeriesPlan {
  key: string;
  /** null: the first change begins it. */
  series: MeterSeries | null;
  /** Ascending by `at`, none after the last tick. */
  changes: readonly MeterChange[];
}

export interface Ticks {
  /** Ascending. */
  times: readonly number[];
  /** Until then everything is written. */
  after: number;
  last: number;
}

/** A gauge never rests: what last happened stays true. */
export function isResting(series: MeterSeries, at: number): boolean {
  return series.state.kind !== "gauge" && series.changedAt < at - RESTS_AFTER_MS;
}

/** Answers the accumulator as it is after the changes; null where there is none. */
export function writeSeries(
  out: SampleWriter,
  plan: SeriesPlan,
  ticks: Ticks,
  labelSets: LabelSetCache,
): MeterSeries | null {
  const { series, changes } = plan;
  const [first] = changes;
  const begins = series === null || isResting(series, ticks.times[0] ?? ticks.last);
  if (first === undefined) {
    if (series !== null && !begins) new Walk(out, plan, series, labelSets).along(timesOf(series, [], ticks));
    return series;
  }
  const before = series ?? {
    jobId: first.jobId,
    family: first.family,
    labels: first.labels,
    state: valueBefore(first.change),
    createdAt: first.at - TICK_MS,
    changedAt: Number.NEGATIVE_INFINITY,
  };
  const walk = new Walk(out, plan, before, labelSets);
  if (begins) walk.beginAt(first);
  return walk.along(
    begins ? ticksOfSeries(first.at - 1, ticks.last, changes) : timesOf(before, changes, ticks),
  );
}

/** What was missed of a series is filled in around its changes, the last one before it included. */
function timesOf(
  { changedAt }: MeterSeries,
  changes: readonly MeterChange[],
  { times, after, last }: Ticks,
): readonly number[] {
  const isOne = times.length === 1 && times[0] === last;
  return isOne ? times : ticksOfSeries(after, last, [{ at: changedAt }, ...changes]);
}

export interface Rewriting {
  key: string;
  /** As it stood before the first of the ticks. */
  before: MeterSeries;
  changes: readonly MeterChange[];
  /** Nothing of it was there before. */
  begins: boolean;
  from: number;
  to: number;
}

/** A past range of one series, from what it stood at before. */
export function rewriteSeries(
  out: SampleWriter,
  { key, before, changes, begins, from, to }: Rewriting,
  labelSets: LabelSetCache,
): MeterSeries {
  const [first] = changes;
  const walk = new Walk(out, { key, changes }, { ...before, changedAt: Number.NEGATIVE_INFINITY }, labelSets);
  if (begins && first !== undefined) walk.beginAt(first);
  const since = begins && first !== undefined ? first.at - 1 : from;
  const after = walk.along(ticksOfRange(since, to, changes));
  return { ...after, changedAt: Math.max(before.changedAt, after.changedAt) };
}

/** Goes along the ticks of one series with its value, and leaves samples. */
class Walk {
  readonly #out: SampleWriter;
  readonly #key: string;
  readonly #changes: readonly MeterChange[];
  readonly #labelSets: LabelSetCache;
  readonly #before: MeterSeries;
  #value: MeterValue;
  #changedAt: number;
  #writtenAt = Number.NEGATIVE_INFINITY;
  #next = 0;

  constructor(
    out: SampleWriter,
    { key, changes }: Pick<SeriesPlan, "key" | "changes">,
    before: MeterSeries,
    labelSets: LabelSetCache,
  ) {
    this.#out = out;
    this.#key = key;
    this.#changes = changes;
    this.#labelSets = labelSets;
    this.#before = before;
    this.#value = before.state;
    this.#changedAt = before.changedAt;
  }

  /** The point before the first change; a gauge stands at nothing before it is set. */
  beginAt({ at, change }: MeterChange): void {
    this.#value = madeReady(this.#value, change);
    if (this.#value.kind !== "gauge") this.#emit(at - TICK_MS);
  }

  along(times: readonly number[]): MeterSeries {
    for (const tick of times) {
      this.#changeUpTo(tick);
      this.#emit(tick);
    }
    return { ...this.#before, state: this.#value, changedAt: this.#changedAt };
  }

  #changeUpTo(tick: number): void {
    for (;;) {
      const at = this.#changes[this.#next]?.at;
      if (at === undefined || at > tick) return;
      const group = this.#takeAllAt(at);
      const ready = group.reduce((value, { change }) => madeReady(value, change), this.#value);
      if (ready !== this.#value) this.#beginBounds(this.#value, ready, at);
      const isAlone = at - this.#changedAt >= SPARSE_MS || ready !== this.#value;
      this.#value = ready;
      if (isAlone && ready.kind !== "gauge") this.#emit(at - 1);
      this.#value = group.reduce((value, { change }) => applyChange(value, change), this.#value);
      this.#changedAt = at;
      if (isAlone && at < tick) this.#emit(at);
    }
  }

  #beginBounds(before: MeterValue, ready: MeterValue, at: number): void {
    if (before.kind !== "histogram" || ready.kind !== "histogram") return;
    const sets = this.#labelSets.of(this.#key, this.#before, ready);
    if (sets.kind !== "histogram") return;
    const known = new Set(before.value.bounds);
    const since = Math.max(at - BOUNDS_BEGIN_BEFORE_MS, this.#before.createdAt);
    for (const [index, bound] of ready.value.bounds.entries()) {
      const bucket = sets.buckets[index];
      if (bucket === undefined || known.has(bound)) continue;
      for (let tick = Math.ceil(since / TICK_MS) * TICK_MS; tick < at - 1; tick += TICK_MS)
        this.#out.add(bucket, tick, ready.value.below[index] ?? 0);
    }
  }

  #takeAllAt(at: number): MeterChange[] {
    const group: MeterChange[] = [];
    for (
      let change = this.#changes[this.#next];
      change !== undefined && change.at === at;
      change = this.#changes[this.#next]
    ) {
      group.push(change);
      this.#next += 1;
    }
    return group;
  }

  #emit(at: number): void {
    if (at <= this.#writtenAt) return;
    addSamples(this.#out, this.#labelSets.of(this.#key, this.#before, this.#value), this.#value, at);
    this.#writtenAt = at;
  }
}
