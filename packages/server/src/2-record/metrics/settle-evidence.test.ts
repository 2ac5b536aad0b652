import { METRIC_NAMES } from "@batchwatch/protocol";
import { describe, expect, test } from "vitest";
import { projectRun } from "../../model/project-run.ts";
import type { Run } from "../../model/run.ts";
import { EMPTY_FACTS } from "../../model/run-facts.ts";
import type { EvidenceState, Part } from "./metric-evidence.ts";
import { type SettleInput, settleEvidence } from "./settle-evidence.ts";
import { settleTask } from "./settle-task.ts";

const AT = Date.parse("2026-03-02T01:06:00Z");
const JOB = { namespace: "default", environment: "", jobName: "nightly_etl" };

function part(family: string, more: Partial<Part> = {}): Part {
  return {
    family,
    outcome: null,
    errorType: null,
    fromAt: AT - 60_000,
    value: 1,
    count: 1,
    isFirst: false,
    level: 1,
    sightings: [],
    ...more,
  };
}

const success = (more: Partial<Part> = {}) => part(METRIC_NAMES.completions, { outcome: "success", ...more });
const failure = (errorType: string, more: Partial<Part> = {}) =>
  part(METRIC_NAMES.completions, { outcome: "failure", errorType, ...more });

function evidence(parts: readonly Part[], more: Partial<EvidenceState> = {}): EvidenceState {
  return {
    job: JOB,
    jobType: "etl",
    instanceId: "process",
    taskId: null,
    at: AT,
    parts: Object.fromEntries(parts.map((each, index) => [`stream-${index}`, each])),
    explainedBy: [],
    anonymous: [],
    looks: 0,
    ...more,
  };
}

function run(runId: string, more: Partial<Run> = {}): Run {
  return {
    ...projectRun(EMPTY_FACTS),
    id: 1,
    jobId: 1,
    runId,
    anonymous: false,
    phase: "running",
    startedAt: AT - 50_000,
    firstReceivedAt: AT,
    slotId: null,
    version: 1,
    witnesses: [{ kind: "otlp-metric", says: null, firstAt: AT - 50_000, lastAt: AT }],
    ...more,
  };
}

const ended = (
  runId: string,
  phase: Run["phase"],
  completedAt: number,
  kind: "otlp-span" | "otlp-metric" = "otlp-span",
) =>
  run(runId, {
    phase,
    completedAt,
    witnesses: [{ kind, says: phase, firstAt: completedAt, lastAt: completedAt }],
  });

function settle(state: EvidenceState, more: Partial<SettleInput> = {}) {
  const {
    events,
    links,
    state: after,
  } = settleEvidence({
    evidenceId: "e",
    state,
    runs: [],
    byAlias: new Map(),
    claimed: new Set(),
    records: { processed: null, failed: null },
    now: AT,
    ...more,
  });
  const told = events.map(({ kind, run: ref, anonymous = false, error }) => ({
    kind,
    runId: ref.by === "id" ? ref.runId : "",
    anonymous,
    ...(error === undefined ? {} : { error }),
  }));
  return { events, told, links, after };
}

describe("an end that nothing explains", () => {
  test("becomes an anonymous run, the same one when it is settled again", () => {
    const state = evidence([success(), part(METRIC_NAMES.execution, { value: 30 })]);
    const { events, told } = settle(state);
    expect(told.map(({ kind, anonymous }) => [kind, anonymous])).toEqual([
      ["started", true],
      ["completed", true],
    ]);
    expect(events[1]).toMatchObject({ at: AT, withinMs: 60_000 });
    expect(settle(state).events).toEqual(events);
  });

  test("has exact times where the stream began with it", () => {
    const { events } = settle(
      evidence([success({ isFirst: true, fromAt: AT - 5_000 }), part(METRIC_NAMES.execution, { value: 30 })]),
    );
    expect(events.map(({ at, withinMs }) => [at, withinMs])).toEqual([
      [AT - 35_000, 0],
      [AT - 5_000, 0],
    ]);
  });

  test("is not invented where the job's source sends spans", () => {
    expect(
      settle(evidence([success()]), { runs: [ended("old", "completed", AT - 9_000_000)] }).events,
    ).toEqual([]);
  });

  test("is not invented behind a gap of days", () => {
    expect(settle(evidence([success({ fromAt: AT - 3 * 86_400_000 })])).events).toEqual([]);
  });

  test("a duration stands in for a missing completion", () => {
    const { told } = settle(evidence([part(METRIC_NAMES.duration, { outcome: "success", value: 227 })]));
    expect(told.map(({ kind }) => kind)).toEqual(["started", "completed"]);
  });
});

