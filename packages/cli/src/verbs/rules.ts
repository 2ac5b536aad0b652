/** `batchwatch rules test`: runs unit tests of rule files, in the format of `promtool test rules`. */
import { globSync } from "node:fs";
import { dirname, join } from "node:path";
import type {
  CheckOutcome,
  ElementOutcome,
  RuleTestReport,
} from "@batchwatch/promql/rules/unit-test/rule-test-report";
import type { Command } from "commander";
import { readNamedFile } from "../named-files.ts";
import { plain, printJson } from "../show.ts";

export function registerRules(program: Command): void {
  const rules = program.command("rules").description("work with alerting and recording rules");
  rules
    .command("test")
    .description("run unit tests of rules, as `promtool test rules` does")
    .argument("<files...>", "files of tests; each names its rule files")
    .option("--json", "print every check as JSON")
    .action(test);
  rules.addHelpText(
    "after",
    "\n  batchwatch rules test rules/nightly.test.yaml\n  batchwatch check rules/*.yaml",
  );
}

async function test(files: readonly string[], flags: { json?: boolean }): Promise<void> {
  const reports: RuleTestReport[] = [];
  for (const file of files) reports.push(await reportOn(file));
  const elements = reports.flatMap((report) => report.elements);
  const checks = elements.flatMap((element) => element.checks);
  const skipped = checks.filter(({ verdict }) => verdict.kind === "skipped").length;
  const passed = elements.filter(isGood).length;
  // A file that cannot be run counts as one failed test.
  const failed = elements.length - passed + reports.filter(({ problems }) => problems.length > 0).length;
  if (flags.json) printJson({ ok: failed === 0, passed, failed, skippedChecks: skipped, files: reports });
  else {
    for (const report of reports) print(report);
    const notRun = skipped === 0 ? "" : `, ${skipped} ${skipped === 1 ? "check" : "checks"} skipped`;
    console.log(`${passed} passed, ${failed} failed${notRun}`);
  }
  if (failed > 0) process.exitCode = 1;
}

async function reportOn(file: string): Promise<RuleTestReport> {
  const [{ parseRuleTests }, { runRuleTests }] = await Promise.all([
    import("@batchwatch/promql/rules/unit-test/parse-rule-tests"),
    import("@batchwatch/promql/rules/unit-test/run-rule-tests"),
  ]);
  const tests = parseRuleTests(readNamedFile(file), file);
  const problems = [...tests.problems];
  const ruleFiles = new Set<string>();
  for (const pattern of tests.rulePatterns) {
    const found = globSync(pattern, { cwd: dirname(file) }).sort();
    for (const path of found) ruleFiles.add(join(dirname(file), path));
    if (found.length > 0) continue;
    if (/[*?[{]/.test(pattern)) console.error(`batchwatch: ${file}: no rule file matches ${pattern}`);
    else problems.push({ line: 1, message: `the rule file ${pattern} does not exist` });
  }
  return await runRuleTests(
    { ...tests, problems },
    [...ruleFiles].map((path) => ({ file: path, text: readNamedFile(path) })),
  );
}

function isGood({ error, checks }: ElementOutcome): boolean {
  return error === null && checks.every(({ verdict }) => verdict.kind !== "failed");
}

function print({ file, problems, elements }: RuleTestReport): void {
  if (problems.length > 0) console.log(plain(`${file}: failed: it cannot be run`));
  for (const problem of problems)
    console.log(`  ${plain(`${problem.file}:${problem.line}: ${problem.message}`)}`);
  for (const element of elements) {
    const verdict = isGood(element) ? "passed" : "failed";
    console.log(plain(`${file}:${element.line}: ${element.name}: ${verdict}`));
    if (element.error !== null) console.log(`  ${plain(element.error)}`);
    for (const check of element.checks) printCheck(check);
  }
}

function printCheck({ line, what, atMs, verdict }: CheckOutcome): void {
  if (verdict.kind === "passed") return;
  const place = `  line ${line}: ${plain(what)} at ${atMs / 1000}s`;
  if (verdict.kind === "skipped") {
    console.log(`${place}: skipped: ${verdict.reason}`);
    return;
  }
  console.log(place);
  console.log(`    expected: ${plain(verdict.expected)}`);
  console.log(`    got:      ${plain(verdict.got)}`);
}
