import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { cronSchedule, openWatchHouse, type WatchHouse } from "../watch-house.fixture.ts";

const MINUTE_MS = 60_000;
// Long enough for a loaded machine; nothing here waits for time to pass.
vi.setConfig({ testTimeout: 60_000 });

let house: WatchHouse;

beforeEach(async () => {
  house = await openWatchHouse("2026-11-22T12:00:00Z");
});
afterEach(() => house.close());

const nightly = { schedule: cronSchedule("0 2 * * *") };

describe("slots are filled ahead", () => {
  test("at least five, none before the job was known, with the default window", async () => {
    await house.declare(nightly);
    const slots = await house.slots();
    expect(slots.map((slot) => new Date(slot.slotAt).toISOString().slice(0, 13))).toEqual([
      "2026-11-23T02",
      "2026-11-24T02",
      "2026-11-25T02",
      "2026-11-26T02",
      "2026-11-27T02",
    ]);
    expect(slots[0]?.earlyAt).toBe(Date.parse("2026-11-23T01:55:00Z"));
    expect(slots[0]?.lateAt).toBe(Date.parse("2026-11-23T02:10:00Z"));
  });

  test("for 48 h of a frequent schedule, windows at most half the distance", async () => {
    await house.declare({ schedule: cronSchedule("*/10 * * * *") });
    const slots = await house.slots();
    expect(slots.length).toBe(288);
    expect(slots[0]?.lateAt).toBe((slots[0]?.slotAt ?? 0) + 5 * MINUTE_MS);
    expect(slots[1]?.earlyAt).toBe((slots[1]?.slotAt ?? 0) - 5 * MINUTE_MS);
  });

  test("and again as time passes, without end", async () => {
    await house.declare(nightly);
    await house.goTo("2026-12-05T12:00:00Z");
    const expected = (await house.slots()).filter((slot) => slot.state === "expected");
    expect(expected.length).toBeGreaterThanOrEqual(4);
    expect(new Date(expected[0]?.slotAt ?? 0).toISOString()).toBe("2026-12-06T02:00:00.000Z");
  });

  test("another schedule replaces what is to come", async () => {
    await house.declare(nightly);
    await house.declare({ schedule: cronSchedule("30 4 * * *") });
    const slots = await house.slots();
    expect(slots).toHaveLength(5);
    expect(slots.every((slot) => new Date(slot.slotAt).toISOString().endsWith("04:30:00.000Z"))).toBe(true);
  });

  test("no schedule, no slots; a paused job waits for none", async () => {
    await house.declare(nightly);
    await house.declare({ ...nightly, paused: true });
    expect(await house.slots()).toEqual([]);
    await house.goTo("2026-11-24T12:00:00Z");
    expect(await house.facts()).toEqual([]);
    await house.declare(nightly);
    expect((await house.slots())[0]?.slotAt).toBe(Date.parse("2026-11-25T02:00:00Z"));
    await house.declare({});
    expect(await house.slots()).toEqual([]);
  });

  test("pausing inside the window skips the slot that waits", async () => {
    await house.declare(nightly);
    await house.goTo("2026-11-23T02:05:00Z");
    await house.declare({ ...nightly, paused: true });
    expect(await house.slotAt("2026-11-23T02:00:00Z")).toMatchObject({ state: "skipped", reason: "paused" });
    await house.goTo("2026-11-23T12:00:00Z");
    expect(await house.facts()).toEqual([]);
  });

  test("over a DST change each night has one slot", async () => {
    await house.goTo("2027-03-26T12:00:00Z");
    await house.declare({ schedule: cronSchedule("30 2 * * *", "Europe/Berlin") });
    expect((await house.slots()).map((slot) => new Date(slot.slotAt).toISOString().slice(5, 16))).toEqual([
      "03-27T01:30",
      "03-28T01:00",
      "03-29T00:30",
      "03-30T00:30",
      "03-31T00:30",
    ]);
  });
});

