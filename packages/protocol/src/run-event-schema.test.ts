import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RUN_EVENT_KINDS } from "./run-event.ts";
import { MAX_OUTPUT_BYTES, readRunEvent } from "./run-event-schema.ts";

const NOW = Date.UTC(2026, 10, 23, 3);
const read = (input: unknown) => readRunEvent(input, NOW);

describe("an event is read", () => {
  test("in its own shape, with times as milliseconds", () => {
    expect(read({ kind: "started", jobName: "daily_etl", runId: "r1", at: "2026-11-23T02:00:00Z" })).toEqual({
      ok: true,
      event: { kind: "started", jobName: "daily_etl", runId: "r1", at: Date.UTC(2026, 10, 23, 2) },
      warnings: [],
    });
  });

  test.each([
    [
      { kind: "started", job_name: "a" },
      { kind: "started", jobName: "a" },
    ],
    [{ kind: "success", jobName: "a" }, { kind: "completed" }],
    [
      { kind: "Completed", jobName: "a", recordsProcessed: 5, records_failed: 1 },
      { kind: "completed", records: { processed: 5, failed: 1 } },
    ],
    [
      { kind: "failed", jobName: "a", errorType: "X", message: "boom" },
      { error: { type: "X", message: "boom" } },
    ],
    [{ kind: "failed", jobName: "a", error: "boom" }, { error: { message: "boom" } }],
    [{ kind: "step_started", jobName: "a", stepName: "extract" }, { step: { name: "extract" } }],
    [
      { kind: "step_ended", jobName: "a", step: { name: "extract", parent_id: "p" } },
      { step: { name: "extract", parentId: "p" } },
    ],
    [{ kind: "progress", jobName: "a", processed: 5, total: 10 }, { progress: { processed: 5, total: 10 } }],
    [{ kind: "log", jobName: "a", message: "hello" }, { output: "hello" }],
    [
      { kind: "completed", jobName: "a", completedAt: "2026-11-23T02:00:00Z" },
      { at: Date.UTC(2026, 10, 23, 2) },
    ],
    [{ kind: "started", jobName: "a", runId: null, at: null }, { jobName: "a" }],
    [{ kind: "started", jobName: "a", ticket: "OPS-7" }, { metadata: { ticket: "OPS-7" } }],
    [
      { kind: "started", jobName: "a", job: { max_duration_seconds: 60 } },
      { jobSettings: { maxDurationMs: 60_000 } },
    ],
    [
      { kind: "started", jobName: "a", sla: { max_duration: "1m" } },
      { jobSettings: { maxDurationMs: 60_000 } },
    ],
    [{ kind: "started", jobName: " a\ud800b " }, { jobName: "a\u{fffd}b" }],
  ])("%j", (input, expected) => {
    expect(read(input)).toMatchObject({ ok: true, event: expected });
  });

  test("with output of any length, cut in its middle", () => {
    const reading = read({ kind: "completed", jobName: "a", output: `first ${"x".repeat(300_000)} last` });
    if (!reading.ok) throw new Error("refused");
    expect(reading.event.outputTruncated).toBe(true);
    expect(reading.event.output?.length).toBeLessThan(MAX_OUTPUT_BYTES + 100);
    expect(reading.event.output).toMatch(/^first [\s\S]* last$/);
  });
});

describe("an event is refused, naming the field", () => {
  test.each([
    [5, "invalid_event", [""]],
    [null, "invalid_event", [""]],
    [[], "invalid_event", [""]],
    [{}, "invalid_event", ["kind", "jobName"]],
    [{ kind: "exploded", jobName: "a" }, "invalid_event", ["kind"]],
    [{ kind: "started", jobName: "" }, "invalid_event", ["jobName"]],
    [{ kind: "started", jobName: "a".repeat(201) }, "invalid_event", ["jobName"]],
    [{ kind: "started", jobName: "a\nb" }, "invalid_event", ["jobName"]],
    [{ kind: "started", jobName: "a\0b" }, "invalid_event", ["jobName"]],
    [{ kind: "started", jobName: "." }, "invalid_event", ["jobName"]],
    [{ kind: "started", jobName: " .. " }, "invalid_event", ["jobName"]],
    [{ kind: "started", jobName: "a", runId: ".." }, "invalid_event", ["runId"]],
    [{ kind: "started", jobName: "a", environment: "x\ty" }, "invalid_event", ["environment"]],
    [{ kind: "started", jobName: 5 }, "invalid_event", ["jobName"]],
    [{ kind: "started", jobName: "a", runid: "x", jobNam: "y" }, "invalid_event", ["runid", "jobNam"]],
    [{ kind: "completed", jobName: "a", runId: 7 }, "invalid_event", ["runId"]],
    [{ kind: "started", jobName: "a", at: "noon" }, "invalid_event", ["at"]],
    [{ kind: "started", jobName: "a", at: 0 }, "time_out_of_range", ["at"]],
    [{ kind: "started", jobName: "a", at: "2999-01-01T00:00:00Z" }, "time_out_of_range", ["at"]],
    [{ kind: "records", jobName: "a", records: { processed: -1 } }, "invalid_event", ["records.processed"]],
    [{ kind: "records", jobName: "a", records: { procesed: 1 } }, "invalid_event", ["records.procesed"]],
    [{ kind: "step_started", jobName: "a" }, "invalid_event", ["step.name"]],
    [
      { kind: "step_ended", jobName: "a", step: { name: "load", outcome: "fialed" } },
      "invalid_event",
      ["step.outcome"],
    ],
  ])("%j", (input, code, fields) => {
    const reading = read(input);
    expect(reading).toMatchObject({ ok: false, code });
    expect(reading.ok ? [] : reading.problems.map(({ field }) => field)).toEqual(fields);
  });
});

