/** The filters of the incident list as they stand in the address. Open ones are shown unless something else is said. */
import type { Severity } from "@batchwatch/protocol";

export const INCIDENT_STATES = ["open", "resolved", "all"] as const;
type IncidentState = (typeof INCIDENT_STATES)[number];
const SEVERITIES: readonly Severity[] = ["critical", "warning", "info"];

export interface IncidentFilters {
  state: IncidentState;
  severity: Severity | null;
  namespace: string | null;
}

export function readIncidentFilters(params: URLSearchParams): IncidentFilters {
  const state = params.get("state");
  const severity = params.get("severity");
  return {
    state: INCIDENT_STATES.find((name) => name === state) ?? "open",
    severity: SEVERITIES.find((name) => name === severity) ?? null,
    namespace: params.get("namespace") || null,
  };
}
