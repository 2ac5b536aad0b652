/** When evidence is looked at (INGEST 5.4 rule 5): two export intervals and 30 s after its point, so that spans and logs can come. */
import { type EvidenceState, endsOf, intervalStart } from "./metric-evidence.ts";

export const SETTLE_METRICS = "settle_metrics";

const USUAL_INTERVAL_MS = 60_000;
const LONGEST_INTERVAL_MS = 300_000;
const SLACK_MS = 30_000;
/** Nothing settles sooner after its receipt: the spans of the same flush are on their way, also in a replay of old data. */
const LEAST_WAIT_MS = 2_000;
/** A run that is identified after its evidence settled absorbs the anonymous one that stands for it; looked at after these waits. */
export const LOOK_AGAIN_AFTER_MS: readonly number[] = [
  10_000, 60_000, 300_000, 1_800_000, 7_200_000, 43_200_000,
];

/** The export interval as far as the evidence shows it; a first export shows none. */
export function intervalMs(state: EvidenceState): number {
  const hasBefore = endsOf(state).some((ended) => ended.firstEndAt === null);
  if (!hasBefore) return USUAL_INTERVAL_MS;
  return Math.min(Math.max(state.at - intervalStart(state), 0), LONGEST_INTERVAL_MS);
}

export function settleAt(state: EvidenceState, now: number): number {
  return Math.round(Math.max(state.at + 2 * intervalMs(state) + SLACK_MS, now + LEAST_WAIT_MS));
}
