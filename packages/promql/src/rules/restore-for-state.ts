/**
 * After a restart that lost the state of a group: how long its alerts had been active is read from the series
 * ALERTS_FOR_STATE. To be called after the second evaluation, when alerts are there again.
 */
import type { Labels } from "../labels.ts";
import { forStateLabels } from "./evaluate-alerting-rule.ts";
import type { AlertState, GroupState } from "./group-state.ts";
import type { AlertingRule, RuleGroup } from "./rule-group.ts";

/** Rules that wait for less start from zero, and an alert that had almost waited fires no sooner than this after a restart. */
export const FOR_GRACE_PERIOD_MS = 10 * 60_000;
/** A series that ended longer ago says nothing. */
export const FOR_OUTAGE_TOLERANCE_MS = 60 * 60_000;

export interface LastSample {
  readonly at: number;
  readonly value: number;
  readonly isStale: boolean;
}

/** The last sample of the series in the time, stale markers included; null where there is none. */
export type LookUpLast = (
  labels: Labels,
  fromAt: number,
  toAt: number,
) => LastSample | null | Promise<LastSample | null>;

export async function restoreForState(input: {
  readonly group: RuleGroup;
  readonly state: GroupState;
  readonly at: number;
  readonly lookUp: LookUpLast;
}): Promise<GroupState> {
  const { group, state, at, lookUp } = input;
  const rules = [];
  for (const [index, rule] of state.rules.entries()) {
    const declared = group.rules[index];
    const waits = declared?.kind === "alert" && declared.forMs >= FOR_GRACE_PERIOD_MS && !rule.isRestored;
    const alerts = waits ? await restored(declared, rule.alerts, at, lookUp) : rule.alerts;
    rules.push({ ...rule, alerts, isRestored: true });
  }
  return { ...state, rules };
}

async function restored(
  rule: AlertingRule,
  alerts: readonly AlertState[],
  at: number,
  lookUp: LookUpLast,
): Promise<AlertState[]> {
  const result: AlertState[] = [];
  for (const alert of alerts) {
    const isActive = alert.state !== "inactive";
    const last = isActive
      ? await lookUp(forStateLabels(rule, alert), at - FOR_OUTAGE_TOLERANCE_MS, at)
      : null;
    result.push(
      last === null || last.isStale ? alert : { ...alert, activeAt: activeAtAfter(rule, last, at) },
    );
  }
  return result;
}

function activeAtAfter({ forMs }: AlertingRule, last: LastSample, at: number): number {
  const activeAt = last.value * 1000;
  const remaining = forMs - (last.at - activeAt);
  // It was firing: it does so again with the next evaluation.
  if (remaining <= 0) return activeAt;
  if (remaining < FOR_GRACE_PERIOD_MS) return at + FOR_GRACE_PERIOD_MS - forMs;
  // The time in which nobody looked does not count.
  return activeAt + (at - last.at);
}
