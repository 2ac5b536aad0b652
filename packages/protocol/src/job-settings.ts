/**
 * What can be set on a job: in YAML (`jobs.files`), by the API, in code (SDK, CLI), or inferred.
 * Types only. Validation and the accepted spellings: job-settings-schema.ts.
 */

import type { RunType } from "./phases.ts";

/** A length of time: "90s", "30m", "1h 30m", "2d". Settings refuse a bare number: it has no unit. */
export type DurationInput = string | number;

/** Who said a setting. Precedence: the first of these that has it wins. */
export const SETTING_SOURCES = ["declared", "api", "code", "inferred"] as const;
export type SettingSource = (typeof SETTING_SOURCES)[number];

export const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export type Weekday = (typeof WEEKDAYS)[number];

export const SEVERITIES = ["critical", "warning", "info"] as const;
export type Severity = (typeof SEVERITIES)[number];

export interface ScheduleInput {
  /** Five fields (minute first). Six are refused unless `seconds: true`. */
  cron?: string;
  seconds?: boolean;
  /** Instead of cron: at least this often, measured from the last start. */
  every?: DurationInput;
  /** IANA zone. Default "UTC". */
  timezone?: string;
  /** A run this much before the slot still satisfies it. Default 5 min, at most half the distance to the slot before. */
  earlyWindow?: DurationInput;
  /** After this much without a start the slot is missed. Default 10 min, at most half the distance to the next slot, unless said here. */
  lateWindow?: DurationInput;
}

export interface CompleteByInput {
  /** Clock time "HH:MM" or "HH:MM:SS". */
  time: string;
  /** Default: the schedule's zone, else UTC. */
  timezone?: string;
  /** Default: every day. The day is that of the slot. */
  days?: Weekday[];
  /** 0 = the slot's own day, 1 = the next. Default: 0, or 1 when the time lies before the slot's clock time. */
  dayOffset?: number;
}

/** "10 per 1h", or in two parts. */
export interface MaxRunsInput {
  count: number;
  per: DurationInput;
}

/** Another job whose output this one needs. */
export interface UpstreamInput {
  name: string;
  /** Default: the job's own. */
  namespace?: string;
  /** Default: the job's own. */
  environment?: string;
}

/** What is expected of a single run; each may differ by run type. */
export interface RunLimitsInput {
  maxDuration?: DurationInput | null;
  minDuration?: DurationInput | null;
  minRecords?: number | null;
  maxRecords?: number | null;
  /** failed / (processed + failed) of one run, 0 to 1; as text "5%". */
  maxFailureRate?: number | null;
  /** Share of records that may be lost between steps, 0 to 1. Default 0; 1 = don't look. */
  maxRecordLoss?: number | null;
  /** Records expected of a run; lets a failure rate be judged after 5 % of them. */
  expectedRecords?: number | null;
}

export interface SlaInput extends RunLimitsInput {
  /** An offset after the slot ("10m"), or a clock time "HH:MM". */
  startBy?: DurationInput | null;
  mustCompleteBy?: string | CompleteByInput | null;
  /** The output is stale when it is older than this, however green the runs are. */
  freshness?: DurationInput | null;
  /** More starts than this in a stretch of time are too many. */
  maxRuns?: string | MaxRunsInput | null;
  /** Limits of single steps, by their name. */
  steps?: Record<string, { maxDuration?: DurationInput }>;
  /** Limits that differ for runs of a type; null there = no limit for these. */
  byRunType?: { [type in RunType]?: RunLimitsInput };
}

export interface JobSettingsInput {
  jobType?: string;
  owner?: string;
  description?: string;
  /** An http(s) address, or text. */
  runbook?: string;
  tags?: Record<string, string>;
  schedule?: string | ScheduleInput | null;
  sla?: SlaInput;
  heartbeat?: { interval?: DurationInput; limit?: DurationInput } | null;
  /** No progress for this long, while beating, is a stall. */
  stall?: { limit?: DurationInput } | null;
  retry?: { maxAttempts?: number; grace?: DurationInput };
  allowOverlap?: boolean;
  /** Jobs whose output this one needs: a name, or an object for one of another namespace or environment. */
  upstreams?: (string | UpstreamInput)[];
  /** Severity by violation or detection type. */
  severity?: Record<string, Severity>;
  alert?: { after?: number; of?: number };
  resolve?: { after?: number };
  paused?: boolean;
  /** Judge and record, but notify nobody. */
  observeOnly?: boolean;
}

