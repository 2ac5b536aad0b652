/** The limits that a job declares besides the plain ones: by step, by run type, starts in a stretch of time, freshness. */
import type { JobSettings } from "@batchwatch/protocol";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { cronSchedule, type EventText, openWatchHouse, type WatchHouse } from "../watch-house.fixture.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
// Long enough for a loaded machine; nothing here waits for time to pass.
vi.setConfig({ testTimeout: 60_000 });

let house: WatchHouse;

beforeEach(async () => {
  house = await openWatchHouse("2026-11-23T02:00:00Z");
});
afterEach(() => house.close());

/** One run that takes ten minutes and ends well. */
async function goodRun(
  runId: string,
  end: Partial<EventText> = {},
  start: Partial<EventText> = {},
): Promise<void> {
  await house.event({ kind: "started", runId, ...start });
  await house.pass(10 * MINUTE_MS);
  await house.event({ kind: "completed", runId, ...end });
  await house.pass(MINUTE_MS);
}

describe("max_duration of a step", () => {
  beforeEach(() => house.declare({ maxStepDurationMs: { load: 5 * MINUTE_MS } }));

  test("is judged live, strictly, the moment it is exceeded", async () => {
    await house.event({ kind: "started" }, { kind: "step_started", step: { name: "load" } });
    await house.pass(5 * MINUTE_MS);
    expect(await house.facts()).toEqual([]);
    await house.pass(1);
    expect(await house.fact("duration_exceeded")).toMatchObject({
      class: "violation",
      severity: "warning",
      at: Date.parse("2026-11-23T02:05:00Z"),
      limitText: "5 m",
      explanation:
        'Step "load" is still under way 5 m after its start at 2026-11-23 02:00 UTC; at most 5 m is allowed.',
    });
    await house.event({ kind: "step_ended", step: { name: "load" } }, { kind: "completed" });
    await house.pass(MINUTE_MS);
    expect(await house.facts()).toEqual(["duration_exceeded resolved"]);
  });

  test("that begins later counts from its own start", async () => {
    await house.event({ kind: "started" }, { kind: "step_started", step: { name: "extract" } });
    await house.pass(20 * MINUTE_MS);
    await house.event({ kind: "step_ended", step: { name: "extract" } });
    await house.event({ kind: "step_started", step: { name: "load" } });
    await house.pass(4 * MINUTE_MS);
    await house.event({ kind: "step_ended", step: { name: "load" } });
    await house.pass(20 * MINUTE_MS);
    await house.event({ kind: "completed" });
    await house.pass(HOUR_MS);
    expect(await house.facts()).toEqual([]);
  });

  test("is not asked of a step that an attempt before left open", async () => {
    await house.declare({ maxStepDurationMs: { load: 5 * MINUTE_MS }, maxAttempts: 3 });
    await house.event(
      { kind: "started", attempt: 1 },
      { kind: "step_started", attempt: 1, step: { name: "load" } },
    );
    await house.pass(MINUTE_MS);
    await house.event({ kind: "failed", attempt: 1 }, { kind: "started", attempt: 2 });
    await house.pass(20 * MINUTE_MS);
    await house.event({ kind: "completed", attempt: 2 });
    await house.pass(MINUTE_MS);
    expect(await house.facts()).toEqual([]);
  });

  test("is judged at the end where only the end is told", async () => {
    await house.pass(10 * MINUTE_MS);
    await house.event(
      { kind: "started", at: "2026-11-23T02:00:00Z" },
      {
        kind: "step_ended",
        step: { name: "load" },
        startedAt: "2026-11-23T02:01:00Z",
        at: "2026-11-23T02:07:00Z",
      },
      { kind: "completed" },
    );
    expect((await house.fact("duration_exceeded")).explanation).toBe(
      'Step "load" took 6 m; at most 5 m is allowed.',
    );
  });
});

describe("limits by run type", () => {
  const settings: Partial<JobSettings> = {
    maxDurationMs: 5 * MINUTE_MS,
    minRecords: 10,
    byRunType: { manual: { maxDurationMs: 20 * MINUTE_MS, minRecords: null } },
  };
  test.each<[string, EventText["runType"] & string, string[]]>([
    ["the usual limits", "scheduled", ["duration_exceeded", "insufficient_records"]],
    ["those of manual runs, where null is no limit", "manual", []],
    [
      "the usual ones where nothing is said for the type",
      "catchup",
      ["duration_exceeded", "insufficient_records"],
    ],
  ])("%s", async (_name, runType, types) => {
    await house.declare(settings);
    await goodRun("run-1", { records: { processed: 5 } }, { runType });
    expect((await house.judgements()).map(({ type }) => type)).toEqual(types);
  });
});

