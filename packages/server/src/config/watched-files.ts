/**
 * Files that are read at start, on SIGHUP and whenever one of them changes: rule files, dashboards, jobs. Receives
 * patterns and what to do with a reading; keeps the loop, one reading at a time. A file system that does not tell of
 * changes (network shares, mounted config maps) is why it looks instead of listening.
 */
import { glob, stat } from "node:fs/promises";
import type { Logger } from "pino";
import type { ConfigProblem } from "./config-layers.ts";

export interface WatchedFilesParts {
  /** Absolute paths or globs. */
  patterns: readonly string[];
  /** The setting that names them, for messages: `rules.files`. */
  setting: string;
  reloadIntervalMs: number;
  log: Logger;
  /** Reads the files (sorted) and takes them over. One that rejects is tried again at the next look. */
  take(files: readonly string[], problems: ConfigProblem[]): Promise<void>;
}

export interface WatchedFiles {
  /** Reads all files now. Never rejects for what a file says. */
  load(): Promise<void>;
  /** Loads again whenever a file changes. */
  start(): void;
  stop(): Promise<void>;
}

export function createWatchedFiles(parts: WatchedFilesParts): WatchedFiles {
  const { patterns, setting, log } = parts;
  let fingerprint: string | null = null;
  let timer: NodeJS.Timeout | null = null;
  let loading: Promise<void> = Promise.resolve();

  async function loadNow(): Promise<void> {
    const problems: ConfigProblem[] = [];
    const files = await expandPatterns(patterns, setting, problems);
    fingerprint = await fingerprintOf(files);
    try {
      await parts.take(files, problems);
    } catch (error) {
      fingerprint = null;
      log.error({ err: error }, `the files of ${setting} could not be taken over; they are tried again`);
    }
  }

  function load(): Promise<void> {
    loading = loading.then(loadNow);
    return loading;
  }

  async function look(): Promise<void> {
    if ((await fingerprintOf(await expandPatterns(patterns, setting, []))) !== fingerprint) await load();
  }

  function plan(): void {
    timer = setTimeout(() => {
      look()
        .catch((error: unknown) =>
          log.error({ err: error }, `the files of ${setting} could not be looked at`),
        )
        .finally(() => {
          if (timer !== null) plan();
        });
    }, parts.reloadIntervalMs);
    timer.unref();
  }

  return {
    load,
    start() {
      if (patterns.length > 0 && timer === null) plan();
    },
    async stop() {
      if (timer !== null) clearTimeout(timer);
      timer = null;
      await loading;
    },
  };
}

/**
 * Sorted, each once. A plain path (no glob) that does not exist is a problem; a glob without a match is worth a warning.
 * @param setting what names them, null for the command line
 */
export async function expandPatterns(
  patterns: readonly string[],
  setting: string | null,
  problems: ConfigProblem[],
  warnings: ConfigProblem[] = [],
): Promise<string[]> {
  const files = new Set<string>();
  for (const pattern of patterns) {
    let matched = false;
    for await (const file of glob(pattern)) {
      files.add(file);
      matched = true;
    }
    if (matched) continue;
    const nowhere = { file: pattern, line: null, field: "" };
    if (/[*?[{]/.test(pattern)) warnings.push({ ...nowhere, message: "matches no file" });
    else
      problems.push({
        ...nowhere,
        message: setting === null ? "does not exist" : `is named in ${setting} and does not exist`,
      });
  }
  return [...files].sort();
}

/** Files come and go and change: path, size and time of change of each. */
export async function fingerprintOf(files: readonly string[]): Promise<string> {
  const lines: string[] = [];
  for (const file of files) {
    const info = await stat(file).catch(() => null);
    lines.push(`${file} ${info?.size} ${info?.mtimeMs} ${info?.ino}`);
  }
  return lines.join("\n");
}
