import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseRuleTests } from "./parse-rule-tests.ts";
import type { RuleTestReport } from "./rule-test-report.ts";
import { runRuleTests } from "./run-rule-tests.ts";

const SHARED = join(import.meta.dirname, "../../../../../../shared/promtool");

const RULES = `groups:
- name: second
  rules:
  - record: twice
    expr: once * 2
- name: first
  interval: 7h
  rules:
  - record: once
    expr: x
  - alert: NightlyFailed
    expr: increase(failures_total[5m]) > 0
    for: 1m
    labels: {severity: "{{ $externalLabels.severity }}"}
    annotations: {summary: "{{ $labels.job_name }}: {{ $value | printf \\"%.0f\\" }} from {{ $externalURL }}"}
`;

async function run(tests: string, rules: string = RULES): Promise<RuleTestReport> {
  return await runRuleTests(parseRuleTests(tests, "t.yaml"), [{ file: "r.yaml", text: rules }]);
}

function verdicts({ elements }: RuleTestReport): string[] {
  return elements.flatMap(({ error, checks }) =>
    error !== null ? [error] : checks.map(({ verdict }) => verdict.kind),
  );
}

const ALERT_TEST = `
rule_files: [r.yaml]
evaluation_interval: 1m
tests:
- name: the alert comes and goes
  input_series:
  - series: 'failures_total{job_name="nightly"}'
    values: '0x2 1x20'
  external_labels: {severity: page}
  external_url: http://b.example/
  alert_rule_test:
  - {eval_time: 3m, alertname: NightlyFailed}
  - eval_time: 4m30s
    alertname: NightlyFailed
    exp_alerts:
    - exp_labels: {severity: page, job_name: nightly}
      exp_annotations: {summary: "nightly: 1 from http://b.example/"}
  - {eval_time: 10m, alertname: NightlyFailed, exp_alerts: []}
  promql_expr_test:
  - expr: count by (alertstate) (ALERTS)
    eval_time: 3m
    exp_samples: [{labels: '{alertstate="pending"}', value: 1}]
`;

describe("alerts and expressions", () => {
  test("are as expected", async () => {
    const report = await run(ALERT_TEST);
    expect(verdicts(report)).toEqual(["passed", "passed", "passed", "passed"]);
    expect(report.isGood).toBe(true);
  });

  test.each([
    ["a label", "job_name: nightly}", "job_name: other}"],
    ["an annotation", "nightly: 1", "nightly: 2"],
    [
      "an alert too many",
      "eval_time: 10m, alertname: NightlyFailed, exp_alerts: []",
      "eval_time: 10m, alertname: NightlyFailed, exp_alerts: [{}]",
    ],
    [
      "an alert that is only pending",
      "{eval_time: 3m, alertname: NightlyFailed}",
      "{eval_time: 3m, alertname: NightlyFailed, exp_alerts: [{exp_labels: {severity: page, job_name: nightly}}]}",
    ],
    ["a value", "value: 1}", "value: 2}"],
    ["a label set", 'alertstate="pending"', 'alertstate="firing"'],
    ["a sample too many", "exp_samples: [{", "exp_samples: [{value: 3}, {"],
  ])("%s that is wrong fails, with both sides shown", async (_, right, wrong) => {
    expect(ALERT_TEST).toContain(right);
    const report = await run(ALERT_TEST.replace(right, wrong));
    expect(report.isGood).toBe(false);
    const failed = report.elements.flatMap(({ checks }) =>
      checks.filter(({ verdict }) => verdict.kind === "failed"),
    );
    expect(failed).toHaveLength(1);
    expect(failed[0]?.verdict).toMatchObject({ expected: expect.any(String), got: expect.any(String) });
  });
});

