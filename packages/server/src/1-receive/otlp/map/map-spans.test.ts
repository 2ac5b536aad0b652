import { describe, expect, test } from "vitest";
import { context, exception, NOW, ROOT_ID, span, TRACE_ID, traces } from "../test-support/mapping.ts";
import type { Span } from "../wire/otlp-types.ts";
import { mapSpans } from "./map-spans.ts";

function eventsOf(...spans: Span[]) {
  return mapSpans(traces(spans), context()).events;
}

describe("a root span", () => {
  test("is a run: exact start and end, records, metadata, names", () => {
    const attributes = {
      "batch.job.name": "daily_etl",
      "batch.job.id": "r1",
      "batch.job.type": "etl",
      "batch.job.owner": "data",
      "batch.job.shards": [1, 2],
      "batch.job.nothing": null,
      "batch.job.queue_wait_seconds": 12.5,
      "batch.job.run_type": "backfill",
      "batch.job.scheduled_at": "2026-03-02T01:55:00Z",
      "batch.job.attempt": 2,
      "batch.total_records_processed": 120,
      "batch.records.failed": 3,
    };
    const { events, spans } = mapSpans(
      traces([span({ attributes })], { "host.name": "worker-1", "deployment.environment": "production" }),
      context(),
    );
    const job = { namespace: "default", environment: "production", jobName: "daily_etl" };
    const shared = {
      job,
      run: { by: "id", runId: "r1" },
      attempt: 2,
      jobType: "etl",
      runType: "backfill",
      scheduledAt: NOW - 300_000,
      host: "worker-1",
      witness: "otlp-span",
    };
    expect(events).toMatchObject([
      { ...shared, kind: "started", at: NOW - 60_000, queuedAt: NOW - 72_500 },
      {
        ...shared,
        kind: "completed",
        at: NOW - 10_000,
        startedAt: NOW - 60_000,
        records: { processed: 120, failed: 3 },
        metadata: { owner: "data", shards: "[1,2]" },
      },
    ]);
    expect(events[1]?.metadata).toEqual({ owner: "data", shards: "[1,2]" });
    expect(spans).toHaveLength(1);
  });

  test("without an id is known by its span", () => {
    expect(eventsOf(span())[0]?.run).toEqual({ by: "span", traceId: TRACE_ID, spanId: ROOT_ID });
  });

  test("whose names no address can hold is named by what one can", () => {
    const attributes = { "batch.job.name": "..", "batch.job.id": "." };
    expect(eventsOf(span({ attributes }))[0]).toMatchObject({ job: { jobName: "__" }, run: { runId: "_" } });
  });

  test("that has not ended is a start only", () => {
    expect(eventsOf(span({ endTimeMs: null })).map(({ kind }) => kind)).toEqual(["started"]);
  });

  const boom = exception({ "exception.type": "builtins.ValueError", "exception.message": "boom" });
  const later = { ...exception({}), name: "recovered" };
  test.for([
    ["OK", { status: { code: "ok", message: "" } }, "completed", undefined],
    ["unset", { status: { code: "unset", message: "" } }, "completed", undefined],
    ["ERROR", { status: { code: "error", message: "no luck" } }, "failed", { message: "no luck" }],
    [
      "ERROR whose message names a type",
      { status: { code: "error", message: "ConnectionError: lost" } },
      "failed",
      { type: "ConnectionError", message: "ConnectionError: lost" },
    ],
    [
      "ERROR with an exception",
      { status: { code: "error", message: "" }, events: [boom] },
      "failed",
      { type: "ValueError", message: "boom" },
    ],
    [
      "unset, an exception last of all",
      { status: { code: "unset", message: "" }, events: [boom] },
      "failed",
      { type: "ValueError", message: "boom" },
    ],
    [
      "unset, an exception that was handled",
      { status: { code: "unset", message: "" }, events: [boom, later] },
      "completed",
      undefined,
    ],
    [
      "unset, an exception that escaped",
      {
        status: { code: "unset", message: "" },
        events: [exception({ "exception.type": "E", "exception.escaped": true }), later],
      },
      "failed",
      { type: "E" },
    ],
    [
      "OK, an exception that was handled",
      { status: { code: "ok", message: "" }, events: [boom] },
      "completed",
      undefined,
    ],
    ["a status word", { attributes: { "batch.job.status": "cancelled" } }, "cancelled", undefined],
  ] as const)("%s", ([, more, kind, error]) => {
    const ended = eventsOf(span(more as Partial<Span>)).at(-1);
    expect([ended?.kind, ended?.error]).toEqual([kind, error]);
  });

  test("its progress events are progress of the run", () => {
    const progress = {
      timeMs: NOW - 30_000,
      name: "progress",
      attributes: { "batch.records.processed": 50, rate: 8.7 },
      droppedAttributesCount: 0,
    };
    expect(eventsOf(span({ events: [progress] }))[1]).toMatchObject({
      kind: "progress",
      at: NOW - 30_000,
      progress: { processed: 50, rate: 8.7 },
    });
  });
});

describe("a step span", () => {
  const step = span({
    name: "batch_step.transform",
    spanId: "00f067aa0ba902b7",
    parentSpanId: ROOT_ID,
    attributes: {
      "batch.records.transformed": 97,
      "batch.records.transform_errors": 2,
      "batch.records.type_errors": 1,
    },
  });

  test("belongs to the run of its parent, whoever that is", () => {
    expect(eventsOf(step)).toMatchObject([
      {
        kind: "step_started",
        job: null,
        run: { by: "span", traceId: TRACE_ID, spanId: ROOT_ID },
        step: { name: "transform" },
      },
      { kind: "step_ended", step: { outcome: "success", records: { transformed: 97, failed: 3 } } },
    ]);
  });

  test("fails with its exception", () => {
    const events = [exception({ "exception.type": "RangeError", "exception.message": "x" })];
    expect(eventsOf({ ...step, events, status: { code: "error", message: "x" } })[1]).toMatchObject({
      step: { outcome: "failure" },
      error: { type: "RangeError", message: "x" },
    });
  });
});

describe("any other span", () => {
  test("is kept and says nothing of runs", () => {
    const { events, spans } = mapSpans(traces([span({ name: "GET /", attributes: {} })]), context());
    expect([events.length, spans.length]).toEqual([0, 1]);
  });

  test("at an absurd time is left out, with the reason", () => {
    const asked = context();
    const { spans } = mapSpans(
      traces([span({ startTimeMs: 5 }), span({ endTimeMs: NOW + 9e9 }), span()]),
      asked,
    );
    expect(spans).toHaveLength(1);
    expect(asked.leftOut.items().count).toBe(2);
    expect(asked.leftOut.items().reasons[0]).toMatch(
      /^startTimeUnixNano of span "batch_job.daily_etl" is 1970/,
    );
  });

  test("that ends before it starts took no time", () => {
    const [record] = mapSpans(traces([span({ endTimeMs: NOW - 90_000 })]), context()).spans;
    expect(record?.endedAt).toBe(record?.startedAt);
  });
});

test("the same span gives the same events, whenever it comes", () => {
  const ids = () => eventsOf(span()).map(({ eventId }) => eventId);
  expect(ids()).toEqual(ids());
});
