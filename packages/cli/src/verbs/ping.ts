/** `batchwatch ping`: one run event from a script that does not run under `exec`. Kept and sent later where the server is away. */
import { hostname } from "node:os";
import { text } from "node:stream/consumers";
import type { RecordCounts, RunEventInput, RunEventKind } from "@batchwatch/protocol";
import { type Command, InvalidArgumentError, Option } from "commander";
import { type ServerOptions, targetOf } from "../api-client.ts";
import { CliError } from "../cli-error.ts";
import { randomUuid } from "../exec/random-ids.ts";
import { RecordReport } from "../exec/record-lines.ts";
import { deliverEvents } from "../sending/deliver-events.ts";
import { drainSpool } from "../sending/drain-spool.ts";
import type { PostFailure } from "../sending/post-events.ts";
import { Spool, spoolDirectory } from "../sending/spool.ts";
import { printJson } from "../show.ts";

const TIMEOUT_MS = 10_000;
const MAX_DRAIN_MS = 2_000;

interface PingFlags extends ServerOptions {
  start?: boolean;
  success?: boolean;
  fail?: boolean;
  log?: boolean;
  heartbeat?: boolean;
  exitStatus?: number;
  runId?: string;
  message?: string;
  records?: RecordCounts & { total?: number };
  namespace?: string;
  env?: string;
  type?: string;
  spoolDir?: string;
}

const OUTCOMES = ["start", "success", "fail", "log", "heartbeat", "exitStatus"] as const;

export function registerPing(program: Command): void {
  const others = (own: string): string[] => OUTCOMES.filter((name) => name !== own);
  program
    .command("ping")
    .description("tell Batchwatch of a run's start, end or progress")
    .argument("<job>", "the job's name")
    .addOption(new Option("--start", "the run starts").conflicts(others("start")))
    .addOption(new Option("--success", "it has ended well (the default)").conflicts(others("success")))
    .addOption(new Option("--fail", "it has failed").conflicts(others("fail")))
    .addOption(new Option("--log", "only a line for its log").conflicts(others("log")))
    .addOption(
      new Option("--heartbeat", "it is alive; with --records: its progress").conflicts(others("heartbeat")),
    )
    .addOption(
      new Option("--exit-status <n>", "it has ended with this code: 0 is success")
        .argParser(exitStatus)
        .conflicts(others("exitStatus")),
    )
    .option("--run-id <id>", "which run (default: BATCHWATCH_RUN, else the job's open run)")
    .option("--message <text>", 'text for the log, or the error of --fail; "-" reads standard input')
    .option("--records <pairs>", "totals so far: processed=120,failed=3", records)
    .option("--namespace <name>")
    .option("--env <name>", "environment")
    .option("--type <type>", "job type: etl, backup, …")
    .option("--url <url>", "the server's address (default: BATCHWATCH_URL, else http://127.0.0.1:4318)")
    .option("--api-key <key>", "better: BATCHWATCH_API_KEY")
    .option("--spool-dir <dir>", "where undelivered events wait")
    .option("--json", "print the event and what came of it as JSON")
    .addHelpText(
      "after",
      `
  batchwatch ping daily_etl --start --run-id "$RUN" && ./etl.sh; batchwatch ping daily_etl --exit-status $? --run-id "$RUN"
  batchwatch ping daily_etl --success --records processed=120,failed=3 --message "all tables loaded"`,
    )
    .action(ping);
}

async function ping(jobName: string, flags: PingFlags): Promise<void> {
  const event = await eventOf(jobName, flags);
  const target = targetOf(flags);
  const spool = new Spool(spoolDirectory(flags.spoolDir, process.env));
  const warn = (message: string): void => console.error(`batchwatch: ${message}`);
  const outcome = await deliverEvents(target, [event], { timeoutMs: TIMEOUT_MS });
  const tell = (result: string, words: string): void => {
    if (flags.json) printJson({ result, event });
    else if (words !== "") console.log(words);
  };
  switch (outcome.kind) {
    case "delivered": {
      const [refused] = outcome.refused;
      if (refused !== undefined) throw new CliError(`the server refused the event: ${refused.message}`);
      for (const reason of [...outcome.settingsRefused, ...outcome.leftOut])
        warn(`the server left a field out: ${reason}`);
      tell("delivered", `${event.kind}: ${jobName}`);
      const signal = AbortSignal.timeout(MAX_DRAIN_MS);
      await drainSpool(spool, target, { now: Date.now, warn, signal });
      return;
    }
    case "refused":
      throw new CliError(`the server refused the event: ${outcome.message}`);
    case "misdirected":
    case "unavailable":
      spool.write([event], target, Date.now());
      spool.prune(Date.now());
      warn(`${outcome.message}; the event is kept in ${spool.directory} and ${sentBy(outcome)}`);
      tell("spooled", "");
  }
}

function sentBy(outcome: PostFailure): string {
  return outcome.kind === "misdirected" && outcome.needsKey
    ? "sent, with a key that may send, by: batchwatch spool send --any-key"
    : "sent with the next exec or ping";
}

async function eventOf(jobName: string, flags: PingFlags): Promise<RunEventInput> {
  const { message, exitStatus: exitCode, namespace, env: environment, type: jobType } = flags;
  const kind = kindOf(flags);
  const said = message === "-" ? await text(process.stdin) : message;
  const runId =
    flags.runId ?? (process.env.BATCHWATCH_JOB === jobName ? process.env.BATCHWATCH_RUN : undefined);
  const { total, ...counts } = flags.records ?? {};
  const progress = {
    ...(counts.processed !== undefined && { processed: counts.processed }),
    ...(total !== undefined && { total }),
  };
  return {
    kind,
    jobName,
    ...(namespace !== undefined && { namespace }),
    ...(environment !== undefined && { environment }),
    ...(jobType !== undefined && { jobType }),
    ...(runId !== undefined && runId !== "" && { runId }),
    at: Date.now(),
    id: `ping-${randomUuid()}`,
    ...(exitCode !== undefined && { exitCode }),
    ...(flags.records !== undefined && { records: counts }),
    ...((kind === "progress" || total !== undefined) && { progress }),
    ...(kind === "failed" && said !== undefined && { error: { message: said } }),
    ...(kind !== "failed" && said !== undefined && { output: said }),
    witness: "cli",
    host: hostname(),
  };
}

function kindOf(flags: PingFlags): RunEventKind {
  if (flags.start) return "started";
  if (flags.fail) return "failed";
  if (flags.log) return "log";
  if (flags.heartbeat) return flags.records === undefined ? "heartbeat" : "progress";
  return flags.exitStatus === undefined || flags.exitStatus === 0 ? "completed" : "failed";
}

function exitStatus(value: string): number {
  if (!/^\d{1,3}$/.test(value) || Number(value) > 255)
    throw new InvalidArgumentError("It is a number from 0 to 255.");
  return Number(value);
}

/** As on a `BATCHWATCH_RECORDS` line. */
function records(value: string): RecordCounts & { total?: number } {
  const report = new RecordReport(() => {});
  if (!report.line(value)) throw new InvalidArgumentError("Write it like processed=120,failed=3");
  const current = report.current();
  const total = current?.progress.total;
  return { ...current?.records, ...(total !== undefined && { total }) };
}
