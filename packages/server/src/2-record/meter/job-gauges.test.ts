import { isStaleAt } from "@batchwatch/promql";
import { METRIC_NAMES, type Schedule } from "@batchwatch/protocol";
import { expect, test } from "vitest";
import { EMPTY_WATCH_COMMIT } from "../../storage/ledger-store.ts";
import { NIGHTLY, openMeter } from "./test-support/open-meter.ts";

const T = "2026-03-02T02:00:00.000Z";
const AT = Date.parse(T);
const DAY_S = 86_400;
const WINDOWS = { earlyWindowMs: null, lateWindowMs: null };

test("says since when the oldest run under way has been going, and ends with it", async () => {
  await using house = await openMeter(T);
  await house.goTo(AT);
  await house.say(
    { kind: "started", runId: "a", at: AT + 1_000 },
    { kind: "started", runId: "b", at: AT + 5_000 },
  );
  await house.goTo(AT + 15_000);
  await house.say({ kind: "completed", runId: "a", at: AT + 16_000 });
  await house.goTo(AT + 30_000);
  await house.say({ kind: "completed", runId: "b", at: AT + 31_000 });
  await house.goTo(AT + 45_000);
  const { times, values } = await house.series(METRIC_NAMES.runningSince);
  expect(Array.from(times, (at) => (at - AT) / 1000)).toEqual([15, 30, 45]);
  expect([...values.subarray(0, 2)]).toEqual([(AT + 1_000) / 1000, (AT + 5_000) / 1000]);
  expect(isStaleAt(values, 2)).toBe(true);
});

test("says when a run last failed; a backfill's failure is none of it", async () => {
  await using house = await openMeter(T);
  await house.goTo(AT);
  await house.say({ kind: "failed", final: true, at: AT + 2_000 });
  await house.goTo(AT + 15_000);
  await house.say({ kind: "failed", final: true, runId: "old", runType: "backfill", at: AT + 16_000 });
  await house.goTo(AT + 30_000);
  expect((await house.series(METRIC_NAMES.lastFailure)).values.at(-1)).toBe((AT + 2_000) / 1000);
  expect(await house.select(METRIC_NAMES.lastSuccess)).toEqual([]);
});

function cron(text: string): Schedule {
  return { kind: "cron", cron: text, timezone: "UTC", seconds: false, ...WINDOWS };
}

test.each<[string, Schedule, number]>([
  ["a cron of every night", cron("0 2 * * *"), DAY_S],
  ["workdays only: the weekend is the longest gap", cron("0 2 * * 1-5"), 3 * DAY_S],
  ["a fixed interval", { kind: "interval", everyMs: 900_000, timezone: "UTC", ...WINDOWS }, 900],
])("says how often a job is to run: %s", async (_name, schedule, seconds) => {
  await using house = await openMeter(T);
  const [job] = await house.store.ensureJobs([{ ...NIGHTLY, createdBy: "declared", at: AT - 5_000 }]);
  const settings = { schedule };
  await house.store.setJobSettings(job?.id ?? 0, "declared", settings, AT);
  await house.store.commitWatch({
    ...EMPTY_WATCH_COMMIT,
    setDeadlines: [{ kind: "slot_late", subject: "slot:1", jobId: job?.id ?? 0, dueAt: AT + 3_600_000 }],
  });
  await house.goTo(AT);
  await house.goTo(AT + 15_000);
  expect((await house.series(METRIC_NAMES.scheduleInterval)).values.at(-1)).toBe(seconds);
  expect((await house.series(METRIC_NAMES.firstSeen)).values.at(-1)).toBe((AT - 5_000) / 1000);
});
