/**
 * The settings of a job, each with who said it and who else did. Pure.
 * Precedence: the first of SETTING_SOURCES that has a setting wins, so what YAML declares wins over the API.
 */
import {
  type CompleteBy,
  DEFAULT_JOB_SETTINGS,
  formatExactDuration,
  type JobSettingName,
  type JobSettings,
  RUN_LIMIT_NAMES,
  SETTING_SOURCES,
  type SettingSource,
  type StartBy,
  type Upstream,
} from "@batchwatch/protocol";
import { describeSchedule } from "../../../lib/calendar/describe-schedule.ts";
import { timeOfDayText } from "../../../lib/calendar/time-text.ts";
import type { Job } from "../../../model/job.ts";
import { countText, listText, percentText } from "./words.ts";

export interface SettingView {
  name: string;
  value: unknown;
  text: string;
  source: SettingSource | "default";
  overridden: { source: SettingSource; text: string }[];
}

const NAMES = Object.keys(DEFAULT_JOB_SETTINGS).filter(isSettingName);

export function settingViews(job: Job): SettingView[] {
  return NAMES.map((name) => settingView(job, name));
}

function settingView<N extends JobSettingName>(job: Job, name: N): SettingView {
  const said = SETTING_SOURCES.flatMap((source) => {
    const value = job.settingsBySource[source]?.[name];
    return value === undefined ? [] : [{ source, text: settingText(name, value) }];
  });
  const [winner, ...overridden] = said;
  const value = job.settings[name];
  return { name, value, text: settingText(name, value), source: winner?.source ?? "default", overridden };
}

type Texts = { [N in JobSettingName]: (value: NonNullable<JobSettings[N]>) => string };

const plain = (value: string): string => value;
const yesOrNo = (value: boolean): string => (value ? "yes" : "no");

const TEXTS: Texts = {
  jobType: plain,
  owner: plain,
  description: plain,
  runbook: plain,
  tags: (tags) => pairsText(tags, "="),
  schedule: scheduleText,
  maxDurationMs: formatExactDuration,
  minDurationMs: formatExactDuration,
  startBy: startByText,
  mustCompleteBy: completeByText,
  minRecords: countText,
  maxRecords: countText,
  maxFailureRate: percentText,
  expectedRecords: countText,
  maxRecordLoss: percentText,
  freshnessMs: formatExactDuration,
  maxRuns: ({ count, perMs }) => `${count} in any ${formatExactDuration(perMs)}`,
  maxStepDurationMs: stepsText,
  byRunType: byRunTypeText,
  upstreams: (upstreams) => (upstreams.length === 0 ? "none" : listText(upstreams.map(upstreamText))),
  heartbeatIntervalMs: formatExactDuration,
  heartbeatLimitMs: formatExactDuration,
  stallLimitMs: formatExactDuration,
  maxAttempts: String,
  retryGraceMs: formatExactDuration,
  allowOverlap: yesOrNo,
  severity: (severities) => pairsText(severities, " → "),
  alertAfter: (count) => `${count} bad ${count === 1 ? "run" : "runs"}`,
  alertOf: (count) => `of the last ${count === 1 ? "run" : `${count} runs`}`,
  resolveAfter: (count) => `${count} good ${count === 1 ? "run" : "runs"}`,
  paused: yesOrNo,
  observeOnly: yesOrNo,
};

function settingText<N extends JobSettingName>(name: N, value: JobSettings[N]): string {
  return value === null || value === undefined ? "not set" : TEXTS[name](value);
}

function scheduleText(schedule: NonNullable<JobSettings["schedule"]>): string {
  const windows = [
    schedule.earlyWindowMs === null ? [] : [`early window ${formatExactDuration(schedule.earlyWindowMs)}`],
    schedule.lateWindowMs === null ? [] : [`late window ${formatExactDuration(schedule.lateWindowMs)}`],
  ].flat();
  return [describeSchedule(schedule), ...windows].join(", ");
}

function startByText(startBy: StartBy): string {
  switch (startBy.kind) {
    case "offset":
      return `${formatExactDuration(startBy.offsetMs)} after the slot`;
    case "clock":
      return `at ${timeOfDayText(startBy.timeOfDayMs)}`;
  }
}

function completeByText(completeBy: CompleteBy): string {
  const zone = completeBy.timezone === null ? "" : ` ${completeBy.timezone}`;
  const day =
    completeBy.dayOffset === null || completeBy.dayOffset === 0
      ? ""
      : completeBy.dayOffset === 1
        ? " of the next day"
        : ` ${completeBy.dayOffset} days later`;
  const days = completeBy.days === null ? "" : `, for slots on ${listText(completeBy.days)}`;
  return `${timeOfDayText(completeBy.timeOfDayMs)}${zone}${day}${days}`;
}

function pairsText(pairs: Readonly<Record<string, string>>, between: string): string {
  const texts = Object.entries(pairs).map(([name, value]) => `${name}${between}${value}`);
  return texts.length === 0 ? "none" : texts.join(", ");
}

function stepsText(limits: Readonly<Record<string, number>>): string {
  const texts = Object.entries(limits).map(([step, ms]) => `${step} ${formatExactDuration(ms)}`);
  return texts.length === 0 ? "none" : texts.join(", ");
}

function byRunTypeText(byType: JobSettings["byRunType"]): string {
  const texts = Object.entries(byType).flatMap(([type, limits]) =>
    RUN_LIMIT_NAMES.flatMap((name) => {
      const value = limits[name];
      return value === undefined ? [] : [`${type} ${LIMIT_WORDS[name]}: ${settingText(name, value)}`];
    }),
  );
  return texts.length === 0 ? "none" : texts.join(", ");
}

const LIMIT_WORDS: Readonly<Record<(typeof RUN_LIMIT_NAMES)[number], string>> = {
  maxDurationMs: "maxDuration",
  minDurationMs: "minDuration",
  minRecords: "minRecords",
  maxRecords: "maxRecords",
  maxFailureRate: "maxFailureRate",
  maxRecordLoss: "maxRecordLoss",
  expectedRecords: "expectedRecords",
};

function upstreamText({ jobName, namespace, environment }: Upstream): string {
  const place = [namespace, environment].filter((part) => part !== null && part !== "").join(", ");
  return place === "" ? jobName : `${jobName} (${place})`;
}

function isSettingName(name: string): name is JobSettingName {
  return name in DEFAULT_JOB_SETTINGS;
}
