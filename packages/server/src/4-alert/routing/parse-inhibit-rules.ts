/** `inhibit_rules` of an Alertmanager file. */
import type { InhibitRule } from "../../model/routing.ts";
import type { ConfigSection } from "./config-section.ts";
import { matchersOfPairs, parseMatcherList } from "./parse-route.ts";

const KEYS = [
  "name",
  "source_match",
  "source_match_re",
  "source_matchers",
  "target_match",
  "target_match_re",
  "target_matchers",
  "equal",
] as const;

export function parseInhibitRules(file: ConfigSection): InhibitRule[] {
  return file.sections("inhibit_rules").map((section) => {
    section.allow(KEYS, {
      sources: "is not supported: write a rule for each source with source_matchers",
    });
    return {
      name: section.text("name"),
      source: sideOf(section, "source"),
      target: sideOf(section, "target"),
      equal: section.texts("equal"),
    };
  });
}

function sideOf(section: ConfigSection, side: "source" | "target"): InhibitRule["source"] {
  return [
    ...matchersOfPairs(section, `${side}_match`, "="),
    ...matchersOfPairs(section, `${side}_match_re`, "=~"),
    ...parseMatcherList(section, `${side}_matchers`),
  ];
}
