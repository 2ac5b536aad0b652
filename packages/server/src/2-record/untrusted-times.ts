/**
 * Counts run events whose times are off by more than is trusted (model/sender-clock.ts), for our own metrics: a sender's
 * clock that is wrong shows there before somebody wonders about a run.
 */
import type { RunEvent } from "../model/run-event.ts";
import { TRUSTED_SKEW_MS } from "../model/sender-clock.ts";
import type { SelfMetrics } from "../self-monitoring/self-metrics.ts";

/** `late`: a sender that does not say when it sends came late, or its clock is behind. */
type Direction = "ahead" | "behind" | "late";

export function countUntrustedTimes(selfMetrics: SelfMetrics): (events: readonly RunEvent[]) => void {
  const count = (witness: string, direction: Direction): void =>
    selfMetrics.count(
      "events_untrusted_time",
      "Run events whose times are more than 10 minutes off their receipt: the sender's clock is ahead or behind, or they came late.",
      { witness, direction },
    );
  return (events) => {
    for (const event of events) {
      const direction = directionOf(event);
      if (direction !== null) count(event.witness, direction);
    }
  };
}

export function directionOf(event: RunEvent): Direction | null {
  if (event.witness === "batchwatch" || event.anonymous === true) return null;
  const { clockOffsetMs } = event;
  const behindMs = clockOffsetMs ?? event.receivedAt - event.at;
  if (Math.abs(behindMs) <= TRUSTED_SKEW_MS) return null;
  if (behindMs < 0) return "ahead";
  return clockOffsetMs === undefined ? "late" : "behind";
}
