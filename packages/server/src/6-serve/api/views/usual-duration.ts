/** What a job's good runs usually take. Pure. */
import type { RunSuccess } from "../../../storage/ledger-store.ts";

/** Good runs that the usual duration is taken from. */
export const USUAL_RUNS = 30;

export interface UsualDuration {
  medianMs: number | null;
  p95Ms: number | null;
}

export function usualDuration(successes: readonly RunSuccess[]): UsualDuration {
  const durations = successes
    .slice(0, USUAL_RUNS)
    .flatMap((success) => (success.durationMs === null ? [] : [success.durationMs]))
    .sort((a, b) => a - b);
  return { medianMs: quantile(durations, 0.5), p95Ms: quantile(durations, 0.95) };
}

/** Linear between the two nearest ranks of an ascending list, rounded to whole milliseconds. */
function quantile(ascending: readonly number[], q: number): number | null {
  const position = (ascending.length - 1) * q;
  const below = ascending[Math.floor(position)];
  const above = ascending[Math.ceil(position)];
  if (below === undefined || above === undefined) return null;
  return Math.round(below + (above - below) * (position - Math.floor(position)));
}
