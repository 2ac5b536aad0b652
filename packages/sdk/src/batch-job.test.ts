import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { batchJob, batchStep, runLogFields } from "./index.ts";
import { type RecordedSignals, recordSignals } from "./testing/record-signals.ts";

describe("without OpenTelemetry", () => {
  test("it answers what the function answers and throws the very thing that it throws", async () => {
    const thrown = { no: "error" };
    expect(await batchJob("job", () => 42)).toBe(42);
    await expect(
      batchJob("job", {}, () => {
        throw thrown;
      }),
    ).rejects.toBe(thrown);
  });

  test("it tries again all the same", async () => {
    let tries = 0;
    const answer = await batchJob("job", { attempts: 3, backoff: 1 }, async (run) => {
      tries = run.attempt;
      if (run.attempt < 3) throw new Error("not yet");
      return "done";
    });
    expect([answer, tries]).toEqual(["done", 3]);
  });

  test("the function is called in the same turn", () => {
    let called = false;
    void batchJob("job", () => {
      called = true;
    });
    expect(called).toBe(true);
  });
});

describe("what a run says", () => {
  let signals: RecordedSignals;
  beforeEach(() => {
    signals = recordSignals();
  });
  afterEach(() => signals.stop());

  test("retries that are exhausted end as a dead letter, with each attempt a span of its own", async () => {
    const job = batchJob("job", { attempts: 2, backoff: 1, runId: "r" }, async () => {
      throw new TypeError("no");
    });
    await expect(job).rejects.toThrow("no");
    expect(signals.kinds()).toEqual(["started", "failed", "retrying", "started", "failed", "dead_lettered"]);
    expect(signals.event("dead_lettered")).toMatchObject({
      "batch.job.id": "r",
      "batch.job.attempt": 2,
      "exception.type": "TypeError",
      "exception.message": "no",
    });
    const [first, second] = signals.spans();
    expect([first?.name, second?.name]).toEqual(["batch_job.job", "batch_job.job"]);
    expect(second?.links[0]?.context.spanId).toBe(first?.spanContext().spanId);
    const names = (await signals.metrics()).map(({ descriptor }) => descriptor.name);
    expect(names).toEqual(
      expect.arrayContaining(["batch_job_retries_total", "batch_job_dead_letters_total"]),
    );
  });

  test("retryIf and a queue that does the retrying decide whether a failure is final", async () => {
    const failing = (options: object) =>
      batchJob("job", options, () => Promise.reject(new Error("no"))).catch(
        () => signals.event("failed")["batch.job.final"],
      );
    expect(await failing({ attempts: 5, backoff: 1, retryIf: () => false })).toBe(true);
    expect(await failing({ attempt: 1, maxAttempts: 3 })).toBe(false);
    expect(await failing({ attempt: 3, maxAttempts: 3 })).toBe(true);
    expect(await failing({ attempt: 1, maxAttempts: 3, retryIf: () => false })).toBe(true);
  });

  test("an abort ends the wait for a retry, and the run as cancelled", async () => {
    const stop = new AbortController();
    const job = batchJob("job", { attempts: 9, backoff: "1h", signal: stop.signal }, async (run) => {
      setTimeout(() => stop.abort(new Error("enough")), 5);
      expect(run.signal).toBe(stop.signal);
      throw new Error("first");
    });
    await expect(job).rejects.toThrow("first");
    expect(signals.kinds().at(-1)).toBe("cancelled");
  });

  test("skip, expect, metadata, queue wait", async () => {
    const queuedAt = Date.now() - 2_000;
    await batchJob("job", { queuedAt, scheduledAt: "2026-11-23T02:00:00Z", runType: "scheduled" }, (run) => {
      run.expect({ total: 10 });
      run.metadata({ file: "a.csv" });
      run.heartbeat();
      run.skip("nothing new");
    });
    expect(signals.kinds()).toEqual(["started", "heartbeat", "skipped"]);
    expect(signals.event("heartbeat")).toMatchObject({ "batch.records.total": 10 });
    expect(signals.event("skipped")).toMatchObject({
      "batch.job.file": "a.csv",
      "batch.job.run_type": "scheduled",
    });
    expect(signals.event("started")["batch.job.queue_wait_seconds"]).toBeCloseTo(2, 0);
    expect(signals.spans()[0]?.attributes).toMatchObject({
      "batch.job.status": "skipped",
      "batch.job.scheduled_at": "2026-11-23T02:00:00.000Z",
    });
  });

  test("records are counted once: processed, or failed", async () => {
    async function* later() {
      yield 1;
      yield 2;
      yield 3;
    }
    await batchJob("job", async (run) => {
      for (const item of run.iterate([1, 2, 3, 4])) if (item === 2) run.failed(1, new Error("bad"), item);
      for (const item of run.iterate(new Set([5, 6]))) if (item === 6) break;
      for await (const item of run.iterate(later())) if (item === 2) run.failed();
    });
    expect(signals.event("completed")).toMatchObject({
      "batch.records.processed": 6,
      "batch.records.failed": 2,
    });
    expect(signals.event("log")).toMatchObject({ "batch.record.id": "2", "exception.message": "bad" });
  });

  test("what is never counted has no number; an empty source is zero", async () => {
    await batchJob("job", () => {});
    expect(signals.event("completed")).not.toHaveProperty("batch.records.processed");
    await batchJob("job", (run) => [...run.iterate([])]);
    expect(signals.event("completed")).toMatchObject({ "batch.records.processed": 0 });
  });

  test("steps hang in each other, wrappers and decorators too, and logs find their run", async () => {
    class Loader {
      rows = 3;
      async load(factor: number) {
        return this.rows * factor;
      }
    }
    // What `@batchStep("load")` does, which Node.js does not read as it is.
    Loader.prototype.load = batchStep("load")(Loader.prototype.load) as Loader["load"];
    let fields: object = {};
    const total = await batchJob("job", { runId: "r" }, (run) =>
      run.step("all", async () => {
        fields = runLogFields();
        return await new Loader().load(2);
      }),
    );
    expect(total).toBe(6);
    const [load, all, job] = signals.spans();
    expect([load?.name, all?.name, job?.name]).toEqual([
      "batch_step.load",
      "batch_step.all",
      "batch_job.job",
    ]);
    expect(load?.parentSpanContext?.spanId).toBe(all?.spanContext().spanId);
    expect(all?.parentSpanContext?.spanId).toBe(job?.spanContext().spanId);
    expect(fields).toMatchObject({ job_id: "r", job_name: "job", span_id: all?.spanContext().spanId });
    expect(runLogFields()).toEqual({});
  });
});

