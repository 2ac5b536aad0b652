/** `batchwatch incidents`: what is wrong now, and one incident with its facts, timeline and deliveries. */
import type { IncidentDetail, IncidentSummary } from "@batchwatch/protocol";
import type { Command } from "commander";
import { ApiClient, addServerOptions, type ServerOptions } from "../api-client.ts";
import { parseLimit } from "../parse-limit.ts";
import { instant, jobLabel, pairs, printJson, table } from "../show.ts";

interface ListFlags extends ServerOptions {
  state: string;
  severity?: string;
  job?: string;
  namespace?: string;
  env?: string;
  limit: number;
}

export function registerIncidents(program: Command): void {
  const incidents = program.command("incidents").description("list incidents, or show one");
  addServerOptions(
    incidents
      .command("list", { isDefault: true })
      .description("list incidents, the newest first")
      .option("--state <state>", "open, resolved or all", "open")
      .option("--severity <severity>", "critical, warning or info")
      .option("--job <name>")
      .option("--namespace <name>")
      .option("--env <name>", "environment")
      .option("--limit <n>", "at most this many", parseLimit, 50),
  ).action(list);
  addServerOptions(incidents.command("show").description("show one incident").argument("<id>")).action(show);
}

async function list(flags: ListFlags): Promise<void> {
  const { severity, job: jobName, namespace, env: environment, limit } = flags;
  const state = flags.state === "all" ? undefined : flags.state;
  const query = { state, severity, jobName, namespace, environment };
  const page = await new ApiClient(flags).list<IncidentSummary>("/api/incidents", query, limit);
  if (flags.json) {
    printJson(page);
    return;
  }
  if (page.items.length === 0) {
    console.log(state === "open" ? "No open incidents." : "No incidents.");
    return;
  }
  console.log(
    table<IncidentSummary>(page.items, [
      { title: "ID", value: (incident) => incident.id, align: "right" },
      { title: "SEVERITY", value: (incident) => incident.severity },
      { title: "STATE", value: (incident) => incident.state },
      { title: "JOB", value: jobLabel },
      { title: "OPENED", value: (incident) => instant(incident.openedAt) },
      { title: "WHAT", value: (incident) => incident.title },
    ]),
  );
  if (page.nextCursor !== null) console.log(`… more than ${limit}: say --limit`);
}

async function show(id: string, flags: ServerOptions): Promise<void> {
  const incident = await new ApiClient(flags).get<IncidentDetail>(`/api/incidents/${encodeURIComponent(id)}`);
  if (flags.json) {
    printJson(incident);
    return;
  }
  console.log(
    pairs([
      ["incident", incident.id],
      ["what", incident.title],
      ["severity", incident.severity],
      ["state", incident.state],
      ["job", jobLabel(incident)],
      ["run", incident.runId],
      ["opened", instant(incident.openedAt)],
      ["resolved", instant(incident.resolvedAt)],
      ["resolution", incident.resolution],
    ]),
  );
  console.log("");
  for (const { severity, state, type, explanation } of incident.facts)
    console.log(`${severity} ${state}  ${type}: ${explanation}`);
  for (const { at, text } of incident.timeline) console.log(`${instant(at)}  ${text}`);
  for (const { receiver, reason, state, deliveredAt } of incident.deliveries)
    console.log(`${receiver}  ${reason}: ${state}${deliveredAt === null ? "" : ` ${instant(deliveredAt)}`}`);
}
