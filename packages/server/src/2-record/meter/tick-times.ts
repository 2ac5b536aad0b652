/**
 * When the meter writes: every interval, aligned to it, like a scrape. After a downtime what was missed is written in
 * hindsight, the further back the coarser, so that each window of the past holds what a running server would have put in it.
 */

export const TICK_MS = 15_000;
/** Further back than this nothing is filled in but the changes themselves. */
export const LONGEST_FILL_MS = 31 * 86_400_000;

/** A selector looks back 5 min, so even the coarsest step leaves no hole. */
const STEPS: readonly { youngerThanMs: number; stepMs: number }[] = [
  { youngerThanMs: 3_600_000, stepMs: TICK_MS },
  { youngerThanMs: 86_400_000, stepMs: 60_000 },
  { youngerThanMs: LONGEST_FILL_MS, stepMs: 120_000 },
];

export function lastTickAt(now: number): number {
  return Math.floor(now / TICK_MS) * TICK_MS;
}

/** The ticks in (from, to], ascending; `to` is one. */
export function ticksBetween(from: number, to: number): number[] {
  const ticks: number[] = [];
  let upTo = to;
  for (const { youngerThanMs, stepMs } of STEPS) {
    const earliest = Math.max(from + 1, to - youngerThanMs);
    for (let at = Math.floor(upTo / stepMs) * stepMs; at >= earliest; at -= stepMs) ticks.push(at);
    upTo = Math.min(upTo, earliest - 1);
    if (upTo <= from) break;
  }
  return ticks.reverse();
}
