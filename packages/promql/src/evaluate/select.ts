/** Selectors: from the source's samples to columns (instant) or to runs that windows slide over (range). */

import type { VectorSelector } from "../parse/ast.ts";
import type { SourceSeries } from "../series-source.ts";
import { isStaleAt } from "../stale-marker.ts";
import type { QueryContext } from "./query-context.ts";
import { type Column, newColumn, type SampleRun, type StepGrid } from "./values.ts";

/** Where a selector looks: at a time that moves with the steps, or at one that `@` fixed. The offset is taken off. */
export interface TimeFrame {
  readonly grid: StepGrid;
  /** Set by `@`: the same for all steps. */
  readonly fixedAt: number | undefined;
  readonly offsetMs: number;
}

export function timeFrame(
  { at, offset }: Pick<VectorSelector, "at" | "offset">,
  grid: StepGrid,
  context: QueryContext,
): TimeFrame {
  const offsetMs = context.offsetMs(offset);
  if (at === undefined) return { grid, fixedAt: undefined, offsetMs };
  const { startAt, endAt } = context.queryGrid;
  const fixed = at.kind === "time" ? at.at : at.kind === "start" ? startAt : endAt;
  return { grid, fixedAt: fixed - offsetMs, offsetMs };
}

/** The time that the selector looks at in a step. */
export function frameTime(frame: TimeFrame, step: number): number {
  return frame.fixedAt ?? frame.grid.startAt + step * frame.grid.stepMs - frame.offsetMs;
}

export interface SampleReading {
  /** Give the time of the sample (in seconds) instead of its value, as `timestamp()` does. */
  readonly timesOnly: boolean;
  readonly functionName: string;
}

/** An instant selector: in each step the newest sample of the lookback, unless it is a stale marker. */
export function selectColumns(
  selector: VectorSelector,
  grid: StepGrid,
  context: QueryContext,
  reading: SampleReading,
): Column[] {
  const frame = timeFrame(selector, grid, context);
  const { lookbackMs } = context.settings;
  const ahead = selector.mode === "smoothed" ? lookbackMs : 0;
  const fromAt = frameTime(frame, 0) - lookbackMs + 1;
  const toAt = frameTime(frame, grid.count - 1) + ahead;
  const series = context.select(selector.matchers, fromAt, toAt, reading.functionName, grid.stepMs);
  const columns: Column[] = [];
  for (const one of series) {
    const column = newColumn(one.labels, false, grid.count);
    const found =
      selector.mode === "smoothed"
        ? smoothInto(column, withoutStale(one), frame, lookbackMs)
        : newestInto(column, one, frame, lookbackMs, reading.timesOnly);
    if (!found) continue;
    context.hold(grid.count);
    columns.push(column);
  }
  return columns;
}

function newestInto(
  column: Column,
  { times, values }: SourceSeries,
  frame: TimeFrame,
  lookbackMs: number,
  timesOnly: boolean,
): boolean {
  const { count } = frame.grid;
  const firstAt = frameTime(frame, 0);
  const stepMs = frame.fixedAt === undefined ? frame.grid.stepMs : 0;
  const length = times.length;
  let next = 0;
  let found = false;
  for (let step = 0; step < count; step++) {
    const at = firstAt + step * stepMs;
    while (next < length && (times[next] as number) <= at) next += 1;
    if (next === 0) continue;
    const time = times[next - 1] as number;
    if (time <= at - lookbackMs) continue;
    const value = values[next - 1] as number;
    if (Number.isNaN(value) && isStaleAt(values, next - 1)) continue;
    column.values[step] = timesOnly ? time / 1000 : value;
    column.present[step] = 1;
    found = true;
  }
  return found;
}

/** `smoothed`: between the samples around the time by interpolation, else the one within the lookback. */
function smoothInto(
  column: Column,
  { times, values }: SampleRun,
  frame: TimeFrame,
  lookbackMs: number,
): boolean {
  const { count } = frame.grid;
  let next = 0;
  let found = false;
  for (let step = 0; step < count; step++) {
    const at = frameTime(frame, step);
    while (next < times.length && (times[next] as number) < at) next += 1;
    const after = next < times.length ? (times[next] as number) : Number.POSITIVE_INFINITY;
    const before = next > 0 ? (times[next - 1] as number) : Number.NEGATIVE_INFINITY;
    const hasAfter = after <= at + lookbackMs;
    const hasBefore = before > at - lookbackMs;
    if (after === at) column.values[step] = values[next] as number;
    else if (hasAfter && hasBefore) {
      const left = values[next - 1] as number;
      const right = values[next] as number;
      column.values[step] = left + ((right - left) * (at - before)) / (after - before);
    } else if (hasBefore) column.values[step] = values[next - 1] as number;
    else continue;
    column.present[step] = 1;
    found = true;
  }
  return found;
}

/** A range selector's samples from `fromAt` (exclusive) to `toAt`. */
export function selectRuns(
  selector: VectorSelector,
  fromAt: number,
  toAt: number,
  functionName: string,
  stepMs: number,
  context: QueryContext,
): SampleRun[] {
  return context.select(selector.matchers, fromAt + 1, toAt, functionName, stepMs).map(withoutStale);
}

function withoutStale({ labels, times, values }: SourceSeries): SampleRun {
  let stale = 0;
  for (let index = 0; index < values.length; index++)
    if (Number.isNaN(values[index]) && isStaleAt(values, index)) stale += 1;
  if (stale === 0) return { labels, dropName: false, times, values };
  const keptTimes = new Float64Array(times.length - stale);
  const keptValues = new Float64Array(times.length - stale);
  let kept = 0;
  for (let index = 0; index < values.length; index++) {
    if (isStaleAt(values, index)) continue;
    keptTimes[kept] = times[index] as number;
    keptValues[kept] = values[index] as number;
    kept += 1;
  }
  return { labels, dropName: false, times: keptTimes, values: keptValues };
}
