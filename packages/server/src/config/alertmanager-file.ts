/**
 * The Alertmanager file of `alerts.alertmanagerFile`. Receives its path and how it is read (4-alert/routing); keeps the
 * routing that it says, read at start, on SIGHUP and when it changes. A start with a file that is wrong is refused, since
 * nobody would be told; later a wrong file changes nothing, and is shown in /readyz and the log.
 */
import { accessSync, constants } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Logger } from "pino";
import type { RoutingConfig } from "../model/routing.ts";
import { type ConfigProblem, problemText, whyUnreadable } from "./config-layers.ts";
import { ConfigError } from "./load-config.ts";
import { createWatchedFiles, type WatchedFiles } from "./watched-files.ts";

const SETTING = "alerts.alertmanagerFile";

/** A problem as the parser tells it; the file's name is added here. */
type Placed = Omit<ConfigProblem, "file">;

export type ParseAlertmanager = (
  text: string,
  files: { locate(file: string): { ok: true; path: string } | { ok: false; why: string } },
) => { ok: true; config: RoutingConfig; warnings: Placed[] } | { ok: false; problems: Placed[] };

export interface AlertmanagerReading {
  config: RoutingConfig | null;
  problems: ConfigProblem[];
  warnings: ConfigProblem[];
}

/** Never rejects: what is wrong is in `problems`. */
export async function readAlertmanagerFile(
  file: string,
  parse: ParseAlertmanager,
): Promise<AlertmanagerReading> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    const message = whyUnreadable(error, file);
    return { config: null, problems: [{ file, line: null, field: "", message }], warnings: [] };
  }
  const named = (problem: Placed): ConfigProblem => ({ ...problem, file });
  const reading = parse(text, { locate: (name) => locate(resolve(dirname(file), name)) });
  return reading.ok
    ? { config: reading.config, problems: [], warnings: reading.warnings.map(named) }
    : { config: null, problems: reading.problems.map(named), warnings: [] };
}

function locate(path: string): { ok: true; path: string } | { ok: false; why: string } {
  try {
    accessSync(path, constants.R_OK);
    return { ok: true, path };
  } catch (error) {
    return { ok: false, why: whyUnreadable(error, path) };
  }
}

export interface AlertmanagerFileParts {
  /** Absolute; undefined = there is none. */
  file: string | undefined;
  reloadIntervalMs: number;
  log: Logger;
  parse: ParseAlertmanager;
  /** Takes over what the file says now. */
  take(routing: RoutingConfig): Promise<void>;
}

export interface AlertmanagerFile extends WatchedFiles {
  /** null = there is no file. */
  routing(): RoutingConfig | null;
  /** Path of the file, null = there is none. */
  file(): string | null;
  /** What is wrong with the file, null when nothing is. */
  trouble(): string | null;
}

export function createAlertmanagerFile(parts: AlertmanagerFileParts): AlertmanagerFile {
  const { file, log } = parts;
  let routing: RoutingConfig | null = null;
  let problems: readonly ConfigProblem[] = [];

  async function take(files: readonly string[], found: ConfigProblem[]): Promise<void> {
    const [path] = files;
    const reading: AlertmanagerReading =
      path === undefined
        ? { config: null, problems: [], warnings: [] }
        : await readAlertmanagerFile(path, parts.parse);
    const now = [...found, ...reading.problems];
    for (const problem of now) log.error(`Alertmanager file: ${problemText(problem)}`);
    for (const warning of reading.warnings) log.warn(`Alertmanager file: ${problemText(warning)}`);
    if (problems.length > 0 && now.length === 0) log.info("the Alertmanager file is in order again");
    problems = now;
    if (reading.config === null) return;
    routing = reading.config;
    await parts.take(reading.config);
  }

  const watched = createWatchedFiles({
    patterns: file === undefined ? [] : [file],
    setting: SETTING,
    reloadIntervalMs: parts.reloadIntervalMs,
    log,
    take,
  });
  return {
    ...watched,
    /** @throws ConfigError when the file was never read well. */
    async load() {
      await watched.load();
      if (file !== undefined && routing === null) throw new ConfigError(problems);
    },
    routing: () => routing,
    file: () => file ?? null,
    trouble: () => (problems.length === 0 ? null : problems.map(problemText).join("; ")),
  };
}
