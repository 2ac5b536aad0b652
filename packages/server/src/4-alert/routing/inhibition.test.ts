import { expect, it } from "vitest";
import { createInhibition } from "./inhibition.ts";
import { parseAlertmanagerConfig } from "./parse-alertmanager-config.ts";

const RULES = `
- source_matchers: [severity="critical"]
  target_matchers: [severity=~"warning|info"]
  equal: [job_name, environment]
- name: upstream
  source_match: {alertname: BatchRunFailed}
  target_match_re: {alertname: "Batch.*"}
  equal: [owner]
`;

function by(labels: Record<string, string>, ...open: Record<string, string>[]): string | null {
  const reading = parseAlertmanagerConfig(
    `route: {receiver: a}\nreceivers: [{name: a}]\ninhibit_rules:${RULES}`,
    { locate: (path) => ({ ok: true, path }) },
  );
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
  const sources = open.map((each) => ({ labels: each }));
  const found = createInhibition(reading.config.inhibitRules, sources)(labels);
  return found === null ? null : (found.rule.name ?? found.source.labels.job_name ?? "");
}

it.each([
  [
    "the same job is worse",
    { severity: "warning", job_name: "etl" },
    { severity: "critical", job_name: "etl" },
    "etl",
  ],
  [
    "another job is worse",
    { severity: "warning", job_name: "etl" },
    { severity: "critical", job_name: "x" },
    null,
  ],
  ["the label is missing on both sides", { severity: "info" }, { severity: "critical" }, ""],
  [
    "it is missing on one side only",
    { severity: "info", environment: "dev" },
    { severity: "critical" },
    null,
  ],
  ["the target side does not match", { severity: "critical" }, { severity: "critical" }, null],
  ["old spellings", { alertname: "BatchRunMissed" }, { alertname: "BatchRunFailed" }, "upstream"],
  ["both are on both sides", { alertname: "BatchRunFailed" }, { alertname: "BatchRunFailed" }, null],
])("inhibition: %s", (_, labels, open, expected) => {
  expect(by(labels, open)).toBe(expected);
});

it("inhibition: nothing else is open", () => {
  expect(by({ severity: "warning", job_name: "etl" })).toBeNull();
});
