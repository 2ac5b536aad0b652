/** How long a run may be silent: what its settings say, else three of its heartbeat intervals and at least a minute. */
import type { JobSettings } from "@batchwatch/protocol";
import type { Run } from "./run.ts";

const INTERVALS_TO_MISS = 3;
const LIMIT_FLOOR_MS = 60_000;
/** Of a run that beats without saying how often: the period of an OpenTelemetry export. */
const ASSUMED_INTERVAL_MS = 60_000;

type Declared = Pick<JobSettings, "heartbeatLimitMs" | "heartbeatIntervalMs">;

export function heartbeatLimit(run: Pick<Run, "heartbeatIntervalMs">, settings: Declared): number {
  const declaredMs = run.heartbeatIntervalMs ?? settings.heartbeatIntervalMs;
  return (
    settings.heartbeatLimitMs ??
    Math.max(INTERVALS_TO_MISS * (declaredMs ?? ASSUMED_INTERVAL_MS), LIMIT_FLOOR_MS)
  );
}
