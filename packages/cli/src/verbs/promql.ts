/** `batchwatch promql test`: runs test scripts of PromQL, in Prometheus's own language, against Batchwatch's engine. */
import type { CaseOutcome } from "@batchwatch/promql/test-script/run-script";
import type { Command } from "commander";
import { filesAt, readNamedFile } from "../named-files.ts";
import { plain, printJson } from "../show.ts";

interface TestFlags {
  json?: boolean;
  strict: boolean;
}

type FileCase = CaseOutcome & { readonly file: string };

export function registerPromql(program: Command): void {
  const promql = program.command("promql").description("work with PromQL");
  promql
    .command("test")
    .description("run test scripts, each case as Prometheus's own runner does")
    .argument("<paths...>", "scripts, or folders whose *.test files are run")
    .option("--no-strict", "only the cases as written, without their repetition at other times and as ranges")
    .option("--json", "print every case as JSON")
    .action(test);
  promql.addHelpText(
    "after",
    "\n  batchwatch promql test my-tests/\n  batchwatch promql test rates.test --json",
  );
}

async function test(paths: readonly string[], { json, strict }: TestFlags): Promise<void> {
  const { runScript } = await import("@batchwatch/promql/test-script/run-script");
  const files = filesAt(paths, ".test");
  const cases: FileCase[] = files.flatMap((file) =>
    runScript(readNamedFile(file), { strict }).map((outcome) => ({ file, ...outcome })),
  );
  const count = (kind: CaseOutcome["verdict"]["kind"]): number =>
    cases.filter(({ verdict }) => verdict.kind === kind).length;
  const [passed, failed, skipped] = [count("passed"), count("failed"), count("skipped")];
  if (json)
    printJson({
      ok: failed === 0,
      passed,
      failed,
      skipped,
      cases: cases.map(({ verdict: { kind: outcome, ...rest }, ...where }) => ({
        ...where,
        outcome,
        ...rest,
      })),
    });
  else {
    for (const one of cases) if (one.verdict.kind !== "passed") console.log(lineOf(one));
    console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  }
  if (failed > 0) process.exitCode = 1;
}

function lineOf({ file, line, query, verdict }: FileCase): string {
  const place = `${file}:${line}: ${query}`;
  switch (verdict.kind) {
    case "passed":
      return plain(place);
    case "skipped":
      return plain(`${place}: skipped: ${verdict.reason}`);
    case "failed": {
      const run = verdict.run === null ? "" : ` (run again as ${verdict.run})`;
      return plain(`${place}: expected ${verdict.expected}; got ${verdict.got}${run}`);
    }
  }
}
