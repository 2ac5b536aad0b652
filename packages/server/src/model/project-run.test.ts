import { describe, expect, test } from "vitest";
import { NO_RETRY_POLICY, type RetryPolicy } from "./attempt-outcome.ts";
import { factsOfEvent } from "./facts-of-event.ts";
import { projectRun } from "./project-run.ts";
import type { RunView } from "./run.ts";
import type { RunEvent } from "./run-event.ts";
import { EMPTY_FACTS, mergeFacts } from "./run-facts.ts";
import { makeEvent as event, T0 } from "./test-support/make-event.ts";

function runOf(events: readonly RunEvent[], policy: RetryPolicy = NO_RETRY_POLICY): RunView {
  return projectRun(
    events.reduce((facts, one) => mergeFacts(facts, factsOfEvent(one)), EMPTY_FACTS),
    policy,
  );
}

const seconds = (at: number | null): number | null => (at === null ? null : (at - T0) / 1000);

describe("the phase of a run", () => {
  const policy: RetryPolicy = { maxAttempts: 3, graceMs: null };
  test.each<[string, RunEvent[], RetryPolicy, Partial<RunView>]>([
    ["announced", [event("scheduled", 0)], NO_RETRY_POLICY, { phase: "scheduled", final: false }],
    ["queued", [event("scheduled", 0), event("queued", 1)], NO_RETRY_POLICY, { phase: "queued" }],
    [
      "started",
      [event("queued", 1), event("started", 2)],
      NO_RETRY_POLICY,
      { phase: "running", final: false },
    ],
    ["seen by a beat only", [event("heartbeat", 2)], NO_RETRY_POLICY, { phase: "running" }],
    [
      "seen by a step only",
      [event("step_started", 2, { step: { name: "load" } })],
      NO_RETRY_POLICY,
      { phase: "running" },
    ],
    [
      "a ping's log line alone",
      [event("log", 2, { witness: "ping" })],
      NO_RETRY_POLICY,
      { phase: "unknown" },
    ],
    [
      "an end without a start",
      [event("completed", 9)],
      NO_RETRY_POLICY,
      { phase: "completed", final: true, durationMs: null },
    ],
    [
      "a beat after the end",
      [event("completed", 9), event("heartbeat", 12)],
      NO_RETRY_POLICY,
      { phase: "completed" },
    ],
    ["failed, no retries known", [event("failed", 9)], NO_RETRY_POLICY, { phase: "failed", final: true }],
    [
      "failed, a retry announced",
      [event("failed", 9, { final: false })],
      NO_RETRY_POLICY,
      { phase: "retrying", final: false },
    ],
    [
      "failed, retries declared",
      [event("failed", 9)],
      policy,
      { phase: "failed", final: false, completedAt: null },
    ],
    [
      "failed, retries said by the source",
      [event("failed", 9, { maxAttempts: 2 })],
      NO_RETRY_POLICY,
      { phase: "failed", final: false },
    ],
    [
      "failed, the source says finally",
      [event("failed", 9, { final: true })],
      policy,
      { phase: "failed", final: true },
    ],
    [
      "failed, a grace for retries set",
      [event("failed", 9)],
      { maxAttempts: null, graceMs: 60_000 },
      { phase: "failed", final: false },
    ],
    [
      "failed and waited in vain",
      [event("failed", 9), event("finalised", 9)],
      policy,
      { phase: "failed", final: true },
    ],
    [
      "the last of three attempts failed",
      [event("failed", 9, { attempt: 3 })],
      policy,
      { phase: "dead_letter", final: true, retryCount: 2 },
    ],
    [
      "only one attempt allowed",
      [event("failed", 9)],
      { maxAttempts: 1, graceMs: null },
      { phase: "failed", final: true },
    ],
    [
      "dead-lettered by its source",
      [event("failed", 9, { final: false }), event("dead_lettered", 10)],
      NO_RETRY_POLICY,
      { phase: "dead_letter", final: true },
    ],
    [
      "retrying, then queued",
      [event("failed", 9), event("retrying", 10), event("queued", 11)],
      NO_RETRY_POLICY,
      { phase: "queued", final: false },
    ],
    [
      "cancelled",
      [event("started", 1), event("cancelled", 9)],
      NO_RETRY_POLICY,
      { phase: "cancelled", final: true },
    ],
    [
      "cancelled, then killed",
      [event("cancelled", 9), event("failed", 10, { signal: "SIGTERM" })],
      NO_RETRY_POLICY,
      { phase: "cancelled", conflict: false },
    ],
    [
      "failed, then cancelled",
      [event("failed", 9), event("cancelled", 10)],
      NO_RETRY_POLICY,
      { phase: "failed" },
    ],
    [
      "skipped, reported complete first",
      [event("completed", 9), event("skipped", 10)],
      NO_RETRY_POLICY,
      { phase: "skipped", conflict: false },
    ],
  ])("%s", (_name, events, retries, expected) => {
    expect(runOf(events, retries)).toMatchObject(expected);
  });
});

