/** What a group of rules knows between its evaluations: plain data, kept over restarts, carried over when files are read again. */
import { type RuleGroup, ruleKey } from "./rule-group.ts";

export type LabelRecord = Readonly<Record<string, string>>;

export interface AlertState {
  readonly labels: LabelRecord;
  readonly annotations: LabelRecord;
  /** Of the last result, as `String` writes it: JSON has no NaN and no infinity. `Number` reads it. */
  readonly valueText: string;
  /** `inactive` is a resolved alert, kept so that its end can be told again. */
  readonly state: "pending" | "firing" | "inactive";
  readonly activeAt: number;
  readonly firedAt: number | null;
  readonly resolvedAt: number | null;
  /** When the result was first missing while `keep_firing_for` holds the alert. */
  readonly keptFiringSince: number | null;
}

export interface RuleState {
  /** `ruleKey` of the rule. */
  readonly key: string;
  readonly health: "unknown" | "ok" | "err";
  readonly lastError: string | null;
  readonly alerts: readonly AlertState[];
  /** Written by the last evaluation; those that are missing next time end with a stale marker. */
  readonly writtenSeries: readonly LabelRecord[];
  /** False until the time that alerts were pending before a restart is restored: nothing is written until then. */
  readonly isRestored: boolean;
}

export interface GroupState {
  readonly version: 1;
  readonly rules: readonly RuleState[];
  /** Of rules that are gone: they end with the next evaluation. */
  readonly orphanedSeries: readonly LabelRecord[];
  readonly evaluations: number;
  readonly lastEvaluatedAt: number | null;
}

/** A group that was never evaluated. With `restore` its alerts wait for `restoreForState` before series are written. */
export function newGroupState(group: RuleGroup, { restore = false } = {}): GroupState {
  return {
    version: 1,
    rules: group.rules.map((rule) => ({
      key: ruleKey(rule),
      health: "unknown",
      lastError: null,
      alerts: [],
      writtenSeries: [],
      isRestored: !restore,
    })),
    orphanedSeries: [],
    evaluations: 0,
    lastEvaluatedAt: null,
  };
}

/** After a reload: each rule goes on with the state of the rule of the same name and labels. Same file and group name assumed. */
export function carryOverState(group: RuleGroup, previous: GroupState | null): GroupState {
  const fresh = newGroupState(group);
  if (previous === null) return fresh;
  const byKey = Map.groupBy(previous.rules, ({ key }) => key);
  const rules = fresh.rules.map((rule) => byKey.get(rule.key)?.shift() ?? rule);
  const orphans = [...byKey.values()].flat().flatMap(({ writtenSeries }) => writtenSeries);
  return { ...previous, rules, orphanedSeries: [...previous.orphanedSeries, ...orphans] };
}

/** All series that a group has written and not ended: to be marked stale when the group is gone. */
export function openSeries(state: GroupState): LabelRecord[] {
  return [...state.orphanedSeries, ...state.rules.flatMap(({ writtenSeries }) => writtenSeries)];
}