describe("a run satisfies its slot", () => {
  test.each([
    ["on time", "02:00:00", {}, "on time"],
    ["early, inside the window", "01:59:20", {}, "early by 40 s"],
    ["late, inside the window", "02:08:00", {}, "late by 8 m"],
    [
      "by its nominal time, whenever it starts",
      "02:09:00",
      { scheduledAt: "2026-11-23T02:00:00Z" },
      "exact nominal time",
    ],
    [
      "as a manual re-run in the late window",
      "02:03:00",
      { runType: "manual" as const },
      "manual re-run, late by 3 m",
    ],
    [
      "as a backfill that names it",
      "02:03:00",
      { runType: "backfill" as const, scheduledAt: "2026-11-23T02:00:00Z" },
      "exact nominal time",
    ],
  ])("%s", async (_name, time, more, reason) => {
    await house.declare(nightly);
    await house.goTo(`2026-11-23T${time}Z`);
    await house.event({ kind: "started", ...more });
    const slot = await house.slotAt("2026-11-23T02:00:00Z");
    expect(slot).toMatchObject({ state: "matched", reason });
    expect((await house.store.getRun(slot.runRowId ?? 0))?.run.slotId).toBe(slot.id);
    await house.pass(MINUTE_MS);
    await house.event({ kind: "completed" });
    await house.goTo("2026-11-23T12:00:00Z");
    expect(await house.facts()).toEqual([]);
  });

  test.each([
    ["a run before the early window", "01:50:00", {}],
    ["a manual run before the slot", "01:58:00", { runType: "manual" as const }],
    ["a backfill that names nothing", "02:03:00", { runType: "backfill" as const }],
  ])("%s does not", async (_name, time, more) => {
    await house.declare(nightly);
    await house.goTo(`2026-11-23T${time}Z`);
    await house.event({ kind: "started", ...more }, { kind: "completed" });
    await house.goTo("2026-11-23T12:00:00Z");
    expect((await house.slotAt("2026-11-23T02:00:00Z")).state).toBe("missed");
    expect(await house.facts()).toEqual(["run_missed open"]);
  });

  test("a run that was skipped on purpose leaves its slot skipped", async () => {
    await house.declare(nightly);
    await house.goTo("2026-11-23T02:01:00Z");
    await house.event({ kind: "skipped", scheduledAt: "2026-11-23T02:00:00Z" });
    await house.goTo("2026-11-23T12:00:00Z");
    expect((await house.slotAt("2026-11-23T02:00:00Z")).state).toBe("skipped");
    expect(await house.facts()).toEqual([]);
  });

  test("two runs near two slots each have their own", async () => {
    await house.declare({ schedule: cronSchedule("*/10 * * * *") });
    await house.goTo("2026-11-22T12:14:00Z");
    await house.event({ kind: "started", runId: "a" }, { kind: "completed", runId: "a" });
    await house.goTo("2026-11-22T12:19:00Z");
    await house.event({ kind: "started", runId: "b" }, { kind: "completed", runId: "b" });
    expect((await house.slotAt("2026-11-22T12:10:00Z")).reason).toBe("late by 4 m");
    expect((await house.slotAt("2026-11-22T12:20:00Z")).reason).toBe("early by 1 m");
  });
});

describe("a missed run", () => {
  test("is told at the end of the window, once, with limit, value and why", async () => {
    await house.declare(nightly);
    await house.goTo("2026-11-23T02:10:00Z");
    expect(await house.facts()).toEqual([]);
    await house.pass(1);
    const missed = await house.fact("run_missed");
    expect(missed).toMatchObject({
      class: "violation",
      severity: "critical",
      state: "open",
      at: Date.parse("2026-11-23T02:10:00Z"),
      valueText: "no start",
      suppressedBecause: null,
      explanation: "No run started for the slot of 2026-11-23 02:00 UTC by 02:10.",
    });
    expect(missed.subject).toBe(`slot:${(await house.slotAt("2026-11-23T02:00:00Z")).id}`);
    expect(house.folds).toBe(1);
  });

  test("that comes late after all satisfies its slot late, and its success resolves", async () => {
    await house.declare(nightly);
    await house.goTo("2026-11-23T05:00:00Z");
    await house.event({ kind: "started" });
    expect(await house.slotAt("2026-11-23T02:00:00Z")).toMatchObject({
      state: "matched",
      reason: "late by 3 h, after it was declared missed",
    });
    expect(await house.facts()).toEqual(["run_missed open"]);
    await house.goTo("2026-11-23T05:20:00Z");
    await house.event({ kind: "completed" });
    expect(await house.fact("run_missed")).toMatchObject({
      state: "resolved",
      resolution: "The run succeeded at 05:20 after 20 m.",
    });
  });

  test("resolves with the next slot's success", async () => {
    await house.declare(nightly);
    await house.goTo("2026-11-24T02:00:30Z");
    await house.event({ kind: "started" });
    await house.pass(MINUTE_MS);
    await house.event({ kind: "completed" });
    expect((await house.fact("run_missed")).resolution).toMatch(
      /^The run of the slot 2026-11-24 02:00 UTC \(run-1\) succeeded/,
    );
  });

  test("was none, if its report only came late", async () => {
    await house.declare(nightly);
    await house.goTo("2026-11-23T02:30:00Z");
    await house.event({ kind: "started", at: "2026-11-23T02:00:02Z" });
    expect((await house.slotAt("2026-11-23T02:00:00Z")).reason).toBe("late by 2 s");
    expect((await house.fact("run_missed")).resolution).toMatch(/had started in time.*report came late/);
  });

  test("that is only queued is missed, and says so", async () => {
    await house.declare(nightly);
    await house.goTo("2026-11-23T02:00:00Z");
    await house.event({ kind: "queued", scheduledAt: "2026-11-23T02:00:00Z" });
    await house.goTo("2026-11-23T03:00:00Z");
    expect((await house.fact("run_missed")).explanation).toMatch(
      /Run run-1 names this slot but has not started/,
    );
  });

  test("is found by the slot even if the run's own look is still to come", async () => {
    await house.declare(nightly);
    await house.goTo("2026-11-23T02:09:59Z");
    await house.record({ kind: "started" });
    await house.goTo("2026-11-23T04:00:00Z");
    expect((await house.slotAt("2026-11-23T02:00:00Z")).state).toBe("matched");
    expect(await house.facts()).toEqual([]);
  });
});

