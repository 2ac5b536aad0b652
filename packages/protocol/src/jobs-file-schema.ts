/**
 * Jobs declared in YAML (`jobs.files` in the configuration): a list under `jobs:`, each with its name and settings.
 * The JSON Schema of it is published at `GET /api/schemas/jobs.json`.
 */
import { z } from "zod";
import { type FieldProblem, fieldPath, unknownKeyMessage } from "./field-problem.ts";
import type { JobSettings } from "./job-settings.ts";
import { camelCase } from "./job-settings-keys.ts";
import { type CheckCron, jobSettingsSchema, readJobSettings } from "./job-settings-schema.ts";

const MAX_NAME_LENGTH = 200;

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

export type JobsFileReading =
  | { ok: true; jobs: DeclaredJob[] }
  | { ok: false; problems: (FieldProblem & { path: PathOf })[] };
type PathOf = readonly (string | number)[];

/** Reads a parsed jobs file; answers every problem with its path, so that the reader can add the line. */
export function readJobsFile(input: unknown, options: { checkCron?: CheckCron } = {}): JobsFileReading {
  const problems: (FieldProblem & { path: PathOf })[] = [];
  const note = (path: PathOf, message: string): void => {
    problems.push({ path, field: fieldPath(path), message });
  };
  const list = jobList(input, note);
  const jobs: DeclaredJob[] = [];
  const seen = new Map<string, number>();
  list.forEach((entry, index) => {
    const job = readDeclaredJob(entry, ["jobs", index], options, problems, note);
    if (job === null) return;
    const key = JSON.stringify([job.namespace, job.environment, job.jobName]);
    const earlier = seen.get(key);
    if (earlier !== undefined)
      note(["jobs", index, "name"], `"${job.jobName}" is declared already as jobs[${earlier}]`);
    seen.set(key, index);
    jobs.push(job);
  });
  return problems.length > 0 ? { ok: false, problems } : { ok: true, jobs };
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

function readDeclaredJob(
  entry: unknown,
  path: PathOf,
  options: { checkCron?: CheckCron },
  problems: (FieldProblem & { path: PathOf })[],
  note: Note,
): DeclaredJob | null {
  if (!isObject(entry)) {
    note(path, 'must be an object with at least "name"');
    return null;
  }
  const key = { jobName: "", namespace: "default", environment: "" };
  const settings: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(entry)) {
    const field = Object.hasOwn(KEY_NAMES, camelCase(name)) ? KEY_NAMES[camelCase(name)] : undefined;
    if (field === undefined) settings[name] = value;
    else if (typeof value !== "string" || value.trim().length > MAX_NAME_LENGTH)
      note([...path, name], `must be text of at most ${MAX_NAME_LENGTH} characters`);
    else key[field] = value.trim();
  }
  if (
    key.jobName === "" &&
    !problems.some((problem) => problem.path.length > path.length && problem.path[1] === path[1])
  )
    note(path, 'has no "name"');
  if (key.namespace === "") key.namespace = "default";
  const reading = readJobSettings(settings, options);
  if (reading.ok) return key.jobName === "" ? null : { ...key, settings: reading.settings };
  for (const problem of reading.problems) {
    const inner = [...path, ...pathParts(problem.field)];
    problems.push({ path: inner, field: fieldPath(inner), message: problem.message });
  }
  return null;
}

/** The reverse of `fieldPath`. */
function pathParts(field: string): (string | number)[] {
  return [...field.matchAll(/\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]|([\w$-]+)/g)].map((match) =>
    match[1] === undefined ? (match[3] ?? (JSON.parse(`"${match[2]}"`) as string)) : Number(match[1]),
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
