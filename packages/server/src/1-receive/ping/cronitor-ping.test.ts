// The addresses of Cronitor's documentation and of its command line client.
import { describe, expect, test } from "vitest";
import { validateCron } from "../../lib/calendar/cron-pattern.ts";
import { cronitorPing } from "./cronitor-ping.ts";
import { isRefusal } from "./ping-format.ts";
import { readUrl } from "./test-support/read-url.ts";

const NOW = Date.UTC(2026, 10, 23, 3);
const KEY = "cronitor-api-key";
const read = (url: string, body?: string) => readUrl(cronitorPing, "/p/", url, { body, now: NOW });

describe("an address of Cronitor", () => {
  test.each<[string, Record<string, unknown>]>([
    [`/p/${KEY}/nightly-job?state=run`, { kind: "started", run: { by: "unnamed" } }],
    [`/p/${KEY}/nightly-job?state=complete`, { kind: "completed", at: NOW }],
    [`/p/${KEY}/nightly-job?state=ok`, { kind: "completed" }],
    [`/p/${KEY}/nightly-job`, { kind: "heartbeat" }],
    [
      `/p/${KEY}/nightly-job/?state=fail&message=disk%20full`,
      { kind: "failed", message: "disk full", error: { message: "disk full" } },
    ],
    [`/p/${KEY}/nightly-job?state=fail&msg=no`, { kind: "failed", message: "no" }],
    [`/p/${KEY}/nightly-job?state=run&series=7f3c`, { run: { by: "id", runId: "7f3c" } }],
    [
      `/p/${KEY}/nightly-job?state=complete&metric=count:1200&metric=error_count:3&metric=duration:61.5`,
      { records: { processed: 1200, failed: 3 }, durationMs: 61_500 },
    ],
    [
      `/p/${KEY}/nightly-job?state=fail&status_code=2&host=db1&duration=3&stamp=1795402800&try=2&series=s`,
      { exitCode: 2, host: "db1", durationMs: 3_000, at: 1_795_402_800_000, run: { by: "id", runId: "s" } },
    ],
    [
      `/p/${KEY}/nightly-job?state=run&schedule=0+2+*+*+*`,
      { jobSettings: { schedule: expect.objectContaining({ cron: "0 2 * * *" }) } },
    ],
    [
      `/p/${KEY}/nightly-job?state=run&env=staging`,
      { job: { namespace: "default", environment: "staging", jobName: "nightly-job" } },
    ],
  ])("%s", (url, expected) => {
    const { event, warnings } = read(url);
    expect(event).toMatchObject({ witness: "ping", ...expected });
    expect(warnings).toEqual([]);
  });

  test("with a body as its message", () => {
    expect(read(`/p/${KEY}/nightly-job?state=fail`, "from the body").event.message).toBe("from the body");
  });

  test("the same telemetry tried again is the same event", () => {
    const url = `/p/${KEY}/nightly-job?state=complete&stamp=1795402800`;
    expect(read(`${url}&try=2`).event.eventId).toBe(read(`${url}&try=1`).event.eventId);
  });

  test.each<[string, string[]]>([
    ["metric=count:many", ["metric=count"]],
    ["metric=error_count:-1", ["metric=error_count"]],
    ["duration=long", ["duration"]],
    ["status_code=x", ["status_code"]],
    ["stamp=yesterday", ["stamp"]],
    ["stamp=12", ["stamp"]],
    ["schedule=nonsense", ["schedule"]],
  ])("is recorded without %s, and says so", (query, fields) => {
    const { event, warnings } = read(`/p/${KEY}/nightly-job?state=complete&${query}`);
    expect(event.kind).toBe("completed");
    expect(warnings.map(({ field }) => field)).toEqual(fields);
  });

  test.each([
    [`/p/${KEY}/nightly-job?state=done`, 400],
    [`/p/${KEY}/nightly-job?state=run&series=..`, 400],
    [`/p/${KEY}`, 404],
    [`/p/${KEY}/a/b?state=run`, 404],
    [`/p/${KEY}/%09?state=run`, 404],
    [`/p/${KEY}/%zz?state=run`, 404],
  ])("%s is refused with %d", (url, status) => {
    const { pathname, searchParams } = new URL(url.replace("%zz", "%25zz"), "http://x");
    const path = url.includes("%zz") ? `${KEY}/%zz` : pathname.slice("/p/".length);
    const ping = cronitorPing.read(
      { path, query: Object.fromEntries(searchParams), headers: {}, client: "", body: null },
      validateCron,
    );
    expect(isRefusal(ping) ? ping.status : null).toBe(status);
  });
});
