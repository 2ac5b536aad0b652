/**
 * What can be set on a job: in YAML (`jobs.files`), by the API, in code (SDK, CLI), or inferred.
 * Types only. Validation and the accepted spellings: job-settings-schema.ts.
 */

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

export interface SlaInput {
  maxDuration?: DurationInput | null;
  minDuration?: DurationInput | null;
  /** An offset after the slot ("10m"), or a clock time "HH:MM". */
  startBy?: DurationInput | null;
  mustCompleteBy?: string | CompleteByInput | null;
  minRecords?: number | null;
  maxRecords?: number | null;
  /** failed / (processed + failed) of one run, 0 to 1; as text "5%". */
  maxFailureRate?: number | null;
  /** Records expected of a run; lets a failure rate be judged after 5 % of them. */
  expectedRecords?: number | null;
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
