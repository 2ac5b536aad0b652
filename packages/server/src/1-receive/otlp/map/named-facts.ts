/**
 * What a log event `batch.run.<kind>` says beyond what every record may say: settings declared in code, the step by its span,
 * what the process uses, how final a failure is, further attributes of the job as metadata. Names: docs/semantic-conventions.md.
 */
import {
  ATTRIBUTES,
  cutText,
  type JobSettings,
  MAX_NOMINAL_AHEAD_MS,
  RUN_EVENT_ATTRIBUTES as NAMES,
  parseInstant,
  type ResourceFact,
  readRunEvent,
  type StepFact,
  whyNotPlausible,
} from "@batchwatch/protocol";
import type { RunEvent } from "../../../model/run-event.ts";
import type { AttributeMap } from "../wire/otlp-types.ts";
import { type MapContext, numberAttribute, textAttribute } from "./origin.ts";
import { recordCountsOf } from "./record-counts.ts";
import { progressOf, RUN_ATTRIBUTES } from "./run-attributes.ts";

const MAX_METADATA_ENTRIES = 128;
const MAX_METADATA_TEXT_BYTES = 4_096;
const KNOWN_JOB_ATTRIBUTES: ReadonlySet<string> = new Set<string>([
  ...Object.values(ATTRIBUTES),
  ...Object.values(RUN_ATTRIBUTES),
  ...Object.values(NAMES),
  "batch.job.duration_seconds",
]);

export function namedFacts(attributes: AttributeMap, context: MapContext): Partial<RunEvent> {
  const facts: Partial<RunEvent> = { ...timesOf(attributes, context), ...endOf(attributes) };
  const step = stepOf(attributes);
  if (step !== null) facts.step = step;
  const progress = progressOf(attributes);
  if (progress !== undefined) facts.progress = progress;
  const resources = resourcesOf(attributes);
  if (resources !== null) facts.resources = resources;
  const jobSettings = settingsOf(attributes, context);
  if (jobSettings !== undefined) facts.jobSettings = jobSettings;
  const metadata = metadataOf(attributes);
  if (metadata !== null) facts.metadata = metadata;
  return facts;
}

function timesOf(attributes: AttributeMap, { receivedAt }: MapContext): Partial<RunEvent> {
  const facts: Partial<RunEvent> = {};
  const queuedAt = instant(attributes, NAMES.queuedAt, receivedAt);
  if (queuedAt !== null) facts.queuedAt = queuedAt;
  const startedAt = instant(attributes, NAMES.startedAt, receivedAt);
  if (startedAt !== null) facts.startedAt = startedAt;
  return facts;
}

function endOf(attributes: AttributeMap): Partial<RunEvent> {
  const facts: Partial<RunEvent> = {};
  const exitCode = numberAttribute(attributes, "process.exit.code");
  if (exitCode !== undefined && Number.isInteger(exitCode)) facts.exitCode = exitCode;
  const signal = textAttribute(attributes, NAMES.exitSignal);
  if (signal !== null) facts.signal = signal.slice(0, 32);
  const final = attributes[NAMES.final];
  if (typeof final === "boolean") facts.final = final;
  const maxAttempts = numberAttribute(attributes, NAMES.maxAttempts);
  if (maxAttempts !== undefined && Number.isInteger(maxAttempts) && maxAttempts >= 1)
    facts.maxAttempts = Math.min(maxAttempts, 100_000);
  return facts;
}

function stepOf(attributes: AttributeMap): StepFact | null {
  const name = textAttribute(attributes, ATTRIBUTES.stepName);
  if (name === null) return null;
  const records = recordCountsOf(attributes);
  const id = textAttribute(attributes, NAMES.stepId);
  const parentId = textAttribute(attributes, NAMES.stepParentId);
  const word = textAttribute(attributes, NAMES.stepOutcome);
  return {
    name: name.slice(0, 200),
    ...(id === null ? {} : { id: id.slice(0, 200) }),
    ...(parentId === null ? {} : { parentId: parentId.slice(0, 200) }),
    ...(word === "success" || word === "failure" || word === "skipped" ? { outcome: word } : {}),
    ...(records ? { records } : {}),
  };
}

function instant(attributes: AttributeMap, name: string, receivedAt: number): number | null {
  const value = attributes[name];
  if (typeof value !== "string" && typeof value !== "number") return null;
  try {
    const at = parseInstant(value);
    return whyNotPlausible(at, receivedAt, MAX_NOMINAL_AHEAD_MS) === null ? at : null;
  } catch {
    return null;
  }
}

function resourcesOf(attributes: AttributeMap): ResourceFact | null {
  const facts: ResourceFact = {};
  for (const [field, name, factor] of [
    ["memoryBytes", NAMES.memoryBytes, 1],
    ["peakMemoryBytes", NAMES.peakMemoryBytes, 1],
    ["memoryLimitBytes", NAMES.memoryLimitBytes, 1],
    ["cpuMs", NAMES.cpuSeconds, 1000],
  ] as const) {
    const value = numberAttribute(attributes, name);
    if (value !== undefined && value >= 0 && value <= Number.MAX_SAFE_INTEGER)
      facts[field] = Math.round(value * factor);
  }
  return Object.keys(facts).length === 0 ? null : facts;
}

/** JSON text, read like the `job` of an event of `POST /api/events`: what is wrong in it is left out and said. */
function settingsOf(
  attributes: AttributeMap,
  { receivedAt, leftOut }: MapContext,
): Partial<JobSettings> | undefined {
  const text = textAttribute(attributes, NAMES.settings);
  if (text === null) return undefined;
  try {
    const job: unknown = JSON.parse(text);
    const reading = readRunEvent({ kind: "log", jobName: "settings", job }, receivedAt);
    if (!reading.ok) throw new Error(reading.problems[0]?.message);
    for (const { field, message } of reading.warnings) leftOut.warn(`${NAMES.settings}: ${field} ${message}`);
    return reading.event.jobSettings;
  } catch (error) {
    leftOut.warn(
      `${NAMES.settings} is no settings of a job: ${error instanceof Error ? error.message : "?"}`,
    );
    return undefined;
  }
}

function metadataOf(attributes: AttributeMap): Record<string, string | number | boolean> | null {
  const metadata: Record<string, string | number | boolean> = {};
  let entries = 0;
  for (const [name, value] of Object.entries(attributes)) {
    if (!name.startsWith("batch.job.") || KNOWN_JOB_ATTRIBUTES.has(name) || value === null) continue;
    if (++entries > MAX_METADATA_ENTRIES) break;
    const plain = typeof value === "object" ? JSON.stringify(value) : value;
    metadata[name.slice("batch.job.".length)] =
      typeof plain === "string" ? cutText(plain, MAX_METADATA_TEXT_BYTES).text : plain;
  }
  return entries === 0 ? null : metadata;
}
