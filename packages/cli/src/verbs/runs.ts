/** `batchwatch runs`: the list of runs, and one run with its attempts, steps, resources and what was judged of it. */
import { exitStatusText, failureText, type RunDetail, type RunSummary } from "@batchwatch/protocol";
import type { Command } from "commander";
import { ApiClient, addServerOptions, type ServerOptions } from "../api-client.ts";
import { parseLimit } from "../parse-limit.ts";
import { bytes, count, duration, instant, jobLabel, NOTHING, pairs, printJson, table } from "../show.ts";

interface ListFlags extends ServerOptions {
  job?: string;
  namespace?: string;
  env?: string;
  phase?: string[];
  from?: string;
  to?: string;
  search?: string;
  sort: string;
  limit: number;
}

export function registerRuns(program: Command): void {
  const runs = program.command("runs").description("list runs, or show one");
  addServerOptions(
    runs
      .command("list", { isDefault: true })
      .description("list runs, the newest first")
      .option("--job <name>")
      .option("--namespace <name>")
      .option("--env <name>", "environment")
      .option("--phase <phase...>", "running, completed, failed, lost, …")
      .option("--from <time>", "started at or after: ISO 8601 with a zone, or epoch milliseconds")
      .option("--to <time>", "started before")
      .option("--search <text>", "part of the run id or job name")
      .option("--sort <order>", "startedAt, -startedAt, durationMs or -durationMs", "-startedAt")
      .option("--limit <n>", "at most this many", parseLimit, 50),
  ).action(list);
  addServerOptions(
    runs
      .command("show")
      .description("show one run")
      .argument("<run-id>")
      .option("--job <name>", "where several jobs have a run of this id")
      .option("--namespace <name>")
      .option("--env <name>", "environment"),
  ).action(show);
  runs.addHelpText("after", "\n  batchwatch runs --job daily_etl --phase failed lost --limit 10");
}

async function list(flags: ListFlags): Promise<void> {
  const { job: jobName, namespace, env: environment, phase, from, to, search, sort, limit } = flags;
  const query = { jobName, namespace, environment, phase, from, to, search, sort };
  const page = await new ApiClient(flags).list<RunSummary>("/api/runs", query, limit);
  if (flags.json) {
    printJson(page);
    return;
  }
  if (page.items.length === 0) {
    console.log("No runs.");
    return;
  }
  console.log(
    table<RunSummary>(page.items, [
      { title: "RUN", value: (run) => run.runId },
      { title: "JOB", value: jobLabel },
      { title: "PHASE", value: (run) => (run.degraded ? `${run.phase} (degraded)` : run.phase) },
      { title: "STARTED", value: (run) => instant(run.startedAt) },
      { title: "DURATION", value: (run) => duration(run.durationMs), align: "right" },
      { title: "RECORDS", value: (run) => count(run.recordsProcessed), align: "right" },
      { title: "FAILED", value: (run) => count(run.recordsFailed), align: "right" },
      { title: "WHY", value: (run) => whyOf(run) },
    ]),
  );
  if (page.nextCursor !== null) console.log(`… more than ${limit}: say --limit`);
}

async function show(
  runId: string,
  flags: ServerOptions & { job?: string; namespace?: string; env?: string },
): Promise<void> {
  const { job: jobName, namespace, env: environment } = flags;
  const path = `/api/runs/${encodeURIComponent(runId)}`;
  const run = await new ApiClient(flags).get<RunDetail>(path, { jobName, namespace, environment });
  if (flags.json) {
    printJson(run);
    return;
  }
  console.log(
    pairs([
      ["run", run.runId],
      ["job", jobLabel(run)],
      ["phase", run.conflict ? `${run.phase} (its witnesses disagree)` : run.phase],
      ["type", run.runType],
      ["scheduled", instant(run.scheduledAt)],
      ["queued", instant(run.queuedAt)],
      ["started", instant(run.startedAt)],
      ["completed", instant(run.completedAt)],
      ["duration", duration(run.durationMs)],
      ["queue wait", duration(run.queueWaitMs)],
      ["retries", run.retryCount === 0 ? null : String(run.retryCount)],
      [
        "records",
        run.recordsProcessed === null
          ? null
          : `${count(run.recordsProcessed)} processed, ${count(run.recordsFailed)} failed`,
      ],
      ["exit code", run.exitCode === null ? null : String(run.exitCode)],
      ["signal", run.signal],
      ["error", run.errorMessage === exitStatusText(run) ? null : failureText({ ...run, ...UNSAID_STATUS })],
      ["peak memory", memoryOf(run)],
      ["CPU", duration(run.resources.cpuMs)],
      ["host", run.host],
      ["witnesses", run.witnesses.map(({ kind }) => kind).join(", ") || null],
      ["incident", run.incidentId],
    ]),
  );
  if (run.steps.length > 0) {
    console.log("");
    console.log(
      table(run.steps, [
        { title: "STEP", value: (step) => step.name },
        { title: "OUTCOME", value: (step) => step.outcome },
        { title: "DURATION", value: (step) => duration(step.durationMs), align: "right" },
        {
          title: "RECORDS",
          value: (step) =>
            Object.entries(step.records)
              .map(([name, value]) => `${name} ${count(value)}`)
              .join(", ") || NOTHING,
        },
      ]),
    );
  }
  if (run.violations.length > 0) {
    console.log("");
    for (const { severity, state, type, explanation } of run.violations)
      console.log(`${severity} ${state}  ${type}: ${explanation}`);
  }
}

/** Exit code and signal have lines of their own. */
const UNSAID_STATUS = { exitCode: null, signal: null };

function memoryOf({ resources }: RunDetail): string | null {
  if (resources.peakMemoryBytes === null) return null;
  const limit = resources.memoryLimitBytes === null ? "" : ` of ${bytes(resources.memoryLimitBytes)}`;
  return `${bytes(resources.peakMemoryBytes)}${limit} (sampled)`;
}

function whyOf(run: RunSummary): string {
  return failureText(run) ?? (run.openFacts.length > 0 ? run.openFacts.join(", ") : NOTHING);
}
