import { DEFAULT_JOB_SETTINGS } from "@batchwatch/protocol";
import { expect, test } from "vitest";
import type { Job } from "./job.ts";
import { type Namesake, namesakeHint } from "./job-namesakes.ts";

const job = (environment: string, isDeclared: boolean): Job => ({
  id: 1,
  namespace: "default",
  environment,
  jobName: "daily_etl",
  pingUuid: "00000000-0000-4000-8000-000000000001",
  firstSeenAt: 0,
  createdBy: "inferred",
  settingsBySource: isDeclared ? { declared: {} } : {},
  settings: DEFAULT_JOB_SETTINGS,
  settingsVersion: 1,
});
const other = (environment: string, isDeclared: boolean, hasRuns: boolean): Namesake => ({
  environment,
  isDeclared,
  hasRuns,
});

test.each<[string, Job, boolean, Namesake[], string | null]>([
  [
    "a declared job without runs",
    job("", true),
    false,
    [other("prod", false, true)],
    'No run of it was ever reported, but a job of the same name reports in the environment "prod": these are two jobs, and its settings hold for this one only. If they are one, write "environment: prod" in its declaration, or let the sender say no environment.',
  ],
  [
    "the undeclared job that runs",
    job("prod", false),
    true,
    [other("", true, false)],
    'A job of the same name is declared without an environment and has no runs: these are two jobs, and none of its settings hold here. If they are one, write "environment: prod" in its declaration.',
  ],
  ["a declared job with runs", job("", true), true, [other("prod", false, true)], null],
  ["two declared jobs", job("", true), false, [other("prod", true, true)], null],
  ["a namesake without runs", job("", true), false, [other("prod", false, false)], null],
  ["an undeclared job beside one that runs", job("prod", false), true, [other("", true, true)], null],
  ["a job without namesakes", job("", true), false, [], null],
])("%s", (_name, ofJob, hasRuns, namesakes, expected) => {
  expect(namesakeHint(ofJob, hasRuns, namesakes)).toBe(expected);
});
