// What is judged of a run must not depend on its sender's clock: neither signs of life, nor what is history.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { cronSchedule, type EventText, openWatchHouse, type WatchHouse } from "./watch-house.fixture.ts";

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const START = "2026-11-23T02:00:00Z";

/** `told`: the sender says when it sends, as `exec` and `ping` do. */
const CLOCKS = [
  ["2 h behind", -2 * HOUR_MS],
  ["5 m behind", -5 * MINUTE_MS],
  ["30 s behind", -30 * SECOND_MS],
  ["right", 0],
  ["30 s ahead", 30 * SECOND_MS],
  ["5 m ahead", 5 * MINUTE_MS],
  ["2 h ahead", 2 * HOUR_MS],
].flatMap(([clock, skewMs]) =>
  [true, false].map((told) => ({
    clock,
    skewMs: Number(skewMs),
    told,
    says: told ? "says" : "does not say",
  })),
);

let house: WatchHouse;
beforeEach(async () => {
  house = await openWatchHouse(START);
});
afterEach(() => house.close());

describe.each(CLOCKS)("a clock that is $clock, of a sender that $says when it sends", ({ skewMs, told }) => {
  /** As its sender stamps it, happened so long ago, received now. */
  function stamped(event: EventText, agoMs = 0): EventText {
    const at = new Date(house.clock.now() - agoMs + skewMs).toISOString();
    return { witness: "sdk", ...event, at, ...(told ? { clockOffsetMs: -skewMs } : {}) };
  }
  const say = (event: EventText): Promise<void> => house.event(stamped(event));
  const run = async () => (await house.store.listRuns({}, "startedAt", { limit: 1, cursor: null })).items[0];

  test("beats, then silence: told at the limit and not before, over with the next beat, and lost in the end", async () => {
    await house.declare({ heartbeatLimitMs: MINUTE_MS });
    await say({ kind: "started" });
    for (let beat = 0; beat < 4; beat++) {
      await house.pass(30 * SECOND_MS);
      await say({ kind: "heartbeat" });
    }
    const lastBeatAt = house.clock.now();
    await house.pass(MINUTE_MS);
    expect(await house.facts()).toEqual([]);
    await house.pass(1);
    expect(await house.facts()).toEqual(["heartbeat_missing open"]);
    expect(await house.fact("heartbeat_missing")).toMatchObject({
      at: lastBeatAt + MINUTE_MS,
      suppressedBecause: null,
    });
    expect((await run())?.phase).toBe("suspect");

    await house.pass(30 * SECOND_MS);
    await say({ kind: "heartbeat" });
    await house.pass(SECOND_MS);
    expect(await house.facts()).toEqual(["heartbeat_missing resolved"]);
    expect((await run())?.phase).toBe("running");

    await house.pass(10 * MINUTE_MS);
    expect(await run()).toMatchObject({ phase: "lost", errorType: "lost", durationMs: 3.5 * MINUTE_MS + 1 });
    expect(await house.fact("heartbeat_missing")).toMatchObject({ state: "open", suppressedBecause: null });
  });

  test("a live failure notifies", async () => {
    await say({ kind: "started" });
    await house.pass(2 * MINUTE_MS);
    await say({ kind: "failed", error: { message: "disk full" } });
    const { at, suppressedBecause, explanation } = await house.fact("run_failed");
    expect({ suppressedBecause, explanation }).toEqual({
      suppressedBecause: null,
      explanation: expect.stringContaining("after 2 m: disk full"),
    });
    // Within ten minutes a sender's times are believed.
    expect(Math.abs(at - house.clock.now())).toBeLessThanOrEqual(5 * MINUTE_MS);
  });

  test("a failure that may be retried is final after the grace", async () => {
    await house.declare({ retryGraceMs: 3 * MINUTE_MS, maxAttempts: 3 });
    await say({ kind: "started" });
    await house.pass(MINUTE_MS);
    await say({ kind: "failed" });
    await house.pass(3 * MINUTE_MS - SECOND_MS);
    expect(await house.facts()).toEqual([]);
    await house.pass(2 * SECOND_MS);
    expect(await house.fact("run_failed")).toMatchObject({ state: "open", suppressedBecause: null });
  });

  test("max_duration is exceeded when it has passed", async () => {
    await house.declare({ maxDurationMs: MINUTE_MS });
    await say({ kind: "started" });
    await house.pass(MINUTE_MS);
    expect(await house.facts()).toEqual([]);
    await house.pass(1);
    expect(await house.fact("duration_exceeded")).toMatchObject({
      state: "open",
      at: Date.parse(START) + MINUTE_MS,
      suppressedBecause: null,
    });
    await say({ kind: "completed" });
    expect((await run())?.durationMs).toBe(MINUTE_MS + 1);
  });

  test("a stall is told at its limit", async () => {
    await house.declare({ stallLimitMs: 2 * MINUTE_MS });
    await say({ kind: "started" });
    await house.pass(MINUTE_MS);
    await say({ kind: "progress", progress: { processed: 10 } });
    for (let beat = 0; beat < 4; beat++) {
      await house.pass(30 * SECOND_MS);
      await say({ kind: "heartbeat" });
    }
    expect(await house.facts()).toEqual([]);
    await house.pass(1);
    expect(await house.facts()).toEqual(["progress_stalled open"]);
  });

  test("the spool of a weekend notifies nobody", async () => {
    await house.declare({ heartbeatLimitMs: MINUTE_MS, maxDurationMs: MINUTE_MS });
    await house.goTo("2026-11-25T08:00:00Z");
    const spooled: EventText[] = [];
    for (const [index, daysAgo] of [2.4, 1.9, 1.4].entries()) {
      const runId = `spooled-${index}`;
      spooled.push(stamped({ kind: "started", runId }, daysAgo * DAY_MS));
      spooled.push(stamped({ kind: "heartbeat", runId }, daysAgo * DAY_MS - 30 * SECOND_MS));
      // The second one was killed.
      if (index !== 1) spooled.push(stamped({ kind: "failed", runId }, daysAgo * DAY_MS - 5 * MINUTE_MS));
    }
    await house.event(...spooled);
    await house.pass(10 * MINUTE_MS);
    const judged = await house.judgements();
    expect(judged.filter(({ type }) => type === "run_failed")).toHaveLength(2);
    expect(judged.filter(({ type }) => type === "heartbeat_missing")).toHaveLength(1);
    expect(new Set(judged.map(({ suppressedBecause }) => suppressedBecause))).toEqual(new Set(["history"]));
  });

  test("an import of last month, event by event, notifies nobody", async () => {
    for (let day = 30; day > 20; day--) {
      const runId = `imported-${day}`;
      await house.event(stamped({ kind: "started", runId }, day * DAY_MS));
      await house.pass(100);
      await house.event(stamped({ kind: "failed", runId }, day * DAY_MS - HOUR_MS));
      await house.pass(100);
    }
    const judged = await house.judgements();
    expect(judged.length).toBe(10);
    expect(new Set(judged.map(({ suppressedBecause }) => suppressedBecause))).toEqual(new Set(["history"]));
  });
});

