/**
 * Increments of exported counters and histograms (OTLP data model; INGEST 4.3 and 5.4 rule 6). Pure.
 *
 * - Delta: the value is the increment.
 * - Cumulative: the difference to the last value of the same start. Several starts side by side are several writers, each
 *   counted by itself. A start never seen before counts from zero; a start equal to the point's time, or none, says nothing
 *   of what was before: it contributes 0 and is remembered.
 * - A point not after the last one of its start was seen before: it contributes nothing.
 */
import type { MetricPoint } from "../../model/samples.ts";

interface Last {
  startAt: number;
  at: number;
  value: number;
  count: number;
}

/** The last point of each start; the latest few, so that a restarting writer cannot make it grow. */
export interface StreamState {
  lasts: readonly Last[];
}

const STARTS_KEPT = 4;

export const NEW_STREAM: StreamState = { lasts: [] };

export interface Increment {
  /** Of the value (a counter) or the sum (a histogram). */
  value: number;
  /** Of a histogram's count; a counter's value again. */
  count: number;
  /** The interval (fromAt, at] in which it happened. */
  fromAt: number;
  at: number;
  /** The first point of a start that can be trusted: then `fromAt` is the very time of the first measurement. */
  isFirst: boolean;
}

/** null: the point was seen before, or says nothing yet. */
export function advance(
  state: StreamState,
  point: MetricPoint,
): { state: StreamState; increment: Increment | null } {
  const count = point.count ?? point.value;
  const last = state.lasts.find((known) => known.startAt === point.startAt);
  if (last !== undefined && point.at <= last.at) return { state, increment: null };
  const next: Last = { startAt: point.startAt, at: point.at, value: point.value, count };
  const lasts = [next, ...state.lasts.filter((known) => known !== last)].slice(0, STARTS_KEPT);
  return { state: { lasts }, increment: incrementOf(point, count, last, state.lasts[0]) };
}

function incrementOf(
  point: MetricPoint,
  count: number,
  last: Last | undefined,
  newest: Last | undefined,
): Increment | null {
  const { at, startAt, value } = point;
  const trusted = startAt > 0 && startAt < at;
  if (point.temporality === "delta")
    return { value, count, fromAt: trusted ? startAt : (newest?.at ?? at), at, isFirst: false };
  if (last !== undefined) {
    const isReset = count < last.count || value < last.value;
    // Without a start only a falling value tells a restart; then it counts from zero.
    if (isReset) return { value, count, fromAt: last.at, at, isFirst: false };
    return { value: value - last.value, count: count - last.count, fromAt: last.at, at, isFirst: false };
  }
  return trusted ? { value, count, fromAt: startAt, at, isFirst: true } : null;
}

export function readStreamState(text: string | undefined): StreamState {
  return text === undefined ? NEW_STREAM : (JSON.parse(text) as StreamState);
}
