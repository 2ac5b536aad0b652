import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseRuleFile } from "./parse-rule-file.ts";

const SEED = join(import.meta.dirname, "../../../../../shared/seed/alert-rules.yaml");

function inGroup(rule: string): string {
  return `groups:\n  - name: g\n    rules:\n${rule.replaceAll(/^/gm, "      ")}\n`;
}

test("a rule file becomes groups of plain data", () => {
  const { groups, findings } = parseRuleFile(
    `groups:
  - name: nightly
    interval: 30s
    limit: 10
    query_offset: 1m
    labels: {team: data, severity: info}
    rules:
      - record: job:runs:rate5m
        expr: sum by (job_name) (rate(batch_job_completions_total[5m]))
        labels:
          kind: rate
      - alert: NightlyLate
        expr: |
          time() - batch_job_last_success_timestamp
            > 86400
        for: 10m
        keep_firing_for: 1h30m
        labels:
          severity: critical
        annotations:
          summary: "{{ $labels.job_name }} is late"
`,
    "nightly.yaml",
  );
  expect(findings).toEqual([]);
  expect(groups).toEqual([
    {
      name: "nightly",
      file: "nightly.yaml",
      line: 2,
      intervalMs: 30_000,
      queryOffsetMs: 60_000,
      limit: 10,
      rules: [
        {
          kind: "record",
          name: "job:runs:rate5m",
          expr: "sum by (job_name) (rate(batch_job_completions_total[5m]))",
          line: 8,
          exprLine: 9,
          labels: { team: "data", severity: "info", kind: "rate" },
        },
        {
          kind: "alert",
          name: "NightlyLate",
          expr: "time() - batch_job_last_success_timestamp\n  > 86400",
          line: 12,
          exprLine: 13,
          forMs: 600_000,
          keepFiringForMs: 5_400_000,
          labels: { team: "data", severity: "critical" },
          annotations: { summary: "{{ $labels.job_name }} is late" },
        },
      ],
    },
  ]);
  expect(JSON.parse(JSON.stringify(groups))).toEqual(groups);
});

test("scalars are taken as they are written", () => {
  const { groups, findings } = parseRuleFile(
    inGroup(
      "- alert: A\n  expr: 1\n  for: 0\n  labels: {level: 1, on: true, none: }\n  annotations: {n: 1.50}",
    ),
    "f",
  );
  expect(findings).toEqual([]);
  expect(groups[0]?.rules[0]).toMatchObject({
    expr: "1",
    forMs: 0,
    labels: { level: "1", on: "true", none: "" },
    annotations: { n: "1.50" },
  });
});

test("aliases and merged keys are followed", () => {
  const { groups, findings } = parseRuleFile(
    `groups:
  - name: g
    rules:
      - &base
        alert: A
        expr: up == 0
        labels: &labels {severity: page}
      - <<: *base
        alert: B
      - alert: C
        expr: up
        labels: *labels
`,
    "f",
  );
  expect(findings).toEqual([]);
  expect(groups[0]?.rules.map(({ name, labels }) => [name, labels.severity])).toEqual([
    ["A", "page"],
    ["B", "page"],
    ["C", "page"],
  ]);
});

