import { describe, expect, test } from "vitest";
import { type ExecOptions, parseExecArguments } from "./exec-arguments.ts";

const ENV = { HOME: "/home/somebody" };

function options(args: readonly string[], env: NodeJS.ProcessEnv = ENV): ExecOptions {
  const said = parseExecArguments(["--job", "nightly", ...args, "--", "true"], env);
  if (said.kind !== "run") throw new Error(JSON.stringify(said));
  return said.options;
}

function problem(args: readonly string[]): string {
  const said = parseExecArguments(args, ENV);
  return said.kind === "problem" ? said.message : `no problem: ${said.kind}`;
}

describe("the command", () => {
  test.each([
    [
      ["--job", "a", "--", "ls", "-l", "--job", "b"],
      ["ls", "-l", "--job", "b"],
    ],
    [
      ["--job", "a", "ls", "-l"],
      ["ls", "-l"],
    ],
    [["--job=a", "-q", "--", "--odd-program"], ["--odd-program"]],
    [
      ["-j", "a", "--", "sh", "--", "x"],
      ["sh", "--", "x"],
    ],
  ])("of %j is %j", (argv, command) => {
    expect(parseExecArguments(argv, ENV)).toMatchObject({ kind: "run", options: { jobName: "a", command } });
  });
});

describe("the job's settings", () => {
  test.each([
    [[], undefined],
    [["--max-duration", "1h 30m"], { sla: { maxDuration: "1h 30m" } }],
    [["--start-by", "10m"], { sla: { startBy: "10m" } }],
    [["--start-by", "06:00"], { sla: { startBy: "06:00" } }],
    [["--must-complete-by", "06:00"], { sla: { mustCompleteBy: "06:00" } }],
    [["--must-complete-by", "06:00", "--tz", "Asia/Tokyo"], { sla: { mustCompleteBy: "06:00 Asia/Tokyo" } }],
    [["--min-records", "0"], { sla: { minRecords: 0 } }],
    [["--max-failure-rate", "5%"], { sla: { maxFailureRate: 0.05 } }],
    [["--max-failure-rate", "0.05"], { sla: { maxFailureRate: 0.05 } }],
    [
      ["--schedule", "0 2 * * *", "--tz", "Europe/Berlin"],
      { schedule: { cron: "0 2 * * *", timezone: "Europe/Berlin" } },
    ],
    [["--schedule", "every 15m", "--tz", "UTC"], { schedule: { every: "15m", timezone: "UTC" } }],
    [
      ["--owner", "data", "--runbook", "https://wiki.example/x"],
      { owner: "data", runbook: "https://wiki.example/x" },
    ],
    [["--tag", "team=data", "--tag", "tier=1=x"], { tags: { team: "data", tier: "1=x" } }],
    [["--heartbeat-limit", "60s"], { heartbeat: { interval: "15s", limit: "1m" } }],
    [["--heartbeat-limit", "900ms"], { heartbeat: { interval: "300ms", limit: "900ms" } }],
  ])("of %j", (args, job) => {
    expect(options(args).job).toEqual(job);
  });

  test("a schedule without a zone is in the zone of the machine, as a crontab is", () => {
    expect(options(["--schedule", "0 2 * * *"]).job?.schedule).toMatchObject({
      timezone: new Intl.DateTimeFormat().resolvedOptions().timeZone,
    });
    expect(
      options(["--schedule", "0 2 * * *"], { ...ENV, CRON_TZ: "Asia/Tokyo" }).job?.schedule,
    ).toMatchObject({
      timezone: "Asia/Tokyo",
    });
  });
});

test("the server is told by option, else environment, else the usual address", () => {
  expect(options([]).target).toEqual({ url: "http://127.0.0.1:4318", apiKey: null });
  const env = { ...ENV, BATCHWATCH_URL: "https://bw.example/", BATCHWATCH_API_KEY: "k" };
  expect(options([], env).target).toEqual({ url: "https://bw.example", apiKey: "k" });
  expect(options(["--url", "http://other:1", "--api-key", "z"], env).target).toEqual({
    url: "http://other:1",
    apiKey: "z",
  });
});

test.each([
  [{ ...ENV, BATCHWATCH_SPOOL_DIR: "/s" }, "/s"],
  [{ ...ENV, XDG_STATE_HOME: "/state" }, "/state/batchwatch/spool"],
])("the spool of %j is %s", (env, directory) => {
  expect(options([], env).spoolDirectory).toBe(directory);
});

test.each([
  [[], "--job NAME"],
  [["--job", ""], "--job must not be empty"],
  [["--job", "..", "--", "x"], "nobody could open its page"],
  [["--job", "a\nb", "--", "x"], "control characters"],
  [["--job", "a"], 'after "--"'],
  [["--job"], "--job needs a value"],
  [["--job", "a", "--env", "--", "x"], "--env needs a value"],
  [["--job", "a", "--quiet=yes", "x"], "--quiet takes no value"],
  [["--job", "a", "-x", "ls"], "unknown option -x"],
  [["--job", "a", "--heartbeat-intervall", "1s", "ls"], "did you mean --heartbeat-interval?"],
  [["--job", "a", "--tag", "novalue", "ls"], "must be name=value"],
  [["--job", "a", "--max-duration", "soon", "ls"], "--max-duration"],
  [["--job", "a", "--must-complete-by", "25:00", "ls"], "clock time"],
  [["--job", "a", "--start-by", "later", "ls"], "offset such as 10m"],
  [["--job", "a", "--min-records", "-1", "ls"], "whole number"],
  [["--job", "a", "--max-failure-rate", "5", "ls"], "share from 0 to 1"],
  [["--job", "a", "--output-limit", "1000000", "ls"], "from 0 to 100000"],
  [["--job", "a", "--run-type", "weekly", "ls"], "scheduled, manual, backfill, catchup"],
  [["--job", "a", "--scheduled-at", "2026-11-23T02:00:00", "ls"], "no time zone"],
  [["--job", "a", "--schedule", " ", "ls"], "cron expression"],
  [["--job", "a", "--url", "ftp://x", "ls"], "--url"],
])("%j is refused: %s", (argv, message) => {
  expect(problem(argv)).toContain(message);
});