describe.each(CLOCKS.filter(({ skewMs }) => Math.abs(skewMs) > 10 * MINUTE_MS))(
  "beyond what is trusted: $clock, $says when it sends",
  ({ skewMs, told }) => {
    const say = (event: EventText): Promise<void> => {
      const at = new Date(house.clock.now() + skewMs).toISOString();
      return house.event({ witness: "sdk", ...event, at, ...(told ? { clockOffsetMs: -skewMs } : {}) });
    };

    test("a run keeps its sender's times, says how far they are off, and still satisfies its slot", async () => {
      await house.declare({
        schedule: cronSchedule("30 2 * * *"),
        mustCompleteBy: { timeOfDayMs: 3 * HOUR_MS, timezone: null, days: null, dayOffset: null },
      });
      await house.goTo("2026-11-23T02:30:00Z");
      await say({ kind: "started" });
      await house.pass(30 * SECOND_MS);
      await say({ kind: "heartbeat" });
      await house.pass(MINUTE_MS);
      await say({ kind: "completed" });
      await house.goTo("2026-11-23T05:00:00Z");
      expect(await house.facts()).toEqual([]);
      expect(await house.slotAt("2026-11-23T02:30:00Z")).toMatchObject({
        state: "matched",
        reason: "on time",
      });
      const [run] = (await house.store.listRuns({}, "startedAt", { limit: 1, cursor: null })).items;
      expect(run).toMatchObject({
        clockSkewMs: skewMs,
        reportedLateMs: null,
        startedAt: Date.parse("2026-11-23T02:30:00Z") + skewMs,
        witnesses: [{ kind: "sdk", clockSkewMs: skewMs }],
      });
    });
  },
);

test("one late report alone proves no clock: it is believed, is history, and says how late it came", async () => {
  await house.event({ kind: "failed", at: "2026-11-23T00:00:00Z" });
  expect(await house.fact("run_failed")).toMatchObject({ suppressedBecause: "history" });
  const [run] = (await house.store.listRuns({}, "startedAt", { limit: 1, cursor: null })).items;
  expect(run).toMatchObject({ clockSkewMs: null, reportedLateMs: 2 * HOUR_MS });
});

test("a beat that was delayed on its way ends no silence", async () => {
  await house.declare({ heartbeatLimitMs: MINUTE_MS });
  await house.event({ kind: "started" });
  await house.pass(30 * SECOND_MS);
  await house.event({ kind: "heartbeat" });
  const late = new Date(house.clock.now() + 20 * SECOND_MS).toISOString();
  await house.pass(90 * SECOND_MS);
  expect(await house.facts()).toEqual(["heartbeat_missing open"]);
  await house.event({ kind: "heartbeat", at: late });
  await house.pass(SECOND_MS);
  expect(await house.facts()).toEqual(["heartbeat_missing open"]);
});
