/** A recording rule: the query's result under the rule's name and with its labels. */
import { type Labels, labelsOf, METRIC_NAME } from "../labels.ts";
import { vectorOf } from "./query-vector.ts";
import type { RuleResult, RuleSample, RuleSurroundings } from "./rule-evaluation.ts";
import type { RecordingRule } from "./rule-group.ts";

export async function evaluateRecordingRule(
  rule: RecordingRule,
  { queryAt, limit, query }: RuleSurroundings,
): Promise<RuleResult> {
  const result = vectorOf(await query(rule.expr, queryAt));
  const samples: RuleSample[] = result.map(({ labels, value }) => ({
    labels: renamed(labels, rule),
    at: queryAt,
    value,
  }));
  if (new Set(samples.map(({ labels }) => labels.key)).size < samples.length)
    return problem("vector contains metrics with the same labelset after applying rule labels");
  if (limit > 0 && samples.length > limit)
    return problem(`exceeded limit of ${limit} with ${samples.length} series`);
  return { kind: "ok", samples, alerts: [] };
}

/** A label that the rule sets to nothing is removed. */
function renamed({ names, values }: Labels, rule: RecordingRule): Labels {
  const pairs = names.map((name, index): [string, string] => [name, values[index] ?? ""]);
  return labelsOf([...pairs, [METRIC_NAME, rule.name], ...Object.entries(rule.labels)]);
}

function problem(message: string): RuleResult {
  return { kind: "problem", message, clearsAlerts: false };
}