describe("what Prometheus refuses is refused, with its line", () => {
  test.each([
    ["no YAML", "groups: [", 1, "no valid YAML"],
    ["another field at the top", "groups: []\nrules: []\n", 2, "field rules is not known in the rule file"],
    ["a list at the top", "- a\n", 1, "the rule file must be a mapping"],
    ["groups that are no list", "groups: {}\n", 1, "groups must be a list"],
    ["a group without a name", "groups:\n  - rules: []\n", 2, "the group has no name"],
    [
      "a group twice",
      "groups:\n  - name: a\n  - name: a\n",
      3,
      'groupname: "a" is repeated in the same file',
    ],
    [
      "a field of a group",
      "groups:\n  - name: a\n    intervall: 1m\n",
      3,
      "field intervall is not known in a group",
    ],
    ["an interval", "groups:\n  - name: a\n    interval: 5\n", 3, "interval: not a valid duration string"],
    ["a limit", "groups:\n  - name: a\n    limit: many\n", 3, "limit must be a whole number"],
    ["a key twice", inGroup("- alert: A\n  expr: up\n  expr: up"), 6, "no valid YAML"],
    [
      "both names",
      inGroup("- alert: A\n  record: a\n  expr: up"),
      4,
      "only one of 'record' and 'alert' must be set",
    ],
    ["no name", inGroup("- expr: up"), 4, "one of 'record' or 'alert' must be set"],
    ["no expression", inGroup("- alert: A"), 4, "field 'expr' must be set in rule"],
    [
      "a bad expression",
      inGroup("- alert: A\n  expr: up +"),
      5,
      "could not parse expression: 1:5: parse error",
    ],
    ["a range vector", inGroup("- alert: A\n  expr: up[5m]"), 5, "gives a matrix"],
    ["a string", inGroup("- alert: A\n  expr: '\"up\"'"), 5, "gives a string"],
    [
      "a field of a rule",
      inGroup("- alert: A\n  expr: up\n  severity: page"),
      6,
      "field severity is not known in a rule",
    ],
    ["for", inGroup("- alert: A\n  expr: up\n  for: soon"), 6, "for: not a valid duration string"],
    [
      "for of a recording rule",
      inGroup("- record: a\n  expr: up\n  for: 5m"),
      6,
      "invalid field 'for' in recording rule",
    ],
    [
      "keep_firing_for of one",
      inGroup("- record: a\n  expr: up\n  keep_firing_for: 5m"),
      6,
      "invalid field 'keep_firing_for'",
    ],
    [
      "annotations of one",
      inGroup("- record: a\n  expr: up\n  annotations: {a: b}"),
      6,
      "invalid field 'annotations'",
    ],
    ["the name of one", inGroup("- record: a-b\n  expr: up"), 4, "invalid recording rule name: a-b"],
    [
      "a label name",
      inGroup("- alert: A\n  expr: up\n  labels:\n    a-b: c"),
      7,
      'invalid label name: "a-b"',
    ],
    [
      "the metric name as a label",
      inGroup("- alert: A\n  expr: up\n  labels: {__name__: c}"),
      6,
      "invalid label name",
    ],
    [
      "an annotation name",
      inGroup("- alert: A\n  expr: up\n  annotations: {1a: c}"),
      6,
      'invalid annotation name: "1a"',
    ],
    [
      "a template",
      inGroup('- alert: A\n  expr: up\n  annotations:\n    s: "{{ .x"'),
      7,
      'annotation "s": error parsing template __alert_A: template: __alert_A:1: unclosed action',
    ],
    [
      "an unknown function",
      inGroup('- alert: A\n  expr: up\n  labels:\n    s: "{{ shout .Value }}"'),
      7,
      'function "shout" not defined',
    ],
    ["a label that is a list", inGroup("- alert: A\n  expr: up\n  labels: {a: [b]}"), 6, "a must be a text"],
  ])("%s", (_, text, line, message) => {
    const { groups, findings } = parseRuleFile(text, "f.yaml");
    expect(groups).toEqual([]);
    expect(findings).toContainEqual(
      expect.objectContaining({
        file: "f.yaml",
        line,
        severity: "error",
        message: expect.stringContaining(message),
      }),
    );
  });

  test("all at once", () => {
    const { findings } = parseRuleFile(
      inGroup("- alert: A\n  expr: (\n  for: x\n- record: b\n  expr: )"),
      "f",
    );
    expect(findings.map(({ line, rule }) => [line, rule])).toEqual([
      [5, "A"],
      [6, "A"],
      [8, "b"],
    ]);
  });
});

test("settings of nothing are none, as in Prometheus", () => {
  const { groups, findings } = parseRuleFile(
    "groups:\n- name: g\n  interval: 0s\n  rules:\n  - {record: r, expr: up, for: 0s, annotations: {}}\n- name: empty\n",
    "f",
  );
  expect(findings).toEqual([]);
  expect(groups.map(({ intervalMs, rules }) => [intervalMs, rules.length])).toEqual([
    [null, 1],
    [null, 0],
  ]);
  expect(parseRuleFile("", "f")).toEqual({ groups: [], findings: [] });
});

test("any text is read or refused", () => {
  const piece = fc.constantFrom(
    "groups:",
    "\n",
    "\n  ",
    "\n    ",
    "- ",
    "name: a",
    "rules:",
    "alert: A",
    "expr: up",
    "labels:",
    "{",
    "}",
    "[",
    "]",
    "&a ",
    "*a",
    "<<: ",
    "'",
    '"',
    "|",
    "#",
    ": ",
    "null",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 25 }), (pieces) => {
      const { groups, findings } = parseRuleFile(pieces.join(""), "f");
      expect(groups.length === 0 || findings.every(({ severity }) => severity !== "error")).toBe(true);
    }),
    { numRuns: 1_000 },
  );
});

test("rules of the same name and labels are a warning", () => {
  const { groups, findings } = parseRuleFile(
    inGroup("- alert: A\n  expr: up\n- alert: A\n  expr: down\n- alert: A\n  expr: up\n  labels: {a: b}"),
    "f",
  );
  expect(groups).toHaveLength(1);
  expect(findings).toMatchObject([{ line: 6, rule: "A", severity: "warning" }]);
});

test.skipIf(!existsSync(SEED))(
  "a user's own file loads unchanged (../shared/seed, where it is there)",
  () => {
    const { groups, findings } = parseRuleFile(readFileSync(SEED, "utf8"), "alert-rules.yaml");
    expect(findings).toEqual([]);
    expect(groups[0]?.rules).toHaveLength(6);
  },
);
