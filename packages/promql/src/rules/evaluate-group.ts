/**
 * One evaluation of a group of rules at a given time. Receives the group, its state and a way to ask queries; hands on the
 * new state, the samples to write, the series that ended, and the alerts. Nothing here writes, waits or reads a clock.
 */
import { labelsOf } from "../labels.ts";
import { evaluateAlertingRule } from "./evaluate-alerting-rule.ts";
import { evaluateRecordingRule } from "./evaluate-recording-rule.ts";
import {
  type AlertState,
  type GroupState,
  type LabelRecord,
  newGroupState,
  type RuleState,
} from "./group-state.ts";
import { mayRead } from "./may-read.ts";
import {
  type AskQuery,
  labelRecord,
  type RuleOutput,
  type RuleResult,
  type RuleSample,
  type RuleSurroundings,
  type StaleSeries,
} from "./rule-evaluation.ts";
import type { Rule, RuleGroup } from "./rule-group.ts";

export interface GroupInput {
  readonly group: RuleGroup;
  /** That of the last evaluation, carried over by `carryOverState` after a reload; null for a new group. */
  readonly state: GroupState | null;
  /** The time of this evaluation, the same for all rules. */
  readonly at: number;
  readonly query: AskQuery;
  readonly externalLabels?: LabelRecord;
  readonly externalUrl?: string;
  /** Of a group that names none. Default 0. */
  readonly defaultQueryOffsetMs?: number;
  /**
   * Makes output visible to `query`. Called before a rule that may read what an earlier rule of the group gave, and once
   * at the end with the rest. Without it the whole output is only in the result.
   */
  readonly write?: (output: RuleOutput) => void | Promise<void>;
}

export interface RuleAlert extends AlertState {
  readonly ruleName: string;
  /** Place of the rule in its group. */
  readonly ruleIndex: number;
}

export interface RuleError {
  readonly ruleName: string;
  readonly ruleIndex: number;
  readonly message: string;
}

export interface GroupEvaluation extends RuleOutput {
  readonly state: GroupState;
  /** Pending, firing, and resolved in the last 15 minutes. */
  readonly alerts: readonly RuleAlert[];
  readonly errors: readonly RuleError[];
}

/** Rejects only when `write` does: a rule that fails is in `errors` and in its state. */
export async function evaluateGroup(input: GroupInput): Promise<GroupEvaluation> {
  const { group, at, write } = input;
  const previous = input.state ?? newGroupState(group);
  const queryAt = at - (group.queryOffsetMs ?? input.defaultQueryOffsetMs ?? 0);
  const surroundings: RuleSurroundings = {
    at,
    queryAt,
    limit: group.limit,
    query: input.query,
    externalLabels: input.externalLabels ?? {},
    externalUrl: input.externalUrl ?? "",
  };
  const all: Output = { samples: [], staleSeries: previous.orphanedSeries.map(staleAt(queryAt)) };
  const waiting: Output = { samples: [], staleSeries: [...all.staleSeries] };
  const rules: RuleState[] = [];
  const errors: RuleError[] = [];
  for (const [ruleIndex, rule] of group.rules.entries()) {
    if (write !== undefined && mayRead(rule, waiting)) await flush(waiting, write);
    const before = previous.rules[ruleIndex];
    if (before === undefined) throw new Error(`the state of group ${group.name} is not that of its rules`);
    const result = await evaluateRule(rule, before, surroundings);
    if (result.kind === "problem") errors.push({ ruleName: rule.name, ruleIndex, message: result.message });
    const { state, output } = afterwards(before, result, queryAt);
    rules.push(state);
    for (const target of [all, waiting]) {
      target.samples.push(...output.samples);
      target.staleSeries.push(...output.staleSeries);
    }
  }
  if (write !== undefined) await flush(waiting, write);
  return {
    ...all,
    state: {
      version: 1,
      rules,
      orphanedSeries: [],
      evaluations: previous.evaluations + 1,
      lastEvaluatedAt: at,
    },
    alerts: group.rules.flatMap(({ name: ruleName }, ruleIndex) =>
      (rules[ruleIndex]?.alerts ?? []).map((alert) => ({ ...alert, ruleName, ruleIndex })),
    ),
    errors,
  };
}

interface Output {
  samples: RuleSample[];
  staleSeries: StaleSeries[];
}

async function flush(waiting: Output, write: NonNullable<GroupInput["write"]>): Promise<void> {
  const { samples, staleSeries } = waiting;
  if (samples.length === 0 && staleSeries.length === 0) return;
  waiting.samples = [];
  waiting.staleSeries = [];
  await write({ samples, staleSeries });
}

async function evaluateRule(
  rule: Rule,
  before: RuleState,
  surroundings: RuleSurroundings,
): Promise<RuleResult> {
  try {
    return rule.kind === "record"
      ? await evaluateRecordingRule(rule, surroundings)
      : await evaluateAlertingRule(rule, before, surroundings);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { kind: "problem", message, clearsAlerts: false };
  }
}

/** On a problem nothing is written and no series ends: the data may be there again next time. */
function afterwards(
  before: RuleState,
  result: RuleResult,
  at: number,
): { state: RuleState; output: RuleOutput } {
  if (result.kind === "problem") {
    const alerts = result.clearsAlerts ? [] : before.alerts;
    return {
      state: { ...before, health: "err", lastError: result.message, alerts },
      output: { samples: [], staleSeries: [] },
    };
  }
  const written = new Set(result.samples.map(({ labels }) => labels.key));
  const staleSeries = before.writtenSeries.map(staleAt(at)).filter(({ labels }) => !written.has(labels.key));
  return {
    state: {
      ...before,
      health: "ok",
      lastError: null,
      alerts: result.alerts,
      writtenSeries: result.samples.map(({ labels }) => labelRecord(labels)),
    },
    output: { samples: result.samples, staleSeries },
  };
}

function staleAt(at: number): (series: LabelRecord) => StaleSeries {
  return (series) => ({ labels: labelsOf(Object.entries(series)), at });
}
