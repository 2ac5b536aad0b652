/**
 * The spellings in which settings are accepted: `maxDuration`, `max_duration`, `max_duration_seconds: 3600`,
 * `min_records_processed`, SLA keys beside the others or under `sla`. Out comes the canonical shape (job-settings.ts)
 * for job-settings-schema.ts to check. Keeps where each key stood, so that errors name what was written.
 */
import { type FieldProblem, fieldPath, unknownKeyMessage } from "./field-problem.ts";
import { isObject } from "./is-object.ts";
import { RUN_TYPES } from "./phases.ts";

interface ObjectSpec {
  /** Canonical names; true = a duration, which may be written with its unit in the name. */
  keys: Readonly<Record<string, "duration" | "value" | ObjectSpec>>;
  aliases?: Readonly<Record<string, string>>;
  /** Keys of this object are also accepted one level up. */
  flattens?: string;
  /** The keys are names that the user gives, and each holds an object of this kind. */
  each?: ObjectSpec;
  /** The key that text or a number in the place of this object stands for: `heartbeat: 60s`. */
  shorthand?: string;
}

const RUN_LIMITS: ObjectSpec = {
  keys: {
    maxDuration: "duration",
    minDuration: "duration",
    minRecords: "value",
    maxRecords: "value",
    maxFailureRate: "value",
    maxRecordLoss: "value",
    expectedRecords: "value",
  },
  aliases: {
    minRecordsProcessed: "minRecords",
    maxRecordsProcessed: "maxRecords",
    failureRate: "maxFailureRate",
    recordLoss: "maxRecordLoss",
  },
};

const SLA: ObjectSpec = {
  keys: {
    ...RUN_LIMITS.keys,
    startBy: "duration",
    mustCompleteBy: {
      keys: { time: "value", timezone: "value", days: "value", dayOffset: "value" },
      aliases: { tz: "timezone" },
    },
    freshness: "duration",
    maxRuns: { keys: { count: "value", per: "duration" }, aliases: { window: "per" } },
    steps: { keys: {}, each: { keys: { maxDuration: "duration" } } },
    byRunType: { keys: Object.fromEntries(RUN_TYPES.map((type) => [type, RUN_LIMITS])) },
  },
  aliases: {
    ...RUN_LIMITS.aliases,
    completeBy: "mustCompleteBy",
    mustStartBy: "startBy",
    maxAge: "freshness",
  },
};

const SETTINGS: ObjectSpec = {
  keys: {
    jobType: "value",
    owner: "value",
    description: "value",
    runbook: "value",
    tags: "value",
    schedule: {
      keys: {
        cron: "value",
        seconds: "value",
        every: "duration",
        timezone: "value",
        earlyWindow: "duration",
        lateWindow: "duration",
      },
      aliases: { tz: "timezone", interval: "every" },
    },
    sla: SLA,
    heartbeat: {
      keys: { interval: "duration", limit: "duration" },
      aliases: { timeout: "limit" },
      shorthand: "limit",
    },
    stall: { keys: { limit: "duration" }, aliases: { timeout: "limit" }, shorthand: "limit" },
    retry: { keys: { maxAttempts: "value", grace: "duration" }, shorthand: "maxAttempts" },
    allowOverlap: "value",
    upstreams: "value",
    severity: "value",
    alert: { keys: { after: "value", of: "value" } },
    resolve: { keys: { after: "value" } },
    paused: "value",
    observeOnly: "value",
  },
  aliases: { type: "jobType", runbookUrl: "runbook", dependsOn: "upstreams" },
  flattens: "sla",
};

/** Units that may end a duration's name, longest first. */
const NAME_UNITS: readonly [RegExp, string][] = [
  [/Milliseconds$|Ms$/, "ms"],
  [/Seconds$|Secs?$/, "s"],
  [/Minutes$|Mins?$/, "m"],
  [/Hours$/, "h"],
  [/Days$/, "d"],
];

export interface CanonicalSettings {
  value: unknown;
  problems: FieldProblem[];
  /** Canonical path → path as written, where they differ. */
  writtenAs: ReadonlyMap<string, string>;
  /** Canonical names an object at this canonical path may have. */
  knownKeysAt: (path: readonly PropertyKey[]) => readonly string[];
}

/** Brings the keys of settings into the canonical spelling. Values are not looked at, except to add a name's unit. */
export function canonicalSettingsKeys(input: unknown): CanonicalSettings {
  const problems: FieldProblem[] = [];
  const writtenAs = new Map<string, string>();
  const value = isObject(input) ? walk(input, SETTINGS, [], [], { problems, writtenAs }) : input;
  return { value, problems, writtenAs, knownKeysAt: (path) => keysOf(specAt(SETTINGS, path)) };
}

interface Notes {
  problems: FieldProblem[];
  writtenAs: Map<string, string>;
}

