/**
 * `batchwatch metrics rebuild`: the `batch_job_*` series written again from the ledger, job by job. Each job is one commit: what
 * was done stays done when it is interrupted, and doing it again changes nothing.
 */
import type { JobSummary, RebuiltMetrics } from "@batchwatch/protocol";
import type { Command } from "commander";
import { ApiClient, addServerOptions, type ServerOptions } from "../api-client.ts";
import { CliError } from "../cli-error.ts";
import { count, jobLabel, printJson } from "../show.ts";

interface RebuildFlags extends ServerOptions {
  from: string;
  to?: string;
  job?: string;
  namespace?: string;
  env?: string;
}

type JobName = Pick<JobSummary, "namespace" | "environment" | "jobName">;
type Rebuilt = JobName & RebuiltMetrics;

const MOST_JOBS = 1_000_000;
/** A year of a busy job. */
const TIMEOUT_MS = 30 * 60_000;

export function registerMetrics(program: Command): void {
  const metrics = program.command("metrics").description("the batch_job_* series");
  addServerOptions(
    metrics
      .command("rebuild")
      .description("write series again from the ledger, after an import or a backfill")
      .requiredOption("--from <time>", "ISO 8601 with a zone, or epoch milliseconds")
      .option(
        "--to <time>",
        "no further, unless the totals until then are others: counters add up (default: now)",
      )
      .option("--job <name>", "only this job")
      .option("--namespace <name>")
      .option("--env <name>", "environment"),
  ).action(rebuild);
  metrics.addHelpText("after", "\n  batchwatch metrics rebuild --from 2026-03-01T00:00:00Z --job daily_etl");
}

async function rebuild(flags: RebuildFlags): Promise<void> {
  const client = new ApiClient(flags);
  const jobs = await jobsOf(client, flags);
  const done: Rebuilt[] = [];
  for (const [index, { namespace, environment, jobName }] of jobs.entries()) {
    const path = `/api/jobs/${encodeURIComponent(namespace)}/${encodeURIComponent(jobName)}/rebuild-metrics`;
    const body = { from: flags.from, ...(flags.to === undefined ? {} : { to: flags.to }) };
    const rebuilt = await client.post<RebuiltMetrics>(path, { environment }, body, TIMEOUT_MS);
    const row: Rebuilt = { namespace, environment, jobName, ...rebuilt };
    done.push(row);
    if (!flags.json) console.log(`${index + 1}/${jobs.length}  ${textOf(row)}`);
  }
  if (flags.json) printJson({ items: done });
}

function textOf(row: Rebuilt): string {
  if (row.samples === 0) return `${jobLabel(row)}: nothing to write`;
  return `${jobLabel(row)}: ${count(row.runs)} runs, ${count(row.series)} series, ${count(row.samples)} samples since ${row.from}`;
}

async function jobsOf(client: ApiClient, { job, namespace, env }: RebuildFlags): Promise<JobName[]> {
  const query = { search: job, namespace, environment: env };
  const { items } = await client.list<JobSummary>("/api/jobs", query, MOST_JOBS);
  const wanted = items.filter(({ jobName }) => job === undefined || jobName === job);
  if (wanted.length === 0)
    throw new CliError(
      job === undefined ? "There are no jobs." : `There is no job "${job}". See batchwatch jobs`,
    );
  return wanted;
}
