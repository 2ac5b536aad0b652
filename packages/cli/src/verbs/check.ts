/** `batchwatch check`: the configuration, the files of declared jobs, rules and dashboards, with every problem, its file and line. */
import type { Command } from "commander";
import { checkDashboards, splitDashboardFiles } from "../check-dashboards.ts";
import { checkAlertRoutes, splitAlertmanagerFiles } from "../check-routes.ts";
import { checkRules, ruleProblemText, ruleWarningText, splitRuleFiles } from "../check-rules.ts";
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
    .description("check the configuration, and the files of declared jobs, rules and dashboards")
    .argument("[files...]", "files of declared jobs, rules and dashboards, beside those of the configuration")
    .option(
      "--config <file>",
      "configuration (default: BATCHWATCH_CONFIG, else ./batchwatch.yaml where it exists)",
    )
    .option("--json", "print the problems as JSON")
    .addHelpText(
      "after",
      "\n  batchwatch check --config /etc/batchwatch.yaml\n  batchwatch check jobs/*.yaml rules/*.yaml",
    )
    .action(check);
}

async function check(named: readonly string[], flags: CheckFlags): Promise<void> {
  const { ruleFiles, others } = splitRuleFiles(named);
  const { dashboardFiles, others: rest } = splitDashboardFiles(others);
  const { alertmanagerFiles, others: jobsFiles } = splitAlertmanagerFiles(rest);
  const [{ checkConfig, missingFiles, problemText }, { readJobsFiles }, { validateCron }] = await Promise.all(
    [
      import("@batchwatch/server/config/load-config"),
      import("@batchwatch/server/config/jobs-files"),
      import("@batchwatch/server/lib/calendar/cron-pattern"),
    ],
  );
  const checked = checkConfig({ file: flags.config, env: process.env });
  const patterns = [...(checked.config?.jobs.files ?? []), ...jobsFiles];
  const jobs = await readJobsFiles(patterns, validateCron);
  const missing = checked.config === null ? [] : missingFiles(checked.config);
  const problems = [...checked.problems, ...missing, ...jobs.problems];
  const files = [...(checked.file === null ? [] : [checked.file]), ...jobs.files];
  const dashboards = await checkDashboards([...(checked.config?.dashboards.files ?? []), ...dashboardFiles]);
  problems.push(...dashboards.problems);
  files.push(...dashboards.files);
  const { config, file } = checked;
  const routes = await checkAlertRoutes(
    alertmanagerFiles,
    config === null || file === null ? null : { config, file },
  );
  problems.push(...routes.problems);
  files.push(...routes.files);
  const warnings = [...jobs.warnings, ...dashboards.warnings, ...routes.warnings];
  const rules = await checkRules(ruleFiles);
  const count = problems.length + rules.problems.length;
  if (flags.json)
    printJson({
      ok: count === 0,
      files: [...files, ...rules.files],
      jobs: jobs.jobs.length,
      rules: rules.rules,
      dashboards: dashboards.dashboards,
      problems: [...problems, ...rules.problems],
      warnings: [...warnings, ...rules.warnings],
    });
  else {
    for (const problem of problems) console.log(problemText(problem));
    for (const problem of rules.problems) console.log(ruleProblemText(problem));
    for (const warning of warnings) console.log(`Warning: ${problemText(warning)}`);
    for (const warning of rules.warnings) console.log(`Warning: ${ruleWarningText(warning)}`);
    if (count === 0)
      console.log(
        `Good: ${describe([...files, ...rules.files], jobs.jobs.length, rules.rules, dashboards.dashboards)}`,
      );
  }
  if (count > 0) throw new CliError(count === 1 ? "1 problem" : `${count} problems`);
}

function describe(files: readonly string[], jobs: number, rules: number, dashboards: number): string {
  if (files.length === 0) return "no configuration file, so every option has its default";
  const declared = jobs === 1 ? "1 declared job" : `${jobs} declared jobs`;
  const ruled = rules === 0 ? "" : rules === 1 ? ", 1 rule" : `, ${rules} rules`;
  const drawn = dashboards === 0 ? "" : dashboards === 1 ? ", 1 dashboard" : `, ${dashboards} dashboards`;
  return `${files.join(", ")} (${declared}${ruled}${drawn})`;
}
