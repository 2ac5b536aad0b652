/**
 * The command line of `exec`, read without a library: what stands before the command is ours, everything after `--` (or
 * from the first word that is no option) is the command's. A problem is found before the command starts.
 */
import { durationText, parseDuration } from "@batchwatch/protocol/duration";
import { parseInstant } from "@batchwatch/protocol/instant";
import type { JobSettingsInput, ScheduleInput, SlaInput } from "@batchwatch/protocol/job-settings";
import { whyNoName } from "@batchwatch/protocol/name-rule";
import { nearestName } from "@batchwatch/protocol/nearest-name";
import { RUN_TYPES, type RunType } from "@batchwatch/protocol/phases";
import { type ServerTarget, serverTarget } from "../sending/server-target.ts";
import { spoolDirectory } from "../sending/spool.ts";

const DEFAULT_HEARTBEAT_MS = 15_000;
const DEFAULT_FLUSH_TIMEOUT_MS = 2_000;
const DEFAULT_OUTPUT_BYTES = 10_000;
/** The server keeps no more of an event. */
const MAX_OUTPUT_BYTES = 100_000;
/** Beats per heartbeat limit, so that one that is lost or late is no silence. */
const BEATS_PER_LIMIT = 3;

export interface ExecOptions {
  jobName: string;
  namespace: string | undefined;
  environment: string | undefined;
  jobType: string | undefined;
  runId: string | undefined;
  runType: RunType | undefined;
  scheduledAt: number | undefined;
  /** What the options declare about the job; undefined when nothing. */
  job: JobSettingsInput | undefined;
  heartbeatIntervalMs: number;
  flushTimeoutMs: number;
  /** 0 = no output is sent. */
  outputLimitBytes: number;
  /** False: the command writes straight to our own output. */
  watchOutput: boolean;
  quiet: boolean;
  target: ServerTarget;
  spoolDirectory: string;
  command: readonly string[];
}

export type ExecArguments =
  | { kind: "run"; options: ExecOptions }
  | { kind: "help" }
  | { kind: "problem"; message: string };

const VALUE_OPTIONS = [
  "job",
  "namespace",
  "env",
  "type",
  "run-id",
  "run-type",
  "scheduled-at",
  "schedule",
  "tz",
  "max-duration",
  "start-by",
  "must-complete-by",
  "min-records",
  "max-failure-rate",
  "heartbeat-interval",
  "heartbeat-limit",
  "owner",
  "runbook",
  "tag",
  "output-limit",
  "flush-timeout",
  "url",
  "api-key",
  "spool-dir",
] as const;
type ValueOption = (typeof VALUE_OPTIONS)[number];
const FLAGS = ["no-output", "quiet", "help"] as const;
type Flag = (typeof FLAGS)[number];
const SHORT: Readonly<Record<string, string>> = { "-q": "--quiet", "-h": "--help", "-j": "--job" };

class UsageError extends Error {}

/** Reads what follows the word `exec`. */
export function parseExecArguments(argv: readonly string[], env: NodeJS.ProcessEnv): ExecArguments {
  try {
    const said = split(argv);
    if (said.flags.has("help")) return { kind: "help" };
    return { kind: "run", options: optionsOf(said, env) };
  } catch (error) {
    if (error instanceof UsageError || error instanceof RangeError)
      return { kind: "problem", message: error.message };
    throw error;
  }
}

interface Said {
  values: Map<ValueOption, string>;
  tags: Record<string, string>;
  flags: Set<Flag>;
  command: readonly string[];
}

function split(argv: readonly string[]): Said {
  const said: Said = { values: new Map(), tags: {}, flags: new Set(), command: [] };
  let at = 0;
  while (at < argv.length) {
    const word = argv[at] ?? "";
    if (word === "--" || !word.startsWith("-") || word === "-") {
      said.command = argv.slice(word === "--" ? at + 1 : at);
      break;
    }
    at += takeOption(said, word, argv[at + 1]);
  }
  return said;
}

/** Answers how many words it took. */
function takeOption(said: Said, word: string, next: string | undefined): 1 | 2 {
  const [name, attached] = nameAndValue(SHORT[word] ?? word);
  if (isFlag(name)) {
    if (attached !== undefined) throw new UsageError(`--${name} takes no value`);
    said.flags.add(name);
    return 1;
  }
  if (!isValueOption(name)) throw new UsageError(unknownOption(word, name));
  const value = attached ?? next;
  if (value === undefined || (attached === undefined && value === "--"))
    throw new UsageError(`--${name} needs a value`);
  if (name === "tag") addTag(said.tags, value);
  else said.values.set(name, value);
  return attached === undefined ? 2 : 1;
}

