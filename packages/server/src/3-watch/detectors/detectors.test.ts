import type { JobSettings } from "@batchwatch/protocol";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { cronSchedule, type EventText, openWatchHouse, type WatchHouse } from "../watch-house.fixture.ts";

const SECOND_MS = 1000;
const MINUTE_MS = 60_000;
// Long enough for a loaded machine; nothing here waits for time to pass.
vi.setConfig({ testTimeout: 60_000 });

let house: WatchHouse;

beforeEach(async () => {
  house = await openWatchHouse("2026-11-23T02:00:00Z");
});
afterEach(() => house.close());

/** One run that takes ten minutes and ends as told. */
async function runOf(runId: string, end: Partial<EventText> & { kind: EventText["kind"] }): Promise<void> {
  await house.event({ kind: "started", runId });
  await house.pass(10 * MINUTE_MS);
  await house.event({ ...end, runId });
  await house.pass(MINUTE_MS);
}

describe("judged at the end, strictly", () => {
  const cases: [string, Partial<JobSettings>, Partial<EventText> & { kind: EventText["kind"] }, string[]][] =
    [
      ["a failure", {}, { kind: "failed" }, ["run_failed open"]],
      ["a success", {}, { kind: "completed" }, []],
      ["cancelled is no failure", {}, { kind: "cancelled" }, []],
      ["a dead letter", {}, { kind: "dead_lettered" }, ["retries_exhausted open", "run_failed open"]],
      ["as short as allowed", { minDurationMs: 10 * MINUTE_MS }, { kind: "completed" }, []],
      [
        "shorter than allowed",
        { minDurationMs: 10 * MINUTE_MS + 1 },
        { kind: "completed" },
        ["too_fast open"],
      ],
      ["short but failed", { minDurationMs: 60 * MINUTE_MS }, { kind: "failed" }, ["run_failed open"]],
      [
        "as many records as asked",
        { minRecords: 100 },
        { kind: "completed", records: { processed: 100 } },
        [],
      ],
      [
        "one record too few",
        { minRecords: 100 },
        { kind: "completed", records: { processed: 99 } },
        ["insufficient_records open"],
      ],
      [
        "no records where some are asked",
        { minRecords: 1 },
        { kind: "completed", records: { processed: 0 } },
        ["insufficient_records open", "zero_records open"],
      ],
      ["no records where nobody asked", {}, { kind: "completed", records: { processed: 0 } }, []],
      ["records not reported", { minRecords: 1 }, { kind: "completed" }, ["records_unreported open"]],
      ["as many as allowed", { maxRecords: 100 }, { kind: "completed", records: { processed: 100 } }, []],
      [
        "one too many",
        { maxRecords: 100 },
        { kind: "completed", records: { processed: 101 } },
        ["too_many_records open"],
      ],
      [
        "the failure rate at its limit",
        { maxFailureRate: 0.05 },
        { kind: "completed", records: { processed: 95, failed: 5 } },
        [],
      ],
      [
        "the failure rate above its limit",
        { maxFailureRate: 0.05 },
        { kind: "completed", records: { processed: 94, failed: 6 } },
        ["failure_rate_exceeded open"],
      ],
      [
        "few records, at the end, count",
        { maxFailureRate: 0.05 },
        { kind: "completed", records: { processed: 9, failed: 1 } },
        ["failure_rate_exceeded open"],
      ],
    ];
  test.each(cases)("%s", async (_name, settings, end, facts) => {
    await house.declare(settings);
    await runOf("run-1", end);
    expect(await house.facts()).toEqual(facts);
    // The next good run inside its limits ends them all.
    await house.event({ kind: "started", runId: "run-2" });
    await house.pass(15 * MINUTE_MS + (settings.minDurationMs ?? 0));
    const records = { processed: settings.maxRecords ?? 1000, failed: 0 };
    await house.event({ kind: "completed", runId: "run-2", records });
    await house.pass(MINUTE_MS);
    expect((await house.facts()).filter((fact) => fact.endsWith("open"))).toEqual([]);
  });
});

