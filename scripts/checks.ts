// The checks that `npm run verify` and `npm test` share, and how one is run and reported.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "..");
const RESULTS = join(ROOT, "test-results");

export interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

interface Check {
  readonly name: string;
  readonly command: readonly string[];
}

const node = process.execPath;
const npm = process.env["npm_execpath"] ? [node, process.env["npm_execpath"]] : ["npm"];
const bin = (path: string): readonly string[] => [node, join(ROOT, "node_modules", path)];

const TSC = bin("typescript/bin/tsc");
const BIOME = bin("@biomejs/biome/bin/biome");

/** In the order in which they run: the quickest to fail, and the most telling, first. */
export const CHECKS: readonly Check[] = [
  { name: "types", command: [...TSC, "--noEmit"] },
  { name: "types of the pages", command: [...TSC, "--noEmit", "--project", "packages/web"] },
  {
    name: "format and lint",
    command: [...BIOME, "ci", ...(process.stdout.isTTY ? ["--colors=force"] : ["--colors=off"])],
  },
  { name: "dead code", command: [...bin("knip/bin/knip.js"), "--no-progress"] },
  { name: "links in docs", command: [node, "scripts/check-docs-links.ts"] },
  { name: "installed packages", command: [...npm, "ls", "--all", "--silent"] },
];

export const BUILD: Check = { name: "build", command: [node, "scripts/build.ts"] };

/** Runs one check to its end: silent when it passes, all it printed when it fails. */
export function runCheck(check: Check): Tally {
  const finish = announce(check.name);
  const [program = node, ...args] = check.command;
  const run = spawnSync(program, args, { cwd: ROOT, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  const passed = run.status === 0;
  finish(passed ? "ok" : "FAILED");
  if (!passed) console.log(`${run.error?.message ?? ""}${run.stdout ?? ""}${run.stderr ?? ""}`.trimEnd());
  return { passed: passed ? 1 : 0, failed: passed ? 0 : 1, skipped: 0 };
}

/** Runs one Vitest project with its output passed through, and counts its tests from the JSON report. */
export function runTests(project: string): Tally {
  const finish = announce(`${project} tests`, "\n");
  const report = join(RESULTS, `${project}.json`);
  mkdirSync(RESULTS, { recursive: true });
  rmSync(report, { force: true });
  const args = ["run", "--project", project, "--passWithNoTests", "--reporter=default", "--reporter=json"];
  const vitest = bin("vitest/vitest.mjs").slice(1);
  const run = spawnSync(node, [...vitest, ...args, `--outputFile.json=${report}`], {
    cwd: ROOT,
    stdio: "inherit",
  });
  const tally = existsSync(report) ? readReport(report) : { passed: 0, failed: 0, skipped: 0 };
  if (run.status !== 0 && tally.failed === 0) tally.failed = 1;
  finish(`${project} tests: ${describe(tally)}`);
  return tally;
}

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[];
}

/** A file that failed before its first test counts as one failure. */
function readReport(path: string): Tally {
  const report = JSON.parse(readFileSync(path, "utf8")) as Report;
  const unreadable = report.testResults.filter(
    (file) => file.status === "failed" && file.assertionResults.length === 0,
  );
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + unreadable.length,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

/** Adds up what ran, prints it as the last line, and sets the exit code. */
export function conclude(tallies: readonly Tally[]): void {
  const total: Tally = { passed: 0, failed: 0, skipped: 0 };
  for (const tally of tallies) {
    total.passed += tally.passed;
    total.failed += tally.failed;
    total.skipped += tally.skipped;
  }
  if (total.failed > 0) process.exitCode = 1;
  console.log(`\n${describe(total)}`);
}

function describe(tally: Tally): string {
  return `${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped`;
}

function announce(name: string, end = ""): (outcome: string) => void {
  process.stdout.write(`── ${name} … ${end}`);
  const startedAt = performance.now();
  return (outcome) => console.log(`${outcome} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`);
}