describe("an end is explained", () => {
  test("by a run that ended in the interval with the same outcome", () => {
    const { events, after } = settle(evidence([success()]), { runs: [ended("a", "completed", AT - 10_000)] });
    expect(events).toEqual([]);
    expect(after.explainedBy).toEqual(["a"]);
  });

  test("not by one of another outcome, nor by one that explains other evidence", () => {
    const runs = [
      ended("a", "failed", AT - 10_000, "otlp-metric"),
      ended("b", "completed", AT - 10_000, "otlp-metric"),
    ];
    const { told } = settle(evidence([success()]), { runs, claimed: new Set(["b"]) });
    expect(told.map(({ runId }) => runId.startsWith("anonymous-"))).toEqual([true]);
  });

  test("by the one silent open run, which then has ended", () => {
    const { told } = settle(evidence([failure("ValueError")]), { runs: [run("a")] });
    expect(told).toEqual([{ kind: "failed", runId: "a", anonymous: false, error: { type: "ValueError" } }]);
  });

  test("by a run that was alive in the same export, whatever the clocks say", () => {
    const beat = part(METRIC_NAMES.heartbeat, { runId: "a" });
    const old = run("a", { phase: "lost", startedAt: AT - 1e10, completedAt: AT - 1e10 });
    const { told } = settle(evidence([failure("RangeError", { isFirst: true }), beat]), {
      runs: [old, run("b")],
    });
    expect(told.map(({ kind, runId }) => [kind, runId])).toEqual([["failed", "a"]]);
  });

  test("not by an open run that began before the counted one can have begun", () => {
    const state = evidence([success(), part(METRIC_NAMES.execution, { value: 10 })]);
    const { told } = settle(state, { runs: [run("killed", { startedAt: AT - 600_000 })] });
    expect(told.every(({ runId }) => runId.startsWith("anonymous-"))).toBe(true);
  });

  test("by the sighting in its span first: a failure takes no success", () => {
    const seen = (span: string) => ({ at: AT - 1_000, value: 1, span: `span:t/${span}`, trace: null });
    const state = evidence([
      success({ count: 1, sightings: [seen("x")] }),
      failure("E", { sightings: [seen("a")] }),
    ]);
    const a = run("a");
    const { told } = settle(state, { runs: [a], byAlias: new Map([["span:t/a", a]]) });
    expect(told.map(({ kind, runId }) => [kind, runId.split("-")[0]])).toEqual([
      ["failed", "a"],
      ["completed", "anonymous"],
    ]);
  });

  test("and the counter's error type is added where the run named none", () => {
    const { told } = settle(evidence([failure("TimeoutError")]), {
      runs: [ended("a", "failed", AT - 10_000)],
    });
    expect(told).toEqual([{ kind: "failed", runId: "a", anonymous: false, error: { type: "TimeoutError" } }]);
  });
});

describe("what a run waited", () => {
  test("is told by the sighting in its span, and by what is left for the last one", () => {
    const [a, b] = [ended("a", "completed", AT - 10_000), ended("b", "completed", AT - 5_000)];
    const sightings = [{ at: AT, value: 1, span: "span:t/a", trace: null }];
    const state = evidence([
      success({ count: 2, value: 2 }),
      part(METRIC_NAMES.queueWait, { value: 4, count: 2, sightings }),
    ]);
    const { events } = settle(state, { runs: [a, b], byAlias: new Map([["span:t/a", a]]) });
    expect(events.map(({ kind, run: ref, at }) => [kind, ref.by === "id" && ref.runId, at])).toEqual([
      ["queued", "a", AT - 51_000],
      ["queued", "b", AT - 53_000],
    ]);
  });
});

describe("records", () => {
  test("of the one run that ended are what its process counted, where it says nothing itself", () => {
    const { events } = settle(evidence([success()]), {
      runs: [ended("a", "completed", AT - 10_000)],
      records: { processed: 240, failed: 2 },
    });
    expect(events).toMatchObject([{ kind: "records", records: { processed: 240, failed: 2 } }]);
  });

  test("of two runs in one interval are nobody's", () => {
    const runs = [ended("a", "completed", AT - 10_000), ended("b", "completed", AT - 9_000)];
    const { events } = settle(evidence([success({ count: 2, value: 2 })]), {
      runs,
      records: { processed: 240, failed: null },
    });
    expect(events).toEqual([]);
  });
});

test("a run that comes later absorbs the anonymous one nearest to it", () => {
  const anonymous = [
    { runId: "anonymous-e-success-1", outcome: "success" as const, endAt: AT - 40_000 },
    { runId: "anonymous-e-success-2", outcome: "success" as const, endAt: AT - 5_000 },
  ];
  const state = evidence([success({ count: 2, value: 2 })], { anonymous, looks: 1 });
  const { links, after } = settle(state, { runs: [ended("late", "completed", AT - 39_000)] });
  expect(links).toEqual([{ job: JOB, runId: "late", aliases: ["anon:anonymous-e-success-1"] }]);
  expect(after.anonymous.map(({ runId }) => runId)).toEqual(["anonymous-e-success-2"]);
});

describe("the end of an Airflow task", () => {
  const state = evidence(
    [
      failure("RuntimeError", { isFirst: true, fromAt: AT - 10_000 }),
      part(METRIC_NAMES.execution, { value: 30 }),
    ],
    {
      taskId: "load",
    },
  );

  test("is a step of the DAG run it happened in", () => {
    const dag = run("dag", { anonymous: true, startedAt: AT - 120_000, completedAt: AT - 8_000 });
    expect(settleTask("e", state, [dag], AT)).toMatchObject([
      {
        kind: "step_started",
        at: AT - 40_000,
        run: { runId: "dag" },
        step: { name: "load" },
        anonymous: true,
      },
      { kind: "step_ended", at: AT - 10_000, step: { outcome: "failure" }, error: { type: "RuntimeError" } },
    ]);
  });

  test("waits while no run holds it", () => {
    const later = run("next day", { startedAt: AT + 60_000 });
    expect(settleTask("e", state, [later], AT)).toBeNull();
  });
});
