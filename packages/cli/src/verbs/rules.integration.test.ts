// `promql test`, `rules test` and `check` of rule files through the launcher, as a person or a pipeline calls them.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { newFolder, runCli } from "../testing/run-cli.ts";

const RULES = `groups:
- name: nightly
  rules:
  - alert: NightlyFailed
    expr: increase(batch_job_completions_total{status="failure"}[1d]) > 0
    annotations: {summary: "{{ $labels.job_name }} failed"}
`;
const TESTS = `rule_files: ['rules/*.yaml']
tests:
- name: one failure
  input_series:
  - {series: 'batch_job_completions_total{job_name="etl", status="failure"}', values: '0x4 1x10'}
  alert_rule_test:
  - eval_time: 10m
    alertname: NightlyFailed
    exp_alerts: [{exp_labels: {job_name: etl, status: failure}, exp_annotations: {summary: etl failed}}]
`;

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = newFolder();
  mkdirSync(join(folder, "rules"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

async function run(
  folder: string,
  ...args: string[]
): Promise<{ code: number | null; out: string[]; err: string }> {
  const { code, stdout, stderr } = await runCli(args, { cwd: folder });
  return { code, out: stdout.toString().trimEnd().split("\n"), err: stderr };
}

test("promql test tells each case that does not pass, and counts", async () => {
  const folder = folderWith({
    "good.test": "load 1m\n  a 1x9\n  h {{count:1}}\n\neval instant at 5m a\n  a 1\n\neval instant at 0 h\n",
    "bad.test": "eval instant at 1m vector(1)\n  {} 2\n\nnonsense\n",
    "no-script.txt": "nothing",
  });
  expect(await run(folder, "promql", "test", "good.test")).toMatchObject({
    code: 0,
    out: [
      "good.test:8: h: skipped: it reads native histograms; the engine has floats and classic histograms",
      "1 passed, 0 failed, 1 skipped",
    ],
  });
  const both = await run(folder, "promql", "test", ".");
  expect(both).toMatchObject({ code: 1 });
  expect(both.out).toEqual([
    "bad.test:1: vector(1): expected {} 2; got {} is 1 ({} 1)",
    expect.stringContaining("bad.test:4: nonsense: expected a command; got invalid command"),
    expect.stringContaining("good.test:8: h: skipped"),
    "1 passed, 2 failed, 1 skipped",
  ]);
  const { code, out } = await run(folder, "promql", "test", "bad.test", "--json");
  expect(code).toBe(1);
  expect(JSON.parse(out.join("\n"))).toMatchObject({
    ok: false,
    failed: 2,
    cases: [
      { file: "bad.test", line: 1, query: "vector(1)", outcome: "failed", expected: "{} 2" },
      { line: 4 },
    ],
  });
});

test.each([
  ["a path that is not there", ["promql", "test", "nowhere"], "nowhere does not exist"],
  ["a folder without scripts", ["promql", "test", "rules"], "has no *.test file in it"],
  ["no path", ["promql", "test"], "missing required argument"],
  ["a file of tests that is not there", ["rules", "test", "nowhere.yaml"], "cannot be read"],
])("%s is a mistake of usage", async (_, args, message) => {
  const { code, err } = await run(folderWith({}), ...args);
  expect(code).toBe(2);
  expect(err).toContain(message);
});

test("rules test finds the rule files beside the tests, and shows what was expected", async () => {
  const folder = folderWith({
    "rules/nightly.yaml": RULES,
    "good.yaml": TESTS,
    "bad.yaml": TESTS.replace("summary: etl failed", "summary: fine"),
    "broken.yaml": TESTS.replace("rules/*.yaml", "rules/none.yaml"),
  });
  expect(await run(folder, "rules", "test", "good.yaml")).toMatchObject({
    code: 0,
    out: ["good.yaml:3: one failure: passed", "1 passed, 0 failed"],
  });
  const bad = await run(newFolder(), "rules", "test", join(folder, "good.yaml"), join(folder, "bad.yaml"));
  expect(bad.code).toBe(1);
  expect(bad.out.slice(1)).toEqual([
    `${folder}/bad.yaml:3: one failure: failed`,
    "  line 7: NightlyFailed at 600s",
    expect.stringMatching(/^ {4}expected: labels .*annotations \{summary="fine"\}$/),
    expect.stringMatching(/^ {4}got: {6}labels .*annotations \{summary="etl failed"\}$/),
    "1 passed, 1 failed",
  ]);
  expect(await run(folder, "rules", "test", "broken.yaml")).toMatchObject({
    code: 1,
    out: [
      "broken.yaml: failed: it cannot be run",
      "  broken.yaml:1: the rule file rules/none.yaml does not exist",
      "0 passed, 1 failed",
    ],
  });
  const { out } = await run(folder, "rules", "test", "bad.yaml", "--json");
  expect(JSON.parse(out.join("\n"))).toMatchObject({
    ok: false,
    passed: 0,
    failed: 1,
    files: [{ file: "bad.yaml" }],
  });
});

test("check tells rule files from jobs files, refuses what Prometheus refuses, and warns of what cannot work", async () => {
  const folder = folderWith({
    "rules/nightly.yaml": RULES.replace("[1d]) > 0", "[1d]) > 0 and on (env) sum by (job_name) (x)"),
    "rules/bad.yaml": RULES.replace("expr: increase", "expr: increase("),
    "jobs.yaml": "jobs:\n- name: etl\n",
  });
  const good = await run(folder, "check", "rules/nightly.yaml", "jobs.yaml");
  expect(good.code).toBe(0);
  expect(good.out).toEqual([
    expect.stringMatching(
      /^Warning: rules\/nightly\.yaml:5: NightlyFailed: resolves after 1d .*\[resolves-by-itself\]$/,
    ),
    "Good: jobs.yaml, rules/nightly.yaml (1 declared job, 1 rule)",
  ]);
  const all = await run(folder, "check", "rules/*.yaml");
  expect(all).toMatchObject({ code: 1, err: "batchwatch: 1 problem\n" });
  expect(all.out[0]).toMatch(
    /^rules\/bad\.yaml:5: NightlyFailed: could not parse expression: 1:\d+: parse error: /,
  );
  const { out } = await run(folder, "check", "rules/nightly.yaml", "--json");
  expect(JSON.parse(out.join("\n"))).toMatchObject({
    ok: true,
    rules: 1,
    warnings: [{ file: "rules/nightly.yaml", line: 5, rule: "NightlyFailed", code: "resolves-by-itself" }],
  });
});
