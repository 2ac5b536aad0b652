/**
 * Checked settings in the form in which they are used: durations in milliseconds, clock times as milliseconds after
 * midnight, schedules told apart. Receives what job-settings-schema.ts let through.
 */
import { parseDuration } from "./duration.ts";
import type {
  CompleteBy,
  CompleteByInput,
  JobSettings,
  JobSettingsInput,
  MaxRuns,
  MaxRunsInput,
  RunLimitsInput,
  Schedule,
  ScheduleInput,
  SlaInput,
  StartBy,
  Upstream,
  UpstreamInput,
  Weekday,
} from "./job-settings.ts";
import { WEEKDAYS } from "./job-settings.ts";

export const CLOCK_TIME = /^([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/;
export const CLOCK_TIME_WITH_ZONE = /^(\S+)(?:\s+(\S+))?$/;
/** "10 per 1h", "10/1h", "10 in 1h". */
export const MAX_RUNS = /^(\d+)\s*(?:runs?\s*)?(?:per|in|\/)\s*(.+)$/i;
const EVERY = /^(?:@?every)\s+(.+)$/i;

/** A schedule given as text is a cron expression, or "every 15m". */
export function scheduleInput(schedule: string | ScheduleInput): ScheduleInput {
  if (typeof schedule !== "string") return schedule;
  const every = EVERY.exec(schedule.trim())?.[1];
  return every === undefined ? { cron: schedule.trim() } : { every };
}

/** Only what was said: absent stays absent, null stays null. */
export function usedSettings(input: JobSettingsInput): Partial<JobSettings> {
  const { sla = {} } = input;
  const beat = input.heartbeat === null ? { interval: null, limit: null } : (input.heartbeat ?? {});
  const stall = input.stall === null ? { limit: null } : (input.stall ?? {});
  return withoutUndefined({
    jobType: input.jobType,
    owner: input.owner,
    description: input.description,
    runbook: input.runbook,
    tags: input.tags,
    schedule: mapped(input.schedule, usedSchedule),
    ...usedLimits(sla),
    startBy: mapped(sla.startBy, usedStartBy),
    mustCompleteBy: mapped(sla.mustCompleteBy, usedCompleteBy),
    freshnessMs: mapped(sla.freshness, parseDuration),
    maxRuns: mapped(sla.maxRuns, usedMaxRuns),
    maxStepDurationMs: mapped(sla.steps, usedSteps) ?? undefined,
    byRunType: mapped(sla.byRunType, usedByRunType) ?? undefined,
    upstreams: input.upstreams?.map(usedUpstream),
    heartbeatIntervalMs: mapped(beat.interval, parseDuration),
    heartbeatLimitMs: mapped(beat.limit, parseDuration),
    stallLimitMs: mapped(stall.limit, parseDuration),
    maxAttempts: input.retry?.maxAttempts,
    retryGraceMs: mapped(input.retry?.grace, parseDuration),
    allowOverlap: input.allowOverlap,
    severity: input.severity,
    alertAfter: input.alert?.after,
    alertOf: input.alert?.of ?? input.alert?.after,
    resolveAfter: input.resolve?.after,
    paused: input.paused,
    observeOnly: input.observeOnly,
  });
}

function usedLimits(limits: RunLimitsInput) {
  return {
    maxDurationMs: mapped(limits.maxDuration, parseDuration),
    minDurationMs: mapped(limits.minDuration, parseDuration),
    minRecords: limits.minRecords,
    maxRecords: limits.maxRecords,
    maxFailureRate: limits.maxFailureRate,
    maxRecordLoss: limits.maxRecordLoss,
    expectedRecords: limits.expectedRecords,
  };
}

function usedByRunType(byType: NonNullable<SlaInput["byRunType"]>): JobSettings["byRunType"] {
  return Object.fromEntries(
    Object.entries(byType).map(([type, limits]) => [type, withoutUndefined(usedLimits(limits))]),
  );
}

function usedMaxRuns(input: string | MaxRunsInput): MaxRuns {
  if (typeof input !== "string") return { count: input.count, perMs: parseDuration(input.per) };
  const [, count = "1", per = "1h"] = MAX_RUNS.exec(input.trim()) ?? [];
  return { count: Number(count), perMs: parseDuration(per) };
}

function usedSteps(steps: NonNullable<SlaInput["steps"]>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(steps).flatMap(([name, { maxDuration }]) =>
      maxDuration === undefined ? [] : [[name, parseDuration(maxDuration)]],
    ),
  );
}

function usedUpstream(input: string | UpstreamInput): Upstream {
  const { name, namespace, environment } =
    typeof input === "string" ? ({ name: input } as UpstreamInput) : input;
  return { jobName: name.trim(), namespace: namespace ?? null, environment: environment ?? null };
}

function usedSchedule(schedule: string | ScheduleInput): Schedule {
  const input = scheduleInput(schedule);
  const shared = {
    timezone: input.timezone ?? "UTC",
    earlyWindowMs: input.earlyWindow === undefined ? null : parseDuration(input.earlyWindow),
    lateWindowMs: input.lateWindow === undefined ? null : parseDuration(input.lateWindow),
  };
  return input.every === undefined
    ? { kind: "cron", cron: (input.cron ?? "").trim(), seconds: input.seconds ?? false, ...shared }
    : { kind: "interval", everyMs: parseDuration(input.every), ...shared };
}

function usedStartBy(input: string | number): StartBy {
  if (typeof input === "string" && CLOCK_TIME.test(input.trim()))
    return { kind: "clock", timeOfDayMs: timeOfDayMs(input.trim()) };
  return { kind: "offset", offsetMs: parseDuration(input) };
}

function usedCompleteBy(input: string | CompleteByInput): CompleteBy {
  if (typeof input !== "string")
    return {
      timeOfDayMs: timeOfDayMs(input.time),
      timezone: input.timezone ?? null,
      days: input.days === undefined ? null : inWeekOrder(input.days),
      dayOffset: input.dayOffset ?? null,
    };
  const [, time = "", zone] = CLOCK_TIME_WITH_ZONE.exec(input.trim()) ?? [];
  return { timeOfDayMs: timeOfDayMs(time), timezone: zone ?? null, days: null, dayOffset: null };
}

function inWeekOrder(days: readonly Weekday[]): Weekday[] {
  return WEEKDAYS.filter((day) => days.includes(day));
}

function timeOfDayMs(text: string): number {
  const [, hour = "0", minute = "0", second = "0"] = CLOCK_TIME.exec(text) ?? [];
  return ((Number(hour) * 60 + Number(minute)) * 60 + Number(second)) * 1000;
}

/** Absent stays absent, null stays null. */
function mapped<In, Out>(value: In | null | undefined, map: (value: In) => Out): Out | null | undefined {
  return value === null || value === undefined ? (value as null | undefined) : map(value);
}

function withoutUndefined<T extends object>(value: T): Partial<{ [K in keyof T]: Exclude<T[K], undefined> }> {
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as Partial<{
    [K in keyof T]: Exclude<T[K], undefined>;
  }>;
}
