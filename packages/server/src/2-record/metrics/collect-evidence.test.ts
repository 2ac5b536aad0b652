import { METRIC_NAMES } from "@batchwatch/protocol";
import { describe, expect, test } from "vitest";
import type { MetricPoint } from "../../model/samples.ts";
import { addPart, collectEvidence } from "./collect-evidence.ts";
import { aliveIn, type EvidenceState, endsOf, isWorthKeeping, saysOfRuns } from "./metric-evidence.ts";

const AT = Date.parse("2026-03-02T01:06:00Z");

function point(family: string, more: Partial<MetricPoint> = {}): MetricPoint {
  const attributes = { job_name: "daily_etl", ...more.attributes };
  return {
    family,
    kind: "counter",
    temporality: "cumulative",
    instanceId: "process",
    startAt: AT - 30_000,
    at: AT,
    receivedAt: AT,
    value: 1,
    exemplars: [],
    namespace: "default",
    environment: "",
    ...more,
    attributes,
    streamId: JSON.stringify([family, attributes]),
  };
}

/** As it stands after all contributions. */
function evidenceOf(...points: MetricPoint[]): EvidenceState[] {
  const states = new Map<string, EvidenceState>();
  for (const contribution of collectEvidence(points, new Map()).contributions)
    states.set(
      contribution.evidenceId,
      addPart(states.get(contribution.evidenceId) ?? contribution.empty, contribution),
    );
  return [...states.values()];
}

test("a job and a run whose names no address can hold are named as the span of that run names them", () => {
  const attributes = { job_name: "..", job_id: "." };
  const { events } = collectEvidence(
    [point(METRIC_NAMES.heartbeat, { kind: "gauge", attributes })],
    new Map(),
  );
  expect(events).toMatchObject([{ job: { jobName: "__" }, run: { by: "id", runId: "_" } }]);
});

describe("status words", () => {
  test.for([
    ["success", undefined, "success", null],
    ["Succeeded", "", "success", null],
    ["completed", "none", "success", null],
    ["ok", undefined, "success", null],
    ["failure", "ValueError", "failure", "ValueError"],
    ["error", undefined, "failure", null],
    ["timeout", undefined, "failure", null],
    ["cancelled", undefined, "cancelled", null],
    ["skipped", undefined, "skipped", null],
    ["weird", undefined, "success", null],
    ["weird", "OSError", "failure", "OSError"],
  ] as const)("%s with error_type %s is a %s", ([status, errorType, outcome, type]) => {
    const attributes = { status, ...(errorType === undefined ? {} : { error_type: errorType }) };
    const [state] = evidenceOf(point(METRIC_NAMES.completions, { attributes }));
    expect(endsOf(state as EvidenceState)).toMatchObject([{ outcome, errorType: type, count: 1 }]);
  });
});

describe("evidence", () => {
  test("gathers the points of one process, job and export", () => {
    const [state, ...others] = evidenceOf(
      point(METRIC_NAMES.completions, { attributes: { status: "success", job_type: "etl" } }),
      point(METRIC_NAMES.duration, {
        kind: "histogram",
        value: 30,
        count: 1,
        attributes: { status: "success" },
      }),
      point(METRIC_NAMES.heartbeat, { kind: "gauge", temporality: null, attributes: { job_id: "r1" } }),
    );
    expect(others).toEqual([]);
    expect([state?.jobType, [...aliveIn(state as EvidenceState)]]).toEqual(["etl", ["r1"]]);
    // The duration says nothing more of ends than the completion does.
    expect(endsOf(state as EvidenceState)).toHaveLength(1);
  });

  test("of Airflow is kept by task; `task_id` is a task even without `level`, and `dag_id` is the job", () => {
    const airflow = (attributes: Record<string, string>) =>
      ({
        ...point(METRIC_NAMES.completions),
        attributes,
        streamId: JSON.stringify(attributes),
      }) as MetricPoint;
    const states = evidenceOf(
      airflow({ dag_id: "sales", task_id: "load", status: "success" }),
      airflow({ dag_id: "sales", level: "dag", status: "success" }),
    );
    expect(states.map(({ job, taskId }) => [job.jobName, taskId])).toEqual([
      ["sales", "load"],
      ["sales", null],
    ]);
  });

  test("is none where nothing was counted: a series that appears at 0 is no event", () => {
    expect(evidenceOf(point(METRIC_NAMES.completions, { value: 0 }))).toEqual([]);
  });

  test("of a sign of life alone is not kept; of records alone it is kept and not looked at", () => {
    const [alive] = evidenceOf(
      point(METRIC_NAMES.heartbeat, { kind: "gauge", attributes: { job_id: "r1" } }),
    );
    expect(isWorthKeeping(alive as EvidenceState)).toBe(false);
    const [counted] = evidenceOf(point(METRIC_NAMES.recordsProcessed, { value: 40 }));
    expect([isWorthKeeping(counted as EvidenceState), saysOfRuns(counted as EvidenceState)]).toEqual([
      true,
      false,
    ]);
  });
});

describe("a heartbeat", () => {
  const exemplars = [{ at: AT - 20_000, value: 1, traceId: "a".repeat(32), spanId: "b".repeat(16) }];
  test.for([
    ["seconds", AT / 1000 - 40, [], AT - 40_000],
    ["milliseconds", AT - 40_000, [], AT - 40_000],
    ["1, with an exemplar", 1, exemplars, AT - 20_000],
    ["1", 1, [], AT],
    ["a time far from its export", 2e9, [], AT],
  ] as const)("whose value is %s beats then", ([, value, given, at]) => {
    const beat = point(METRIC_NAMES.heartbeat, {
      kind: "gauge",
      value,
      exemplars: given,
      attributes: { job_id: "r1" },
    });
    const { events } = collectEvidence([beat], new Map());
    expect(events).toMatchObject([{ kind: "heartbeat", at, run: { by: "id", runId: "r1" } }]);
  });

  test("of 0 or without a run id is none", () => {
    const zero = point(METRIC_NAMES.heartbeat, { kind: "gauge", value: 0, attributes: { job_id: "r1" } });
    expect(
      collectEvidence([zero, point(METRIC_NAMES.heartbeat, { kind: "gauge" })], new Map()).events,
    ).toEqual([]);
  });
});
