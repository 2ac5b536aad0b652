/**
 * Dashboards in YAML: the shipped ones and those of `dashboards.files`. Receives patterns; keeps what the files say, read
 * at start, on SIGHUP and when a file changes. A file with a mistake changes nothing: its dashboard stays as it last
 * was good, and the mistake is shown with file, line and field on the page, in /readyz and in the log.
 */
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import {
  type CheckQuery,
  type Dashboard,
  type DashboardProblem,
  type PlacedProblem,
  readDashboardFile,
} from "@batchwatch/protocol";
import type { Logger } from "pino";
import { readYaml } from "../lib/yaml-text.ts";
import { type ConfigProblem, problemText, whyUnreadable } from "./config-layers.ts";
import { createWatchedFiles, type WatchedFiles } from "./watched-files.ts";

const SETTING = "dashboards.files";
/** A dashboard is written by hand; what is larger is another kind of file. */
const MOST_BYTES = 1024 * 1024;

export interface NamedDashboard extends Dashboard {
  name: string;
  source: "shipped" | "file";
  file: string;
}

export interface DashboardFilesParts {
  /** Absolute paths or globs. */
  patterns: readonly string[];
  /** Folder of the shipped ones; null = none. */
  shippedDir: string | null;
  reloadIntervalMs: number;
  log: Logger;
}

export interface DashboardFiles extends WatchedFiles {
  /** By title. */
  list(): readonly NamedDashboard[];
  get(name: string): NamedDashboard | null;
  problems(): readonly DashboardProblem[];
  /** What is wrong with the files, null when nothing is. */
  trouble(): string | null;
}

export function createDashboardFiles(parts: DashboardFilesParts): DashboardFiles {
  const { log, shippedDir } = parts;
  const shipped = shippedDir === null ? [] : [join(shippedDir, "*.yaml")];
  /** As each file last was good. */
  let good = new Map<string, NamedDashboard>();
  let byName = new Map<string, NamedDashboard>();
  let problems: ConfigProblem[] = [];

  const watched = createWatchedFiles({
    ...parts,
    patterns: [...parts.patterns, ...shipped],
    setting: SETTING,
    async take(files, found) {
      const reading = await readDashboardFiles(files, shippedDir);
      const now = new Map<string, NamedDashboard>();
      for (const file of files) {
        const dashboard = reading.dashboards.get(file) ?? good.get(file);
        if (dashboard !== undefined) now.set(file, dashboard);
      }
      good = now;
      const named = nameThem([...now.values()]);
      byName = named.byName;
      const before = problems.map(problemText);
      problems = [...found, ...reading.problems, ...named.problems];
      for (const problem of problems)
        if (!before.includes(problemText(problem))) log.error(`Dashboard: ${problemText(problem)}`);
    },
  });
  return {
    ...watched,
    list: () => [...byName.values()].toSorted((a, b) => (a.title < b.title ? -1 : a.title > b.title ? 1 : 0)),
    get: (name) => byName.get(name) ?? null,
    problems: () => problems.map((problem) => ({ ...problem, file: problem.file ?? "" })),
    trouble: () => (problems.length === 0 ? null : problems.map(problemText).join("; ")),
  };
}

export interface DashboardFilesReading {
  /** By file. */
  dashboards: Map<string, NamedDashboard>;
  problems: ConfigProblem[];
  /** Queries that `checkQuery` finds wrong. */
  warnings: ConfigProblem[];
}

/** Reads and checks dashboard files; for the server, `batchwatch check` and `batchwatch export`. */
export async function readDashboardFiles(
  files: readonly string[],
  shippedDir: string | null,
  checkQuery?: CheckQuery,
): Promise<DashboardFilesReading> {
  const dashboards = new Map<string, NamedDashboard>();
  const problems: ConfigProblem[] = [];
  const warnings: ConfigProblem[] = [];
  for (const file of files) {
    const read = await readOne(file, checkQuery);
    problems.push(...read.problems);
    warnings.push(...read.warnings);
    if (read.dashboard === null) continue;
    const isShipped = shippedDir !== null && file.startsWith(join(shippedDir, "/"));
    dashboards.set(file, {
      ...read.dashboard,
      name: nameOfFile(file),
      source: isShipped ? "shipped" : "file",
      file,
    });
  }
  return { dashboards, problems, warnings };
}

/** One dashboard a name: a user's own takes the place of a shipped one; of two of a user's the first stays. */
export function nameThem(dashboards: readonly NamedDashboard[]): {
  byName: Map<string, NamedDashboard>;
  problems: ConfigProblem[];
} {
  const byName = new Map<string, NamedDashboard>();
  const problems: ConfigProblem[] = [];
  for (const dashboard of dashboards) {
    const other = byName.get(dashboard.name);
    if (other === undefined || (other.source === "shipped" && dashboard.source === "file"))
      byName.set(dashboard.name, dashboard);
    else if (dashboard.source === "file")
      problems.push({
        file: dashboard.file,
        line: null,
        field: "",
        message: `has the same name as ${other.file}, which is shown; give one of them another name`,
      });
  }
  return { byName, problems };
}

/** `/etc/dashboards/Nightly loads.yaml` → `nightly-loads`, what its page's address ends in. */
function nameOfFile(file: string): string {
  const stem = basename(file).replace(/\.ya?ml$/i, "");
  const name = stem
    .toLowerCase()
    .replace(/[^\p{L}\p{N}._-]+/gu, "-")
    .replace(/^[-.]+|-+$/g, "");
  return name === "" ? "dashboard" : name;
}

interface FileReading {
  dashboard: Dashboard | null;
  problems: ConfigProblem[];
  warnings: ConfigProblem[];
}

async function readOne(file: string, checkQuery: CheckQuery | undefined): Promise<FileReading> {
  const note = (line: number | null, message: string, field = ""): ConfigProblem => ({
    file,
    line,
    field,
    message,
  });
  const failed = (...problems: ConfigProblem[]): FileReading => ({ dashboard: null, problems, warnings: [] });
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    return failed(note(null, whyUnreadable(error, file)));
  }
  if (text.length > MOST_BYTES) return failed(note(null, "is larger than 1 MiB, so it is no dashboard"));
  const yaml = readYaml(text);
  if (yaml.errors.length > 0)
    return failed(...yaml.errors.map(({ line, message }) => note(line, `is no valid YAML: ${message}`)));
  const reading = readDashboardFile(yaml.value, checkQuery && { checkQuery });
  const placed = ({ path, field, message }: PlacedProblem) => note(yaml.lineOf(path), message, field);
  return reading.ok
    ? { dashboard: reading.dashboard, problems: [], warnings: reading.warnings.map(placed) }
    : failed(...reading.problems.map(placed));
}
