/** The rules that Batchwatch ships: their own unit tests pass, each has a runbook, and `check` has nothing to say of them. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { lintRules } from "../lint/lint-rules.ts";
import { parseRuleFile } from "../parse-rule-file.ts";
import { parseRuleTests } from "./parse-rule-tests.ts";
import { runRuleTests } from "./run-rule-tests.ts";

const REPOSITORY = join(import.meta.dirname, "../../../../..");
const FOLDER = join(REPOSITORY, "integrations/prometheus");
const RULES = "batch-jobs.rules.yaml";
const text = readFileSync(join(FOLDER, RULES), "utf8");
const { groups, findings } = parseRuleFile(text, RULES);
const rules = groups.flatMap((group) => group.rules);

test("load without a finding or a warning", () => {
  expect(findings).toEqual([]);
  expect(lintRules(groups)).toEqual([]);
});

test("pass their unit tests, of which each rule has at least one", async () => {
  const tests = readFileSync(join(FOLDER, "batch-jobs.test.yaml"), "utf8");
  const { elements } = await runRuleTests(parseRuleTests(tests, "batch-jobs.test.yaml"), [
    { file: RULES, text },
  ]);
  const failed = elements.filter(
    ({ error, checks }) => error !== null || checks.some(({ verdict }) => verdict.kind !== "passed"),
  );
  expect(failed).toEqual([]);
  for (const { name } of rules) expect(tests).toContain(`alertname: ${name}`);
  // Some thousand evaluations, of which a busy machine makes a minute's work.
}, 60_000);

test.each(rules.map((rule) => [rule.name, rule] as const))(
  "%s has a summary, a description and a runbook page",
  (_name, rule) => {
    if (rule.kind !== "alert") throw new Error("only alerts are shipped");
    const { summary, description, runbook = "" } = rule.annotations;
    expect(summary).toBeTruthy();
    expect(description).toBeTruthy();
    expect(existsSync(join(REPOSITORY, runbook))).toBe(true);
  },
);