describe("time", () => {
  test("starts where the test says", async () => {
    const tests = (start: string) => `
tests:
- start_timestamp: ${start}
  input_series: [{series: x, values: '1 2 3'}]
  promql_expr_test:
  - {expr: timestamp(x), eval_time: 1m, exp_samples: [{value: 1700000060}]}
`;
    expect(verdicts(await run(tests("1700000000")))).toEqual(["passed"]);
    expect(verdicts(await run(tests("'2023-11-14T22:13:20Z'")))).toEqual(["passed"]);
    expect(verdicts(await run(tests("0")))).toEqual(["failed"]);
  });

  test("does not show samples before they are there", async () => {
    const tests = `
evaluation_interval: 1m
tests:
- interval: 1m
  input_series: [{series: x, values: '1 2 3 4'}]
  promql_expr_test:
  - {expr: 'x offset -1m', eval_time: 2m, exp_samples: [{labels: x, value: 3}]}
  - {expr: 'x @ 120', eval_time: 2m, exp_samples: [{labels: x, value: 3}]}
  - {expr: 'count_over_time(once[5m] @ 120)', eval_time: 2m, exp_samples: [{value: 3}]}
`;
    expect(verdicts(await run(tests))).toEqual(["passed", "passed", "passed"]);
  });

  test("of groups is that of the file, and their order can be said", async () => {
    const tests = (order: string) => `
group_eval_order: ${order}
tests:
- input_series: [{series: x, values: '1 2'}]
  promql_expr_test:
  - {expr: twice, eval_time: 1m, exp_samples: [{labels: twice, value: 4}]}
`;
    expect(verdicts(await run(tests("[first, second]")))).toEqual(["passed"]);
    expect(verdicts(await run(tests("[second, first]")))).toEqual(["failed"]);
    expect((await run(tests("[first, first]"))).problems).toMatchObject([
      { line: 2, message: expect.stringContaining("first") },
    ]);
  });

  test("between steps is that of the evaluation before", async () => {
    const tests = `
tests:
- input_series: [{series: up, values: '1 0 1'}]
  alert_rule_test:
  - {eval_time: 1m59s, alertname: Down, exp_alerts: [{}]}
  - {eval_time: 2m, alertname: Down}
`;
    const rules = "groups:\n- name: g\n  rules:\n  - {alert: Down, expr: up == 0, labels: {}}\n";
    expect(verdicts(await run(tests, rules))).toEqual(["passed", "passed"]);
  });
});

test.each([
  ["3", "2.9999999999999996", true],
  ["3", "3.0000000000000004", true],
  ["3", "2.9999999999999991", false],
  ["NaN", "NaN", false],
  [".inf", "Inf", true],
  ["-.Inf", "-Inf", true],
  ["0", "-0", true],
])("with fuzzy_compare %s is %s: %s", async (expected, actual, same) => {
  const tests = `
fuzzy_compare: true
tests:
- input_series: [{series: x, values: '${actual}'}]
  promql_expr_test:
  - {expr: x, exp_samples: [{labels: x, value: ${expected}}]}
`;
  expect((await run(tests)).isGood).toBe(same);
});

describe("native histograms are skipped by expression", () => {
  const tests = `
tests:
- input_series:
  - {series: h, values: '{{count:1 sum:1 buckets:[1]}}x5'}
  - {series: x, values: '1x5'}
  promql_expr_test:
  - {expr: x, eval_time: 1m, exp_samples: [{labels: x, value: 1}]}
  - {expr: h, eval_time: 1m, exp_samples: [{labels: h, histogram: '{{count:1 sum:1 buckets:[1]}}'}]}
  - {expr: count(h), eval_time: 1m, exp_samples: [{value: 1}]}
  - {expr: recorded, eval_time: 1m}
  alert_rule_test:
  - {eval_time: 1m, alertname: OfHistogram}
  - {eval_time: 1m, alertname: OfFloat, exp_alerts: [{}]}
`;
  const rules = `groups:
- name: g
  rules:
  - {record: recorded, expr: h}
  - {alert: OfHistogram, expr: h}
  - {alert: OfFloat, expr: x}
`;

  test("and so is what rules make of them", async () => {
    const report = await run(tests, rules);
    expect(report.isGood).toBe(true);
    expect(report.elements[0]?.checks.map(({ what, verdict }) => [what, verdict.kind])).toEqual([
      ["x", "passed"],
      ["h", "skipped"],
      ["count(h)", "skipped"],
      ["recorded", "skipped"],
      ["OfHistogram", "skipped"],
      ["OfFloat", "passed"],
    ]);
  });
});

