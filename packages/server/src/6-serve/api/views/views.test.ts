import { formatDuration } from "@batchwatch/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RunEvent } from "../../../model/run-event.ts";
import type { Deadline } from "../../../model/watch.ts";
import { HOUR, jobRow, MINUTE, NOW, runRow, slotRow } from "../test-support/rows.ts";
import { deadlineViews } from "./deadline-view.ts";
import { runEventView } from "./run-event-view.ts";
import { settingViews } from "./settings-view.ts";
import { stripBars } from "./strip-view.ts";
import { usualDuration } from "./usual-duration.ts";
import { countText, listText, percentText } from "./words.ts";

describe("the strip", () => {
  test("merges runs and missed slots, oldest first", () => {
    const runs = [
      runRow({ runId: "c", startedAt: NOW - HOUR, phase: "running" }),
      runRow({ runId: "a", startedAt: NOW - 49 * HOUR }),
    ];
    const slots = [
      slotRow({ slotAt: NOW - 25 * HOUR, state: "missed", reason: "nothing came" }),
      slotRow({ slotAt: NOW - 49 * HOUR, state: "matched", runRowId: 1 }),
      slotRow({ slotAt: NOW - MINUTE, state: "expected" }),
    ];
    expect(stripBars(runs, slots, NOW).map((bar) => [bar.runId, bar.phase, bar.why])).toEqual([
      ["a", "completed", null],
      [null, "missed", "nothing came"],
      ["c", "running", null],
    ]);
  });

  test("shows an overdue slot as expected, and why a run is bad", () => {
    const bars = stripBars(
      [runRow({ startedAt: NOW - 9 * HOUR, phase: "failed", errorMessage: "no such table: orders\n  at x" })],
      [slotRow({ slotAt: NOW - HOUR })],
      NOW,
    );
    expect(bars.map((bar) => [bar.phase, bar.why])).toEqual([
      ["failed", "no such table: orders"],
      ["expected", null],
    ]);
  });

  test("holds the latest 30", () => {
    const runs = Array.from({ length: 40 }, (_, index) => runRow({ startedAt: NOW - index * HOUR }));
    const bars = stripBars(runs, [], NOW);
    expect(bars).toHaveLength(30);
    expect(bars.at(-1)?.at).toBe(new Date(NOW).toISOString());
  });

  test("is always in the order of time", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 1000 })),
        fc.array(fc.integer({ min: 0, max: 1000 })),
        (a, b) => {
          const bars = stripBars(
            a.map((minutes) => runRow({ startedAt: NOW - minutes * MINUTE })),
            b.map((minutes) => slotRow({ slotAt: NOW - minutes * MINUTE, state: "missed" })),
            NOW,
          );
          const times = bars.map((bar) => Date.parse(bar.at));
          return (
            bars.length === Math.min(30, a.length + b.length) &&
            times.every((at, i) => i === 0 || at >= (times[i - 1] ?? 0))
          );
        },
      ),
    );
  });
});

describe("the usual duration", () => {
  test.each<[number[], number | null, number | null]>([
    [[], null, null],
    [[10], 10, 10],
    [[30, 10, 20], 20, 29],
    [[10, 20, 30, 40], 25, 39],
  ])("of %j is %s, and %s at the 95th percentile", (durations, medianMs, p95Ms) => {
    expect(usualDuration(durations.map((durationMs) => ({ completedAt: NOW, durationMs })))).toEqual({
      medianMs,
      p95Ms,
    });
  });

  test("looks at the newest 30 only", () => {
    const successes = Array.from({ length: 60 }, (_, index) => ({
      completedAt: NOW,
      durationMs: index < 30 ? 5 : 500,
    }));
    expect(usualDuration(successes).p95Ms).toBe(5);
  });
});

describe("settings", () => {
  test("say who said them, in words, and who else did", () => {
    const job = jobRow(
      { maxDurationMs: 90 * MINUTE, maxFailureRate: 0.05, tags: { team: "data" } },
      {
        settingsBySource: {
          declared: { maxDurationMs: 90 * MINUTE, owner: null },
          api: { maxDurationMs: 30 * MINUTE, maxFailureRate: 0.05 },
          code: { maxDurationMs: 10 * MINUTE, tags: { team: "data" } },
        },
      },
    );
    const views = new Map(settingViews(job).map((view) => [view.name, view]));
    expect(views.get("maxDurationMs")).toEqual({
      name: "maxDurationMs",
      value: 90 * MINUTE,
      text: "1 h 30 m",
      source: "declared",
      overridden: [
        { source: "api", text: "30 m" },
        { source: "code", text: "10 m" },
      ],
    });
    expect(views.get("maxFailureRate")).toMatchObject({ text: "5 %", source: "api" });
    expect(views.get("tags")).toMatchObject({ text: "team=data", source: "code" });
    expect(views.get("owner")).toMatchObject({ text: "not set", source: "declared" });
    expect(views.get("paused")).toMatchObject({ text: "no", source: "default" });
  });

  test("put deadlines in words", () => {
    const job = jobRow({
      startBy: { kind: "offset", offsetMs: 10 * MINUTE },
      mustCompleteBy: {
        timeOfDayMs: 7 * HOUR,
        timezone: "Europe/Berlin",
        days: ["mon", "tue"],
        dayOffset: 1,
      },
    });
    const views = new Map(settingViews(job).map((view) => [view.name, view.text]));
    expect(views.get("startBy")).toBe("10 m after the slot");
    expect(views.get("mustCompleteBy")).toBe("07:00 Europe/Berlin of the next day, for slots on mon and tue");
  });
});