function walk(
  input: Readonly<Record<string, unknown>>,
  spec: ObjectSpec,
  written: readonly PropertyKey[],
  canonical: readonly PropertyKey[],
  notes: Notes,
): Record<string, unknown> {
  const output: Record<string, unknown> = {};
  for (const [key, raw] of Object.entries(input)) {
    if (raw === undefined) continue;
    const found = findKey(key, raw, spec);
    const here = [...written, key];
    if (found === null) {
      notes.problems.push({ field: fieldPath(here), message: unknownKeyMessage(key, allKeys(spec)) });
      continue;
    }
    const path = [...canonical, ...found.path];
    // Of two spellings the first counts, so its place is the one to name.
    if (fieldPath(path) !== fieldPath(here) && !isSaid(output, found.path))
      notes.writtenAs.set(fieldPath(path), fieldPath(here));
    const inner = innerOf(found, here, path, notes);
    if (!put(output, found.path, inner))
      notes.problems.push({
        field: fieldPath(here),
        message: `says "${found.path.join(".")}" a second time`,
      });
  }
  return output;
}

function innerOf(
  { kind, value }: FoundKey,
  here: readonly PropertyKey[],
  path: readonly PropertyKey[],
  notes: Notes,
): unknown {
  if (typeof kind !== "object") return value;
  if (isObject(value)) return walk(value, kind, here, path, notes);
  if (kind.shorthand === undefined || (typeof value !== "string" && typeof value !== "number")) return value;
  notes.writtenAs.set(fieldPath([...path, kind.shorthand]), fieldPath(here));
  return { [kind.shorthand]: value };
}

interface FoundKey {
  path: string[];
  kind: "duration" | "value" | ObjectSpec;
  value: unknown;
}

function findKey(key: string, value: unknown, spec: ObjectSpec): FoundKey | null {
  if (spec.each !== undefined) return { path: [key], kind: spec.each, value };
  const camel = camelCase(key);
  const name = own(spec.aliases, camel) ?? camel;
  const kind = own(spec.keys, name);
  if (kind !== undefined) return { path: [name], kind, value };
  for (const [suffix, unit] of NAME_UNITS) {
    if (!suffix.test(camel)) continue;
    const stem = camel.replace(suffix, "");
    const base = own(spec.aliases, stem) ?? stem;
    if (own(spec.keys, base) === "duration")
      return { path: [base], kind: "duration", value: withUnit(value, unit) };
  }
  if (spec.flattens === undefined) return null;
  const inner = own(spec.keys, spec.flattens);
  const found = typeof inner === "object" ? findKey(key, value, inner) : null;
  return found === null ? null : { ...found, path: [spec.flattens, ...found.path] };
}

/** Anything but a number is left for the schema to refuse. */
function withUnit(value: unknown, unit: string): unknown {
  if (typeof value === "number") return `${value}${unit}`;
  return typeof value === "string" && /^\d+(\.\d+)?$/.test(value.trim()) ? `${value.trim()}${unit}` : value;
}

function isSaid(output: Readonly<Record<string, unknown>>, path: readonly string[]): boolean {
  const [first = "", second] = path;
  const there = own(output, first);
  return second === undefined
    ? Object.hasOwn(output, first)
    : isObject(there) && Object.hasOwn(there, second);
}

function put(output: Record<string, unknown>, path: readonly string[], value: unknown): boolean {
  const [first = "", second] = path;
  if (second === undefined) {
    const there = output[first];
    // `sla: {…}` beside flat SLA keys: both count, unless they say the same setting.
    if (isObject(there) && isObject(value)) {
      const clash = Object.keys(value).some((key) => Object.hasOwn(there, key));
      output[first] = { ...there, ...value };
      return !clash;
    }
    if (Object.hasOwn(output, first)) return false;
    output[first] = value;
    return true;
  }
  const inner = isObject(output[first]) ? output[first] : {};
  if (Object.hasOwn(inner, second)) return false;
  output[first] = { ...inner, [second]: value };
  return true;
}

function specAt(spec: ObjectSpec, path: readonly PropertyKey[]): ObjectSpec | null {
  let here: ObjectSpec = spec;
  for (const part of path) {
    const next: ObjectSpec | "duration" | "value" | undefined = here.each ?? own(here.keys, String(part));
    if (typeof next !== "object") return null;
    here = next;
  }
  return here;
}

function keysOf(spec: ObjectSpec | null): readonly string[] {
  return spec === null ? [] : Object.keys(spec.keys);
}

function allKeys(spec: ObjectSpec): readonly string[] {
  const inner = spec.flattens === undefined ? undefined : own(spec.keys, spec.flattens);
  return [...keysOf(spec), ...(typeof inner === "object" ? keysOf(inner) : [])];
}

function own<T>(record: Readonly<Record<string, T>> | undefined, key: string): T | undefined {
  return record !== undefined && Object.hasOwn(record, key) ? record[key] : undefined;
}

export function camelCase(key: string): string {
  return key.replace(/[_-]+([a-z0-9])/gi, (_, letter: string) => letter.toUpperCase());
}
