/**
 * The `batchwatch` command: one file a verb in verbs/. `exec` has a bundle of its own (exec/main.ts); the launcher goes
 * there directly, and this program does when it is started without the launcher.
 */
import { Command, CommanderError } from "commander";
import { CliError } from "./cli-error.ts";
import { registerCheck } from "./verbs/check.ts";
import { registerExec } from "./verbs/exec.ts";
import { registerExport } from "./verbs/export.ts";
import { registerIncidents } from "./verbs/incidents.ts";
import { registerJobs } from "./verbs/jobs.ts";
import { registerKeys } from "./verbs/keys.ts";
import { registerMetrics } from "./verbs/metrics.ts";
import { registerPing } from "./verbs/ping.ts";
import { registerPromql } from "./verbs/promql.ts";
import { registerReceivers } from "./verbs/receivers.ts";
import { registerRoutes } from "./verbs/routes.ts";
import { registerRules } from "./verbs/rules.ts";
import { registerRuns } from "./verbs/runs.ts";
import { registerServe } from "./verbs/serve.ts";
import { registerSpool } from "./verbs/spool.ts";
import { VERSION } from "./version.ts";

const USAGE_EXIT_CODE = 2;

if (import.meta.main) await main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<void> {
  if (argv[0] === "exec") {
    const { runExec } = await import("./exec/run-exec.ts");
    runExec(argv.slice(1));
    return;
  }
  // `batchwatch runs | head`: the reader has seen enough.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit(0);
  });
  const program = buildProgram();
  try {
    await program.parseAsync([...argv], { from: "user" });
  } catch (error) {
    process.exitCode = report(error);
  }
}

function buildProgram(): Command {
  const program = new Command("batchwatch")
    .description("Watches batch jobs: that they run, when they should, and do what they should.")
    .version(VERSION, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this, or the help of a command")
    .helpCommand("help [command]", "print the help of a command")
    .showSuggestionAfterError()
    .configureHelp({ sortSubcommands: false })
    .addHelpText(
      "after",
      `
Environment: BATCHWATCH_URL (default http://127.0.0.1:4318), BATCHWATCH_API_KEY

  batchwatch serve                                              the server, on this machine only
  batchwatch exec --job nightly-backup -- /usr/local/bin/backup.sh
  batchwatch ping daily_etl --success --records processed=120
  batchwatch runs --job daily_etl --phase failed`,
    );
  registerServe(program);
  registerExec(program);
  registerPing(program);
  registerJobs(program);
  registerRuns(program);
  registerMetrics(program);
  registerIncidents(program);
  registerReceivers(program);
  registerCheck(program);
  registerExport(program);
  registerRoutes(program);
  registerRules(program);
  registerPromql(program);
  registerKeys(program);
  registerSpool(program);
  for (const command of withSubcommands(program))
    command.exitOverride().showHelpAfterError("(--help shows the usage)");
  return program;
}

function withSubcommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}

/** Says what went wrong; answers the exit code. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE_EXIT_CODE;
  if (error instanceof CliError) {
    console.error(`batchwatch: ${error.message}`);
    return error.exitCode;
  }
  // Errors of ours carry a code, and their message says what to do.
  if (error instanceof Error && "code" in error && typeof error.code === "string")
    console.error(`batchwatch: ${error.message}`);
  else console.error(error);
  return 1;
}
