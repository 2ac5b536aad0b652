/**
 * What a downtime of ours does to a group's alerts. Prometheus keeps no states and reads them back from ALERTS_FOR_STATE;
 * here they are kept, so that only this is left to decide: a firing alert goes on firing until an evaluation says
 * otherwise, and of the wait of a pending one the time in which nobody looked does not count.
 */
import type { AlertState, GroupState } from "@batchwatch/promql/rules/group-state";

/** @param intervalMs of the group: less than two of them is no downtime */
export function afterDowntime(state: GroupState, now: number, intervalMs: number): GroupState {
  const { lastEvaluatedAt } = state;
  if (lastEvaluatedAt === null) return state;
  const missedMs = now - lastEvaluatedAt - intervalMs;
  if (missedMs <= intervalMs) return state;
  return {
    ...state,
    rules: state.rules.map((rule) => ({
      ...rule,
      alerts: rule.alerts.map((alert) => waitingOn(alert, missedMs)),
    })),
  };
}

function waitingOn(alert: AlertState, missedMs: number): AlertState {
  return alert.state === "pending" ? { ...alert, activeAt: alert.activeAt + missedMs } : alert;
}
