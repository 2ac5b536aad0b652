// The checks that `npm run verify` and `npm test` share, and how they are run, reported and counted.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";

const ROOT = join(import.meta.dirname, "..");
const RESULTS = join(ROOT, "test-results");

interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** One part of a test run; tells its own heading, duration and outcome. */
export type Step = () => Promise<Tally>;

const node = process.execPath;
const npm = process.env.npm_execpath ? [node, process.env.npm_execpath] : ["npm"];
const bin = (path: string): string[] => [node, join(ROOT, "node_modules", path)];

const tsc = [...bin("typescript/bin/tsc"), "--noEmit"];
const biome = [
  ...bin("@biomejs/biome/bin/biome"),
  "ci",
  `--colors=${process.stdout.isTTY ? "force" : "off"}`,
];
const knip = [...bin("knip/bin/knip.js"), "--no-progress", "--no-config-hints"];

/** In the order in which they run: the most telling first. */
export const CHECKS: readonly Step[] = [
  check("types", tsc),
  check("types of the pages", [...tsc, "--project", "packages/web"]),
  check("format and lint", biome),
  check("dead code", knip),
  check("links in docs", [node, "scripts/check-docs-links.ts"]),
  check("installed packages", [...npm, "ls", "--all", "--silent"]),
];

export const BUILD: Step = check("build", [node, "scripts/build.ts"]);

/**
 * Runs the steps one after the other, going on after a failure. The last line printed is the count of tests and checks
 * together; the exit code is 1 if any failed.
 */
export async function runSteps(steps: readonly Step[]): Promise<void> {
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const step of steps) {
    const tally = await step();
    total.passed += tally.passed;
    total.failed += tally.failed;
    total.skipped += tally.skipped;
  }
  if (total.failed > 0) process.exitCode = 1;
  console.log(`\n${describe(total)}`);
}

/** A command that passes or fails as a whole: silent when it passes, all it printed when it fails. */
function check(name: string, command: readonly string[]): Step {
  return async () => {
    const [program = node, ...args] = command;
    process.stdout.write(`── ${name} … `);
    const finish = startTimer();
    const child = spawn(program, args, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
    const [[status], stdout, stderr] = await Promise.all([
      once(child, "close"),
      text(child.stdout),
      text(child.stderr),
    ]);
    finish(status === 0 ? "ok" : "FAILED");
    if (status === 0) return { passed: 1, failed: 0, skipped: 0 };
    console.log(`${stdout}${stderr}`.trimEnd());
    return { passed: 0, failed: 1, skipped: 0 };
  };
}

/** A project of vitest.config.ts: its output is passed through, its tests are counted from the JSON report. */
export function tests(project: "unit" | "integration" | "browser"): Step {
  return async () => {
    console.log(`── ${project} tests …`);
    const finish = startTimer();
    const report = join(RESULTS, `${project}.json`);
    mkdirSync(RESULTS, { recursive: true });
    rmSync(report, { force: true });
    const args = ["run", "--project", project, "--passWithNoTests", "--reporter=default", "--reporter=json"];
    const [, vitest = ""] = bin("vitest/vitest.mjs");
    const child = spawn(node, [vitest, ...args, `--outputFile.json=${report}`], {
      cwd: ROOT,
      stdio: "inherit",
    });
    const [status] = await once(child, "close");
    const counted = existsSync(report) ? readReport(report) : { passed: 0, failed: 0, skipped: 0 };
    const tally = status !== 0 && counted.failed === 0 ? { ...counted, failed: 1 } : counted;
    finish(`── ${project} tests: ${describe(tally)}`);
    return tally;
  };
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

function describe(tally: Tally): string {
  return `${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped`;
}

function startTimer(): (outcome: string) => void {
  const startedAt = performance.now();
  return (outcome) => console.log(`${outcome} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`);
}
