/** What the alert of a PromQL rule says of itself, beside the judgement that it became. */
import type { Migration } from "./migration.ts";

export const addRuleAlerts: Migration = {
  name: "0008-add-rule-alerts",
  statements: ({ text }) => [
    `alter table judgements add column rule_alert ${text}`,
    "create index judgements_of_rules on judgements (id) where state = 'open' and rule_alert is not null",
  ],
};
