/**
 * The rule groups as part of the watch. Receives what the rule files declare and the parts of the watch; hands on the deadline
 * handler, and what the API lists. A due row only sets the next one and lets the evaluation go: a heavy query must not
 * hold up the deadlines of jobs.
 */
import type { RuleGroup } from "@batchwatch/promql/rules/rule-group";
import type { SelfMetrics } from "../../self-monitoring/self-metrics.ts";
import type { DeadlineHandler } from "../../storage/deadline-handler.ts";
import { evaluateLiveGroup, type RuleEvaluationParts } from "./rule-evaluation.ts";
import { EVALUATE_RULES, type LiveGroup, RuleGroups, type RuleGroupsParts } from "./rule-groups.ts";

export interface CreateRulesParts
  extends RuleGroupsParts,
    Pick<RuleEvaluationParts, "log" | "externalLabels" | "publicUrl" | "changed"> {
  selfMetrics: SelfMetrics;
}

export interface Rules {
  readonly handler: DeadlineHandler;
  /** Takes over what the rule files declare now. */
  take(groups: readonly RuleGroup[]): Promise<void>;
  list(): readonly LiveGroup[];
  /** Resolves when no evaluation is under way. */
  idle(): Promise<void>;
  /** Ends evaluations that are under way; their groups stay as they were. */
  stop(): Promise<void>;
}

export function createRules(parts: CreateRulesParts): Rules {
  const groups = new RuleGroups(parts);
  const stopping = new AbortController();
  const running = new Map<string, Promise<void>>();
  const evaluation: RuleEvaluationParts = { ...parts, groups, meter: parts.selfMetrics.stage("rules") };
  const skipped = parts.selfMetrics.counter(
    "rule_group_evaluations_skipped",
    "Evaluations of rule groups that were left out because the one before was still under way.",
  );

  const handler: DeadlineHandler = {
    kind: EVALUATE_RULES,
    async handle({ subject }, now) {
      const live = groups.find(subject);
      // No longer declared: the row ends here.
      if (live === undefined) return {};
      const at = groups.evaluationAt(live, now);
      if (running.has(subject)) skipped();
      else if (at > (live.state.lastEvaluatedAt ?? Number.NEGATIVE_INFINITY) && !stopping.signal.aborted)
        running.set(
          subject,
          evaluateLiveGroup(evaluation, live, at, stopping.signal).finally(() => running.delete(subject)),
        );
      return { setDeadlines: [groups.deadlineOf(live, now)] };
    },
  };

  const idle = async (): Promise<void> => {
    while (running.size > 0) await Promise.all(running.values());
  };
  return {
    handler,
    async take(declared) {
      await groups.take(declared);
      await parts.changed?.();
    },
    list: () => groups.list(),
    idle,
    async stop() {
      stopping.abort();
      await idle();
    },
  };
}
