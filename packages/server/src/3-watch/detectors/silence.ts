/**
 * When silence is evidence, and of what. Only a run that has beaten, or for which a heartbeat is declared, can be silent.
 * Any event of its witnesses is a sign of life, at the time that it has by our clock.
 */
import { formatDuration } from "@batchwatch/protocol";
import { heartbeatLimit } from "../../model/heartbeat-limit.ts";
import type { RunContext } from "./detector.ts";

const LOST_SETTLE_FLOOR_MS = 60_000;

export interface Silence {
  limitMs: number;
  /** Why this is the limit, for people. */
  limitText: string;
  /** Latest sign of life. */
  since: number;
  /** Suspect strictly after this. */
  suspectAt: number;
  /** Lost strictly after this. */
  lostAt: number;
}

/** Null when silence of this run is no evidence. */
export function silenceOf(context: RunContext): Silence | null {
  const { run, job, options, uptime } = context;
  if ((run.phase !== "running" && run.phase !== "suspect") || run.runningSinceAt === null) return null;
  const { heartbeatLimitMs } = job.settings;
  const declaredMs = run.heartbeatIntervalMs ?? job.settings.heartbeatIntervalMs;
  if (heartbeatLimitMs === null && declaredMs === null && run.lastBeatAt === null) return null;
  const limitMs = heartbeatLimit(run, job.settings);
  const since = Math.max(run.runningSinceAt, run.lastHeardAt);
  const suspectAt = uptime.silenceEndsAt(since, limitMs);
  const settleMs = options.lostSettleMs ?? Math.max(limitMs, LOST_SETTLE_FLOOR_MS);
  return {
    limitMs,
    limitText: limitText(heartbeatLimitMs, declaredMs, limitMs),
    since,
    suspectAt,
    lostAt: suspectAt + settleMs,
  };
}

function limitText(setMs: number | null, declaredMs: number | null, limitMs: number): string {
  if (setMs !== null) return `a heartbeat every ${formatDuration(setMs)}`;
  const interval =
    declaredMs === null
      ? "a heartbeat interval that is not declared"
      : `heartbeats every ${formatDuration(declaredMs)}`;
  return `${formatDuration(limitMs)} (${interval})`;
}