describe("a failed run", () => {
  test("says when, after how long, and why", async () => {
    await house.declare({ schedule: cronSchedule("0 3 * * *", "Europe/Berlin") });
    await runOf("run-1", { kind: "failed", exitCode: 2, error: { type: "IOError", message: "disk full" } });
    expect(await house.fact("run_failed")).toMatchObject({
      class: "detection",
      severity: "critical",
      at: Date.parse("2026-11-23T02:10:00Z"),
      explanation:
        "The run failed at 2026-11-23 03:10 Europe/Berlin after 10 m: IOError: disk full (exit code 2)",
      suppressedBecause: null,
    });
  });

  test("an attempt that may be retried is no failure yet; the grace makes it one", async () => {
    await house.declare({ maxAttempts: 3 });
    await runOf("run-1", { kind: "failed" });
    expect(await house.facts()).toEqual([]);
    await house.pass(10 * MINUTE_MS);
    expect(house.said.map(({ kind }) => kind)).toEqual(["finalised"]);
    expect(await house.facts()).toEqual(["run_failed open"]);
  });

  test("a retry inside the grace goes on, and its success leaves nothing", async () => {
    await house.declare({ maxAttempts: 3, retryGraceMs: 5 * MINUTE_MS });
    await runOf("run-1", { kind: "failed" });
    await runOf("run-1", { kind: "completed" });
    await house.pass(60 * MINUTE_MS);
    expect(house.said).toEqual([]);
    expect(await house.facts()).toEqual([]);
  });

  test("exhausted attempts say so at once", async () => {
    await house.declare({ maxAttempts: 2 });
    await runOf("run-1", { kind: "failed" });
    await runOf("run-1", { kind: "failed" });
    expect(await house.facts()).toEqual(["retries_exhausted open", "run_failed open"]);
    expect((await house.fact("retries_exhausted")).limitText).toBe("2 attempts");
  });

  test("a grace longer than the live horizon still pages", async () => {
    await house.declare({ maxAttempts: 3, retryGraceMs: 120 * MINUTE_MS });
    await runOf("run-1", { kind: "failed" });
    await house.pass(120 * MINUTE_MS);
    expect(await house.fact("run_failed")).toMatchObject({ suppressedBecause: null });
  });

  test("reported long after is history and pages nobody", async () => {
    await house.event(
      { kind: "started", at: "2026-11-23T00:00:00Z" },
      { kind: "failed", at: "2026-11-23T00:59:59Z" },
    );
    expect(await house.fact("run_failed")).toMatchObject({ suppressedBecause: "history" });
    await house.event(
      { kind: "started", runId: "run-2", at: "2026-11-23T00:30:00Z" },
      { kind: "failed", runId: "run-2", at: "2026-11-23T01:00:00Z" },
    );
    expect((await house.judgements()).map((judgement) => judgement.suppressedBecause)).toEqual([
      "history",
      null,
    ]);
  });

  test("found out late is over at once if a later run was good", async () => {
    await runOf("run-2", { kind: "completed" });
    await house.event(
      { kind: "started", at: "2026-11-23T01:30:00Z" },
      { kind: "failed", at: "2026-11-23T01:40:00Z" },
    );
    await house.pass(MINUTE_MS);
    expect(await house.facts()).toEqual(["run_failed resolved"]);
  });

  test.each([
    ["a backfill", {}, { runType: "backfill" as const }, "backfill"],
    ["a paused job", { paused: true }, {}, "paused"],
    ["a job that is only observed", { observeOnly: true }, {}, "observe_only"],
  ])("of %s is recorded and pages nobody", async (_name, settings, more, suppressedBecause) => {
    await house.declare(settings);
    await house.event({ kind: "started", ...more }, { kind: "failed" });
    expect(await house.fact("run_failed")).toMatchObject({ suppressedBecause });
  });

  test("a backfill's success mends nothing", async () => {
    await runOf("run-1", { kind: "failed" });
    await house.event(
      { kind: "started", runId: "run-2", runType: "backfill" },
      { kind: "completed", runId: "run-2" },
    );
    await house.pass(MINUTE_MS);
    expect(await house.facts()).toEqual(["run_failed open"]);
  });

  test("a correction to success resolves it", async () => {
    await house.event({ kind: "started" });
    await house.event({ kind: "dead_lettered", attempt: 1 });
    await house.pass(MINUTE_MS);
    await house.event({ kind: "started", attempt: 2 }, { kind: "completed", attempt: 2 });
    await house.pass(MINUTE_MS);
    expect(await house.facts()).toEqual(["retries_exhausted resolved", "run_failed resolved"]);
  });

  test("severity is the job's where it says one", async () => {
    await house.declare({ severity: { run_failed: "info" } });
    await runOf("run-1", { kind: "failed" });
    expect((await house.fact("run_failed")).severity).toBe("info");
  });

  test("alert.after 2 of 3 waits for the second bad run", async () => {
    await house.declare({ alertAfter: 2, alertOf: 3 });
    await runOf("run-1", { kind: "failed" });
    await runOf("run-2", { kind: "completed" });
    await runOf("run-3", { kind: "failed" });
    expect((await house.judgements()).map((judgement) => judgement.suppressedBecause)).toEqual([
      "alert_after",
      null,
    ]);
  });

  test("resolve.after 2 waits for the second good run in a row", async () => {
    await house.declare({ resolveAfter: 2 });
    await runOf("run-1", { kind: "failed" });
    await runOf("run-2", { kind: "completed" });
    expect(await house.facts()).toEqual(["run_failed open"]);
    await runOf("run-3", { kind: "completed" });
    expect(await house.facts()).toEqual(["run_failed resolved"]);
  });
});

