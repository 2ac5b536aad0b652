/**
 * Increments of exported counters and histograms (OTLP data model; INGEST 4.3 and 5.4 rule 6). Pure.
 *
 * - Delta: the value is the increment. The latest times are remembered, so that a repeated delivery adds nothing.
 * - Cumulative: the difference to the point before it with the same start. Several starts side by side are several writers, each
 *   counted by itself. A start never seen before counts from zero; a start equal to the point's time, or none, says nothing of
 *   what was before: it contributes 0 and is remembered.
 * - A point that arrives after later ones splits the interval of the point behind it. One seen before changes nothing.
 */
import type { MetricPoint } from "../../model/samples.ts";
import { countBelow } from "../meter/meter-value.ts";

type Buckets = NonNullable<MetricPoint["buckets"]>;

interface Known {
  at: number;
  value: number;
  count: number;
  /** Of histograms. */
  buckets?: Buckets;
}

interface Writer {
  startAt: number;
  /** Ascending. Of several with one value only the first and the last are kept. */
  points: readonly Known[];
  /** Earlier points are known no more: what comes before the first kept one is too old. */
  isTrimmed: boolean;
}

/** The latest writers, each with its latest few points: one that restarts for each run cannot make it grow. */
export interface StreamState {
  writers: readonly Writer[];
  /** Last point of any writer that is remembered no more: who began before it may be one of them. */
  forgottenAt: number;
  /** Times of the latest increments, as they came. */
  deltasAt?: readonly number[];
}

const WRITERS_KEPT = 32;
const POINTS_KEPT = 12;
/** An hour of an export a minute: nobody repeats what is older. */
const DELTAS_KEPT = 64;

export const NEW_STREAM: StreamState = { writers: [], forgottenAt: 0 };

export interface Increment {
  /** Of the value (a counter) or the sum (a histogram). */
  value: number;
  /** Of a histogram's count; a counter's value again. */
  count: number;
  /** Of a histogram's buckets. */
  buckets?: Buckets;
  /** The interval (fromAt, at] in which it happened. */
  fromAt: number;
  at: number;
  /** The first point of a start that can be trusted: then `fromAt` is the very time of the first measurement. */
  isFirst: boolean;
}

export interface Advance {
  state: StreamState;
  /** null: the point was seen before, is too old, or says nothing yet. */
  increment: Increment | null;
  /** What is left of the interval behind it, when the point arrived late. */
  splits: Increment | null;
}

export function advance(state: StreamState, point: MetricPoint): Advance {
  if (point.temporality === "delta") return advanceDelta(state, point);
  const writer = state.writers.find(({ startAt }) => startAt === point.startAt) ?? null;
  const points = writer?.points ?? [];
  const behind = points.findIndex(({ at }) => at >= point.at);
  const index = behind < 0 ? points.length : behind;
  const next = points[index] ?? null;
  const isTooOld = index === 0 && writer?.isTrimmed === true;
  if (next?.at === point.at || isTooOld) return { state, increment: null, splits: null };
  const own: Known = {
    at: point.at,
    value: point.value,
    count: point.count ?? point.value,
    ...bucketsOf(point),
  };
  const before = points[index - 1] ?? null;
  return {
    state: withPoint(state, writer, point.startAt, points.toSpliced(index, 0, own)),
    increment: incrementOf(before, own, point, state.forgottenAt),
    splits: next === null ? null : incrementOf(own, next, point, state.forgottenAt),
  };
}

function advanceDelta(state: StreamState, point: MetricPoint): Advance {
  const { deltasAt = [] } = state;
  if (deltasAt.includes(point.at)) return { state, increment: null, splits: null };
  return {
    state: { ...state, deltasAt: [...deltasAt.slice(1 - DELTAS_KEPT), point.at] },
    increment: deltaOf(point),
    splits: null,
  };
}

function deltaOf(point: MetricPoint): Increment {
  const { value, count, startAt, at } = point;
  const fromAt = startAt > 0 && startAt < at ? startAt : at;
  return { value, count: count ?? value, fromAt, at, isFirst: false, ...bucketsOf(point) };
}

function bucketsOf({ buckets }: { buckets?: Buckets | undefined }): { buckets?: Buckets } {
  return buckets === undefined ? {} : { buckets };
}

/** Bound by bound; a bound that one of them lacks is read off the bounds below it. */
function grownBuckets(own: Known, before: Known): { buckets?: Buckets } {
  if (own.buckets === undefined) return {};
  const { bounds } = own.buckets;
  const earlier = before.buckets;
  if (earlier === undefined) return { buckets: own.buckets };
  const value = { ...earlier, count: before.count, sum: before.value };
  const below = own.buckets.below.map((count, index) =>
    Math.max(0, count - countBelow(value, bounds[index] ?? 0)),
  );
  return { buckets: { bounds, below } };
}

function incrementOf(
  before: Known | null,
  own: Known,
  { startAt, kind }: MetricPoint,
  forgottenAt: number,
): Increment | null {
  const { at, value, count } = own;
  if (before === null) {
    const isTrusted = startAt > forgottenAt && startAt < at;
    return isTrusted ? { value, count, fromAt: startAt, at, isFirst: true, ...bucketsOf(own) } : null;
  }
  const fromAt = before.at;
  // What only ever grows and has fallen was restarted without saying so; then it counts from zero.
  if (kind !== "updown" && count < before.count)
    return { value, count, fromAt, at, isFirst: false, ...bucketsOf(own) };
  return {
    value: value - before.value,
    count: count - before.count,
    fromAt,
    at,
    isFirst: false,
    ...grownBuckets(own, before),
  };
}

function withPoint(
  state: StreamState,
  writer: Writer | null,
  startAt: number,
  points: readonly Known[],
): StreamState {
  const kept = points.filter((point, index) => {
    const before = points[index - 1];
    const behind = points[index + 1];
    return before === undefined || behind === undefined || !isSame(before, point) || !isSame(point, behind);
  });
  const others = state.writers.filter((other) => other !== writer);
  const isTrimmed = writer?.isTrimmed === true || kept.length > POINTS_KEPT;
  const writers = [{ startAt, points: kept.slice(-POINTS_KEPT), isTrimmed }, ...others].sort(
    (a, b) => (b.points.at(-1)?.at ?? 0) - (a.points.at(-1)?.at ?? 0),
  );
  const forgotten = writers.slice(WRITERS_KEPT).map((gone) => gone.points.at(-1)?.at ?? 0);
  return {
    writers: writers.slice(0, WRITERS_KEPT),
    forgottenAt: Math.max(state.forgottenAt, ...forgotten),
  };
}

function isSame(a: Known, b: Known): boolean {
  return a.value === b.value && a.count === b.count;
}

export function readStreamState(text: string | undefined): StreamState {
  return text === undefined ? NEW_STREAM : (JSON.parse(text) as StreamState);
}
