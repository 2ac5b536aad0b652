/** `batchwatch jobs`: the list of jobs, and one job with its settings and what it is waiting for. */
import type { JobDetail, JobSummary } from "@batchwatch/protocol";
import type { Command } from "commander";
import { ApiClient, addServerOptions, type ServerOptions } from "../api-client.ts";
import { parseLimit } from "../parse-limit.ts";
import { count, duration, instant, jobLabel, NOTHING, pairs, printJson, table } from "../show.ts";

interface ListFlags extends ServerOptions {
  namespace?: string;
  env?: string;
  search?: string;
  health?: string[];
  owner?: string;
  tag?: string;
  sort: string;
  limit: number;
}

export function registerJobs(program: Command): void {
  const jobs = program.command("jobs").description("list jobs, or show one");
  addServerOptions(
    jobs
      .command("list", { isDefault: true })
      .description("list jobs: health, last run, what is due next")
      .option("--namespace <name>")
      .option("--env <name>", "environment")
      .option("--search <text>", "part of the name, owner or tags")
      .option("--health <health...>", "ok, running, late, failing, unknown, paused, new")
      .option("--owner <name>")
      .option("--tag <name=value>")
      .option("--sort <order>", "jobName, health, -lastRunAt or nextDueAt", "jobName")
      .option("--limit <n>", "at most this many", parseLimit, 100),
  ).action(list);
  addServerOptions(
    jobs
      .command("show")
      .description("show one job")
      .argument("<job>", "the job's name")
      .option("--namespace <name>", "its namespace", "default")
      .option("--env <name>", "its environment", "")
      .option("--all", "also the settings that have their default"),
  ).action(show);
  jobs.addHelpText("after", "\n  batchwatch jobs --health failing late\n  batchwatch jobs show daily_etl");
}

async function list(flags: ListFlags): Promise<void> {
  const { namespace, env: environment, search, health, owner, tag, sort, limit } = flags;
  const query = { namespace, environment, search, health, owner, tag, sort };
  const page = await new ApiClient(flags).list<JobSummary>("/api/jobs", query, limit);
  if (flags.json) {
    printJson(page);
    return;
  }
  if (page.items.length === 0)
    return console.log("No jobs. A job comes into being with its first event: batchwatch exec --help");
  console.log(
    table<JobSummary>(page.items, [
      { title: "JOB", value: jobLabel },
      { title: "HEALTH", value: (job) => job.health },
      { title: "LAST RUN", value: (job) => job.lastRun?.phase ?? NOTHING },
      { title: "STARTED", value: (job) => instant(job.lastRun?.startedAt ?? null) },
      { title: "DURATION", value: (job) => duration(job.lastRun?.durationMs ?? null), align: "right" },
      { title: "RECORDS", value: (job) => count(job.lastRun?.recordsProcessed ?? null), align: "right" },
      { title: "NEXT", value: (job) => instant(job.nextSlotAt) },
    ]),
  );
  if (page.nextCursor !== null) console.log(`… more than ${limit}: say --limit`);
  for (const job of page.items) if (job.hint !== null) console.log(`\n${jobLabel(job)}: ${job.hint}`);
}

async function show(
  jobName: string,
  flags: ServerOptions & { namespace: string; env: string; all?: boolean },
): Promise<void> {
  const path = `/api/jobs/${encodeURIComponent(flags.namespace)}/${encodeURIComponent(jobName)}`;
  const job = await new ApiClient(flags).get<JobDetail>(path, { environment: flags.env || undefined });
  if (flags.json) {
    printJson(job);
    return;
  }
  console.log(
    pairs([
      ["job", jobLabel(job)],
      ["health", `${job.health}: ${job.healthReason}`],
      ["type", job.jobType],
      ["owner", job.owner],
      ["description", job.description],
      ["runbook", job.runbook],
      ["schedule", job.schedule],
      ["next", instant(job.nextSlotAt)],
      [
        "next deadline",
        job.nextDeadline && `${instant(job.nextDeadline.dueAt)}: ${job.nextDeadline.explanation}`,
      ],
      ["usual duration", duration(job.usualDurationMs)],
      [
        "last run",
        job.lastRun && `${job.lastRun.phase}, ${instant(job.lastRun.startedAt)}, ${job.lastRun.runId}`,
      ],
      ["last success", instant(job.lastSuccessAt)],
      ["open incident", job.openIncidentId && `${job.openIncidentId} (${job.openIncidentSeverity})`],
      ["ping", job.pingUrl],
    ]),
  );
  if (job.hint !== null) console.log(`\n${job.hint}`);
  const settings = job.settings.filter(({ source }) => flags.all || source !== "default");
  if (settings.length > 0) {
    console.log("");
    console.log(
      table(settings, [
        { title: "SETTING", value: (setting) => setting.name },
        { title: "VALUE", value: (setting) => setting.text },
        { title: "FROM", value: (setting) => setting.source },
      ]),
    );
  }
  if (job.openFacts.length > 0) {
    console.log("");
    for (const fact of job.openFacts) console.log(`${fact.severity}  ${fact.type}: ${fact.explanation}`);
  }
}
