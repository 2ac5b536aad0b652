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

/** Around a change that lies further back there are ticks for so long: windows of a day that hold it are right. */
const AROUND_MS = 26 * 3_600_000;
const AROUND_STEP_MS = 60_000;

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

/** The same for a series whose changes are known: those further back than what is filled in have ticks of their own. */
export function ticksAround(from: number, to: number, changes: readonly { at: number }[]): number[] {
  const filledFrom = Math.max(from, to - LONGEST_FILL_MS - 1);
  const ticks = new Set<number>();
  for (const { at } of changes) {
    if (at > filledFrom) break;
    const until = Math.min(at + AROUND_MS, filledFrom);
    for (let tick = Math.ceil(at / AROUND_STEP_MS) * AROUND_STEP_MS; tick <= until; tick += AROUND_STEP_MS)
      if (tick > from) ticks.add(tick);
  }
  return [...[...ticks].sort((a, b) => a - b), ...ticksBetween(filledFrom, to)];
}
