/** What a group of Prometheus rules remembers between evaluations: alert states, series written last, health. */
import type { Migration } from "./migration.ts";

export const createRuleGroups: Migration = {
  name: "0005-create-rule-groups",
  statements: ({ real, text, end }) => [
    `create table rule_groups (
      file ${text} not null, name ${text} not null, state ${text} not null, evaluated_at ${real} not null,
      evaluation_ms ${real} not null, primary key (file, name)
    ) ${end}`,
  ],
};