function nameAndValue(word: string): [string, string | undefined] {
  const equals = word.indexOf("=");
  return equals === -1 ? [word.slice(2), undefined] : [word.slice(2, equals), word.slice(equals + 1)];
}

function unknownOption(word: string, name: string): string {
  const near = nearestName(name, [...VALUE_OPTIONS, ...FLAGS]);
  const hint = near === null ? "" : `; did you mean --${near}?`;
  return `unknown option ${word.split("=")[0]}${hint}`;
}

function addTag(tags: Record<string, string>, text: string): void {
  const equals = text.indexOf("=");
  if (equals < 1) throw new UsageError(`--tag: "${text}" must be name=value`);
  tags[text.slice(0, equals)] = text.slice(equals + 1);
}

function isFlag(name: string): name is Flag {
  return (FLAGS as readonly string[]).includes(name);
}

function isValueOption(name: string): name is ValueOption {
  return (VALUE_OPTIONS as readonly string[]).includes(name);
}

function optionsOf(said: Said, env: NodeJS.ProcessEnv): ExecOptions {
  const { values, flags, command } = said;
  const jobName = nameOf(values, "job");
  if (jobName === undefined) throw new UsageError("which job is it? Say --job NAME");
  if (command.length === 0)
    throw new UsageError(`which command? Say it after "--": exec --job ${jobName} -- COMMAND`);
  const heartbeatLimitMs = durationOf(values, "heartbeat-limit");
  const usualMs = Math.min(
    DEFAULT_HEARTBEAT_MS,
    (heartbeatLimitMs ?? Number.POSITIVE_INFINITY) / BEATS_PER_LIMIT,
  );
  const heartbeatIntervalMs = Math.max(1, Math.round(durationOf(values, "heartbeat-interval") ?? usualMs));
  return {
    jobName,
    namespace: nameOf(values, "namespace"),
    environment: nameOf(values, "env"),
    jobType: nameOf(values, "type"),
    runId: nameOf(values, "run-id"),
    runType: oneOf(values, "run-type", RUN_TYPES),
    scheduledAt: instantOf(values, "scheduled-at"),
    job: jobSettings(said, heartbeatLimitMs, heartbeatIntervalMs, env),
    heartbeatIntervalMs,
    flushTimeoutMs: durationOf(values, "flush-timeout") ?? DEFAULT_FLUSH_TIMEOUT_MS,
    outputLimitBytes: flags.has("no-output")
      ? 0
      : (numberOf(values, "output-limit", { whole: true, max: MAX_OUTPUT_BYTES }) ?? DEFAULT_OUTPUT_BYTES),
    watchOutput: !flags.has("no-output"),
    quiet: flags.has("quiet"),
    target: serverTarget({ url: values.get("url"), apiKey: values.get("api-key") }, env),
    spoolDirectory: spoolDirectory(values.get("spool-dir"), env),
    command,
  };
}

function jobSettings(
  said: Said,
  heartbeatLimitMs: number | undefined,
  heartbeatIntervalMs: number,
  env: NodeJS.ProcessEnv,
): JobSettingsInput | undefined {
  const { values, tags } = said;
  const sla: SlaInput = {};
  const maxDuration = durationOf(values, "max-duration");
  if (maxDuration !== undefined) sla.maxDuration = durationText(maxDuration);
  const startBy = values.get("start-by");
  if (startBy !== undefined) sla.startBy = checkedStartBy(startBy);
  const completeBy = values.get("must-complete-by");
  if (completeBy !== undefined) sla.mustCompleteBy = checkedCompleteBy(completeBy, values);
  const minRecords = numberOf(values, "min-records", { whole: true });
  if (minRecords !== undefined) sla.minRecords = minRecords;
  const maxFailureRate = shareOf(values, "max-failure-rate");
  if (maxFailureRate !== undefined) sla.maxFailureRate = maxFailureRate;

  const job: JobSettingsInput = {};
  const schedule = scheduleOf(values, env);
  if (schedule !== undefined) job.schedule = schedule;
  if (Object.keys(sla).length > 0) job.sla = sla;
  if (heartbeatLimitMs !== undefined)
    job.heartbeat = { interval: durationText(heartbeatIntervalMs), limit: durationText(heartbeatLimitMs) };
  for (const [option, field] of [
    ["type", "jobType"],
    ["owner", "owner"],
    ["runbook", "runbook"],
  ] as const) {
    const value = values.get(option);
    if (value !== undefined) job[field] = value;
  }
  if (Object.keys(tags).length > 0) job.tags = tags;
  return Object.keys(job).length === 0 ? undefined : job;
}

