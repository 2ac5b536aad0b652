/** `batchwatch export grafana|prometheus`: the dashboards as Grafana JSON, and the rule files, for those who run these too. */
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { basename, extname, join, resolve } from "node:path";
import type { Command } from "commander";
import { CliError } from "../cli-error.ts";
import { printJson } from "../show.ts";

interface ExportFlags {
  config?: string;
  json?: boolean;
}

/** What was written: each file and where it came from. */
interface Written {
  file: string;
  from: string;
}

export function registerExport(program: Command): void {
  const command = program
    .command("export")
    .description("write dashboards for Grafana and rules for Prometheus")
    .addHelpText(
      "after",
      "\n  batchwatch export grafana /var/lib/grafana/dashboards\n  batchwatch export prometheus /etc/prometheus/rules",
    );
  withFlags(
    command
      .command("grafana")
      .description(
        "the shipped and the configured dashboards as Grafana JSON, over a choice of Prometheus data sources",
      )
      .argument("[dir]", "where to write", "grafana"),
  ).action((dir: string, flags: ExportFlags) => exportGrafana(dir, flags));
  withFlags(
    command
      .command("prometheus")
      .description("the shipped and the configured rule files, as they are")
      .argument("[dir]", "where to write", "prometheus"),
  ).action((dir: string, flags: ExportFlags) => exportPrometheus(dir, flags));
}

function withFlags(command: Command): Command {
  return command
    .option(
      "--config <file>",
      "configuration (default: BATCHWATCH_CONFIG, else ./batchwatch.yaml where it exists)",
    )
    .option("--json", "print what was written as JSON");
}

async function exportGrafana(dir: string, flags: ExportFlags): Promise<void> {
  const [
    { expandPatterns },
    { nameThem, readDashboardFiles },
    { problemText },
    { grafanaDashboard },
    sources,
  ] = await Promise.all([
    import("@batchwatch/server/config/watched-files"),
    import("@batchwatch/server/config/dashboard-files"),
    import("@batchwatch/server/config/load-config"),
    import("../export/grafana-dashboard.ts"),
    sourcesOf(flags, "dashboards"),
  ]);
  const { config, shippedDir } = sources;
  const found: Parameters<typeof expandPatterns>[2] = [];
  const patterns = [
    ...(config.dashboards.files ?? []),
    ...(shippedDir === null ? [] : [join(shippedDir, "*.yaml")]),
  ];
  const files = await expandPatterns(patterns, "dashboards.files", found);
  const reading = await readDashboardFiles(files, shippedDir);
  const { byName, problems } = nameThem([...reading.dashboards.values()]);
  const wrong = [...found, ...reading.problems, ...problems];
  if (wrong.length > 0) throw new CliError(`Nothing was written:\n${wrong.map(problemText).join("\n")}`);
  const written: Written[] = [];
  await makeDir(dir);
  for (const dashboard of byName.values()) {
    const file = join(dir, `${dashboard.name}.json`);
    await writeFile(file, `${JSON.stringify(grafanaDashboard(dashboard, dashboard.name), null, 2)}\n`);
    written.push({ file, from: dashboard.file });
  }
  tell(written, flags, "dashboard");
}

async function exportPrometheus(dir: string, flags: ExportFlags): Promise<void> {
  const [{ expandPatterns }, { problemText }, sources] = await Promise.all([
    import("@batchwatch/server/config/watched-files"),
    import("@batchwatch/server/config/load-config"),
    sourcesOf(flags, "prometheus"),
  ]);
  const { config, shippedDir } = sources;
  const found: Parameters<typeof expandPatterns>[2] = [];
  const configured = await expandPatterns(config.rules.files, "rules.files", found);
  if (found.length > 0) throw new CliError(`Nothing was written:\n${found.map(problemText).join("\n")}`);
  const shipped = shippedDir === null ? [] : await expandPatterns([join(shippedDir, "*.rules.yaml")], "", []);
  const sourceFiles = [...new Set([...configured, ...shipped])];
  if (sourceFiles.length === 0)
    throw new CliError("There are no rule files: rules.files in the configuration names none.");
  await makeDir(dir);
  const taken = new Set<string>();
  const written: Written[] = [];
  for (const from of sourceFiles) {
    const file = join(dir, freeName(basename(from), taken));
    if (resolve(file) !== resolve(from)) await copyFile(from, file);
    written.push({ file, from });
  }
  tell(written, flags, "rule file");
}

/** The configuration in use, and where the shipped files lie. */
async function sourcesOf(flags: ExportFlags, shipped: string) {
  const [{ loadConfig }, { findShippedDir }] = await Promise.all([
    import("@batchwatch/server/config/load-config"),
    import("@batchwatch/server/config/shipped-files"),
  ]);
  const { config } = loadConfig({ file: flags.config, env: process.env });
  return { config, shippedDir: findShippedDir(shipped) };
}

async function makeDir(dir: string): Promise<void> {
  try {
    await mkdir(dir, { recursive: true });
  } catch (error) {
    throw new CliError(`${dir}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Two files of one name from two folders: the second gets a number. */
function freeName(name: string, taken: Set<string>): string {
  const end = extname(name);
  let free = name;
  for (let count = 2; taken.has(free); count++) free = `${basename(name, end)}-${count}${end}`;
  taken.add(free);
  return free;
}

function tell(written: readonly Written[], flags: ExportFlags, what: string): void {
  if (flags.json) {
    printJson({ written });
    return;
  }
  for (const { file, from } of written) console.log(`${file}  (from ${from})`);
  console.log(written.length === 1 ? `1 ${what} written.` : `${written.length} ${what}s written.`);
}