describe("max_duration", () => {
  beforeEach(() => house.declare({ maxDurationMs: 30 * MINUTE_MS }));

  test("is judged live, strictly, the moment it is exceeded", async () => {
    await house.event({ kind: "started" });
    await house.pass(30 * MINUTE_MS);
    expect(await house.facts()).toEqual([]);
    await house.pass(1);
    expect(await house.fact("duration_exceeded")).toMatchObject({
      class: "violation",
      severity: "warning",
      at: Date.parse("2026-11-23T02:30:00Z"),
      limitText: "30 m",
    });
    await house.pass(10 * MINUTE_MS);
    await house.event({ kind: "completed" });
    expect((await house.fact("duration_exceeded")).resolution).toBe("The run succeeded at 02:40 after 40 m.");
  });

  test("a run that took exactly that long is fine", async () => {
    await house.event({ kind: "started" });
    await house.pass(30 * MINUTE_MS);
    await house.event({ kind: "completed" });
    await house.pass(60 * MINUTE_MS);
    expect(await house.facts()).toEqual([]);
  });

  test("late data is judged at the end: told first, then over", async () => {
    await house.event(
      { kind: "started", at: "2026-11-23T01:20:00Z" },
      { kind: "completed", at: "2026-11-23T01:59:00Z" },
    );
    expect(await house.facts()).toEqual(["duration_exceeded open"]);
    await house.pass(SECOND_MS);
    expect(await house.facts()).toEqual(["duration_exceeded resolved"]);
  });

  test("a hung run whose job failed in the end stays open until a good run", async () => {
    await house.event({ kind: "started" });
    await house.pass(40 * MINUTE_MS);
    await house.event({ kind: "failed" });
    await house.pass(MINUTE_MS);
    expect(await house.facts()).toEqual(["duration_exceeded open", "run_failed open"]);
    expect((await house.fact("duration_exceeded")).explanation).toMatch(/^The run took 40 m/);
    await runOf("run-2", { kind: "completed" });
    expect(await house.facts()).toEqual(["duration_exceeded resolved", "run_failed resolved"]);
  });

  test("each open run is watched", async () => {
    await house.event({ kind: "started", runId: "a" });
    await house.pass(MINUTE_MS);
    await house.event({ kind: "started", runId: "b" });
    await house.pass(60 * MINUTE_MS);
    expect(await house.facts()).toEqual(["duration_exceeded open", "duration_exceeded open"]);
  });
});