describe("the slot's run failed", () => {
  test("a re-run takes the slot over and resolves", async () => {
    await house.declare(nightly);
    await house.goTo("2026-11-23T02:00:00Z");
    await house.event({ kind: "started" }, { kind: "failed", error: { message: "boom" } });
    await house.goTo("2026-11-23T08:00:00Z");
    await house.event({ kind: "started", runId: "run-2" });
    expect(await house.slotAt("2026-11-23T02:00:00Z")).toMatchObject({
      state: "matched",
      reason: "re-run after a failed run, late by 6 h",
    });
    await house.pass(MINUTE_MS);
    await house.event({ kind: "completed", runId: "run-2" });
    expect(await house.facts()).toEqual(["run_failed resolved"]);
    // The first run is looked at again: nothing new.
    await house.event({ kind: "records", records: { processed: 3 } });
    await house.pass(MINUTE_MS);
    expect(await house.facts()).toEqual(["run_failed resolved"]);
  });

  test("a manual re-run hours later is no run of the slot; the next slot's success resolves", async () => {
    await house.declare(nightly);
    await house.goTo("2026-11-23T02:00:00Z");
    await house.event({ kind: "started" }, { kind: "failed" });
    await house.goTo("2026-11-23T08:00:00Z");
    await house.event(
      { kind: "started", runId: "run-2", runType: "manual" },
      { kind: "completed", runId: "run-2" },
    );
    await house.pass(MINUTE_MS);
    expect(await house.facts()).toEqual(["run_failed open"]);
    await house.goTo("2026-11-24T02:00:00Z");
    await house.event({ kind: "started", runId: "run-3" }, { kind: "completed", runId: "run-3" });
    await house.pass(MINUTE_MS);
    expect(await house.facts()).toEqual(["run_failed resolved"]);
  });
});

