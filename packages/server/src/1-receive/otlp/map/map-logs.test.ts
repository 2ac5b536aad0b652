import { describe, expect, test } from "vitest";
import { context, logRecord, logs, NOW, ROOT_ID, TRACE_ID } from "../test-support/mapping.ts";
import type { AttributeMap, OtlpLogRecord } from "../wire/otlp-types.ts";
import { mapLogs } from "./map-logs.ts";

function eventOf(more: Partial<OtlpLogRecord>) {
  return mapLogs(logs([logRecord(more)]), context()).events[0];
}

const RUN = { job_id: "r1", job_name: "daily_etl" };

describe("the wording of a log line", () => {
  test.for([
    ["Job daily_etl started", "started", undefined],
    ["Batch job daily_etl started with 3 shards", "started", undefined],
    ["Job daily_etl completed in 40 s", "completed", undefined],
    [
      "Job daily_etl failed: ValueError: bad price",
      "failed",
      { type: "ValueError", message: "ValueError: bad price" },
    ],
    ["Job daily_etl failed: upstream timed out", "failed", { message: "upstream timed out" }],
    ["Job daily_etl cancelled", "cancelled", undefined],
    ["Loaded 400 rows", "log", undefined],
    ["The job started late", "log", undefined],
  ] as const)("%s: %s", ([body, kind, error]) => {
    const event = eventOf({ body });
    expect([event?.kind, event?.error]).toEqual([kind, error]);
  });

  test("a status attribute goes before it", () => {
    const attributes = { ...RUN, status: "success", duration_seconds: 330 };
    expect(eventOf({ body: "done with daily_etl", attributes })).toMatchObject({
      kind: "completed",
      durationMs: 330_000,
    });
  });
});

describe("an event `batch.run.*`", () => {
  test("says what happened, with its attributes", () => {
    const attributes = {
      "batch.job.name": "daily_etl",
      "batch.job.id": "r1",
      "batch.job.type": "etl",
      "batch.heartbeat.interval_ms": 15_000,
      "batch.records.processed": 10,
      "batch.progress.rate": 2,
      "process.exit.code": 0,
    };
    expect(eventOf({ eventName: "batch.run.heartbeat", attributes })).toMatchObject({
      kind: "heartbeat",
      heartbeatIntervalMs: 15_000,
      jobType: "etl",
      progress: { processed: 10, rate: 2 },
    });
    expect(eventOf({ attributes: { ...attributes, "event.name": "batch.run.completed" } })).toMatchObject({
      kind: "completed",
      exitCode: 0,
      records: { processed: 10 },
    });
  });

  test("of a kind that nobody knows is a log line", () => {
    expect(eventOf({ eventName: "batch.run.exploded" })?.kind).toBe("log");
  });
});

test("a line inside a span links the span to the run that it names", () => {
  const { links } = mapLogs(logs([logRecord({ traceId: TRACE_ID, spanId: ROOT_ID })]), context());
  expect(links).toMatchObject([
    { runId: "r1", aliases: [`span:${TRACE_ID}/${ROOT_ID}`, `trace:${TRACE_ID}`] },
  ]);
});

test("of a chatty run, the first and the last line of a request are its signs of life; all lines are kept", () => {
  const chatter = Array.from({ length: 500 }, (_, index) =>
    logRecord({ body: `line ${index}`, timeMs: NOW - 10_000 + index, traceId: TRACE_ID, spanId: ROOT_ID }),
  );
  const { events, logs: kept, links } = mapLogs(logs(chatter), context());
  expect(events.map(({ at }) => at)).toEqual([NOW - 10_000, NOW - 10_000 + 499]);
  expect([kept.length, links.length]).toEqual([500, 1]);
});

test("a line without a run id or a job name is kept and says nothing of runs", () => {
  const said: readonly AttributeMap[] = [{}, { job_id: "r1" }, { job_name: "daily_etl" }];
  for (const attributes of said) {
    const { events, logs: kept } = mapLogs(logs([logRecord({ attributes })]), context());
    expect([events.length, kept.length]).toEqual([0, 1]);
  }
});

test("the time is the record's, else that of its collection; an absurd one leaves it out", () => {
  expect(eventOf({ timeMs: null })?.at).toBe(NOW - 4_000);
  const asked = context();
  expect(mapLogs(logs([logRecord({ timeMs: 5 })]), asked).logs).toEqual([]);
  expect(asked.leftOut.items()).toMatchObject({
    count: 1,
    reasons: [expect.stringContaining("before 2010")],
  });
});

