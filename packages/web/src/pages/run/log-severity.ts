/** From which severity upwards log lines are shown. The server leaves the others out; lines that name none come along. Pure. */
export const LOG_SEVERITIES = ["debug", "info", "warn", "error"] as const;
export type LeastSeverity = (typeof LOG_SEVERITIES)[number];

export function readLogSeverity(params: URLSearchParams): LeastSeverity | null {
  const severity = params.get("severity");
  return LOG_SEVERITIES.find((name) => name === severity) ?? null;
}
