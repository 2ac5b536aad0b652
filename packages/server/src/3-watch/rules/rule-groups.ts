/**
 * The rule groups that are evaluated now. Receives what the files declare; keeps each group's state, in memory and as a row,
 * carries it over when files are read again, and ends the series of groups that are gone.
 */
import { labelsOf } from "@batchwatch/promql";
import { nextEvaluationAt } from "@batchwatch/promql/rules/evaluation-times";
import { carryOverState, type GroupState, openSeries } from "@batchwatch/promql/rules/group-state";
import type { RuleGroup } from "@batchwatch/promql/rules/rule-group";
import type { Clock } from "../../lib/clock.ts";
import type { NewDeadline } from "../../model/watch.ts";
import { EMPTY_WATCH_COMMIT, type LedgerStore, type StoredRuleGroup } from "../../storage/ledger-store.ts";
import type { MetricStore } from "../../storage/metric-store.ts";
import { afterDowntime } from "./after-downtime.ts";
import { batchOf } from "./rule-output.ts";

export const EVALUATE_RULES = "evaluate_rules";

/** A group at work. */
export interface LiveGroup {
  readonly subject: string;
  readonly group: RuleGroup;
  readonly intervalMs: number;
  state: GroupState;
  /** Of the last evaluation. */
  evaluationMs: number;
}

export interface RuleGroupsParts {
  store: LedgerStore;
  samples: MetricStore;
  clock: Clock;
  defaultIntervalMs: number;
}

export class RuleGroups {
  readonly #parts: RuleGroupsParts;
  #live = new Map<string, LiveGroup>();
  #stored: Map<string, StoredRuleGroup> | null = null;

  constructor(parts: RuleGroupsParts) {
    this.#parts = parts;
  }

  find(subject: string): LiveGroup | undefined {
    return this.#live.get(subject);
  }

  /** In the order of files and of groups in them. */
  list(): readonly LiveGroup[] {
    return [...this.#live.values()];
  }

  /** Takes over what the files declare now, and sets a deadline for each group. */
  async take(groups: readonly RuleGroup[]): Promise<void> {
    const { store, clock } = this.#parts;
    this.#stored ??= new Map((await store.listRuleGroups()).map((row) => [subjectOf(row), row]));
    const now = clock.now();
    const next = new Map(groups.map((group) => [subjectOf(group), this.#enliven(group, now)]));
    const gone = [...this.#live].filter(([subject]) => !next.has(subject)).map(([, live]) => live);
    this.#live = next;
    for (const { group, state } of gone) await this.#end(group, state, now);
    for (const [subject, row] of this.#stored)
      if (!next.has(subject)) await this.#end(row, readState(row), now);
    this.#stored.clear();
    await store.commitWatch({
      ...EMPTY_WATCH_COMMIT,
      setDeadlines: [...next.values()].map((live) => this.deadlineOf(live, now)),
      dropDeadlines: gone.map(({ subject }) => ({ kind: EVALUATE_RULES, subject })),
    });
  }

  /** The next time at which a group is due. */
  deadlineOf({ subject, group }: LiveGroup, after: number): NewDeadline {
    const dueAt = nextEvaluationAt(group, after, this.#parts.defaultIntervalMs);
    return { kind: EVALUATE_RULES, subject, jobId: null, dueAt };
  }

  /** The last time of the group's grid that is not after `now`. */
  evaluationAt(live: LiveGroup, now: number): number {
    return this.deadlineOf(live, now).dueAt - live.intervalMs;
  }

  async save(live: LiveGroup): Promise<void> {
    const { file, name } = live.group;
    await this.#parts.store.saveRuleGroup({
      file,
      name,
      state: JSON.stringify(live.state),
      evaluatedAt: live.state.lastEvaluatedAt ?? 0,
      evaluationMs: live.evaluationMs,
    });
  }

  #enliven(group: RuleGroup, now: number): LiveGroup {
    const subject = subjectOf(group);
    const intervalMs = group.intervalMs ?? this.#parts.defaultIntervalMs;
    const current = this.#live.get(subject);
    if (current !== undefined)
      return { ...current, group, intervalMs, state: carryOverState(group, current.state) };
    const row = this.#stored?.get(subject);
    const before = row === undefined ? null : readState(row);
    const state = carryOverState(group, before === null ? null : afterDowntime(before, now, intervalMs));
    return { subject, group, intervalMs, state, evaluationMs: row?.evaluationMs ?? 0 };
  }

  /** A group that is declared no more: its series end, its alerts are forgotten. */
  async #end(
    { file, name }: { file: string; name: string },
    state: GroupState | null,
    at: number,
  ): Promise<void> {
    const { samples, store } = this.#parts;
    const staleSeries = (state === null ? [] : openSeries(state)).map((series) => ({
      labels: labelsOf(Object.entries(series)),
      at,
    }));
    if (staleSeries.length > 0) await samples.append([batchOf({ samples: [], staleSeries })]);
    await store.dropRuleGroup(file, name);
  }
}

function subjectOf({ file, name }: { file: string; name: string }): string {
  return `rules:${JSON.stringify([file, name])}`;
}

/** Null when a later Batchwatch wrote it in another form: the group starts anew. */
function readState({ state }: StoredRuleGroup): GroupState | null {
  const value = JSON.parse(state) as GroupState;
  return value.version === 1 ? value : null;
}
