/** `batchwatch check`: the configuration and the files of declared jobs, with every problem, its file and line. */
import type { Command } from "commander";
import { CliError } from "../cli-error.ts";
import { printJson } from "../show.ts";

interface CheckFlags {
  config?: string;
  jobs?: string[];
  json?: boolean;
}

export function registerCheck(program: Command): void {
  program
    .command("check")
    .description("check the configuration and the files of declared jobs")
    .argument("[files...]", "files of declared jobs, beside those of the configuration")
    .option(
      "--config <file>",
      "configuration (default: BATCHWATCH_CONFIG, else ./batchwatch.yaml where it exists)",
    )
    .option("--json", "print the problems as JSON")
    .addHelpText(
      "after",
      "\n  batchwatch check --config /etc/batchwatch.yaml\n  batchwatch check jobs/*.yaml",
    )
    .action(check);
}

async function check(jobsFiles: readonly string[], flags: CheckFlags): Promise<void> {
  const [{ checkConfig, problemText }, { readJobsFiles }, { validateCron }] = await Promise.all([
    import("@batchwatch/server/config/load-config"),
    import("@batchwatch/server/config/jobs-files"),
    import("@batchwatch/server/lib/calendar/cron-pattern"),
  ]);
  const checked = checkConfig({ file: flags.config, env: process.env });
  const patterns = [...(checked.config?.jobs.files ?? []), ...jobsFiles];
  const jobs = await readJobsFiles(patterns, validateCron);
  const problems = [...checked.problems, ...jobs.problems];
  const files = [...(checked.file === null ? [] : [checked.file]), ...jobs.files];
  if (flags.json) printJson({ ok: problems.length === 0, files, jobs: jobs.jobs.length, problems });
  else if (problems.length === 0) console.log(`Good: ${describe(files, jobs.jobs.length)}`);
  else for (const problem of problems) console.log(problemText(problem));
  if (problems.length > 0)
    throw new CliError(problems.length === 1 ? "1 problem" : `${problems.length} problems`);
}

function describe(files: readonly string[], jobs: number): string {
  if (files.length === 0) return "no configuration file, so every option has its default";
  const declared = jobs === 1 ? "1 declared job" : `${jobs} declared jobs`;
  return `${files.join(", ")} (${declared})`;
}