test("a run inside a run of the same job has a trace of its own, with a link to the outer one", async () => {
  const signals = recordSignals();
  await batchJob("job", { runId: "outer" }, () => batchJob("job", { runId: "inner" }, () => {}));
  const [inner, outer] = signals.spans();
  expect(inner?.parentSpanContext).toBeUndefined();
  expect(inner?.spanContext().traceId).not.toBe(outer?.spanContext().traceId);
  expect(inner?.links.map((link) => link.context.spanId)).toEqual([outer?.spanContext().spanId]);
  signals.stop();
});

describe("bad use is harmless", () => {
  let signals: RecordedSignals;
  beforeEach(() => {
    signals = recordSignals();
  });
  afterEach(() => signals.stop());

  test("a run that has ended is touched again", async () => {
    const run = await batchJob("job", async (given) => given);
    const said = signals.logs().length;
    run.processed(5);
    run.failed(1, new Error("late"), 7);
    run.event("late");
    run.metadata({ late: true });
    run.heartbeat();
    run.expect({ total: 1 });
    for (const _ of run.iterate([1, 2]));
    expect(await run.step("late", () => 3)).toBe(3);
    expect(signals.logs().length).toBe(said);
    expect(signals.event("completed")).not.toHaveProperty("batch.records.processed");
  });

  test.for([-1, Number.NaN, Number.POSITIVE_INFINITY, "7" as unknown as number, null as unknown as number])(
    "a count of %s changes nothing but what it can",
    async (n) => {
      await batchJob("job", (run) => {
        run.processed(2);
        if (typeof n === "number") run.processed(n);
        run.failed(n);
        run.expect({ total: Number.NaN });
      });
      expect(signals.event("completed")["batch.records.processed"]).toBe(2);
    },
  );

  test.for([
    ["text", "string", "text"],
    [undefined, "undefined", "undefined was thrown"],
    [null, "null", "null"],
    [{ code: 7 }, "object", '{"code":7}'],
    [Object.create(null), "object", "{}"],
    [Object.assign(new Error("bad"), { name: "" }), "Error", "bad"],
    [new Error("outer", { cause: new TypeError("inner") }), "Error", "outer (cause: TypeError: inner)"],
  ] as const)("%s is thrown", async ([thrown, type, message]) => {
    const job = batchJob("job", () => {
      throw thrown;
    });
    await expect(job).rejects.toBe(thrown);
    expect(signals.event("failed")).toMatchObject({ "exception.type": type, "exception.message": message });
  });

  test("metadata that is cyclic, huge, or fights back", async () => {
    const cyclic: Record<string, unknown> = { name: "a" };
    cyclic.self = cyclic;
    const hostile = {
      get value(): never {
        throw new Error("do not look");
      },
      toJSON(): never {
        throw new Error("do not write");
      },
    };
    const metadata = {
      ...Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`k${index}`, index])),
      cyclic,
      hostile,
    };
    await batchJob("job", { metadata: { cyclic, hostile, text: "x".repeat(1_000_000) } }, (run) =>
      run.metadata(metadata),
    );
    const started = signals.event("started");
    expect(started["batch.job.cyclic"]).toBe('{"name":"a","self":"[circular]"}');
    expect(String(started["batch.job.text"]).length).toBeLessThan(5_000);
    expect(Object.keys(signals.event("completed")).length).toBeLessThan(160);
  });

  test("options that are no options", async () => {
    const options = new Proxy(
      {},
      {
        get: () => {
          throw new Error("no");
        },
      },
    );
    expect(await batchJob("job", options, () => 1)).toBe(1);
    expect(await batchJob(undefined as unknown as string, null as unknown as object, () => 2)).toBe(2);
    const wrong = {
      attempts: -3,
      heartbeat: "soon",
      queuedAt: "yesterday",
      backoff: {},
      sla: 7,
      runId: "\u0000",
    };
    expect(await batchJob("job", wrong as object, () => 3)).toBe(3);
  });

  test("a wall clock that is set back: nothing ends before it began", async () => {
    const before = Date.now();
    const clock = vi.spyOn(Date, "now");
    clock.mockReturnValue(before);
    await batchJob("job", async (run) => {
      clock.mockReturnValue(before - 3_600_000);
      await run.step("later", () => {});
    });
    clock.mockRestore();
    for (const span of signals.spans()) {
      expect(span.endTime[0]).toBeGreaterThanOrEqual(span.startTime[0]);
      expect(span.duration[0]).toBe(0);
    }
    for (const { hrTime } of signals.logs()) expect(hrTime[0]).toBe(Math.floor(before / 1000));
  });

  test("a million events and failed records stay bounded", async () => {
    await batchJob("job", (run) => {
      for (let index = 0; index < 3_000; index++) {
        run.event("again");
        run.failed(1, new Error("bad"), index);
      }
    });
    expect(signals.kinds().filter((kind) => kind === "log").length).toBeLessThanOrEqual(1_020);
    expect(signals.event("completed")).toMatchObject({ "batch.records.failed": 3_000 });
  });
});
