/**
 * Where each bar of a run strip stands and how tall it is. Pure.
 *
 * Oldest left; the newest bar touches the right edge, so that strips of different length line up at "now".
 * Height is duration on a square-root scale against the job's p95, so that a run of a minute and one of an hour are both
 * seen; the p95 stands at four fifths of the height, and what is far over it is cut at the top.
 */
import { isExecutingPhase } from "@batchwatch/protocol/phases";
import type { StripBar } from "../../api/resources.ts";

export const STRIP_LENGTH = 30;

export interface StripMeasure {
  barWidth: number;
  gap: number;
  /** Room for a cap above a full bar. */
  capRoom: number;
  /** The tallest bar. */
  barRoom: number;
  /** Room below the ground line: the foot of a missed run. */
  footRoom: number;
}

/** In tables, 6 px bars with 2 px gaps. */
export const SMALL_STRIP: StripMeasure = { barWidth: 6, gap: 2, capRoom: 4, barRoom: 21, footRoom: 3 };
/** On the job's own page. */
export const LARGE_STRIP: StripMeasure = { barWidth: 18, gap: 6, capRoom: 8, barRoom: 76, footRoom: 6 };

/** p95 stands here; the rest is for what takes longer than it ever should. */
const P95_SHARE = 0.8;
const LEAST_BAR = 3;

export interface PlacedBar {
  bar: StripBar;
  x: number;
  y: number;
  width: number;
  height: number;
  /** Taller than the strip: the top is cut open. */
  cut: boolean;
}

export interface StripLayout {
  width: number;
  height: number;
  /** Where the bars stand. */
  ground: number;
  bars: PlacedBar[];
  /** The usual duration; null where the job has no history. */
  usualY: number | null;
}

export interface StripScale {
  usualMs: number | null;
  p95Ms: number | null;
}

export function stripWidth(measure: StripMeasure): number {
  return STRIP_LENGTH * measure.barWidth + (STRIP_LENGTH - 1) * measure.gap;
}

/** `nowAt` gives a run that has not ended its height so far. */
export function layOutStrip(
  bars: readonly StripBar[],
  scale: StripScale,
  measure: StripMeasure,
  nowAt: number,
): StripLayout {
  const shown = bars.slice(-STRIP_LENGTH);
  const width = stripWidth(measure);
  const ground = measure.capRoom + measure.barRoom;
  const lengths = shown.map((bar) => lengthOf(bar, nowAt));
  const fullMs = durationAtTop(scale, lengths);
  const placed = shown.map((bar, index): PlacedBar => {
    const fromRight = shown.length - index;
    const length = lengths[index] ?? null;
    const ratio = length === null || fullMs === 0 ? 0 : Math.sqrt(length / fullMs);
    const height = Math.max(LEAST_BAR, Math.min(1, ratio) * measure.barRoom);
    return {
      bar,
      x: width - fromRight * measure.barWidth - (fromRight - 1) * measure.gap,
      y: ground - height,
      width: measure.barWidth,
      height,
      cut: ratio > 1,
    };
  });
  return {
    width,
    height: ground + measure.footRoom,
    ground,
    bars: placed,
    usualY: usualHeight(scale, fullMs, measure, ground),
  };
}

/** How long the run took, or has taken so far; null for what never ran. */
function lengthOf(bar: StripBar, nowAt: number): number | null {
  if (bar.durationMs !== null) return bar.durationMs;
  if (bar.phase !== "missed" && bar.phase !== "expected" && isExecutingPhase(bar.phase))
    return Math.max(0, nowAt - Date.parse(bar.at));
  return null;
}

function durationAtTop(scale: StripScale, lengths: readonly (number | null)[]): number {
  const yardstick = scale.p95Ms ?? scale.usualMs;
  if (yardstick !== null && yardstick > 0) return yardstick / P95_SHARE ** 2;
  return Math.max(0, ...lengths.map((length) => length ?? 0)) / P95_SHARE ** 2;
}

function usualHeight(
  scale: StripScale,
  fullMs: number,
  measure: StripMeasure,
  ground: number,
): number | null {
  if (scale.usualMs === null || scale.usualMs <= 0 || fullMs === 0) return null;
  return ground - Math.min(1, Math.sqrt(scale.usualMs / fullMs)) * measure.barRoom;
}

/** The strip in one sentence, for who cannot see it: "30 runs: 28 completed, 1 failed, 1 running; latest running". */
export function stripSentence(
  bars: readonly StripBar[],
  wordOf: (phase: StripBar["phase"]) => string,
): string {
  const latest = bars.at(-1);
  if (!latest) return "No runs yet";
  const counts = new Map<string, number>();
  for (const bar of bars) counts.set(wordOf(bar.phase), (counts.get(wordOf(bar.phase)) ?? 0) + 1);
  const words = [...counts].map(([word, count]) => `${count} ${word}`).join(", ");
  return `Last ${bars.length === 1 ? "run" : `${bars.length} runs`}: ${words}; latest ${wordOf(latest.phase)}`;
}
