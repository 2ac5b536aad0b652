/** The part of `batchwatch check` that looks at where alerts go: the Alertmanager file, and whether anybody is told at all. */
import { statSync } from "node:fs";
import type { Config } from "@batchwatch/protocol";
import type { AlertmanagerReading } from "@batchwatch/server/config/alertmanager-file";
import { readNamedFile } from "./named-files.ts";

/** Alertmanager files have `route` at the top. */
export function splitAlertmanagerFiles(paths: readonly string[]): {
  alertmanagerFiles: string[];
  others: string[];
} {
  const alertmanagerFiles: string[] = [];
  const others: string[] = [];
  for (const path of paths) (isAlertmanagerFile(path) ? alertmanagerFiles : others).push(path);
  return { alertmanagerFiles, others };
}

function isAlertmanagerFile(path: string): boolean {
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) return false;
  return /^["']?route["']?[ \t]*:/m.test(readNamedFile(path));
}

type Findings = Pick<AlertmanagerReading, "problems" | "warnings"> & { files: string[]; routes: number };

/**
 * @param named Alertmanager files on the command line
 * @param configured the configuration, null where there is no file of it or it is not valid
 */
export async function checkAlertRoutes(
  named: readonly string[],
  configured: { config: Config; file: string } | null,
): Promise<Findings> {
  const [{ readAlertmanagerFile }, { parseAlertmanagerConfig }, { allRoutes }] = await Promise.all([
    import("@batchwatch/server/config/alertmanager-file"),
    import("@batchwatch/server/4-alert/routing/parse-alertmanager-config"),
    import("@batchwatch/server/4-alert/routing/match-routes"),
  ]);
  const alerts = configured?.config.alerts;
  const findings: Findings = { problems: [], warnings: [], files: [...named], routes: 0 };
  if (alerts?.alertmanagerFile !== undefined) findings.files.unshift(alerts.alertmanagerFile);
  for (const file of findings.files) {
    const reading = await readAlertmanagerFile(file, parseAlertmanagerConfig);
    findings.problems.push(...reading.problems);
    findings.warnings.push(...reading.warnings);
    if (reading.config !== null) findings.routes += allRoutes(reading.config.root).length;
  }
  if (
    configured !== null &&
    alerts?.alertmanagerFile === undefined &&
    configured.config.receivers.length === 0
  )
    findings.warnings.push({
      file: configured.file,
      line: null,
      field: "receivers",
      message: "names nobody: incidents open and nobody is told. Add a receiver, or alerts.alertmanagerFile",
    });
  return findings;
}
