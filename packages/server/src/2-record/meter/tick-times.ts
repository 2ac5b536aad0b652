/**
 * When the meter writes: every interval, aligned to it, like a scrape. What is written in hindsight (after a downtime, of a run
 * that is told late, by a rebuild) is coarser, so that it stays affordable, and dense enough for every window that holds a
 * change: a window is extrapolated by half its samples' distance at most.
 */

export const TICK_MS = 15_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Further back than this nothing is filled in but what lies around changes. */
export const LONGEST_FILL_MS = 31 * DAY_MS;
/** So much is written as if nothing had been missed. */
const SHORT_MS = HOUR_MS;

/** A selector looks back 5 min, so even the coarsest step leaves no hole. */
const STEPS: readonly { youngerThanMs: number; stepMs: number }[] = [
  { youngerThanMs: SHORT_MS, stepMs: TICK_MS },
  { youngerThanMs: DAY_MS, stepMs: 60_000 },
  { youngerThanMs: LONGEST_FILL_MS, stepMs: 240_000 },
];

/** After a change there are ticks for so long: windows of a day that hold it are right. */
const AROUND_MS = 26 * HOUR_MS;
const AROUND_STEP_MS = 120_000;
/** So near to a change ticks are as dense as live: short windows that hold it are extrapolated no more than there. */
const NEAR_MS = 5 * 60_000;
/** The latest so many changes; the windows around older ones are those of long ranges. */
const MOST_NEAR = 2_000;

export function lastTickAt(now: number): number {
  return Math.floor(now / TICK_MS) * TICK_MS;
}

/** All ticks in (from, to], ascending, the older the coarser; `to` is one. */
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

/**
 * Those of one series in (from, to]: all where that is short, else those around its changes, and `to`. Where nothing changed,
 * a hole says nothing wrong.
 */
export function ticksOfSeries(from: number, to: number, changes: readonly { at: number }[]): number[] {
  if (to - from <= SHORT_MS) return ticksBetween(from, to);
  const ticks = new Set(changes.length === 0 ? [to] : ticksBetween(Math.max(from, to - SHORT_MS), to));
  addAround(ticks, from, to, changes);
  addNear(ticks, from, to, changes);
  return inOrder(ticks);
}

/** Those of a range that is written again: without holes as far back as is affordable. */
export function ticksOfRange(from: number, to: number, changes: readonly { at: number }[]): number[] {
  const filledFrom = Math.max(from, to - LONGEST_FILL_MS - 1);
  const ticks = new Set(ticksBetween(filledFrom, to));
  addAround(ticks, from, filledFrom, changes);
  addNear(ticks, from, to, changes);
  return inOrder(ticks);
}

function addAround(ticks: Set<number>, from: number, to: number, changes: readonly { at: number }[]): void {
  for (const { at } of changes) {
    const until = Math.min(at + AROUND_MS, to);
    for (
      let tick = Math.ceil(Math.max(at, from + 1) / AROUND_STEP_MS) * AROUND_STEP_MS;
      tick <= until;
      tick += AROUND_STEP_MS
    )
      ticks.add(tick);
  }
}

function addNear(ticks: Set<number>, from: number, to: number, changes: readonly { at: number }[]): void {
  for (const { at } of changes.slice(-MOST_NEAR)) {
    const until = Math.min(at + NEAR_MS, to);
    const since = Math.max(at - NEAR_MS, from + 1);
    for (let tick = Math.ceil(since / TICK_MS) * TICK_MS; tick <= until; tick += TICK_MS) ticks.add(tick);
  }
}

function inOrder(ticks: ReadonlySet<number>): number[] {
  return [...ticks].sort((a, b) => a - b);
}

/** Those at which what is so now is counted in hindsight, at most a day back. */
export function ticksOfNow(from: number, to: number): number[] {
  return ticksBetween(Math.max(from, to - DAY_MS), to);
}