describe("silence", () => {
  beforeEach(() => house.declare({ heartbeatLimitMs: MINUTE_MS }));

  async function beat(times: number): Promise<void> {
    for (let index = 0; index < times; index++) {
      await house.pass(30 * SECOND_MS);
      await house.event({ kind: "heartbeat" });
    }
  }

  test("suspect at the limit, lost after it has lasted, one fact, and a real end corrects it", async () => {
    await house.event({ kind: "started" });
    await beat(4);
    const lastBeatAt = house.clock.now();
    await house.pass(MINUTE_MS);
    expect(await house.facts()).toEqual([]);
    await house.pass(1);
    expect(await house.fact("heartbeat_missing")).toMatchObject({
      state: "open",
      at: lastBeatAt + MINUTE_MS,
    });
    expect(house.said.map(({ kind }) => kind)).toEqual(["suspected"]);
    const [run] = (await house.store.listRuns({}, "startedAt", { limit: 1, cursor: null })).items;
    expect(run?.phase).toBe("suspect");

    await house.pass(MINUTE_MS);
    expect(house.said.map(({ kind }) => kind)).toEqual(["suspected", "lost"]);
    expect(await house.facts()).toEqual(["heartbeat_missing open"]);
    expect((await house.fact("heartbeat_missing")).explanation).toMatch(
      /^The run is lost: its last sign of life/,
    );

    await house.pass(10 * MINUTE_MS);
    await house.event({ kind: "completed" });
    expect(await house.facts()).toEqual(["heartbeat_missing resolved"]);
    expect((await house.fact("heartbeat_missing")).resolution).toMatch(
      /had been declared lost, but its end arrived late/,
    );
  });

  test("a beat ends the suspicion; silence again is told again", async () => {
    await house.event({ kind: "started" });
    await beat(1);
    await house.pass(90 * SECOND_MS);
    await house.event({ kind: "heartbeat" });
    expect(await house.fact("heartbeat_missing")).toMatchObject({ state: "resolved" });
    expect((await house.fact("heartbeat_missing")).resolution).toMatch(/sign of life again/);
    await house.pass(90 * SECOND_MS);
    expect(await house.facts()).toEqual(["heartbeat_missing open"]);
    expect(house.said.map(({ kind }) => kind)).toEqual(["suspected", "suspected"]);
  });

  test("a lost run is mended by a later good one", async () => {
    await house.event({ kind: "started" });
    await beat(1);
    await house.pass(10 * MINUTE_MS);
    await runOf("run-2", { kind: "completed" });
    // The second run of ten minutes without a beat was itself silent.
    expect((await house.facts()).filter((fact) => fact.endsWith("open"))).toEqual([]);
  });

  test("a lost run whose end turns out a failure is a failure", async () => {
    await house.event({ kind: "started" });
    await beat(1);
    await house.pass(10 * MINUTE_MS);
    await house.event({ kind: "failed" });
    expect(await house.facts()).toEqual(["heartbeat_missing resolved", "run_failed open"]);
  });

  test("other signs of life count, and an end in time leaves nothing", async () => {
    await house.event({ kind: "started" });
    for (let index = 0; index < 10; index++) {
      await house.pass(50 * SECOND_MS);
      await house.event({ kind: "progress", progress: { processed: index } });
    }
    await house.event({ kind: "completed" });
    await house.pass(60 * MINUTE_MS);
    expect(await house.facts()).toEqual([]);
    expect(house.said).toEqual([]);
  });

  test.each([
    ["3 declared intervals", 30 * SECOND_MS, 90 * SECOND_MS],
    ["but never less than a minute", 5 * SECOND_MS, MINUTE_MS],
  ])("without a limit: %s", async (_name, heartbeatIntervalMs, limitMs) => {
    await house.declare({});
    await house.event({ kind: "started", heartbeatIntervalMs });
    await house.pass(limitMs);
    expect(await house.facts()).toEqual([]);
    await house.pass(1);
    expect(await house.facts()).toEqual(["heartbeat_missing open"]);
  });

  test("of a run that never beat and declares nothing is no evidence", async () => {
    await house.declare({});
    await house.event({ kind: "started" });
    await house.pass(24 * 60 * MINUTE_MS);
    expect(await house.facts()).toEqual([]);
  });

  test("while we were away is no evidence either", async () => {
    await house.event({ kind: "started" });
    await beat(2);
    await house.restart(new Date(house.clock.now() + 1000).toISOString(), "2026-11-23T03:00:00Z");
    await house.pass(50 * SECOND_MS);
    await house.event({ kind: "heartbeat" });
    expect(await house.facts()).toEqual([]);
    await house.pass(MINUTE_MS + 1);
    expect(await house.fact("heartbeat_missing")).toMatchObject({ suppressedBecause: null });
  });

  test("survives a restart of ours in the middle", async () => {
    await house.event({ kind: "started" });
    await beat(1);
    await house.restart(new Date(house.clock.now() + 61_000).toISOString(), "2026-11-23T02:02:00Z");
    await house.pass(5 * MINUTE_MS);
    expect(house.said.map(({ kind }) => kind)).toEqual(["suspected", "lost"]);
    expect(await house.facts()).toEqual(["heartbeat_missing open"]);
  });
});