/** A crontab is in the machine's own zone, so that is the zone of a schedule that names none. */
function scheduleOf(values: Said["values"], env: NodeJS.ProcessEnv): ScheduleInput | undefined {
  const text = values.get("schedule")?.trim();
  if (text === undefined) return undefined;
  if (text === "")
    throw new UsageError('--schedule needs a cron expression such as "0 2 * * *", or "every 15m"');
  const timezone = values.get("tz") ?? env.CRON_TZ ?? new Intl.DateTimeFormat().resolvedOptions().timeZone;
  const every = /^@?every\s+(.+)$/i.exec(text)?.[1];
  return every === undefined ? { cron: text, timezone } : { every, timezone };
}

const CLOCK_TIME = /^([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d)?$/;

function checkedStartBy(text: string): string {
  if (CLOCK_TIME.test(text)) return text;
  try {
    return durationText(parseDuration(text));
  } catch {
    throw new UsageError(
      `--start-by: "${text}" must be an offset such as 10m, or a clock time such as 06:00`,
    );
  }
}

function checkedCompleteBy(text: string, values: Said["values"]): string {
  if (!CLOCK_TIME.test(text.split(/\s+/)[0] ?? ""))
    throw new UsageError(`--must-complete-by: "${text}" must be a clock time such as 06:00`);
  const zone = values.has("schedule") || /\s/.test(text.trim()) ? undefined : values.get("tz");
  return zone === undefined ? text : `${text} ${zone}`;
}

// ── one value ───────────────────────────────────────────────────────────────────────────────────────

function nameOf(values: Said["values"], option: ValueOption): string | undefined {
  const value = values.get(option)?.trim();
  if (value === undefined) return undefined;
  const why = value === "" ? "must not be empty" : whyNoName(value);
  if (why !== null) throw new UsageError(`--${option} ${why}`);
  return value;
}

function durationOf(values: Said["values"], option: ValueOption): number | undefined {
  const value = values.get(option);
  if (value === undefined) return undefined;
  try {
    return parseDuration(value);
  } catch (error) {
    throw new UsageError(`--${option}: ${error instanceof Error ? error.message : error}`);
  }
}

function numberOf(
  values: Said["values"],
  option: ValueOption,
  { whole, max = Number.MAX_SAFE_INTEGER }: { whole: boolean; max?: number },
): number | undefined {
  const text = values.get(option);
  if (text === undefined) return undefined;
  const number = Number(text);
  if (text.trim() === "" || !(number >= 0) || number > max || (whole && !Number.isInteger(number)))
    throw new UsageError(`--${option}: "${text}" must be a ${whole ? "whole " : ""}number from 0 to ${max}`);
  return number;
}

function shareOf(values: Said["values"], option: ValueOption): number | undefined {
  const text = values.get(option)?.trim();
  if (text === undefined) return undefined;
  const share = text.endsWith("%") ? Number(text.slice(0, -1)) / 100 : Number(text);
  if (text === "" || !(share >= 0 && share <= 1))
    throw new UsageError(`--${option}: "${text}" must be a share from 0 to 1, such as 0.05 or 5%`);
  return share;
}

function instantOf(values: Said["values"], option: ValueOption): number | undefined {
  const text = values.get(option);
  if (text === undefined) return undefined;
  try {
    return parseInstant(/^\d+$/.test(text) ? Number(text) : text);
  } catch (error) {
    throw new UsageError(`--${option}: "${text}" ${error instanceof Error ? error.message : error}`);
  }
}

function oneOf<T extends string>(
  values: Said["values"],
  option: ValueOption,
  known: readonly T[],
): T | undefined {
  const text = values.get(option);
  if (text === undefined) return undefined;
  const found = known.find((name) => name === text);
  if (found === undefined) throw new UsageError(`--${option}: "${text}" must be one of ${known.join(", ")}`);
  return found;
}