test("deadlines are told soonest first, without those by which Batchwatch wakes itself", () => {
  const deadline = (id: number, kind: string, dueAt: number): Deadline => ({
    id,
    kind,
    subject: "run:1",
    jobId: 1,
    dueAt,
    payload: null,
    failures: 0,
    lastError: null,
  });
  expect(
    deadlineViews(
      [
        deadline(1, "run_max_duration", NOW + HOUR),
        deadline(2, "judge_run", NOW),
        deadline(3, "run_heartbeat", NOW + MINUTE),
      ],
      "Europe/Berlin",
      NOW,
    ),
  ).toEqual([
    {
      kind: "run_heartbeat",
      dueAt: "2026-11-23T05:01:00.000Z",
      explanation: "Without a heartbeat by 2026-11-23 06:01 Europe/Berlin the run is suspect.",
    },
    {
      kind: "run_max_duration",
      dueAt: "2026-11-23T06:00:00.000Z",
      explanation:
        "Still running at 2026-11-23 07:00 Europe/Berlin, it has taken longer than its maximum duration.",
    },
  ]);
});

test("a deadline whose time has passed says what it waits for", () => {
  const overdue = { id: 1, kind: "slot_late", subject: "slot:1", jobId: 1, dueAt: NOW - 13_000 };
  const [view] = deadlineViews([{ ...overdue, payload: null, failures: 0, lastError: null }], "UTC", NOW);
  expect(view?.explanation).toMatch(
    /^Without a start by .* counts as missed\. Its time has passed: .*catchUpGrace/,
  );
});

describe("a run event in words", () => {
  const event = (change: Partial<RunEvent>): RunEvent => ({
    eventId: "e1",
    kind: "started",
    job: { namespace: "default", environment: "", jobName: "daily_etl" },
    run: { by: "id", runId: "r1" },
    aliases: [],
    at: NOW,
    withinMs: 0,
    receivedAt: NOW + 5,
    witness: "api",
    ...change,
  });

  test.each<[string, Partial<RunEvent>]>([
    ["Started.", {}],
    ["Attempt 2 started.", { attempt: 2 }],
    ["Announced for 2026-11-23T05:00:00.000Z.", { kind: "scheduled", scheduledAt: NOW }],
    ["Heartbeat.", { kind: "heartbeat" }],
    [
      "Heartbeat: 12 k of 50 k records, 80 records/s.",
      { kind: "heartbeat", progress: { processed: 12_000, total: 50_000, rate: 80 } },
    ],
    [
      "Step load failed after 12.3 s, 120 loaded: duplicate key.",
      {
        kind: "step_ended",
        durationMs: 12_300,
        step: { name: "load", outcome: "failure", records: { loaded: 120 } },
        error: { message: "duplicate key" },
      },
    ],
    [
      "Completed after 1 h, 1.2 M processed, 3 failed.",
      { kind: "completed", durationMs: HOUR, records: { processed: 1_200_000, failed: 3 } },
    ],
    [
      "Attempt 1 failed: exit code 2. A retry is to come.",
      { kind: "failed", attempt: 1, exitCode: 2, final: false },
    ],
    ["Failed: killed by SIGKILL.", { kind: "failed", signal: "SIGKILL" }],
    [
      "Batchwatch declared it lost: silent for 62 s.",
      { kind: "lost", witness: "batchwatch", message: "silent for 62 s" },
    ],
  ])("%s", (summary, change) => {
    expect(runEventView(event(change)).summary).toBe(summary);
  });

  test("carries what the event said, and not what is ours alone", () => {
    expect(runEventView(event({ exitCode: 3, host: "db1" })).payload).toEqual({
      withinMs: 0,
      exitCode: 3,
      host: "db1",
    });
  });
});

test.each([
  [countText(0), "0"],
  [countText(9999), "9999"],
  [countText(12_345), "12.3 k"],
  [countText(150_000), "150 k"],
  [percentText(0.0525), "5.25 %"],
  [listText(["a", "b", "c"]), "a, b and c"],
  [formatDuration(64 * MINUTE), "1 h 04 m"],
])("%s is written %s", (text, expected) => {
  expect(text).toBe(expected);
});
