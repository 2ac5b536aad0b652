/**
 * Jobs declared in YAML (`jobs.files` in the configuration): a list under `jobs:`, each with its name and settings.
 * The JSON Schema of it is published at `GET /api/schemas/jobs.json`.
 */
import { z } from "zod";
import { type FieldProblem, fieldPath, pathOfField, unknownKeyMessage } from "./field-problem.ts";
import { isObject } from "./is-object.ts";
import type { JobSettings } from "./job-settings.ts";
import { camelCase } from "./job-settings-keys.ts";
import { jobSettingsSchema, readJobSettings } from "./job-settings-schema.ts";
import { MAX_NAME_LENGTH, whyNoName } from "./name-rule.ts";
import type { CheckCron } from "./schedule-words.ts";
import { upstreamCycles } from "./upstream-cycles.ts";

export const declaredJobSchema = jobSettingsSchema.extend({
  name: z.string().min(1).max(MAX_NAME_LENGTH).describe("the job's name, as its events say it"),
  namespace: z.string().min(1).max(MAX_NAME_LENGTH).optional().describe('default "default"'),
  environment: z.string().max(MAX_NAME_LENGTH).optional().describe("default: empty"),
});

export const jobsFileSchema = z.strictObject({ jobs: z.array(declaredJobSchema) });

/** JSON Schema (2020-12) of a jobs file, for editors. The other spellings are accepted by the server, not listed here. */
export function jobsFileJsonSchema(): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(jobsFileSchema, { io: "input", unrepresentable: "any" });
  return {
    $schema,
    $id: "jobs.schema.json",
    title: "Batchwatch jobs file",
    ...schema,
  };
}

export interface DeclaredJob {
  namespace: string;
  environment: string;
  jobName: string;
  settings: Partial<JobSettings>;
}

type PathOf = readonly (string | number)[];

/** A finding with its path in the file, so that the reader can add the line. */
export type JobsFileProblem = FieldProblem & { path: PathOf };

export interface JobsFileReading {
  /** True when there are no problems. */
  ok: boolean;
  /** The jobs without a problem of their own. */
  jobs: DeclaredJob[];
  /** Every job that has a name, whatever else is wrong with it, and where the name stands. */
  named: { key: JobName; path: PathOf }[];
  problems: JobsFileProblem[];
  /** What is accepted and has no effect as it stands. */
  warnings: JobsFileProblem[];
}

type JobName = Omit<DeclaredJob, "settings">;

/** Reads a parsed jobs file; answers every problem with its path. */
export function readJobsFile(input: unknown, options: { checkCron?: CheckCron } = {}): JobsFileReading {
  const reading: JobsFileReading = { ok: true, jobs: [], named: [], problems: [], warnings: [] };
  const note: Note = (path, message) => {
    reading.problems.push({ path, field: fieldPath(path), message });
  };
  const seen = new Map<string, number>();
  for (const [index, entry] of jobList(input, note).entries()) {
    const path = ["jobs", index];
    if (!isObject(entry)) {
      note(path, 'must be an object with at least "name"');
      continue;
    }
    const { key, settings, nameField } = splitEntry(entry, path, note);
    readSettings(settings, path, key, options, reading);
    if (key === null) continue;
    const text = JSON.stringify([key.namespace, key.environment, key.jobName]);
    const earlier = seen.get(text);
    if (earlier !== undefined)
      note([...path, nameField], `"${key.jobName}" is declared already as jobs[${earlier}]`);
    else seen.set(text, index);
    reading.named.push({ key, path: [...path, nameField] });
  }
  noteCycles(reading, note);
  reading.ok = reading.problems.length === 0;
  return reading;
}

/** Jobs that wait for each other would all be late for ever. */
function noteCycles({ jobs, named }: JobsFileReading, note: Note): void {
  const cycles = upstreamCycles(jobs.map((job) => ({ ...job, upstreams: job.settings.upstreams ?? [] })));
  for (const cycle of cycles) {
    const [first] = cycle;
    if (first === undefined) continue;
    const place = named.find(
      ({ key }) =>
        key.jobName === first.jobName &&
        key.namespace === first.namespace &&
        key.environment === first.environment,
    );
    const way = [...cycle, first].map(({ jobName }) => `"${jobName}"`).join(" needs ");
    note([...(place?.path.slice(0, 2) ?? ["jobs"]), "upstreams"], `goes round in a circle: ${way}`);
  }
}

type Note = (path: PathOf, message: string) => void;

function jobList(input: unknown, note: Note): readonly unknown[] {
  if (input === null || input === undefined) return [];
  if (!isObject(input)) {
    note([], 'must hold a list under "jobs:"');
    return [];
  }
  for (const key of Object.keys(input)) if (key !== "jobs") note([key], unknownKeyMessage(key, ["jobs"]));
  const list = input.jobs;
  if (list === null || list === undefined) return [];
  if (Array.isArray(list)) return list;
  note(["jobs"], 'must be a list: "- name: daily_etl"');
  return [];
}

const KEY_NAMES: Readonly<Record<string, "jobName" | "namespace" | "environment">> = {
  name: "jobName",
  jobName: "jobName",
  namespace: "namespace",
  environment: "environment",
  env: "environment",
};

/** Tells a job's name from its settings; `key` is null where the name is missing or wrong. */
function splitEntry(
  entry: Record<string, unknown>,
  path: PathOf,
  note: Note,
): { key: JobName | null; nameField: string; settings: Record<string, unknown> } {
  const key = { jobName: "", namespace: "default", environment: "" };
  const settings: Record<string, unknown> = {};
  let nameField: string | null = null;
  let isWrong = false;
  for (const [name, value] of Object.entries(entry)) {
    const camel = camelCase(name);
    const field = Object.hasOwn(KEY_NAMES, camel) ? KEY_NAMES[camel] : undefined;
    if (field === undefined) {
      settings[name] = value;
      continue;
    }
    if (field === "jobName") nameField ??= name;
    const why = whyNoKeyPart(value, field);
    if (why === null) key[field] = String(value).trim();
    else {
      isWrong = true;
      note([...path, name], why);
    }
  }
  if (nameField === null) note(path, 'has no "name"');
  if (key.namespace === "") key.namespace = "default";
  return { key: isWrong || nameField === null ? null : key, nameField: nameField ?? "name", settings };
}

function whyNoKeyPart(value: unknown, field: keyof JobName): string | null {
  if (typeof value !== "string") {
    const quotes = typeof value === "number" || typeof value === "boolean" ? `: write "${value}"` : "";
    return `must be text${quotes}`;
  }
  const text = value.trim();
  if (field === "jobName" && text === "") return "must not be empty";
  return whyNoName(text);
}

function readSettings(
  input: Record<string, unknown>,
  path: PathOf,
  key: JobName | null,
  options: { checkCron?: CheckCron },
  { jobs, problems, warnings }: JobsFileReading,
): void {
  const within = ({ field, message }: FieldProblem): JobsFileProblem => {
    const inner = [...path, ...pathOfField(field)];
    return { path: inner, field: fieldPath(inner), message };
  };
  const reading = readJobSettings(input, options);
  if (!reading.ok) {
    problems.push(...reading.problems.map(within));
    return;
  }
  warnings.push(...reading.warnings.map(within));
  if (key !== null) jobs.push({ ...key, settings: reading.settings });
}
