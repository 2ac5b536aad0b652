/**
 * Inhibition, as Alertmanager's: an alert of the target side is kept back while another of the source side is open that has
 * the same values of the `equal` labels. An alert that is on both sides is not kept back by one that is as well. Pure.
 */
import type { InhibitRule, Labels } from "../../model/routing.ts";
import { matchersText, matchesAll } from "./parse-matchers.ts";

export type Inhibition<Source> = (labels: Labels) => { rule: InhibitRule; source: Source } | null;

/** Looks through what is open once, for any number of alerts. */
export function createInhibition<Source extends { labels: Labels }>(
  rules: readonly InhibitRule[],
  open: readonly Source[],
): Inhibition<Source> {
  const prepared = rules.map((rule) => ({ rule, sources: sourcesOf(rule, open) }));
  return (labels) => {
    for (const { rule, sources } of prepared) {
      if (!matchesAll(rule.target, labels)) continue;
      const isOnBothSides = matchesAll(rule.source, labels);
      const { any, notTarget } = sources.get(valuesText(rule, labels)) ?? NONE;
      const source = isOnBothSides ? notTarget : any;
      if (source !== null) return { rule, source: source as Source };
    }
    return null;
  };
}

/** Of the alerts with the same values of `equal`, one on the source side, and one that is on no other. */
interface Sources<Source> {
  any: Source | null;
  notTarget: Source | null;
}

const NONE: Sources<never> = { any: null, notTarget: null };

function sourcesOf<Source extends { labels: Labels }>(
  rule: InhibitRule,
  open: readonly Source[],
): Map<string, Sources<Source>> {
  const sources = new Map<string, Sources<Source>>();
  for (const alert of open) {
    if (!matchesAll(rule.source, alert.labels)) continue;
    const key = valuesText(rule, alert.labels);
    const there = sources.get(key) ?? NONE;
    const isTarget = matchesAll(rule.target, alert.labels);
    sources.set(key, { any: there.any ?? alert, notTarget: there.notTarget ?? (isTarget ? null : alert) });
  }
  return sources;
}

function valuesText({ equal }: InhibitRule, labels: Labels): string {
  return JSON.stringify(equal.map((name) => labels[name] ?? ""));
}

export function inhibitRuleText({ name, source, target }: InhibitRule): string {
  return name ?? `${matchersText(source)} over ${matchersText(target)}`;
}
