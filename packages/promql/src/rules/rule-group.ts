/** Rules as a file declares them: plain data, so that groups can be kept, compared and handed to a worker. */
export interface RuleGroup {
  readonly name: string;
  /** The file it came from, as the caller named it. */
  readonly file: string;
  readonly line: number;
  /** Null: the evaluator's default. */
  readonly intervalMs: number | null;
  /** How far in the past the queries are asked and the results written. Null: the evaluator's default. */
  readonly queryOffsetMs: number | null;
  /** Most series or alerts of a rule; 0 = no limit. */
  readonly limit: number;
  readonly rules: readonly Rule[];
}

interface RuleBase {
  readonly name: string;
  readonly expr: string;
  /** Of the rule, and of its expression, from 1. */
  readonly line: number;
  readonly exprLine: number;
  /** Those of the group and, over them, of the rule. */
  readonly labels: Readonly<Record<string, string>>;
}

export interface RecordingRule extends RuleBase {
  readonly kind: "record";
}

export interface AlertingRule extends RuleBase {
  readonly kind: "alert";
  readonly forMs: number;
  readonly keepFiringForMs: number;
  readonly annotations: Readonly<Record<string, string>>;
}

export type Rule = RecordingRule | AlertingRule;

/** What makes a rule the same rule after a reload: its kind, name and labels. */
export function ruleKey({ kind, name, labels }: Rule): string {
  const pairs = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([kind, name, pairs]);
}

export const DEFAULT_RULE_INTERVAL_MS = 60_000;