describe("an event is recorded without what is wrong beside it, naming the field", () => {
  const done = { kind: "completed", jobName: "a" };
  test.each<[Record<string, unknown>, Record<string, unknown>, string[]]>([
    [{ records: { processed: 1.5, failed: 2 } }, { records: { failed: 2 } }, ["records.processed"]],
    [{ records: 7 }, {}, ["records"]],
    [{ recordsProcessed: "many" }, { records: {} }, ["records.processed"]],
    [{ metadata: { a: null, b: 1 } }, { metadata: { b: 1 } }, ["metadata.a"]],
    [
      { metadata: { a: { deep: 1 }, "b c": [], d: "x" } },
      { metadata: { d: "x" } },
      ["metadata.a", 'metadata["b c"]'],
    ],
    [{ metadata: "text" }, {}, ["metadata"]],
    [{ durationMs: -1 }, {}, ["durationMs"]],
    [{ exitCode: "3" }, {}, ["exitCode"]],
    [{ attempt: 0 }, {}, ["attempt"]],
    [{ runType: "backfil" }, {}, ["runType"]],
    [{ traceId: "xyz", spanId: "1" }, {}, ["traceId", "spanId"]],
    [{ startedAt: "1970-01-01T00:00:00Z" }, {}, ["startedAt"]],
    [{ startedAt: "noon" }, {}, ["startedAt"]],
    [{ witness: "me" }, {}, ["witness"]],
    [{ error: { message: 5, type: "X" } }, { error: { type: "X" } }, ["error.message"]],
    [{ recrods: { processed: 1 } }, {}, ["recrods"]],
    [{ step: { outcome: "success" } }, {}, ["step.name"]],
    [{ host: "h".repeat(300) }, {}, ["host"]],
    [{ job: { onwer: "x", owner: "ann" } }, { jobSettings: { owner: "ann" } }, ["job.onwer"]],
    [
      { job: { sla: { max_duration: "1 fortnight", min_records: 5 } } },
      { jobSettings: { minRecords: 5 } },
      ["job.sla.max_duration"],
    ],
    [
      { job: { schedule: { every: "5x" }, owner: "ann" } },
      { jobSettings: { owner: "ann" } },
      ["job.schedule.every", "job.schedule"],
    ],
    [{ job: 7 }, {}, ["job"]],
  ])("%j", (side, expected, fields) => {
    for (const kind of ["completed", "failed", "started"]) {
      const reading = read({ ...done, ...side, kind });
      if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
      expect(reading.event).toEqual({ ...done, ...expected, kind });
      expect(reading.warnings.map(({ field }) => field)).toEqual(fields);
      for (const { message } of reading.warnings) expect(message).not.toBe("");
    }
  });

  test("of ten thousand attributes the first 128 stay", () => {
    const metadata = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`k${index}`, index]));
    const reading = read({ ...done, metadata });
    if (!reading.ok) throw new Error("refused");
    expect(Object.keys(reading.event.metadata ?? {})).toHaveLength(128);
    expect(reading.warnings).toEqual([
      { field: "metadata", message: expect.stringContaining("more than 128") },
    ]);
  });

  test("whatever it is, an end of a known job is kept", () => {
    const field = fc.constantFrom(
      "records",
      "step",
      "job",
      "metadata",
      "error",
      "durationMs",
      "resources",
      "host",
    );
    fc.assert(
      fc.property(fc.dictionary(field, fc.anything()), (side) => {
        expect(read({ ...side, ...done })).toMatchObject({ ok: true, event: done });
      }),
    );
  });
});

test("reading never throws, whatever it is given", { timeout: 30_000 }, () => {
  const field = fc.constantFrom(
    "kind",
    "jobName",
    "at",
    "records",
    "step",
    "job",
    "metadata",
    "error",
    "message",
    "__proto__",
  );
  fc.assert(fc.property(fc.anything(), (input) => void read(input)));
  fc.assert(
    fc.property(fc.constantFrom(...RUN_EVENT_KINDS), fc.dictionary(field, fc.anything()), (kind, input) => {
      const reading = read({ ...input, kind, jobName: "a" });
      if (!reading.ok) expect(reading.problems.length).toBeGreaterThan(0);
    }),
  );
});
