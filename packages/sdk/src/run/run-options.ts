/** What a job says of itself when it starts, and how it is read: nothing in here can make the job fail. */
import { readDuration } from "@batchwatch/protocol/duration";
import type {
  DurationInput,
  JobSettingsInput,
  ScheduleInput,
  SlaInput,
} from "@batchwatch/protocol/job-settings";
import { whyNoName } from "@batchwatch/protocol/name-rule";
import type { RunType } from "@batchwatch/protocol/phases";
import { guarded, warnOnce } from "./guarded.ts";
import { type PlainValue, plainText, plainValues } from "./plain-values.ts";
import { type Backoff, type Retries, retriesOf } from "./retries.ts";

export type MetadataInput = Readonly<Record<string, unknown>>;

export interface BatchJobOptions {
  /** Kind of work: etl, report, backup, … Shown, and a label of the series. */
  type?: string;
  /** Names the run, 1 to 200 characters. Default: the id that `batchwatch exec` handed over for this job, else a random UUID. */
  runId?: string;
  /** Default: that of the API key, else "default". */
  namespace?: string;
  /** Default: that of `configureExport`, else of the resource. */
  environment?: string;
  /** When it should run: a cron expression, or `{ cron, timezone, lateWindow }`, or `{ every }`. Declared in code; YAML wins. */
  schedule?: string | ScheduleInput;
  /** What is expected of each run: `{ maxDuration: "1h", mustCompleteBy: "06:00 Europe/Berlin", minRecords: 1 }`. */
  sla?: SlaInput;
  /** Further settings of the job, as in the jobs file: owner, runbook, tags, stall, … */
  job?: JobSettingsInput;
  /** Text, numbers, booleans; anything else is made text. At most 128 entries of 4 KiB. */
  metadata?: MetadataInput;
  /** How often the run says that it lives: "30s", `{ interval, limit }`, or false. Default 15 s; at least 1 s. */
  heartbeat?: DurationInput | false | { interval?: DurationInput; limit?: DurationInput };
  /** Tries in all, the first one included. Default 1: nothing is tried again. */
  attempts?: number;
  /** How long to wait before a retry. Default: 1 s, doubled each time up to 1 min, with ± 20 % of chance. */
  backoff?: Backoff;
  /** Whether an error is worth another try. Default: every error is. */
  retryIf?: (error: unknown, attempt: number) => boolean;
  /** The number of this try where something else (a queue) does the retrying, and how many it allows. */
  attempt?: number;
  maxAttempts?: number;
  /** Aborted: the run ends as cancelled when the function throws. Handed on as `run.signal`. */
  signal?: AbortSignal;
  /** The nominal time of the slot that this run is for. */
  scheduledAt?: Date | number | string;
  /** When it was put into a queue: its wait is measured from there. */
  queuedAt?: Date | number | string;
  runType?: RunType;
  /** Names of the jobs whose results this run reads; kept as metadata. */
  upstreams?: readonly string[];
}

/** Options as they are used. */
export interface RunSettings {
  jobName: string;
  jobType: string | null;
  runId: string | null;
  namespace: string | null;
  environment: string | null;
  /** JSON text; null when nothing is declared. */
  settings: string | null;
  metadata: Record<string, PlainValue>;
  heartbeatIntervalMs: number | null;
  retries: Retries;
  signal: AbortSignal | null;
  scheduledAt: number | null;
  queuedAt: number | null;
  runType: RunType | null;
}

const DEFAULT_HEARTBEAT_MS = 15_000;
const SHORTEST_HEARTBEAT_MS = 1_000;
const RUN_TYPES: readonly RunType[] = ["scheduled", "manual", "backfill", "catchup"];
const MAX_SETTINGS = 32_768;

export function readRunOptions(name: unknown, options: BatchJobOptions): RunSettings {
  const upstreams = guarded("upstreams", () => (options.upstreams ?? []).map(plainText).join(", "), "");
  return {
    jobName: nameOf("the job's name", name) ?? "unnamed",
    jobType: nameOf("type", options.type),
    runId: nameOf("runId", options.runId),
    namespace: nameOf("namespace", options.namespace),
    environment: nameOf("environment", options.environment),
    settings: guarded("the job's settings", () => settingsText(options), null),
    metadata: {
      ...plainValues(options.metadata, "metadata"),
      ...(upstreams !== "" && { upstreams }),
    },
    heartbeatIntervalMs: guarded("heartbeat", () => heartbeatOf(options.heartbeat), DEFAULT_HEARTBEAT_MS),
    retries: retriesOf(options),
    signal: options.signal instanceof AbortSignal ? options.signal : null,
    scheduledAt: instantOf("scheduledAt", options.scheduledAt),
    queuedAt: instantOf("queuedAt", options.queuedAt),
    runType: RUN_TYPES.find((known) => known === options.runType) ?? null,
  };
}

/** null: not given, or no name; numbers are names too. */
function nameOf(what: string, value: unknown): string | null {
  if (value === undefined || value === null) return null;
  const text = plainText(value).trim();
  if (text === "") return null;
  const why = whyNoName(text);
  if (why === null) return text;
  warnOnce(`${what} ${why}; it is cut`);
  const cut = [...text].filter((character) => character >= " " && character !== "\u007f").join("");
  return cut.slice(0, 200).trim() || null;
}

function instantOf(what: string, value: Date | number | string | undefined): number | null {
  if (value === undefined || value === null) return null;
  const at = value instanceof Date ? value.getTime() : typeof value === "number" ? value : Date.parse(value);
  if (Number.isFinite(at)) return Math.round(at);
  warnOnce(`${what} is no time: give a Date, epoch milliseconds, or ISO 8601 with a zone`);
  return null;
}

function heartbeatOf(given: BatchJobOptions["heartbeat"]): number | null {
  if (given === false) return null;
  const interval = typeof given === "object" && given !== null ? given.interval : given;
  if (interval === undefined || interval === null) return DEFAULT_HEARTBEAT_MS;
  const reading = readDuration(interval);
  if (reading.ok && reading.ms >= SHORTEST_HEARTBEAT_MS) return reading.ms;
  warnOnce(
    `heartbeat: ${reading.ok ? `${String(interval)} is too often, 1s is used` : `${reading.why}; 15s is used`}`,
  );
  return reading.ok ? SHORTEST_HEARTBEAT_MS : DEFAULT_HEARTBEAT_MS;
}

/** What the server upserts with the run. It checks each setting and says what is wrong with one. */
function settingsText(options: BatchJobOptions): string | null {
  const { schedule, sla, heartbeat } = options;
  const retries = retriesOf(options);
  const limit = typeof heartbeat === "object" && heartbeat !== null ? heartbeat.limit : undefined;
  const settings: JobSettingsInput = {
    ...options.job,
    ...(schedule !== undefined && { schedule }),
    ...(sla !== undefined && { sla: { ...options.job?.sla, ...sla } }),
    ...(limit !== undefined && { heartbeat: { ...options.job?.heartbeat, limit } }),
    ...(retries.most > 1 && { retry: { ...options.job?.retry, maxAttempts: retries.most } }),
  };
  if (Object.keys(settings).length === 0) return null;
  const text = JSON.stringify(settings);
  if (text.length <= MAX_SETTINGS) return text;
  warnOnce(`the job's settings are longer than ${MAX_SETTINGS} characters and are not sent`);
  return null;
}
