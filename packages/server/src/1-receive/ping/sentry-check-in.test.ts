// The addresses and bodies of Sentry's documentation for check-ins by HTTP.
import { describe, expect, test } from "vitest";
import { validateCron } from "../../lib/calendar/cron-pattern.ts";
import { isRefusal } from "./ping-format.ts";
import { sentryCheckIn } from "./sentry-check-in.ts";
import { readUrl } from "./test-support/read-url.ts";

const NOW = Date.UTC(2026, 10, 23, 3);
const BASE = "/api/42/cron/";
const ID = "8f2a7b1c-0d3e-4f5a-9b6c-7d8e9f0a1b2c";
const read = (path: string, body?: object) =>
  readUrl(sentryCheckIn, BASE, `${BASE}${path}`, {
    now: NOW,
    body: body === undefined ? undefined : JSON.stringify(body),
  });

describe("a check-in", () => {
  test.each<[string, object | undefined, Record<string, unknown>]>([
    ["nightly-job/publickey/?status=in_progress", undefined, { kind: "started", run: { by: "unnamed" } }],
    ["nightly-job/publickey/?status=ok", undefined, { kind: "completed" }],
    ["nightly-job/publickey?status=error", undefined, { kind: "failed" }],
    [
      `nightly-job/publickey/?check_in_id=${ID}&status=in_progress`,
      undefined,
      { run: { by: "id", runId: ID } },
    ],
    [
      `nightly-job/publickey/?check_in_id=${ID.replaceAll("-", "").toUpperCase()}&status=ok&duration=1.5`,
      undefined,
      { run: { by: "id", runId: ID }, durationMs: 1_500 },
    ],
    [
      "nightly-job/publickey/?check_in_id=00000000-0000-0000-0000-000000000000&status=ok",
      undefined,
      { run: { by: "unnamed" } },
    ],
    [
      "nightly-job/publickey/?status=ok&environment=staging",
      undefined,
      { job: { namespace: "default", environment: "staging", jobName: "nightly-job" } },
    ],
    [
      "nightly-job/publickey/",
      {
        status: "error",
        check_in_id: ID,
        duration: 10,
        release: "1.2.3",
        contexts: { trace: { trace_id: "8f7d6e5c4b3a29180f1e2d3c4b5a6978" } },
      },
      {
        kind: "failed",
        durationMs: 10_000,
        metadata: { release: "1.2.3" },
        traceId: "8f7d6e5c4b3a29180f1e2d3c4b5a6978",
      },
    ],
  ])("%s %j", (path, body, expected) => {
    const { event, warnings } = read(path, body);
    expect(event).toMatchObject({ witness: "ping", ...expected });
    expect(warnings).toEqual([]);
  });

  test("declares its job", () => {
    const monitor_config = {
      schedule: { type: "crontab", value: "0 2 * * *" },
      checkin_margin: 5,
      max_runtime: 30,
      failure_issue_threshold: 2,
      recovery_threshold: 3,
      timezone: "Europe/Berlin",
      owner: "team:data",
    };
    const { ping, event, warnings } = read("nightly-job/publickey/", {
      status: "in_progress",
      monitor_config,
    });
    expect(warnings).toEqual([]);
    expect(ping.create).toBe(true);
    expect(event.jobSettings).toMatchObject({
      schedule: { cron: "0 2 * * *", timezone: "Europe/Berlin" },
      maxDurationMs: 1_800_000,
      owner: "team:data",
    });
    expect(JSON.stringify(event.jobSettings)).toContain("300000");
  });

  test.each([
    [{ type: "interval", value: 2, unit: "hour" }, 7_200_000],
    [{ type: "interval", value: 1, unit: "month" }, 30 * 86_400_000],
  ])("%j is an interval", (schedule, everyMs) => {
    const { event, warnings } = read("nightly-job/publickey/", {
      status: "ok",
      monitor_config: { schedule },
    });
    expect(warnings).toEqual([]);
    expect(event.jobSettings?.schedule).toMatchObject({ everyMs });
  });

  test.each<[object, string[]]>([
    [{ duration: "long" }, ["duration"]],
    [{ contexts: { trace: { trace_id: "x" } } }, ["contexts.trace.trace_id"]],
    [{ monitor_config: { max_runtime: "short" } }, ["monitor_config.max_runtime"]],
    [
      { monitor_config: { schedule: { type: "crontab", value: "0 2 * * *" }, timezone: "Mars/Phobos" } },
      ["monitor_config.timezone"],
    ],
    [{ monitor_config: "none" }, []],
  ])("is recorded without what is wrong in %j, and says so", (side, fields) => {
    const { event, warnings } = read("nightly-job/publickey/", { status: "ok", ...side });
    expect(event.kind).toBe("completed");
    expect(warnings.map(({ field }) => field)).toEqual(fields);
  });

  test.each([
    ["nightly-job/publickey/?status=done", 400],
    ["nightly-job/publickey/", 400],
    ["nightly-job/publickey/?status=ok&check_in_id=7", 400],
    ["nightly-job/?status=ok", 404],
    ["nightly-job/publickey/more?status=ok", 404],
    ["%2e%2e/publickey/?status=ok", 404],
  ])("%s is refused with %d", (url, status) => {
    const [path = "", query = ""] = url.split("?");
    const ping = sentryCheckIn.read(
      { path, query: Object.fromEntries(new URLSearchParams(query)), headers: {}, client: "", body: null },
      validateCron,
    );
    expect(isRefusal(ping) ? ping.status : null).toBe(status);
  });
});