describe("start-by and complete-by", () => {
  const startBy = { ...nightly, startBy: { kind: "offset" as const, offsetMs: 5 * MINUTE_MS } };
  const completeBy = {
    schedule: cronSchedule("0 2 * * *", "Europe/Berlin"),
    mustCompleteBy: { timeOfDayMs: 6 * 60 * MINUTE_MS, timezone: null, days: null, dayOffset: null },
  };

  test("a start at the limit is in time, one later is late, told at the limit", async () => {
    await house.declare(startBy);
    await house.goTo("2026-11-23T02:05:00Z");
    await house.event({ kind: "started" }, { kind: "completed" });
    await house.goTo("2026-11-24T02:05:00Z");
    expect(await house.facts()).toEqual([]);
    await house.pass(1);
    expect(await house.fact("start_late")).toMatchObject({
      state: "open",
      severity: "warning",
      at: Date.parse("2026-11-24T02:05:00Z"),
      valueText: "no start",
    });
    await house.goTo("2026-11-24T02:07:00Z");
    await house.event({ kind: "started", runId: "run-2" });
    await house.pass(MINUTE_MS);
    await house.event({ kind: "completed", runId: "run-2" });
    expect(await house.facts()).toEqual(["start_late resolved"]);
  });

  test("a later start-by makes the window later", async () => {
    await house.declare({ ...nightly, startBy: { kind: "clock", timeOfDayMs: 3 * 60 * MINUTE_MS } });
    await house.goTo("2026-11-23T02:50:00Z");
    expect(await house.facts()).toEqual([]);
    await house.goTo("2026-11-23T03:01:00Z");
    expect(await house.facts()).toEqual(["run_missed open", "start_late open"]);
  });

  test("a run still under way at its deadline misses it then, and resolves when it completes late", async () => {
    await house.declare(completeBy);
    await house.goTo("2026-11-23T01:00:00Z");
    await house.event({ kind: "started" });
    await house.goTo("2026-11-23T05:00:00Z");
    expect(await house.facts()).toEqual([]);
    await house.pass(1);
    expect(await house.fact("deadline_missed")).toMatchObject({
      state: "open",
      at: Date.parse("2026-11-23T05:00:00Z"),
      limitText: "completed by 2026-11-23 06:00 Europe/Berlin",
      valueText: "still running",
    });
    await house.goTo("2026-11-23T05:40:00Z");
    await house.event({ kind: "completed" });
    expect((await house.fact("deadline_missed")).resolution).toMatch(/^The run succeeded at 06:40/);
  });

  test("a run that never started misses its deadline too", async () => {
    await house.declare(completeBy);
    await house.goTo("2026-11-23T05:00:01Z");
    expect(await house.facts()).toEqual(["run_missed open", "deadline_missed open"]);
    expect((await house.fact("deadline_missed")).explanation).toMatch(/it never started/);
  });

  test("completed at the deadline is in time; failed before it is not", async () => {
    await house.declare(completeBy);
    await house.goTo("2026-11-23T01:00:00Z");
    await house.event({ kind: "started" });
    await house.goTo("2026-11-23T05:00:00Z");
    await house.event({ kind: "completed" });
    await house.goTo("2026-11-24T01:00:00Z");
    await house.event({ kind: "started", runId: "run-2" }, { kind: "failed", runId: "run-2" });
    await house.goTo("2026-11-24T06:00:00Z");
    expect(await house.facts()).toEqual(["run_failed open", "deadline_missed open"]);
  });

  test("a deadline after midnight belongs to its slot, on its days", async () => {
    await house.declare({
      schedule: cronSchedule("0 23 * * *", "Europe/Berlin"),
      mustCompleteBy: { timeOfDayMs: 60 * MINUTE_MS, timezone: null, days: ["sun", "tue"], dayOffset: null },
    });
    // Sunday's slot, 22 November 23:00 in Berlin, is due by Monday 01:00.
    await house.goTo("2026-11-22T22:00:00Z");
    await house.event({ kind: "started" });
    await house.goTo("2026-11-23T00:00:01Z");
    expect((await house.fact("deadline_missed")).at).toBe(Date.parse("2026-11-23T00:00:00Z"));
    await house.event({ kind: "completed" });
    // Monday's slot has no deadline.
    await house.goTo("2026-11-23T22:00:00Z");
    await house.event({ kind: "started", runId: "run-2" });
    await house.goTo("2026-11-24T12:00:00Z");
    expect(await house.facts()).toEqual(["deadline_missed resolved"]);
  });

  test("without a schedule the first such clock time after the start counts", async () => {
    await house.declare({
      mustCompleteBy: { timeOfDayMs: 6 * 60 * MINUTE_MS, timezone: "UTC", days: null, dayOffset: null },
    });
    await house.goTo("2026-11-23T04:00:00Z");
    await house.event({ kind: "started" });
    await house.goTo("2026-11-23T06:00:01Z");
    expect(await house.facts()).toEqual(["deadline_missed open"]);
  });

  test("a deadline declared after it had passed is not missed", async () => {
    await house.declare({ schedule: completeBy.schedule });
    await house.goTo("2026-11-23T01:00:00Z");
    await house.event({ kind: "started" });
    await house.goTo("2026-11-23T07:00:00Z");
    await house.declare(completeBy);
    await house.goTo("2026-11-23T08:00:00Z");
    expect(await house.facts()).toEqual([]);
  });

  test("a backfill trips no schedule SLA", async () => {
    await house.declare({ ...completeBy, ...startBy });
    await house.goTo("2026-11-23T02:20:00Z");
    await house.event({ kind: "started", runType: "backfill", scheduledAt: "2026-11-23T02:00:00Z" });
    await house.event({ kind: "completed" });
    const types = (await house.judgements()).map(({ type }) => type);
    expect(types.filter((type) => type === "start_late" || type === "deadline_missed")).toHaveLength(1);
  });
});

