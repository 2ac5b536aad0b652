import { describe, expect, it } from "vitest";
import type { Attempt, SpanView, Step } from "../../api/resources.ts";
import { phaseSegments } from "./phase-segments.ts";
import { waterfallRows, waterfallSpan } from "./waterfall-rows.ts";

const at = (clock: string) => `2026-11-23T${clock}.000Z`;

describe("the phase bar's segments", () => {
  const run = {
    phase: "completed",
    scheduledAt: at("02:00:00"),
    queuedAt: at("02:00:01"),
    startedAt: at("02:00:10"),
    completedAt: at("02:01:50"),
    attempts: [],
  } as const;

  const shape = (over: object, nowAt = 0) =>
    phaseSegments({ ...run, attempts: [], ...over }, nowAt).map(
      (segment) => `${segment.name} ${segment.durationMs / 1_000}`,
    );

  it("are the waits and the run", () => {
    expect(shape({})).toEqual(["scheduled 1", "queued 9", "ran 100"]);
  });

  it("leave out what nobody said", () => {
    expect(shape({ scheduledAt: null, queuedAt: null })).toEqual(["ran 100"]);
    expect(shape({ queuedAt: null })).toEqual(["scheduled 10", "ran 100"]);
  });

  it("show no wait for a run that came before its slot", () => {
    expect(shape({ scheduledAt: at("02:05:00"), queuedAt: null })).toEqual(["ran 100"]);
  });

  it("grow while it runs", () => {
    const nowAt = Date.parse(at("02:00:40"));
    expect(shape({ phase: "running", completedAt: null }, nowAt).at(-1)).toBe("running 30");
  });

  it("are cut at each attempt", () => {
    const attempts = [
      { number: 1, phase: "failed", startedAt: at("02:00:10"), endedAt: at("02:00:20") },
      { number: 2, phase: "completed", startedAt: at("02:00:50"), endedAt: at("02:01:50") },
    ] as Attempt[];
    expect(shape({ attempts, scheduledAt: null, queuedAt: null })).toEqual([
      "attempt 1 10",
      "retrying 30",
      "attempt 2 60",
    ]);
  });
});

describe("the waterfall's rows", () => {
  const span = (spanId: string, parentSpanId: string | null, clock: string, name = spanId) =>
    ({
      spanId,
      parentSpanId,
      name,
      startedAt: at(clock),
      durationMs: 1_000,
      status: "ok",
      statusMessage: null,
    }) as SpanView;
  const step = (id: string, over: Partial<Step> = {}) =>
    ({
      id,
      name: id,
      parentId: null,
      attempt: 1,
      outcome: "success",
      startedAt: null,
      endedAt: null,
      records: {},
      errorMessage: null,
      errorType: null,
      ...over,
    }) as Step;
  const shape = (steps: Step[], spans: SpanView[]) =>
    waterfallRows(steps, spans).map((row) => `${"  ".repeat(row.depth)}${row.name}${row.isStep ? "*" : ""}`);

  it("put children below their parents, by their start", () => {
    const spans = [
      span("load", "root", "02:00:05", "batch_step.load"),
      span("query", "load", "02:00:06"),
      span("extract", "root", "02:00:01", "batch_step.extract"),
      span("root", null, "02:00:00", "batch_job.daily_etl"),
    ];
    expect(shape([step("load")], spans)).toEqual(["daily_etl", "  extract", "  load*", "    query"]);
  });

  it("make one row of a step and its span", () => {
    const rows = waterfallRows([step("load", { records: { loaded: 5 } })], [span("load", null, "02:00:05")]);
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({
      isStep: true,
      startAt: Date.parse(at("02:00:05")),
      records: { loaded: 5 },
    });
  });

  it("lose nothing to a parent that is missing or a circle", () => {
    expect(shape([], [span("a", "gone", "02:00:00")])).toEqual(["a"]);
    expect(shape([], [span("a", "b", "02:00:00"), span("b", "a", "02:00:00")]).sort()).toEqual(["a", "b"]);
  });

  it("share one stretch of time that reaches to now while a step runs", () => {
    const rows = waterfallRows([step("a", { outcome: "running", startedAt: at("02:00:00") })], []);
    const nowAt = Date.parse(at("02:00:30"));
    expect(waterfallSpan(rows, nowAt)).toEqual({ fromAt: Date.parse(at("02:00:00")), toAt: nowAt });
    expect(waterfallSpan([], nowAt)).toBeNull();
  });
});