test("a rule that cannot be evaluated fails its test", async () => {
  const rules = "groups:\n- name: g\n  rules:\n  - {record: r, expr: 'x + on () y'}\n";
  const tests =
    "tests:\n- name: t\n  input_series:\n  - {series: x, values: 1}\n  - {series: 'y{a=\"1\"}', values: 1}\n  - {series: 'y{a=\"2\"}', values: 1}\n";
  expect((await run(tests, rules)).elements).toMatchObject([
    { name: "t", error: expect.stringContaining("many-to-many") },
  ]);
});

describe("a file that is wrong is not run", () => {
  test.each([
    ["tests:\n- nam: x\n", 2, "field nam is not known in a test"],
    ["test: []\n", 1, "field test is not known"],
    [
      "tests:\n- input_series:\n  - {series: 'x{', values: 1}\n",
      3,
      "series x{: unexpected end of input inside braces",
    ],
    ["tests:\n- input_series:\n  - {series: x, values: 1y}\n", 3, '"y" in the values'],
    ["tests:\n- alert_rule_test:\n  - {eval_time: 1m}\n", 3, "misses required attribute alertname"],
    ["tests:\n- promql_expr_test:\n  - {expr: x, eval_time: soon}\n", 3, "eval_time: not a valid duration"],
    [
      "tests:\n- promql_expr_test:\n  - expr: x\n    exp_samples: [{value: much}]\n",
      4,
      'value "much" is no number',
    ],
    ["tests:\n- start_timestamp: today\n", 2, 'start_timestamp "today" is no time'],
    ["fuzzy_compare: perhaps\n", 1, "fuzzy_compare must be true or false"],
    ["tests: [", 1, "no valid YAML"],
  ])("%j", async (tests, line, message) => {
    const report = await run(tests);
    expect(report.isGood).toBe(false);
    expect(report.elements).toEqual([]);
    expect(report.problems).toContainEqual({
      file: "t.yaml",
      line,
      message: expect.stringContaining(message),
    });
  });

  test("nor with a rule file that is wrong", async () => {
    const report = await run(
      "tests:\n- {}\n",
      "groups:\n- name: g\n  rules:\n  - {record: r, expr: 'x +'}\n",
    );
    expect(report.problems).toMatchObject([
      { file: "r.yaml", line: 4, message: expect.stringContaining("parse error") },
    ]);
  });
});

describe("the tests of Prometheus's promtool", () => {
  if (!existsSync(SHARED)) {
    test.skip("../shared/promtool is not here", () => {});
    return;
  }
  test.each<[string, (readonly [string, boolean])[] | null, number]>([
    ["unittest.yml", [1, 2, 3, 4, 5].map((index) => [`test ${index}`, true]), 3],
    ["long-period.yml", [["test 1", true]], 0],
    ["at-modifier-test.yml", [["test 1", true]], 0],
    [
      "rules_run.yml",
      [
        ["correct test", true],
        ["wrong test", false],
      ],
      0,
    ],
    [
      "rules_run_fuzzy.yml",
      [
        ["correct fuzzy match", true],
        ["wrong fuzzy match", false],
      ],
      0,
    ],
    ["bad-promql.yml", [["test 1", false]], 0],
    ["bad-input-series.yml", null, 0],
    ["bad-rules-syntax-test.yml", null, 0],
  ])("%s", async (name, elements, skipped) => {
    const tests = parseRuleTests(readFileSync(join(SHARED, name), "utf8"), name);
    const rules = tests.rulePatterns.map((file) => ({
      file,
      text: readFileSync(join(SHARED, file), "utf8"),
    }));
    const report = await runRuleTests(tests, rules);
    const outcomes = report.elements.map(({ name: of, error, checks }) => [
      of,
      error === null && checks.every(({ verdict }) => verdict.kind !== "failed"),
    ]);
    if (elements === null) expect(report.problems).not.toEqual([]);
    else expect([report.problems, outcomes]).toEqual([[], elements]);
    expect(verdicts(report).filter((kind) => kind === "skipped")).toHaveLength(skipped);
  });
});
