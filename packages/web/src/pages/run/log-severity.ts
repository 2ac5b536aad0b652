/** Which log lines are shown: those of a severity and worse. A line that names none is always shown. Pure. */
import type { LogView } from "../../api/resources.ts";

export const LOG_SEVERITIES = ["debug", "info", "warn", "error"] as const;
export type LeastSeverity = (typeof LOG_SEVERITIES)[number];

const RANK: Readonly<Record<NonNullable<LogView["severity"]>, number>> = {
  trace: 0,
  debug: 1,
  info: 2,
  warn: 3,
  error: 4,
  fatal: 5,
};

export function atLeast(line: Pick<LogView, "severity">, least: LeastSeverity | null): boolean {
  return least === null || line.severity === null || RANK[line.severity] >= RANK[least];
}

export function readLogSeverity(params: URLSearchParams): LeastSeverity | null {
  const severity = params.get("severity");
  return LOG_SEVERITIES.find((name) => name === severity) ?? null;
}