describe("an interval schedule", () => {
  const hourly = {
    schedule: {
      kind: "interval" as const,
      everyMs: 60 * MINUTE_MS,
      timezone: "UTC",
      earlyWindowMs: null,
      lateWindowMs: null,
    },
  };

  test("counts from the last start, and a run before its time moves it", async () => {
    await house.declare(hourly);
    await house.goTo("2026-11-22T12:40:00Z");
    await house.event({ kind: "started" }, { kind: "completed" });
    expect(await house.slotAt("2026-11-22T13:00:00Z")).toMatchObject({
      state: "matched",
      reason: "inside the interval",
    });
    expect((await house.slotAt("2026-11-22T13:40:00Z")).state).toBe("expected");
    await house.goTo("2026-11-22T13:50:00Z");
    expect(await house.facts()).toEqual([]);
    await house.pass(1);
    expect(await house.facts()).toEqual(["run_missed open"]);
  });

  test("a miss is told for each interval, and a success ends them all", async () => {
    await house.declare(hourly);
    await house.goTo("2026-11-22T15:30:00Z");
    expect(await house.facts()).toEqual(["run_missed open", "run_missed open", "run_missed open"]);
    await house.event({ kind: "started" }, { kind: "completed" });
    await house.pass(MINUTE_MS);
    expect(await house.facts()).toEqual([
      "run_missed resolved",
      "run_missed resolved",
      "run_missed resolved",
    ]);
  });
});

describe("our own downtime", () => {
  test("a slot wholly inside it is unknown, and nobody is paged", async () => {
    await house.declare(nightly);
    await house.restart("2026-11-23T01:59:00Z", "2026-11-23T02:30:00Z");
    await house.goTo("2026-11-23T04:00:00Z");
    expect((await house.slotAt("2026-11-23T02:00:00Z")).state).toBe("unknown");
    expect(await house.facts()).toEqual([]);
  });

  test("a slot partly inside it is judged after it, with the facts that came", async () => {
    await house.declare(nightly);
    await house.restart("2026-11-23T02:05:00Z", "2026-11-23T05:30:00Z");
    // Not history: nobody could notice it before.
    expect(await house.fact("run_missed")).toMatchObject({ state: "open", suppressedBecause: null });
  });

  test("slots go on through a downtime longer than the horizon", async () => {
    await house.declare({ schedule: cronSchedule("0 */6 * * *") });
    await house.restart("2026-11-23T01:00:00Z", "2026-11-27T01:00:00Z");
    const states = (await house.slots())
      .filter((slot) => slot.slotAt < house.clock.now())
      .map(({ state }) => state);
    expect(states.filter((state) => state === "unknown")).toHaveLength(16);
    expect(states.filter((state) => state === "expected")).toHaveLength(0);
  });

  test("judgement waits for the catch-up grace, so that spools can drain", async () => {
    await house.close();
    house = await openWatchHouse("2026-11-22T12:00:00Z", { catchUpGraceMs: MINUTE_MS });
    await house.declare(nightly);
    await house.restart("2026-11-23T02:05:00Z", "2026-11-23T02:20:00Z");
    expect(await house.facts()).toEqual([]);
    await house.event({ kind: "started", at: "2026-11-23T02:06:00Z" });
    await house.pass(2 * MINUTE_MS);
    expect(await house.facts()).toEqual([]);
    expect((await house.slotAt("2026-11-23T02:00:00Z")).reason).toBe("late by 6 m");
  });

  test("a run under way before it is matched and judged after it by a new engine", async () => {
    await house.declare({ ...nightly, maxDurationMs: 30 * MINUTE_MS });
    await house.goTo("2026-11-23T02:00:00Z");
    await house.event({ kind: "started" });
    await house.restart("2026-11-23T02:10:00Z", "2026-11-23T02:40:00Z");
    expect(await house.facts()).toEqual(["duration_exceeded open"]);
  });
});
