/**
 * The server's configuration from file, environment and flags (flags win over environment over file over defaults).
 * Every problem is listed at once, with the file's line where there is one. Schema: protocol/config-schema.ts.
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import {
  type Config,
  type ConfigInput,
  configAtOdds,
  configSchema,
  fieldPath,
  problemsOfZodError,
  type ReceiverConfig,
  SECRET_OPTIONS,
} from "@batchwatch/protocol";
import { readYaml } from "../lib/yaml-text.ts";
import {
  byPlace,
  type ConfigProblem,
  environmentLayer,
  fileLayer,
  hasPath,
  type Layer,
  mergeLayers,
  pathKey,
  problemText,
  whyUnreadable,
} from "./config-layers.ts";
import { CONFIG_OPTIONS, knownKeysAt } from "./config-options.ts";

export { type ConfigProblem, problemText } from "./config-layers.ts";

/** Read where nobody names a file. */
export const DEFAULT_CONFIG_FILES = ["batchwatch.yaml", "batchwatch.yml"] as const;

export interface ConfigSources {
  /** A file that must exist; left out: `BATCHWATCH_CONFIG`, else ./batchwatch.yaml where it exists. */
  file?: string | undefined;
  env?: Readonly<Record<string, string | undefined>>;
  /** What the command line says, in the schema's shape. */
  flags?: DeepPartial<ConfigInput>;
  /** Relative paths on the command line and in the environment start here; those in the file start at the file. */
  cwd?: string;
}

export interface LoadedConfig {
  config: Config;
  /** The file that was read, null when there was none. */
  file: string | null;
}

export class ConfigError extends Error {
  readonly code = "CONFIG_INVALID";
  readonly problems: readonly ConfigProblem[];
  constructor(problems: readonly ConfigProblem[]) {
    super(
      `The configuration is not valid:\n${problems.map((problem) => `  ${problemText(problem)}`).join("\n")}`,
    );
    this.name = "ConfigError";
    this.problems = problems;
  }
}

/** @throws ConfigError with every problem. */
export function loadConfig(sources: ConfigSources = {}): LoadedConfig {
  const checked = checkConfig(sources);
  if (checked.config === null) throw new ConfigError(checked.problems);
  return { config: checked.config, file: checked.file };
}

/** Like `loadConfig`, but answers the problems. */
export function checkConfig(
  sources: ConfigSources = {},
):
  | { config: Config; file: string | null; problems: [] }
  | { config: null; file: string | null; problems: ConfigProblem[] } {
  const cwd = sources.cwd ?? process.cwd();
  const file = configFile(sources, cwd);
  const problems: ConfigProblem[] = [];
  const fromFile = file === null ? NO_FILE : readConfigFile(file, problems);
  const fromEnvironment = environmentLayer(sources.env ?? {});
  problems.push(...fromEnvironment.problems);
  const flags = (sources.flags ?? {}) as Layer;
  const merged = mergeLayers([fromFile.layer, fromEnvironment.layer, flags]);
  const parsed = configSchema.safeParse(merged);
  if (!parsed.success) {
    // Looked for whatever else is wrong: all problems are told at once.
    const atOdds = configAtOdds(merged).map(
      (found): Issue => ({ code: "custom", input: undefined, ...found }),
    );
    for (const issue of [...parsed.error.issues, ...atOdds])
      problems.push(...placed(issue, [flags, fromEnvironment.layer], fromFile, file));
  }
  if (problems.length > 0 || !parsed.success)
    return { config: null, file, problems: unique(problems).toSorted(byPlace) };
  const base = (path: readonly string[]): string =>
    hasPath(flags, path) || hasPath(fromEnvironment.layer, path) || file === null ? cwd : dirname(file);
  return { config: withAbsolutePaths(parsed.data, base), file, problems: [] };
}

/** Files that the configuration names and a start would not find. */
export function missingFiles({ http, receivers }: Config): ConfigProblem[] {
  const named: [string, string][] = [
    ...Object.entries(http.tls ?? {}).map(([option, file]): [string, string] => [`http.tls.${option}`, file]),
    ...receivers.flatMap((receiver, index) =>
      filesOf(receiver).map(([option, file]): [string, string] => [`receivers[${index}].${option}`, file]),
    ),
  ];
  return named
    .filter(([, file]) => !existsSync(file))
    .map(([field, file]) => ({
      field,
      message: `names ${file}, which does not exist`,
      file: null,
      line: null,
    }));
}

/** Options of a receiver that name a file: those that hold a secret, and certificates. */
function filesOf(receiver: ReceiverConfig): [string, string][] {
  return Object.entries(receiver).filter(
    (entry): entry is [string, string] => entry[0].endsWith("File") && typeof entry[1] === "string",
  );
}

/** The configuration in use, for logs and the page: secrets are replaced by "(set)". */
export function describeConfig(config: Config): Record<string, unknown> {
  return redact(config, []) as Record<string, unknown>;
}

function configFile(sources: ConfigSources, cwd: string): string | null {
  const named = sources.file ?? sources.env?.BATCHWATCH_CONFIG;
  if (named !== undefined && named !== "") return resolve(cwd, named);
  return DEFAULT_CONFIG_FILES.map((name) => resolve(cwd, name)).find(existsSync) ?? null;
}