describe("a stall", () => {
  beforeEach(() => house.declare({ stallLimitMs: 5 * MINUTE_MS, heartbeatLimitMs: MINUTE_MS }));

  async function alive(minutes: number, processed: number): Promise<void> {
    for (let index = 0; index < minutes * 2; index++) {
      await house.pass(30 * SECOND_MS);
      await house.event({ kind: "heartbeat" }, { kind: "progress", progress: { processed } });
    }
  }

  test("is no growth while beating, and ends when the count grows", async () => {
    await house.event({ kind: "started" });
    await alive(3, 100);
    expect(await house.facts()).toEqual([]);
    await alive(3, 100);
    expect(await house.fact("progress_stalled")).toMatchObject({
      state: "open",
      at: Date.parse("2026-11-23T02:05:30Z"),
    });
    await house.pass(20 * SECOND_MS);
    await house.event({ kind: "progress", progress: { processed: 101 } });
    expect(await house.facts()).toEqual(["progress_stalled resolved"]);
  });

  test("then killed: silence joins, nothing is told twice", async () => {
    await house.event({ kind: "started" });
    await alive(6, 100);
    await house.pass(10 * MINUTE_MS);
    expect(await house.facts()).toEqual(["progress_stalled open", "heartbeat_missing open"]);
    await house.declare({});
    await runOf("run-2", { kind: "completed" });
    expect(await house.facts()).toEqual(["progress_stalled resolved", "heartbeat_missing resolved"]);
  });

  test("needs a run that reports progress", async () => {
    await house.event({ kind: "started" });
    for (let index = 0; index < 60; index++) {
      await house.pass(30 * SECOND_MS);
      await house.event({ kind: "heartbeat" });
    }
    await house.event({ kind: "completed" });
    expect(await house.facts()).toEqual([]);
  });
});

describe("the failure rate, live", () => {
  beforeEach(() => house.declare({ maxFailureRate: 0.05 }));

  test.each([
    ["99 records are too few to tell", { processed: 89, failed: 10 }, undefined, []],
    ["100 are enough", { processed: 90, failed: 10 }, undefined, ["failure_rate_exceeded open"]],
    ["5 % of what is expected is enough", { processed: 8, failed: 2 }, 200, ["failure_rate_exceeded open"]],
    ["less than that is not", { processed: 8, failed: 1 }, 200, []],
  ])("%s", async (_name, records, total, facts) => {
    await house.event({ kind: "started" });
    if (total !== undefined) await house.event({ kind: "progress", progress: { total } });
    await house.event({ kind: "records", records });
    expect(await house.facts()).toEqual(facts);
  });

  test("resolves when the run ends inside the limit after all", async () => {
    await house.event({ kind: "started" });
    await house.event({ kind: "records", records: { processed: 90, failed: 10 } });
    await house.pass(MINUTE_MS);
    await house.event({ kind: "completed", records: { processed: 990, failed: 10 } });
    expect(await house.facts()).toEqual(["failure_rate_exceeded resolved"]);
  });
});

