/** Whether a rule may read what earlier rules of its group gave and what is not written yet. */
import { labelValue } from "../labels.ts";
import { compileMatcher } from "../matchers.ts";
import type { Expr } from "../parse/ast.ts";
import { childrenOf } from "../parse/children-of.ts";
import { parse } from "../parse/parse.ts";
import type { LabelMatcher } from "../series-source.ts";
import type { RuleOutput } from "./rule-evaluation.ts";
import type { Rule } from "./rule-group.ts";

export function mayRead(rule: Rule, { samples, staleSeries }: RuleOutput): boolean {
  const waiting = [...samples, ...staleSeries];
  if (waiting.length === 0) return false;
  // What the query of a template reads is only known once it is asked.
  if (rule.kind === "alert" && [rule.labels, rule.annotations].some(asksQueries)) return true;
  return selectorsOf(parse(rule.expr)).some((matchers) => {
    const tests = matchers.map(compileMatcher);
    return waiting.some(({ labels }) => tests.every((test) => test.matches(labelValue(labels, test.name))));
  });
}

function asksQueries(texts: Readonly<Record<string, string>>): boolean {
  return Object.values(texts).some((text) => /\{\{[\s\S]*\bquery\b/.test(text));
}

function selectorsOf(expr: Expr): (readonly LabelMatcher[])[] {
  if (expr.kind === "selector") return [expr.matchers];
  return childrenOf(expr).flatMap(selectorsOf);
}
