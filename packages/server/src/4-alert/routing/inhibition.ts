/**
 * Inhibition, as Alertmanager's: an alert of the target side is kept back while another of the source side is open that has
 * the same values of the `equal` labels. An alert that is on both sides is not kept back by one that is as well. Pure.
 */
import type { InhibitRule, Labels } from "../../model/routing.ts";
import { matchersText, matchesAll } from "./parse-matchers.ts";

/** @returns the rule that keeps the alert back, null = none does */
export function inhibitedBy<Source extends { labels: Labels }>(
  rules: readonly InhibitRule[],
  labels: Labels,
  open: readonly Source[],
): { rule: InhibitRule; source: Source } | null {
  for (const rule of rules) {
    if (!matchesAll(rule.target, labels)) continue;
    const isOnBothSides = matchesAll(rule.source, labels);
    const source = open.find(
      (other) =>
        matchesAll(rule.source, other.labels) &&
        rule.equal.every((name) => (other.labels[name] ?? "") === (labels[name] ?? "")) &&
        !(isOnBothSides && matchesAll(rule.target, other.labels)),
    );
    if (source !== undefined) return { rule, source };
  }
  return null;
}

export function inhibitRuleText({ name, source, target }: InhibitRule): string {
  return name ?? `${matchersText(source)} over ${matchersText(target)}`;
}
