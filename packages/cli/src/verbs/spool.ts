/** `batchwatch spool`: events that wait for their server. `exec` and `ping` send them on the way; this does it now. */
import type { Command } from "commander";
import { addServerOptions, type ServerOptions, targetOf } from "../api-client.ts";
import { CliError } from "../cli-error.ts";
import { type DrainResult, drainSpool } from "../sending/drain-spool.ts";
import type { ServerTarget } from "../sending/server-target.ts";
import { Spool, spoolDirectory } from "../sending/spool.ts";
import { instant, printJson, table } from "../show.ts";

export function registerSpool(program: Command): void {
  const spool = program.command("spool").description("list or send the events that wait for their server");
  spool
    .command("list", { isDefault: true })
    .description("list what waits")
    .option("--spool-dir <dir>", "where it waits")
    .option("--json", "print JSON")
    .action(list);
  addServerOptions(
    spool
      .command("send")
      .description("send what waits for this server, e.g. every minute by cron")
      .option("--spool-dir <dir>", "where it waits")
      .option("--any-key", "also what was to be sent with another key"),
  ).action(send);
}

function list(flags: { spoolDir?: string; json?: boolean }): void {
  const spool = new Spool(spoolDirectory(flags.spoolDir, process.env));
  const waiting = spool.list().flatMap((path) => {
    const reading = spool.read(path);
    if (reading.kind !== "batch") return [];
    const { url, events } = reading.batch;
    const [first] = events;
    return first === undefined
      ? []
      : [{ path, url, jobName: first.jobName, at: isoOf(first.at), events: events.length }];
  });
  if (flags.json) {
    printJson(waiting);
    return;
  }
  if (waiting.length === 0) {
    console.log(`Nothing waits in ${spool.directory}.`);
    return;
  }
  console.log(
    table(waiting, [
      { title: "SINCE", value: ({ at }) => instant(at) },
      { title: "JOB", value: ({ jobName }) => jobName },
      { title: "EVENTS", value: ({ events }) => String(events), align: "right" },
      { title: "FOR", value: ({ url }) => url },
    ]),
  );
}

async function send(flags: ServerOptions & { spoolDir?: string; anyKey?: boolean }): Promise<void> {
  const spool = new Spool(spoolDirectory(flags.spoolDir, process.env));
  const target = targetOf(flags);
  const result = await drainSpool(spool, target, {
    now: Date.now,
    warn: (message) => console.error(`batchwatch: ${message}`),
    anyKey: flags.anyKey ?? false,
  });
  if (flags.json) printJson(result);
  else console.log(sentText(result, target));
  if (result.stoppedBecause !== null) throw new CliError(`not all was sent: ${result.stoppedBecause}`);
}

/** What was sent, what was not, and what sends it. */
function sentText(result: DrainResult, { url, apiKey }: ServerTarget): string {
  const { deliveredEvents: events, deliveredBatches: batches, otherKeyBatches, otherServerBatches } = result;
  const lines = [
    events === 0 && batches === 0
      ? `Nothing was sent to ${url}.`
      : `${events} ${events === 1 ? "event" : "events"} sent to ${url}.`,
  ];
  if (otherKeyBatches > 0)
    lines.push(
      `${batchesText(otherKeyBatches)} for this server ${otherKeyBatches === 1 ? "was" : "were"} kept ${
        apiKey === null ? "under a key that is not given now" : "without a key, or under another one"
      }. To send them ${apiKey === null ? "without one" : "with the key of now"}: batchwatch spool send --any-key`,
    );
  if (otherServerBatches > 0)
    lines.push(
      `${batchesText(otherServerBatches)} ${otherServerBatches === 1 ? "waits" : "wait"} for another server; batchwatch spool lists them.`,
    );
  return lines.join("\n");
}

function batchesText(count: number): string {
  return count === 1 ? "1 batch" : `${count} batches`;
}

function isoOf(at: string | number | undefined): string | null {
  return at === undefined ? null : new Date(at).toISOString();
}
