/** A series of states as segments: how long each value lasted; where samples are missing nothing is drawn. Pure. */
import type { RangeSeries } from "../../api/prometheus.ts";

export interface StateSegment {
  from: number;
  to: number;
  value: number;
}

/** A state lasts until the next step, and not beyond the range. */
export function stateSegments(
  { times, values }: Pick<RangeSeries, "times" | "values">,
  stepMs: number,
  rangeTo: number,
): StateSegment[] {
  const segments: StateSegment[] = [];
  times.forEach((at, index) => {
    const value = values[index] ?? Number.NaN;
    if (Number.isNaN(value)) return;
    const to = Math.min(at + stepMs, Math.max(rangeTo, at));
    const last = segments.at(-1);
    if (last !== undefined && last.value === value && at <= last.to) last.to = to;
    else segments.push({ from: at, to, value });
  });
  return segments;
}

export interface StateWord {
  /** A colour's name (as thresholds have), or null for one of the series' colours. */
  color: string | null;
  word: string;
}

/** 1 and 0 are up and down, as gauges of liveness have it; null for any other value. */
export function livenessWord(value: number): StateWord | null {
  if (value === 1) return { color: "green", word: "up" };
  return value === 0 ? { color: "red", word: "down" } : null;
}