describe("witnesses that disagree", () => {
  test("failure beats success, and each keeps its word", () => {
    const view = runOf([
      event("started", 0, { witness: "cli" }),
      event("completed", 10, { witness: "sdk" }),
      event("failed", 10.2, { witness: "cli", exitCode: 1 }),
    ]);
    expect(view).toMatchObject({ phase: "failed", conflict: true, exitCode: 1, retryCount: 0 });
    expect(view.witnesses.map(({ kind, says }) => [kind, says])).toEqual([
      ["cli", "failed"],
      ["sdk", "completed"],
    ]);
  });

  test("the exact start and end win over vaguer ones", () => {
    const view = runOf([
      event("started", 40, { withinMs: 60_000, witness: "otlp-metric" }),
      event("started", 3, { witness: "otlp-span" }),
      event("completed", 20, { witness: "otlp-span" }),
      event("completed", 60, { withinMs: 60_000, witness: "otlp-metric" }),
    ]);
    expect([seconds(view.startedAt), seconds(view.completedAt), view.retryCount]).toEqual([3, 20, 0]);
    expect([view.startedWithinMs, view.completedWithinMs]).toEqual([0, 0]);
  });

  test("a vague start moves forward to the first sign of life", () => {
    const view = runOf([event("started", 40, { withinMs: 60_000 }), event("heartbeat", 5)]);
    expect(seconds(view.startedAt)).toBe(5);
  });

  test("the words of the program go before those of its wrapper", () => {
    const view = runOf([
      event("failed", 10, { witness: "cli", error: { type: "exit_code", message: "exit code 1" } }),
      event("failed", 9.9, { witness: "sdk", error: { type: "ValueError", message: "bad row" } }),
    ]);
    expect([view.errorType, view.errorMessage]).toEqual(["ValueError", "bad row"]);
  });

  // Pings said "exit_status", exec "exit_code", and `ping --exit-status` nothing.
  test.each<[Partial<RunEvent>, string | null, string | null]>([
    [{ witness: "ping", exitCode: 3 }, "exit_code", "exit code 3"],
    [{ witness: "cli", exitCode: 3, error: { message: "disk full" } }, "exit_code", "disk full"],
    [{ witness: "cli", signal: "SIGKILL" }, "signal", "killed by SIGKILL"],
    [{ witness: "api" }, null, null],
  ])("a failure that says only how the process ended, %j, is of one type", (end, type, message) => {
    const view = runOf([event("started", 0), event("failed", 10, end)]);
    expect([view.errorType, view.errorMessage]).toEqual([type, message]);
  });
});

describe("attempts", () => {
  test.each<[string, RunEvent[], (number | string | null)[][]]>([
    [
      "a start after an end opens the next",
      [event("started", 0), event("failed", 10), event("started", 20), event("completed", 30)],
      [
        [1, "failed", 0, 10],
        [2, "completed", 20, 30],
      ],
    ],
    [
      "a start after `retrying` opens the next",
      [event("started", 0), event("retrying", 10), event("started", 20)],
      [
        [1, "failed", 0, 10],
        [2, "running", 20, null],
      ],
    ],
    [
      "a second start within an open attempt is another witness",
      [
        event("started", 0, { witness: "cli" }),
        event("started", 1, { witness: "sdk" }),
        event("completed", 30),
      ],
      [[1, "completed", 0, 30]],
    ],
    [
      "numbers of the source win",
      [
        event("started", 5, { attempt: 2 }),
        event("started", 0, { attempt: 1 }),
        event("failed", 9, { attempt: 1 }),
      ],
      [
        [1, "failed", 0, 9],
        [2, "running", 5, null],
      ],
    ],
    [
      "root spans one after the other",
      [event("failed", 10, { startedAt: T0 }), event("completed", 30, { startedAt: T0 + 20_000 })],
      [
        [1, "failed", 0, 10],
        [2, "completed", 20, 30],
      ],
    ],
    [
      "a retry in the millisecond of the failure",
      [event("started", 0), event("failed", 10), event("started", 10), event("completed", 20)],
      [
        [1, "failed", 0, 10],
        [2, "completed", 10, 20],
      ],
    ],
    ["a run of no length", [event("completed", 10), event("started", 10)], [[1, "completed", 10, 10]]],
    [
      "clocks that disagree",
      [event("started", 12, { witness: "cli" }), event("completed", 10)],
      [[1, "completed", 12, 10]],
    ],
    [
      "a vague start inside the run before its end is no retry",
      [event("started", 0), event("completed", 10), event("started", 15, { withinMs: 60_000 })],
      [[1, "completed", 0, 10]],
    ],
    [
      "a steady clock tells the start",
      [event("completed", 30, { durationMs: 12_000 })],
      [[1, "completed", 18, 30]],
    ],
    [
      "a new start after being lost",
      [event("started", 0), event("lost", 0), event("started", 60)],
      [
        [1, "lost", 0, 0],
        [2, "running", 60, null],
      ],
    ],
  ])("%s", (_name, events, expected) => {
    const { attempts } = runOf(events);
    expect(
      attempts.map((one) => [one.number, one.phase, seconds(one.startedAt), seconds(one.endedAt)]),
    ).toEqual(expected);
  });

  test("times of a run: wait, execution, duration, total", () => {
    const view = runOf([
      event("scheduled", 0),
      event("queued", 5),
      event("started", 15),
      event("failed", 25, { final: false }),
      event("started", 85),
      event("completed", 105),
    ]);
    expect(view).toMatchObject({
      queueWaitMs: 10_000,
      executionMs: 30_000,
      durationMs: 90_000,
      totalMs: 105_000,
      retryCount: 1,
    });
  });
});

