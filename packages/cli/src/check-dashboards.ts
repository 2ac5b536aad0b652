/** The part of `batchwatch check` that looks at dashboard files: their fields, and whether PromQL can read their queries. */
import { statSync } from "node:fs";
import type { CheckQuery } from "@batchwatch/protocol";
import { readNamedFile } from "./named-files.ts";

/** Dashboard files have `dashboard` at the top. */
export function splitDashboardFiles(paths: readonly string[]): {
  dashboardFiles: string[];
  others: string[];
} {
  const dashboardFiles: string[] = [];
  const others: string[] = [];
  for (const path of paths) (isDashboardFile(path) ? dashboardFiles : others).push(path);
  return { dashboardFiles, others };
}

function isDashboardFile(path: string): boolean {
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) return false;
  return /^["']?dashboard["']?[ \t]*:/m.test(readNamedFile(path));
}

/** @param patterns files and globs, those of the configuration and those named */
export async function checkDashboards(patterns: readonly string[]) {
  const [{ expandPatterns }, { nameThem, readDashboardFiles }, { parse, QueryError }] = await Promise.all([
    import("@batchwatch/server/config/watched-files"),
    import("@batchwatch/server/config/dashboard-files"),
    import("@batchwatch/promql"),
  ]);
  const checkQuery: CheckQuery = (query) => {
    try {
      parse(withoutVariables(query));
      return null;
    } catch (error) {
      if (error instanceof QueryError) return `is shown as an error in its panel: ${error.message}`;
      throw error;
    }
  };
  const missing: Parameters<typeof expandPatterns>[2] = [];
  const files = await expandPatterns(patterns, "dashboards.files", missing);
  const reading = await readDashboardFiles(files, null, checkQuery);
  const named = nameThem([...reading.dashboards.values()]);
  return {
    files,
    dashboards: named.byName.size,
    problems: [...missing, ...reading.problems, ...named.problems],
    warnings: reading.warnings,
  };
}

/** What the pages put in before they ask, with a value of the same kind. */
function withoutVariables(query: string): string {
  return query
    .replaceAll(/\$\{?job_name(?::\w+)?\}?/g, ".*")
    .replaceAll(/\$\{?__\w+_m?s\}?/g, "300")
    .replaceAll(/\$\{?__(?:range|interval|rate_interval)\}?/g, "300s");
}
