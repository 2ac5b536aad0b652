/**
 * One evaluation of a group: asks the metric store, writes what the rules give into it, and keeps the group's new state.
 * Receives the group and the time; a rule that fails is in the state and on the page, the others go on.
 */
import { evaluateGroup } from "@batchwatch/promql/rules/evaluate-group";
import type { RuleOutput } from "@batchwatch/promql/rules/rule-evaluation";
import type { Clock } from "../../lib/clock.ts";
import type { StageMeter } from "../../self-monitoring/self-metrics.ts";
import type { MetricStore } from "../../storage/metric-store.ts";
import type { EngineLog } from "../deadlines/deadline-engine.ts";
import type { LiveGroup, RuleGroups } from "./rule-groups.ts";
import { batchOf } from "./rule-output.ts";

export interface RuleEvaluationParts {
  groups: RuleGroups;
  samples: MetricStore;
  clock: Clock;
  log: EngineLog;
  meter: StageMeter;
  externalLabels: Readonly<Record<string, string>>;
  publicUrl: () => string;
  /** Told after each evaluation and each reload, when the new states are kept. */
  changed?: () => Promise<void>;
}

/** Never rejects. @param signal aborted when the server stops: the group then stays as it was */
export async function evaluateLiveGroup(
  parts: RuleEvaluationParts,
  live: LiveGroup,
  at: number,
  signal: AbortSignal,
): Promise<void> {
  const { samples, log, meter } = parts;
  const begunAt = performance.now();
  try {
    const evaluation = await evaluateGroup({
      group: live.group,
      state: live.state,
      at,
      externalLabels: parts.externalLabels,
      externalUrl: parts.publicUrl(),
      // A group that takes longer than its interval skips its next turn; longer than that helps nobody.
      query: (query, queryAt) => samples.queryInstant(query, queryAt, { signal, timeoutMs: live.intervalMs }),
      async write(output: RuleOutput) {
        const [refused] = await samples.append([batchOf(output)]);
        if (refused !== null && refused !== undefined)
          log.warn(
            { group: live.group.name, file: live.group.file },
            `Rule results were refused: ${refused.reason}`,
          );
      },
    });
    if (signal.aborted) return;
    tellHealth(parts, live, evaluation.errors);
    live.state = evaluation.state;
    live.evaluationMs = performance.now() - begunAt;
    meter.done(live.evaluationMs, live.group.rules.length);
    // A reload during the evaluation took over the state as it was; this evaluation is then lost, as a skipped one is.
    if (parts.groups.find(live.subject) === live) await parts.groups.save(live);
    await parts.changed?.();
  } catch (error) {
    if (signal.aborted) return;
    meter.failed("RULE_GROUP");
    log.error(
      { err: error, group: live.group.name, file: live.group.file },
      "A rule group could not be evaluated.",
    );
  }
}

/** Once when a rule begins to fail, and once when it is well again: a rule that fails does so every minute. */
function tellHealth(
  { log, meter }: RuleEvaluationParts,
  live: LiveGroup,
  errors: readonly { ruleIndex: number; ruleName: string; message: string }[],
): void {
  const failing = new Map(errors.map((error) => [error.ruleIndex, error]));
  for (const [index, rule] of live.state.rules.entries()) {
    const problem = failing.get(index);
    const where = { group: live.group.name, file: live.group.file, rule: live.group.rules[index]?.name };
    if (problem !== undefined) meter.failed("RULE");
    if (problem !== undefined && rule.health !== "err") log.warn(where, `A rule fails: ${problem.message}`);
    if (problem === undefined && rule.health === "err") log.warn(where, "A rule that failed is well again.");
  }
}