describe("silence", () => {
  test.each<[string, RunEvent[], string, number | null]>([
    ["suspected", [event("started", 0), event("heartbeat", 30), event("suspected", 30)], "suspect", null],
    [
      "beating again",
      [event("heartbeat", 30), event("suspected", 30), event("heartbeat", 90)],
      "running",
      null,
    ],
    [
      "a log line counts as well",
      [event("heartbeat", 30), event("suspected", 30), event("log", 31)],
      "running",
      null,
    ],
    ["declared lost", [event("started", 0), event("heartbeat", 30), event("lost", 30)], "lost", 30],
    [
      "a late end corrects it",
      [event("started", 0), event("lost", 30), event("completed", 25)],
      "completed",
      25,
    ],
    [
      "a later end corrects it",
      [event("started", 0), event("lost", 0), event("completed", 90)],
      "completed",
      90,
    ],
    [
      "a late sign of life takes it back",
      [event("started", 0), event("lost", 0), event("heartbeat", 40)],
      "running",
      null,
    ],
  ])("%s", (_name, events, phase, end) => {
    const view = runOf(events);
    expect([view.phase, seconds(view.completedAt)]).toEqual([phase, end]);
    if (phase === "lost") expect(view.errorType).toBe("lost");
  });
});

describe("records", () => {
  const step = (name: string, second: number, records: object, outcome = "success"): RunEvent =>
    event("step_ended", second, { step: { name, outcome: outcome as "success", records } });

  test.each<[string, RunEvent[], number | null, number | null]>([
    ["unreported is not zero", [event("completed", 9)], null, null],
    [
      "the end's figures",
      [step("load", 5, { loaded: 7 }), event("completed", 9, { records: { processed: 8, failed: 1 } })],
      8,
      1,
    ],
    [
      "the last step's loaded, never a sum",
      [
        step("extract", 1, { processed: 150, failed: 1 }),
        step("load", 5, { processed: 140, loaded: 130, failed: 2 }),
      ],
      130,
      3,
    ],
    [
      "the last step that reports any",
      [step("load", 5, { processed: 140 }), step("notify", 6, {})],
      140,
      null,
    ],
    [
      "a running total",
      [
        event("records", 5, { records: { processed: 10, failed: 1 } }),
        event("records", 6, { records: { processed: 20 } }),
      ],
      20,
      1,
    ],
    ["progress alone", [event("progress", 5, { progress: { processed: 40 } })], 40, null],
  ])("%s", (_name, events, processed, failed) => {
    const view = runOf(events);
    expect([view.recordsProcessed, view.recordsFailed]).toEqual([processed, failed]);
  });

  test("a failed step of a run that ended well makes it degraded", () => {
    expect(runOf([step("load", 5, {}, "failure"), event("completed", 9)])).toMatchObject({
      phase: "completed",
      degraded: true,
    });
  });

  test("progress is told from growth, not from repetition", () => {
    const at = (second: number, processed: number) =>
      event("progress", second, { progress: { processed, rate: 0 } });
    const view = runOf([event("started", 0), at(10, 100), at(20, 100), at(30, 100)]);
    expect([seconds(view.lastProgressAt), view.reportsProgress]).toEqual([10, true]);
  });
});
