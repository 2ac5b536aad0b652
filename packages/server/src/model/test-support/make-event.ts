/** Run events for tests: only what matters is said. */
import type { RunEvent } from "../run-event.ts";

export const TEST_JOB = { namespace: "default", environment: "", jobName: "daily_etl" };

let unnamedEvents = 0;

/** `at` is in seconds after T0 where it is small, so that tests read like a table. */
export const T0 = Date.UTC(2026, 10, 23, 2, 0, 0);

export function makeEvent(kind: RunEvent["kind"], second: number, more: Partial<RunEvent> = {}): RunEvent {
  unnamedEvents += 1;
  const at = T0 + second * 1000;
  return {
    eventId: `e${unnamedEvents}`,
    kind,
    job: TEST_JOB,
    run: { by: "id", runId: "r1" },
    aliases: [],
    at,
    withinMs: 0,
    receivedAt: at,
    witness: kind === "suspected" || kind === "lost" || kind === "finalised" ? "batchwatch" : "api",
    ...more,
  };
}
