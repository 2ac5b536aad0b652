/**
 * When did a counted run end, when did it start, how long did it wait (INGEST 5.4 rules 3, 6, 7 and 10)? As exact as the
 * evidence allows, and how far off it may be.
 */
import { METRIC_NAMES } from "@batchwatch/protocol";
import {
  type EndedRuns,
  type EvidenceState,
  endsOf,
  firstStartOf,
  intervalStart,
  lastSuccessOf,
  type Sighting,
  timingOf,
} from "./metric-evidence.ts";

export interface TimePoint {
  at: number;
  withinMs: number;
}

/** Two measurements of one process that should agree. */
const AGREE_MS = 1_000;

/** @param ordinal of the runs of this outcome for which nothing was sighted */
export function endTimeOf(
  state: EvidenceState,
  ended: EndedRuns,
  seen: Sighting | null,
  ordinal: number,
): TimePoint {
  if (seen !== null) return { at: Math.round(seen.at), withinMs: 0 };
  if (ordinal === 0 && ended.firstEndAt !== null) return { at: Math.round(ended.firstEndAt), withinMs: 0 };
  const lastSuccessAt = lastSuccessOf(state);
  const isIt = ended.outcome === "success" && ended.count === 1 && lastSuccessAt !== null;
  if (isIt && lastSuccessAt <= state.at && lastSuccessAt > intervalStart(state))
    return { at: lastSuccessAt, withinMs: 0 };
  return { at: Math.round(state.at), withinMs: Math.round(state.at - intervalStart(state)) };
}

/** The end less what it took; else the first measurement of a process that ran once; null where neither is known. */
export function startTimeOf(
  state: EvidenceState,
  ended: EndedRuns,
  seen: Sighting | null,
  end: TimePoint,
): TimePoint | null {
  const execution = secondsOf(state, METRIC_NAMES.execution, seen);
  if (execution !== null) return { at: Math.round(end.at - execution * 1000), withinMs: end.withinMs };
  const firstStartAt = isOnlyEnd(state) ? firstStartOf(state) : null;
  const first = firstStartAt === null || firstStartAt > end.at ? null : Math.round(firstStartAt);
  const duration = timingOf(state, METRIC_NAMES.duration, ended.outcome);
  if (duration === null || duration.count === 0) return first === null ? null : { at: first, withinMs: 0 };
  const exact = seenSeconds(duration.sightings, seen);
  const meanMs = (exact ?? duration.sumSeconds / duration.count) * 1000;
  const spread = exact !== null || duration.count === 1 ? 0 : Math.round(meanMs);
  const byDuration = { at: Math.round(end.at - meanMs), withinMs: end.withinMs + spread };
  // The duration may hold the queue wait (INGEST 5.3, 3): then the first measurement lies later by just that.
  const waitMs = (queueWaitOf(state, seen) ?? 0) * 1000;
  if (first !== null && Math.abs(first - byDuration.at - waitMs) <= AGREE_MS + byDuration.withinMs)
    return { at: first, withinMs: 0 };
  return byDuration;
}

export function queueWaitOf(state: EvidenceState, seen: Sighting | null): number | null {
  return secondsOf(state, METRIC_NAMES.queueWait, seen);
}

/** Seconds of the one end there was, or of the sighting in the same span; null where it could be any of several. */
function secondsOf(state: EvidenceState, family: string, seen: Sighting | null): number | null {
  const timing = timingOf(state, family);
  if (timing === null) return null;
  if (timing.count === 1 && isOnlyEnd(state)) return timing.sumSeconds;
  return seenSeconds(timing.sightings, seen);
}

function seenSeconds(sightings: readonly Sighting[], seen: Sighting | null): number | null {
  if (seen?.span == null) return null;
  return sightings.find(({ span }) => span === seen.span)?.value ?? null;
}

function isOnlyEnd(state: EvidenceState): boolean {
  return endsOf(state).reduce((sum, { count }) => sum + count, 0) === 1;
}