/** A clock-time deadline, ready to be judged. */
export interface CompleteBy {
  /** Milliseconds after midnight, wall clock. */
  timeOfDayMs: number;
  timezone: string | null;
  days: readonly Weekday[] | null;
  dayOffset: number | null;
}

export type StartBy = { kind: "offset"; offsetMs: number } | { kind: "clock"; timeOfDayMs: number };

export type Schedule =
  | {
      kind: "cron";
      cron: string;
      seconds: boolean;
      timezone: string;
      earlyWindowMs: number | null;
      lateWindowMs: number | null;
    }
  | {
      kind: "interval";
      everyMs: number;
      timezone: string;
      earlyWindowMs: number | null;
      lateWindowMs: number | null;
    };

/** More than `count` starts within `perMs` are too many. */
export interface MaxRuns {
  count: number;
  perMs: number;
}

/** null = as the job that names it. */
export interface Upstream {
  jobName: string;
  namespace: string | null;
  environment: string | null;
}

/** The settings that a run type may have of its own. */
export const RUN_LIMIT_NAMES = [
  "maxDurationMs",
  "minDurationMs",
  "minRecords",
  "maxRecords",
  "maxFailureRate",
  "maxRecordLoss",
  "expectedRecords",
] as const;
export type RunLimits = Pick<JobSettings, (typeof RUN_LIMIT_NAMES)[number]>;

/** Settings as they are used: durations in milliseconds, null = not set. */
export interface JobSettings {
  jobType: string | null;
  owner: string | null;
  description: string | null;
  runbook: string | null;
  tags: Readonly<Record<string, string>>;
  schedule: Schedule | null;
  maxDurationMs: number | null;
  minDurationMs: number | null;
  startBy: StartBy | null;
  mustCompleteBy: CompleteBy | null;
  minRecords: number | null;
  maxRecords: number | null;
  maxFailureRate: number | null;
  expectedRecords: number | null;
  maxRecordLoss: number | null;
  freshnessMs: number | null;
  maxRuns: MaxRuns | null;
  /** By the step's name. */
  maxStepDurationMs: Readonly<Record<string, number>>;
  byRunType: { readonly [type in RunType]?: Partial<RunLimits> };
  upstreams: readonly Upstream[];
  heartbeatIntervalMs: number | null;
  heartbeatLimitMs: number | null;
  stallLimitMs: number | null;
  maxAttempts: number | null;
  retryGraceMs: number | null;
  allowOverlap: boolean;
  severity: Readonly<Record<string, Severity>>;
  alertAfter: number;
  alertOf: number;
  resolveAfter: number;
  paused: boolean;
  observeOnly: boolean;
}

export type JobSettingName = keyof JobSettings;

export const DEFAULT_JOB_SETTINGS: JobSettings = {
  jobType: null,
  owner: null,
  description: null,
  runbook: null,
  tags: {},
  schedule: null,
  maxDurationMs: null,
  minDurationMs: null,
  startBy: null,
  mustCompleteBy: null,
  minRecords: null,
  maxRecords: null,
  maxFailureRate: null,
  expectedRecords: null,
  maxRecordLoss: null,
  freshnessMs: null,
  maxRuns: null,
  maxStepDurationMs: {},
  byRunType: {},
  upstreams: [],
  heartbeatIntervalMs: null,
  heartbeatLimitMs: null,
  stallLimitMs: null,
  maxAttempts: null,
  retryGraceMs: null,
  allowOverlap: false,
  severity: {},
  alertAfter: 1,
  alertOf: 1,
  resolveAfter: 1,
  paused: false,
  observeOnly: false,
};
