/**
 * Run events in other spellings: snake_case, `null` for "absent", and flat names for what stands in a group
 * (`recordsProcessed` for `records.processed`, `errorMessage` for `error.message`). Out comes the shape of run-event.ts.
 * Only events that the strict schema refuses come here, so the usual ones pay nothing for it.
 */
import { type FieldProblem, unknownKeyMessage } from "./field-problem.ts";
import { isObject } from "./is-object.ts";
import { camelCase } from "./job-settings-keys.ts";
import { nearestName } from "./nearest-name.ts";
import { RUN_EVENT_KINDS, type RunEventKind, TERMINAL_EVENT_KINDS } from "./run-event.ts";

const FLAT_NAMES: Readonly<Record<string, string>> = {
  recordsProcessed: "records.processed",
  recordsFailed: "records.failed",
  recordsExtracted: "records.extracted",
  recordsTransformed: "records.transformed",
  recordsLoaded: "records.loaded",
  recordsExpected: "progress.total",
  errorType: "error.type",
  errorMessage: "error.message",
  errorStack: "error.stack",
  stepName: "step.name",
  stepId: "step.id",
  outcome: "step.outcome",
  stepOutcome: "step.outcome",
  rate: "progress.rate",
  progressRate: "progress.rate",
  progressTotal: "progress.total",
  total: "progress.total",
  peakMemoryBytes: "resources.peakMemoryBytes",
  memoryBytes: "resources.memoryBytes",
  memoryLimitBytes: "resources.memoryLimitBytes",
  cpuMs: "resources.cpuMs",
  timestamp: "at",
  time: "at",
  eventTime: "at",
  eventId: "id",
  job: "job",
  jobId: "runId",
  type: "jobType",
  eventKind: "kind",
  attributes: "metadata",
  hostname: "host",
  exitStatus: "exitCode",
  outputTail: "output",
  sla: "job.sla",
  schedule: "job.schedule",
};

const KIND_NAMES: Readonly<Record<string, RunEventKind>> = {
  start: "started",
  running: "started",
  success: "completed",
  succeeded: "completed",
  complete: "completed",
  ok: "completed",
  fail: "failed",
  failure: "failed",
  error: "failed",
  dead_letter: "dead_lettered",
  canceled: "cancelled",
  retry: "retrying",
  step_start: "step_started",
  step_end: "step_ended",
  step_completed: "step_ended",
};

/** Groups whose keys may be spelled in snake_case as well. */
const GROUPS = new Set(["step", "records", "progress", "error", "resources"]);

/** Brings one event into the canonical shape. What has no place and is no near miss is kept as metadata. */
export function canonicalRunEventKeys(
  input: Readonly<Record<string, unknown>>,
  known: readonly string[],
): { value: Record<string, unknown>; problems: FieldProblem[] } {
  const problems: FieldProblem[] = [];
  const output: Record<string, unknown> = {};
  const kind = canonicalKind(input);
  if (kind !== undefined) output.kind = kind;
  for (const [key, value] of Object.entries(input)) {
    if (value === null || value === undefined || camelCase(key) === "kind" || camelCase(key) === "eventKind")
      continue;
    const path = pathOf(camelCase(key), value, String(kind), known, output);
    if (path !== null) place(output, path, GROUPS.has(path) ? groupKeys(value) : value);
    else if (nearestName(key, known) !== null || typeof value === "object")
      problems.push({ field: key, message: unknownKeyMessage(key, known) });
    else place(output, `metadata.${key}`, value);
  }
  return { value: output, problems };
}

function canonicalKind(input: Readonly<Record<string, unknown>>): unknown {
  const said = input.kind ?? input.eventKind ?? input.event_kind;
  if (typeof said !== "string") return said;
  const folded = said.trim().toLowerCase().replaceAll("-", "_");
  if ((RUN_EVENT_KINDS as readonly string[]).includes(folded)) return folded;
  return Object.hasOwn(KIND_NAMES, folded) ? KIND_NAMES[folded] : said;
}

function pathOf(
  name: string,
  value: unknown,
  kind: string,
  known: readonly string[],
  soFar: Readonly<Record<string, unknown>>,
): string | null {
  if (typeof value === "string" && name === "error") return "error.message";
  if (typeof value === "string" && name === "step") return "step.name";
  if (known.includes(name)) return name;
  switch (name) {
    case "message":
      return messagePath(kind);
    case "processed":
    case "failed":
      return kind === "progress" && name === "processed" ? "progress.processed" : `records.${name}`;
    case "completedAt":
    case "endedAt":
      return TERMINAL_EVENT_KINDS.has(kind as RunEventKind) && soFar.at === undefined ? "at" : null;
    default:
      return Object.hasOwn(FLAT_NAMES, name) ? (FLAT_NAMES[name] ?? null) : null;
  }
}

function messagePath(kind: string): string {
  if (kind === "failed" || kind === "dead_lettered") return "error.message";
  return kind === "progress" || kind === "heartbeat" ? "progress.message" : "output";
}

function groupKeys(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== null)
      .map(([key, inner]) => [camelCase(key), key === "records" ? groupKeys(inner) : inner]),
  );
}

/** A grouped value wins over a flat one of the same meaning. */
function place(output: Record<string, unknown>, path: string, value: unknown): void {
  const [first = "", second] = path.split(/\.(.*)/s);
  const there = output[first];
  if (second === undefined) {
    output[first] = isObject(there) && isObject(value) ? { ...there, ...value } : value;
    return;
  }
  if (there !== undefined && !isObject(there)) return;
  output[first] = { [second]: value, ...there };
}