test.for([
  [1, "", "trace"],
  [9, "", "info"],
  [17, "INFO", "error"],
  [24, "", "fatal"],
  [0, "WARNING", "warn"],
  [0, "Critical", "fatal"],
  [0, "", null],
] as const)("severity %i %s is %s", ([severityNumber, severityText, severity]) => {
  const [log] = mapLogs(logs([logRecord({ severityNumber, severityText })]), context()).logs;
  expect(log?.severity).toBe(severity);
});

test("an empty value and a body of several parts are kept as they are", () => {
  const [log] = mapLogs(
    logs([logRecord({ body: { a: [1, null] }, attributes: { "code.function.name": null } })]),
    context(),
  ).logs;
  expect([log?.body, log?.attributes]).toEqual(['{"a":[1,null]}', { "code.function.name": null }]);
});

describe("a record named as a run event that cannot be one", () => {
  test.for([
    ["a misspelt kind", "batch.run.faild", { ...RUN }, /did you mean "batch\.run\.failed"/],
    ["no job name", "batch.run.failed", { job_id: "r1" }, /batch\.job\.name is missing/],
    ["no run id", "batch.run.failed", { job_name: "daily_etl" }, /batch\.job\.id is missing/],
  ] as const)(
    "is kept as a line of the log, and its sender is told: %s",
    ([, eventName, attributes, reason]) => {
      const given = context();
      const mapped = mapLogs(logs([logRecord({ eventName, attributes })]), given);
      expect(mapped.logs).toHaveLength(1);
      expect(mapped.events.some(({ kind }) => kind === "failed")).toBe(false);
      expect(given.leftOut.items()).toMatchObject({ count: 0, reasons: [expect.stringMatching(reason)] });
    },
  );
});

describe("what a program declares of its run by `batch.run.*`", () => {
  test("settings in code, queueing, metadata, the step by its span, what the process uses", () => {
    const base = { "batch.job.name": "daily_etl", "batch.job.id": "r1" };
    const started = eventOf({
      eventName: "batch.run.started",
      attributes: {
        ...base,
        "batch.job.settings": JSON.stringify({ schedule: "0 2 * * *", sla: { maxDuration: "1h" } }),
        "batch.job.queued_at": new Date(NOW - 60_000).toISOString(),
        "batch.job.max_attempts": 3,
        "batch.job.region": "eu",
      },
    });
    expect(started).toMatchObject({
      jobSettings: { maxDurationMs: 3_600_000, schedule: { kind: "cron", cron: "0 2 * * *" } },
      queuedAt: NOW - 60_000,
      maxAttempts: 3,
      metadata: { region: "eu" },
    });
    const ended = eventOf({
      eventName: "batch.run.step_ended",
      attributes: {
        ...base,
        "batch.step.name": "load",
        "batch.step.id": ROOT_ID,
        "batch.step.outcome": "failure",
        "batch.records.loaded": 7,
        "exception.type": "TypeError",
        "exception.message": "no price",
      },
    });
    expect(ended).toMatchObject({
      step: { name: "load", id: ROOT_ID, outcome: "failure", records: { loaded: 7 } },
      error: { type: "TypeError", message: "no price" },
    });
    const failed = eventOf({
      eventName: "batch.run.failed",
      attributes: {
        ...base,
        "batch.job.final": false,
        "batch.exit.signal": "SIGTERM",
        "batch.process.peak_memory_bytes": 1_000,
        "batch.process.cpu_seconds": 1.5,
      },
    });
    expect(failed).toMatchObject({
      final: false,
      signal: "SIGTERM",
      resources: { peakMemoryBytes: 1_000, cpuMs: 1_500 },
    });
  });

  test("a setting that is wrong is left out and said; the event counts", () => {
    const parts = context();
    const attributes = {
      "batch.job.name": "daily_etl",
      "batch.job.id": "r1",
      "batch.job.settings": JSON.stringify({ owner: "data", sla: { maxDuration: 30 } }),
    };
    const { events } = mapLogs(logs([logRecord({ eventName: "batch.run.started", attributes })]), parts);
    expect(events[0]).toMatchObject({ kind: "started", jobSettings: { owner: "data" } });
    expect(parts.leftOut.items().reasons.join()).toContain("maxDuration");
  });
});