interface FileReading {
  layer: Layer;
  writtenAs: ReadonlyMap<string, readonly PropertyKey[]>;
  lineOf(path: readonly PropertyKey[]): number | null;
}

const NO_FILE: FileReading = { layer: {}, writtenAs: new Map(), lineOf: () => null };

function readConfigFile(file: string, problems: ConfigProblem[]): FileReading {
  const note = (line: number | null, message: string): void => {
    problems.push({ file, line, field: "", message });
  };
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    note(null, whyUnreadable(error, file));
    return NO_FILE;
  }
  const yaml = readYaml(text);
  for (const error of yaml.errors) note(error.line, error.message);
  if (yaml.value !== null && (typeof yaml.value !== "object" || Array.isArray(yaml.value)))
    note(1, 'must hold options by name, e.g. "dataDir: ./data"');
  return { ...fileLayer(yaml.value), lineOf: (path) => yaml.lineOf(path) };
}

type Issue = Parameters<typeof problemsOfZodError>[0]["issues"][number];

function placed(
  issue: Issue,
  stronger: readonly Layer[],
  fromFile: FileReading,
  file: string | null,
): ConfigProblem[] {
  const error = { issues: [issue] } as Parameters<typeof problemsOfZodError>[0];
  const keys = issue.code === "unrecognized_keys" ? issue.keys : [null];
  return problemsOfZodError(error, knownKeysAt).map((problem, index) => {
    const key = keys[index] ?? null;
    const path = key === null ? issue.path : [...issue.path, key];
    // What is missing has the place of the section that it is missing in.
    const inFile = hasPath(fromFile.layer, path.length > 1 ? path.slice(0, -1) : path);
    if (inFile && file !== null && !stronger.some((layer) => hasPath(layer, path))) {
      const written = writtenPath(fromFile, path);
      return { ...problem, field: fieldPath(written), file, line: fromFile.lineOf(written) };
    }
    const option = CONFIG_OPTIONS.find((known) => pathKey(known.path) === pathKey(path));
    const fromEnvironment =
      stronger[1] !== undefined && hasPath(stronger[1], path) && !hasPath(stronger[0], path);
    return {
      ...problem,
      field: fromEnvironment && option !== undefined ? option.environmentName : problem.field,
      file: null,
      line: null,
    };
  });
}

function writtenPath({ writtenAs }: FileReading, path: readonly PropertyKey[]): readonly PropertyKey[] {
  const parent = path.slice(0, -1);
  const known = writtenAs.get(pathKey(path));
  return known ?? [...(writtenAs.get(pathKey(parent)) ?? parent), ...path.slice(-1)];
}

function unique(problems: readonly ConfigProblem[]): ConfigProblem[] {
  const seen = new Set<string>();
  return problems.filter((problem) => {
    const text = problemText(problem);
    return !seen.has(text) && seen.add(text);
  });
}

function withAbsolutePaths(config: Config, base: (path: readonly string[]) => string): Config {
  const { tls } = config.http;
  const tlsBase = base(["http", "tls"]);
  const dataDir = resolve(base(["dataDir"]), config.dataDir);
  return {
    ...config,
    dataDir,
    http: {
      ...config.http,
      tls: tls && { certFile: resolve(tlsBase, tls.certFile), keyFile: resolve(tlsBase, tls.keyFile) },
    },
    jobs: { ...config.jobs, files: config.jobs.files.map((file) => resolve(base(["jobs", "files"]), file)) },
    receivers: config.receivers.map((receiver) => ({
      ...receiver,
      ...Object.fromEntries(
        filesOf(receiver).map(([option, file]) => [option, resolve(base(["receivers"]), file)]),
      ),
    })),
    rules: {
      ...config.rules,
      files: config.rules.files.map((file) => resolve(base(["rules", "files"]), file)),
    },
    alerts: {
      ...config.alerts,
      alertmanagerFile:
        config.alerts.alertmanagerFile &&
        resolve(base(["alerts", "alertmanagerFile"]), config.alerts.alertmanagerFile),
    },
    dashboards: {
      ...config.dashboards,
      files: dashboardFiles(config, base(["dashboards", "files"]), dataDir),
    },
  };
}

/** Without a word about them, dashboards lie in a folder of their own: beside the configuration, or with the data. */
function dashboardFiles({ dashboards }: Config, base: string, dataDir: string): string[] {
  return dashboards.files === undefined
    ? [base, dataDir].map((directory) => join(directory, "dashboards/*.{yaml,yml}"))
    : dashboards.files.map((file) => resolve(base, file));
}

function redact(value: unknown, path: readonly string[]): unknown {
  if (isSecret(path)) return value === undefined ? undefined : "(set)";
  if (Array.isArray(value)) return value.map((item) => redact(item, [...path, "*"]));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, redact(inner, [...path, key])]),
  );
}

function isSecret(path: readonly string[]): boolean {
  return SECRET_OPTIONS.includes(path.join("."));
}

export type DeepPartial<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { [K in keyof T]?: DeepPartial<T[K]> | undefined }
    : T;
