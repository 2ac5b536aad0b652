/**
 * `batchwatch routes`: which receivers an alert would go to, and the tree of routes. Reads the configuration, as `serve`
 * would; no server is needed.
 */
import { formatDuration, type RouteResource } from "@batchwatch/protocol";
import type { Audience } from "@batchwatch/server/4-alert/audience";
import type { Command } from "commander";
import { CliError } from "../cli-error.ts";
import { NOTHING, printJson, table } from "../show.ts";

interface RouteFlags {
  config?: string;
  file?: string;
  json?: boolean;
}

export function registerRoutes(program: Command): void {
  const routes = program.command("routes").description("show where alerts go, and try labels");
  withFlags(
    routes
      .command("test")
      .description("say which receivers an alert with these labels goes to, and why")
      .argument("[labels...]", "the alert's labels, NAME=VALUE"),
  ).action(test);
  withFlags(routes.command("show").description("show the tree of routes")).action(show);
  routes.addHelpText(
    "after",
    "\n  batchwatch routes test severity=critical job_name=daily_etl\n  batchwatch routes show --file alertmanager.yml",
  );
}

function withFlags(command: Command): Command {
  return command
    .option(
      "--config <file>",
      "configuration (default: BATCHWATCH_CONFIG, else ./batchwatch.yaml where it exists)",
    )
    .option("--file <file>", "an Alertmanager file, instead of the one that the configuration names")
    .option("--json", "print JSON");
}

async function test(pairs: readonly string[], flags: RouteFlags): Promise<void> {
  const labels = Object.fromEntries(pairs.map(labelOf));
  const [audience, { testRoutes }] = await Promise.all([
    readAudience(flags),
    import("@batchwatch/server/4-alert/routing/describe-routes"),
  ]);
  const { results } = testRoutes(audience, labels, [], Date.now());
  if (flags.json) {
    printJson({ labels, results });
    return;
  }
  if (results.length === 0) console.log("No receiver is configured: nobody is told.");
  else
    console.log(
      table(results, [
        { title: "RECEIVER", value: ({ receiver }) => receiver },
        {
          title: "TOLD BY",
          value: ({ channels }) => channels.map(({ channel }) => channel).join(", ") || "nobody",
        },
        { title: "FIRST AFTER", value: ({ route }) => formatDuration(route?.groupWaitMs ?? 0) },
        { title: "GROUPED BY", value: ({ route }) => route?.groupBy.join(", ") || NOTHING },
        {
          title: "WHY",
          value: ({ because, route }) => [because, route?.quietBecause].filter(Boolean).join("; now "),
        },
      ]),
    );
}

async function show(flags: RouteFlags): Promise<void> {
  const [audience, { describeRoutes }] = await Promise.all([
    readAudience(flags),
    import("@batchwatch/server/4-alert/routing/describe-routes"),
  ]);
  const described = describeRoutes(audience, Date.now());
  if (flags.json) {
    printJson(described);
    return;
  }
  if (described.routes.length === 0) {
    const names = described.receivers.map(({ name }) => name).join(", ");
    console.log(
      `There is no Alertmanager file. ${names === "" ? "Nobody is told" : `Told of every alert: ${names}`}.`,
    );
    return;
  }
  console.log(
    table(described.routes, [
      { title: "ROUTE", value: routeText },
      { title: "RECEIVER", value: ({ receiver }) => receiver },
      { title: "GROUPED BY", value: ({ groupBy }) => groupBy.join(", ") || NOTHING },
      { title: "WAIT", value: ({ groupWaitMs }) => formatDuration(groupWaitMs), align: "right" },
      { title: "INTERVAL", value: ({ groupIntervalMs }) => formatDuration(groupIntervalMs), align: "right" },
      { title: "REPEAT", value: ({ repeatIntervalMs }) => formatDuration(repeatIntervalMs), align: "right" },
      { title: "NOW", value: ({ quietBecause }) => quietBecause ?? "sends" },
    ]),
  );
}

function routeText({ depth, matchers, continue: goesOn }: RouteResource): string {
  return `${"  ".repeat(depth)}${matchers === "{}" ? "everything" : matchers}${goesOn ? " (continue)" : ""}`;
}

function labelOf(pair: string): [string, string] {
  const at = pair.indexOf("=");
  if (at <= 0) throw new CliError(`"${pair}" is no label: write NAME=VALUE, such as severity=critical`, 2);
  // As amtool takes them: the value may stand in double quotes.
  const value = pair.slice(at + 1);
  return [pair.slice(0, at), /^".*"$/s.test(value) ? value.slice(1, -1).replace(/\\(["\\])/g, "$1") : value];
}

/** Whoever `serve` would tell. */
async function readAudience(flags: RouteFlags): Promise<Audience> {
  const [{ loadConfig }, { readAlertmanagerFile }, { parseAlertmanagerConfig }, { problemText }] =
    await Promise.all([
      import("@batchwatch/server/config/load-config"),
      import("@batchwatch/server/config/alertmanager-file"),
      import("@batchwatch/server/4-alert/routing/parse-alertmanager-config"),
      import("@batchwatch/server/config/config-layers"),
    ]);
  const config =
    flags.file === undefined ? loadConfig({ file: flags.config, env: process.env }).config : null;
  const file = flags.file ?? config?.alerts.alertmanagerFile;
  if (file === undefined) {
    const told = (config?.receivers ?? []).filter(({ name }) => (config?.alerts.receiver ?? name) === name);
    return { kind: "everyone", receivers: told.map(({ name, type }) => ({ name, channel: type })) };
  }
  const { config: routing, problems } = await readAlertmanagerFile(file, parseAlertmanagerConfig);
  if (routing === null)
    throw new CliError(
      `The Alertmanager file is not valid:\n${problems.map((each) => `  ${problemText(each)}`).join("\n")}`,
    );
  return { kind: "routed", routing };
}