describe("zero records without a declared minimum", () => {
  async function history(counts: readonly number[]): Promise<void> {
    for (const [index, processed] of counts.entries())
      await runOf(`earlier-${index}`, { kind: "completed", records: { processed } });
  }

  test.each([
    ["after five good runs with some", [1, 2, 3, 4, 5], ["zero_records open"]],
    ["after four only", [1, 2, 3, 4], []],
    ["when one of the five had none", [1, 2, 0, 4, 5], []],
    ["when an older one had none", [0, 1, 2, 3, 4, 5], ["zero_records open"]],
  ])("%s", async (_name, counts, facts) => {
    await history(counts);
    await runOf("run-1", { kind: "completed", records: { processed: 0 } });
    expect(await house.facts()).toEqual(facts);
  });
});

describe("other facts", () => {
  test("a failed step of a good run", async () => {
    await house.event({ kind: "started" }, { kind: "step_started", step: { name: "load" } });
    await house.event({ kind: "step_ended", step: { name: "load", outcome: "failure" } });
    await house.pass(MINUTE_MS);
    await house.event({ kind: "completed" });
    expect((await house.fact("step_failed")).explanation).toMatch(/ended well, but step "load" failed/);
  });

  test("witnesses that disagree", async () => {
    await house.event({ kind: "started" }, { kind: "completed", witness: "ping" });
    await house.event({ kind: "failed", witness: "otlp-span" });
    expect(await house.facts()).toContain("witness_conflict open");
    expect((await house.fact("witness_conflict")).valueText).toMatch(/ping says completed/);
  });

  test("overlapping runs where they are declared forbidden, until one is left", async () => {
    await house.declare({ allowOverlap: false });
    await house.event({ kind: "started", runId: "a" });
    await house.pass(MINUTE_MS);
    await house.event({ kind: "started", runId: "b" });
    expect(await house.facts()).toEqual(["overlapping_run open"]);
    await house.pass(MINUTE_MS);
    await house.event({ kind: "completed", runId: "a" });
    expect(await house.facts()).toEqual(["overlapping_run resolved"]);
  });

  test("overlapping where nobody declared anything is nobody's broken expectation", async () => {
    await house.event({ kind: "started", runId: "a" });
    await house.event({ kind: "started", runId: "b" });
    expect(await house.facts()).toEqual([]);
  });
});

test("100 clean runs make no judgement, no word of ours and no deadline left behind", async () => {
  await house.declare({
    schedule: cronSchedule("*/10 * * * *"),
    maxDurationMs: 5 * MINUTE_MS,
    minDurationMs: 10 * SECOND_MS,
    startBy: { kind: "offset", offsetMs: MINUTE_MS },
    mustCompleteBy: { timeOfDayMs: 23 * 60 * MINUTE_MS, timezone: null, days: null, dayOffset: null },
    heartbeatLimitMs: MINUTE_MS,
    stallLimitMs: 2 * MINUTE_MS,
    minRecords: 10,
    maxFailureRate: 0.1,
    allowOverlap: false,
  });
  for (let index = 1; index <= 100; index++) {
    await house.goTo(
      new Date(
        Date.parse("2026-11-23T02:00:00Z") + index * 10 * MINUTE_MS + (index % 7) * 5000,
      ).toISOString(),
    );
    const runId = `run-${index}`;
    await house.event({ kind: "started", runId });
    await house.pass(40 * SECOND_MS);
    await house.event({ kind: "heartbeat", runId }, { kind: "progress", runId, progress: { processed: 5 } });
    await house.pass(40 * SECOND_MS);
    await house.event({ kind: "completed", runId, records: { processed: 100, failed: 1 } });
  }
  expect(await house.facts()).toEqual([]);
  expect(house.said).toEqual([]);
  expect(house.folds).toBe(0);
  const runs = (await house.store.listRuns({}, "startedAt", { limit: 200, cursor: null })).items;
  expect(runs.every((run) => run.slotId !== null)).toBe(true);
  expect(await house.store.deadlinesFor(runs.map((run) => `run:${run.id}`))).toEqual([]);
});
