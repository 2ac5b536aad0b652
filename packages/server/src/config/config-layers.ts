/**
 * The three places a configuration comes from, each read into the same nested shape: file, environment, flags.
 * `mergeLayers` lays them over one another and remembers which place said what, so that errors can name it.
 */
import { camelCase, type FieldProblem, isObject, nearestName } from "@batchwatch/protocol";
import { CONFIG_OPTIONS, ENVIRONMENT_PREFIX, knownKeysAt } from "./config-options.ts";

export type Layer = Record<string, unknown>;

/** A problem of the configuration and where it was said. */
export interface ConfigProblem extends FieldProblem {
  /** File name, or null for the environment and flags. */
  file: string | null;
  line: number | null;
}

/** One problem as a line: `batchwatch.yaml:12: http.prot: is not known; did you mean "port"?` */
export function problemText({ file, line, field, message }: ConfigProblem): string {
  const place = file === null ? "" : `${file}${line === null ? "" : `:${line}`}: `;
  return place + (field === "" ? message : `${field}: ${message}`);
}

/** By file and line; what has no file comes first. */
export function byPlace(a: ConfigProblem, b: ConfigProblem): number {
  const [fileA, fileB] = [a.file ?? "", b.file ?? ""];
  return fileA === fileB ? (a.line ?? 0) - (b.line ?? 0) : fileA < fileB ? -1 : 1;
}

/** A file system's refusal, in words that say what to do. */
export function whyUnreadable(error: unknown, file: string): string {
  const code = (error as NodeJS.ErrnoException).code;
  switch (code) {
    case "ENOENT":
      return "does not exist";
    case "EISDIR":
      return `is a directory; name files in it, e.g. "${file.replace(/\/+$/, "")}/*.yaml"`;
    case "EACCES":
      return "may not be read by this user";
    default:
      return `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Variables of the client programs, not of the server's configuration. */
const CLIENT_VARIABLES = new Set([
  "URL",
  "API_KEY",
  "RUN",
  "JOB",
  "NODE",
  "DEV",
  "CONFIG",
  "RECORDS",
  "NAMESPACE",
  "ENVIRONMENT",
]);
const CLIENT_PREFIXES = /^(EXEC|SPOOL|CLI|TEST|BENCH)_/;
/** What Kubernetes sets in every pod beside a Service named "batchwatch". */
const KUBERNETES_VARIABLES = /^(SERVICE_(HOST|PORT(_.*)?)|PORT|PORT_\d+_(TCP|UDP)(_.*)?)$/;

/** Reads `BATCHWATCH_…`; a name that is no option is a problem. */
export function environmentLayer(env: Readonly<Record<string, string | undefined>>): {
  layer: Layer;
  problems: ConfigProblem[];
} {
  const layer: Layer = {};
  const problems: ConfigProblem[] = [];
  const options = new Map(CONFIG_OPTIONS.map((option) => [option.environmentName, option]));
  for (const [name, text] of Object.entries(env)) {
    if (!name.startsWith(ENVIRONMENT_PREFIX) || text === undefined || text === "") continue;
    const option = options.get(name);
    if (option !== undefined) {
      const value = valueOfText(text, option.kind);
      if (value === undefined)
        problems.push({ field: name, message: `must be ${WANTED[option.kind]}`, file: null, line: null });
      else setAt(layer, option.path, value);
    } else if (!isForeign(name.slice(ENVIRONMENT_PREFIX.length)))
      problems.push({
        field: name,
        message: unknownVariable(name, [...options.keys()]),
        file: null,
        line: null,
      });
  }
  return { layer, problems };
}

const WANTED = {
  text: "text",
  number: "a number",
  boolean: "true or false",
  list: "a comma-separated list",
  json: "JSON, as in the file",
} as const;

function valueOfText(text: string, kind: keyof typeof WANTED): unknown {
  switch (kind) {
    case "text":
      return text;
    case "number":
      return /^-?\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : undefined;
    case "boolean":
      return { true: true, "1": true, yes: true, false: false, "0": false, no: false }[
        text.trim().toLowerCase()
      ];
    case "list":
      return text
        .split(",")
        .map((part) => part.trim())
        .filter((part) => part !== "");
    case "json":
      try {
        return JSON.parse(text) as unknown;
      } catch {
        return undefined;
      }
  }
}

function isForeign(name: string): boolean {
  return CLIENT_VARIABLES.has(name) || CLIENT_PREFIXES.test(name) || KUBERNETES_VARIABLES.test(name);
}

function unknownVariable(name: string, known: readonly string[]): string {
  const near = nearestName(name, known);
  return near === null
    ? "is no option of Batchwatch; `batchwatch check` lists them"
    : `is no option of Batchwatch; did you mean ${near}?`;
}

/** snake_case keys of a file become the schema's own, where that is a known one; `writtenAs` keeps what was written. */
export function fileLayer(value: unknown): {
  layer: Layer;
  writtenAs: ReadonlyMap<string, readonly PropertyKey[]>;
} {
  const writtenAs = new Map<string, readonly PropertyKey[]>();
  return { layer: isObject(value) ? rename(value, [], [], writtenAs) : {}, writtenAs };
}

function rename(
  value: Readonly<Record<string, unknown>>,
  path: readonly PropertyKey[],
  written: readonly PropertyKey[],
  writtenAs: Map<string, readonly PropertyKey[]>,
): Layer {
  const known = knownKeysAt(path);
  const renamed: Layer = {};
  for (const [key, inner] of Object.entries(value)) {
    const name = known.includes(camelCase(key)) ? camelCase(key) : key;
    const [nextPath, nextWritten] = [
      [...path, name],
      [...written, key],
    ];
    writtenAs.set(pathKey(nextPath), nextWritten);
    renamed[name] = renameInner(inner, nextPath, nextWritten, writtenAs);
  }
  return renamed;
}

function renameInner(
  inner: unknown,
  path: readonly PropertyKey[],
  written: readonly PropertyKey[],
  writtenAs: Map<string, readonly PropertyKey[]>,
): unknown {
  if (Array.isArray(inner))
    return inner.map((item, index) => renameInner(item, [...path, index], [...written, index], writtenAs));
  // A section with nothing under it ("http:") says nothing.
  if (inner === null && knownKeysAt(path).length > 0) return {};
  return isObject(inner) ? rename(inner, path, written, writtenAs) : inner;
}

export function pathKey(path: readonly PropertyKey[]): string {
  return JSON.stringify(path.map(String));
}

/** Later layers win, option by option; lists are replaced, not joined. */
export function mergeLayers(layers: readonly Layer[]): Layer {
  const merged: Layer = {};
  for (const layer of layers)
    for (const [key, value] of Object.entries(layer)) {
      if (value === undefined) continue;
      const there = merged[key];
      merged[key] = isObject(there) && isObject(value) ? mergeLayers([there, value]) : value;
    }
  return merged;
}

export function hasPath(layer: unknown, path: readonly PropertyKey[]): boolean {
  let here = layer;
  for (const part of path) {
    if (typeof here !== "object" || here === null || !Object.hasOwn(here, part)) return false;
    here = (here as Record<PropertyKey, unknown>)[part];
  }
  return true;
}

function setAt(layer: Layer, path: readonly string[], value: unknown): void {
  const [first = "", ...rest] = path;
  if (rest.length === 0) {
    layer[first] = value;
    return;
  }
  const inner = isObject(layer[first]) ? layer[first] : {};
  layer[first] = inner;
  setAt(inner, rest, value);
}