describe("ran_too_often", () => {
  beforeEach(() => house.declare({ maxRuns: { count: 2, perMs: HOUR_MS } }));

  test("is the start beyond the number, and the next one inside it mends", async () => {
    await goodRun("a");
    await goodRun("b");
    expect(await house.facts()).toEqual([]);
    await goodRun("c");
    expect(await house.fact("ran_too_often")).toMatchObject({
      class: "violation",
      severity: "warning",
      at: Date.parse("2026-11-23T02:22:00Z"),
      limitText: "at most 2 in 1 h",
      valueText: "3 in 1 h",
      explanation:
        "The run that started at 2026-11-23 02:22 UTC is number 3 within 1 h; at most 2 are allowed.",
    });
    await house.goTo("2026-11-23T04:00:00Z");
    await goodRun("d");
    expect(await house.facts()).toEqual(["ran_too_often resolved"]);
  });

  test("starts that lie just so far apart are none too many", async () => {
    await goodRun("a");
    await goodRun("b");
    await house.goTo("2026-11-23T03:00:00Z");
    await goodRun("c");
    expect(await house.facts()).toEqual([]);
  });

  test("backfills don't count", async () => {
    for (const runId of ["a", "b", "c", "d"]) await goodRun(runId, {}, { runType: "backfill" });
    expect(await house.facts()).toEqual([]);
  });

  test("a run that is heard of late makes the later one too many, as in the right order", async () => {
    await goodRun("a");
    await house.goTo("2026-11-23T02:20:00Z");
    await goodRun("c");
    expect(await house.facts()).toEqual([]);
    await house.event(
      { kind: "started", runId: "b", at: "2026-11-23T02:12:00Z" },
      { kind: "completed", runId: "b", at: "2026-11-23T02:13:00Z" },
    );
    expect(await house.fact("ran_too_often")).toMatchObject({ at: Date.parse("2026-11-23T02:20:00Z") });
  });
});

describe("freshness_stale", () => {
  beforeEach(() => house.declare({ freshnessMs: 24 * HOUR_MS }));

  test("is judged the moment the last output is too old, and a new output mends it", async () => {
    await goodRun("a");
    await house.goTo("2026-11-24T02:10:00Z");
    expect(await house.facts()).toEqual([]);
    await house.pass(1);
    expect(await house.fact("freshness_stale")).toMatchObject({
      class: "violation",
      severity: "warning",
      at: Date.parse("2026-11-24T02:10:00Z"),
      limitText: "at most 1 d old",
      valueText: "1 d old",
      explanation:
        "The output is stale: it is of 2026-11-23 02:10 UTC, when run a wrote it; at most 1 d of age is allowed.",
      suppressedBecause: null,
    });
    await goodRun("b");
    expect(await house.fact("freshness_stale")).toMatchObject({
      state: "resolved",
      resolution: "The output was renewed by run b at 2026-11-24 02:20 UTC.",
    });
    await house.pass(2 * HOUR_MS);
    expect(await house.facts()).toEqual(["freshness_stale resolved"]);
  });

  test.each<[string, Partial<EventText>, Partial<EventText>]>([
    ["wrote no records", { records: { processed: 0 } }, {}],
    ["was a backfill", {}, { runType: "backfill" }],
    ["says that its output is as old", { metadata: { output_updated_at: "2026-11-23T02:05:00Z" } }, {}],
  ])("although green: the later run %s", async (_name, end, start) => {
    await goodRun("a", { records: { processed: 10 } });
    await house.goTo("2026-11-23T14:00:00Z");
    await goodRun("b", end, start);
    await house.goTo("2026-11-24T02:11:00Z");
    const stale = (await house.judgements()).filter(({ type }) => type === "freshness_stale");
    expect(stale.map(({ state }) => state)).toContain("open");
    expect(stale.some(({ explanation }) => explanation.includes("when run a wrote it"))).toBe(true);
  });

  test("a run that says at its end that its output is too old is stale at once", async () => {
    await goodRun("a", { metadata: { "batch.output.updated_at": "2026-11-20T00:00:00Z" } });
    expect(await house.fact("freshness_stale")).toMatchObject({
      at: Date.parse("2026-11-23T02:10:00Z"),
      explanation:
        "The run says that it succeeded, but its output is of 2026-11-20 00:00 UTC; at most 1 d of age is allowed.",
    });
  });

  test("of output that is renewed in time, nothing is told however long it goes on", async () => {
    for (let day = 23; day < 30; day++) {
      await house.goTo(`2026-11-${day}T03:00:00Z`);
      await goodRun(`run-${day}`);
    }
    expect(await house.facts()).toEqual([]);
  });

  test("declared later, it counts for the output that is there", async () => {
    await house.declare({});
    await goodRun("a");
    await house.declare({ freshnessMs: 2 * HOUR_MS });
    await house.goTo("2026-11-23T04:10:01Z");
    expect(await house.facts()).toEqual(["freshness_stale open"]);
  });

  test("survives a restart of ours; what we could not notice meanwhile is told after it", async () => {
    await goodRun("a");
    await house.restart("2026-11-23T10:00:00Z", "2026-11-24T08:00:00Z");
    expect(await house.fact("freshness_stale")).toMatchObject({ state: "open", suppressedBecause: null });
  });

  test("a run by hand, outside the slots, renews the output of a job with a schedule", async () => {
    await house.declare({ freshnessMs: 2 * HOUR_MS, schedule: cronSchedule("0 3 * * *") });
    await house.goTo("2026-11-23T03:00:00Z");
    await goodRun("a");
    await house.goTo("2026-11-23T05:30:00Z");
    expect(await house.facts()).toEqual(["freshness_stale open"]);
    await goodRun("b", {}, { runType: "manual" });
    expect(await house.facts()).toEqual(["freshness_stale resolved"]);
  });
});
