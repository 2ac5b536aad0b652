import { describe, expect, test } from "vitest";
import { spanAlias } from "../../model/identity.ts";
import { repeatableEventId } from "../../model/repeated-event.ts";
import type { RunEvent } from "../../model/run-event.ts";
import { makeEvent as event, T0, TEST_JOB } from "../../model/test-support/make-event.ts";
import { VersionConflictError } from "../../storage/ledger-store.ts";
import { openLedger, testJobId } from "../test-support/open-ledger.ts";

const TRACE = "a".repeat(32);
const span = (digit: string): string => digit.repeat(16);
const inSpan = (digit: string) => ({ by: "span" as const, traceId: TRACE, spanId: span(digit) });
const seconds = (at: number | null): number | null => (at === null ? null : (at - T0) / 1000);

/** As an SDK's exporter tells of a root span: its id, its own span, start and end. */
function rootSpan(
  runId: string | null,
  own: string,
  from: number,
  to: number,
  more: Partial<RunEvent> = {},
): RunEvent[] {
  const common: Partial<RunEvent> = {
    run: runId === null ? inSpan(own) : { by: "id", runId },
    aliases: [spanAlias(TRACE, span(own))],
    witness: "otlp-span",
    traceId: TRACE,
    spanId: span(own),
    ...more,
  };
  return [event("started", from, common), event("completed", to, { ...common, startedAt: T0 + from * 1000 })];
}

/** A child span, which knows its parent only. */
function childStep(
  name: string,
  parent: string,
  own: string,
  second: number,
  more: Partial<RunEvent> = {},
): RunEvent {
  return event("step_ended", second, {
    job: null,
    run: inSpan(parent),
    aliases: [spanAlias(TRACE, span(own))],
    witness: "otlp-span",
    traceId: TRACE,
    spanId: span(own),
    step: { name, id: span(own) },
    startedAt: T0 + (second - 1) * 1000,
    ...more,
  });
}

describe("a run by its id", () => {
  test("comes into being with its first event and ends with its last", async () => {
    await using open = await openLedger();
    await open.record([event("started", 0)]);
    expect(await open.runs()).toMatchObject([{ runId: "r1", phase: "running", completedAt: null }]);
    await open.record([event("completed", 10, { records: { processed: 5 } })]);
    expect(await open.runs()).toMatchObject([
      { runId: "r1", phase: "completed", durationMs: 10_000, recordsProcessed: 5 },
    ]);
  });

  test("takes a late event after it was closed, also when nothing is remembered", async () => {
    await using open = await openLedger();
    await open.record([
      event("started", 0),
      event("step_ended", 4, { step: { name: "load" } }),
      event("completed", 10),
    ]);
    open.ledger.forget();
    await open.record([event("failed", 11, { witness: "cli" })]);
    const [run] = await open.runs();
    expect(run).toMatchObject({ phase: "failed", conflict: true, steps: [{ name: "load" }] });
  });

  test("is another run in another job", async () => {
    await using open = await openLedger();
    await open.record([
      event("started", 0),
      event("started", 1, { job: { ...TEST_JOB, environment: "staging" } }),
    ]);
    expect(await open.runs()).toHaveLength(2);
  });

  test("retries as the job's declared policy says", async () => {
    await using open = await openLedger();
    await open.record([event("started", 0, { jobSettings: { maxAttempts: 2 } }), event("failed", 10)]);
    expect(await open.runs()).toMatchObject([{ phase: "failed", final: false }]);
    await open.record([event("started", 20), event("failed", 30)]);
    expect(await open.runs()).toMatchObject([{ phase: "dead_letter", final: true, retryCount: 1 }]);
  });

  test("our own word about a run that nobody knows makes no run", async () => {
    await using open = await openLedger();
    await open.record([event("lost", 0)]);
    expect(await open.runs()).toEqual([]);
  });
});

describe("judging is asked for", () => {
  const judged = async (first: RunEvent[], then: RunEvent[]): Promise<boolean> => {
    await using open = await openLedger();
    await open.record(first);
    const rows = await open.store.claimDeadlines(["judge_run"], open.clock.now(), 10, 1000);
    await open.store.commitWatch({
      ...(await import("../../storage/ledger-store.ts")).EMPTY_WATCH_COMMIT,
      doneDeadlines: rows.map((row) => row.id),
    });
    await open.record(then);
    return (await open.store.deadlineBacklog(open.clock.now())).due > 0;
  };
  const running = [event("started", 0), event("heartbeat", 1)];

  test.each<[string, RunEvent[], RunEvent[], boolean]>([
    ["for a new run", [], [event("started", 0)], true],
    ["not for a beat of a healthy run", running, [event("heartbeat", 30)], false],
    ["for the first beat", [event("started", 0)], [event("heartbeat", 30)], true],
    ["for the end", running, [event("completed", 30)], true],
    ["for a beat of a suspect run", [...running, event("suspected", 1)], [event("heartbeat", 30)], true],
    ["for records that failed", running, [event("records", 5, { records: { failed: 2 } })], true],
    ["not for the same event again", running, running, false],
    [
      "for a failed step",
      running,
      [event("step_ended", 5, { step: { name: "a", outcome: "failure" } })],
      true,
    ],
  ])("%s", async (_name, first, then, expected) => {
    // The job's own fill_slots rows are none of this.
    expect(await judged(first, then)).toBe(expected);
  });
});

describe("spans", () => {
  test("steps that come before their root wait for it", async () => {
    await using open = await openLedger();
    await open.record([childStep("transform", "2", "3", 5)]);
    await open.record([childStep("extract", "1", "2", 6)]);
    expect(await open.runs()).toEqual([]);
    expect(await open.store.countOrphans()).toBe(2);
    await open.record(rootSpan("r1", "1", 0, 10));
    expect(await open.store.countOrphans()).toBe(0);
    const [run] = await open.runs();
    expect(run?.steps.map((step) => step.name)).toEqual(["transform", "extract"]);
  });

  test("a root without an id is a run of its own; a log that knows the id names it", async () => {
    await using open = await openLedger();
    await open.record(rootSpan(null, "1", 0, 10));
    expect(await open.runs()).toMatchObject([{ runId: `${TRACE}-${span("1")}` }]);
    await open.record([], {
      links: [{ job: TEST_JOB, runId: "r1", aliases: [spanAlias(TRACE, span("1"))] }],
    });
    expect(await open.runs()).toMatchObject([{ runId: "r1", phase: "completed", durationMs: 10_000 }]);
    await open.record([event("heartbeat", 3)]);
    expect(await open.runs()).toHaveLength(1);
  });

  test("steps of a killed run belong to the run that a log names", async () => {
    await using open = await openLedger();
    await open.record([childStep("extract", "1", "2", 6)]);
    await open.record([event("log", 1, { traceId: TRACE, spanId: span("1"), witness: "otlp-log" })]);
    expect(await open.runs()).toMatchObject([
      { runId: "r1", phase: "running", steps: [{ name: "extract" }] },
    ]);
  });

  test("a wrapper that hands its TRACEPARENT on and the program inside are one run, in either order", async () => {
    const wrapper = [
      event("started", 0, {
        run: { by: "id", runId: "exec-1" },
        witness: "cli",
        traceId: TRACE,
        spanId: span("9"),
      }),
      event("completed", 12, { run: { by: "id", runId: "exec-1" }, witness: "cli" }),
    ];
    const program = rootSpan("prog-7", "1", 1, 11, {
      aliases: [spanAlias(TRACE, span("1")), spanAlias(TRACE, span("9"))],
    });
    for (const order of [
      [wrapper, program],
      [program, wrapper],
    ]) {
      await using open = await openLedger();
      for (const events of order) await open.record(events);
      const runs = await open.runs();
      expect(runs).toMatchObject([{ runId: "exec-1", phase: "completed", durationMs: 12_000 }]);
      // The other name still finds it.
      await open.record([event("heartbeat", 5, { run: { by: "id", runId: "prog-7" } })]);
      expect(await open.runs()).toHaveLength(1);
    }
  });

  test("one id with root spans one after the other is one run of several attempts", async () => {
    await using open = await openLedger();
    await open.record([...rootSpan("r1", "1", 0, 10), ...rootSpan("r1", "2", 20, 30)]);
    expect(await open.runs()).toMatchObject([{ runId: "r1", retryCount: 1 }]);
  });

  test("one id with root spans at the same time is two runs, and the second says so", async () => {
    await using open = await openLedger();
    await open.record(rootSpan("r1", "1", 0, 10));
    await open.record([childStep("load", "2", "3", 6), ...rootSpan("r1", "2", 5, 15)]);
    await open.record(rootSpan("r1", "2", 5, 15));
    const runs = await open.runs();
    expect(runs.map((run) => [run.runId, run.durationMs, run.steps.length])).toEqual([
      ["r1", 10_000, 0],
      ["r1#2", 10_000, 1],
    ]);
    expect(runs[1]?.metadata["batchwatch.warning"]).toMatch(/same id/);
  });

  test("two runs under one parent span are not joined by it", async () => {
    await using open = await openLedger();
    const parent = spanAlias(TRACE, span("9"));
    await open.record(rootSpan("r1", "1", 0, 10, { aliases: [spanAlias(TRACE, span("1")), parent] }));
    await open.record(rootSpan("r2", "2", 20, 30, { aliases: [spanAlias(TRACE, span("2")), parent] }));
    expect((await open.runs()).map((run) => run.runId)).toEqual(["r1", "r2"]);
  });
});

describe("pings without a run id", () => {
  const ping = (kind: RunEvent["kind"], second: number, more: Partial<RunEvent> = {}): RunEvent =>
    event(kind, second, { run: { by: "unnamed" }, witness: "ping", ...more });

  type Expected = [phase: string, from: number | null, to: number | null];
  test.each<[string, RunEvent[], Expected[]]>([
    ["a start and an end", [ping("started", 0), ping("completed", 10)], [["completed", 0, 10]]],
    ["an end alone", [ping("completed", 10)], [["completed", null, 10]]],
    [
      "two ends alone",
      [ping("completed", 10), ping("completed", 20)],
      [
        ["completed", null, 10],
        ["completed", null, 20],
      ],
    ],
    [
      "a start while one is open",
      [ping("started", 0), ping("started", 10), ping("completed", 20)],
      [
        ["lost", 0, 0],
        ["completed", 10, 20],
      ],
    ],
    [
      "runs one after the other",
      [ping("started", 0), ping("failed", 10), ping("started", 20), ping("completed", 30)],
      [
        ["failed", 0, 10],
        ["completed", 20, 30],
      ],
    ],
    ["the end before the start", [ping("completed", 10), ping("started", 0)], [["completed", 0, 10]]],
    [
      "the same ping again",
      [
        ping("started", 0, { eventId: "s" }),
        ping("completed", 10, { eventId: "c" }),
        ping("completed", 10, { eventId: "c" }),
        ping("started", 0, { eventId: "s" }),
      ],
      [["completed", 0, 10]],
    ],
    [
      "a log line within",
      [ping("started", 0), ping("log", 5, { message: "half way" }), ping("completed", 10)],
      [["completed", 0, 10]],
    ],
    [
      "a late start whose end is taken",
      [ping("started", 0), ping("completed", 10), ping("started", 5)],
      [
        ["completed", 0, 10],
        ["lost", 5, 5],
      ],
    ],
    [
      "an end after we declared it lost",
      [
        ping("started", 0),
        event("lost", 0, { run: { by: "id", runId: "ping-2026-11-23T02:00:00.000Z" } }),
        ping("completed", 90),
      ],
      [["completed", 0, 90]],
    ],
  ])("%s", async (_name, events, expected) => {
    for (const remembers of [true, false]) {
      await using open = await openLedger();
      for (const one of events) {
        await open.record([one]);
        if (!remembers) open.ledger.forget();
      }
      const runs = await open.runs();
      const shown = runs.map((run) => [run.phase, seconds(run.startedAt), seconds(run.completedAt)]);
      expect(shown.sort((a, b) => Number(a[2]) - Number(b[2]))).toEqual(
        expected.sort((a, b) => Number(a[2]) - Number(b[2])),
      );
    }
  });

  test("a start leaves the older one alone where overlap is allowed, and an end closes the latest", async () => {
    await using open = await openLedger();
    await open.record([ping("started", 0, { jobSettings: { allowOverlap: true } })]);
    await open.record([ping("started", 10), ping("completed", 20)]);
    expect((await open.runs()).map((run) => run.phase)).toEqual(["running", "completed"]);
    await open.record([ping("completed", 30)]);
    expect((await open.runs()).map((run) => seconds(run.completedAt))).toEqual([30, 20]);
  });

  test("are named by the time of their first event", async () => {
    await using open = await openLedger();
    await open.record([ping("started", 0)]);
    expect((await open.runs())[0]?.runId).toBe("ping-2026-11-23T02:00:00.000Z");
  });

  test("their text becomes the run's log", async () => {
    await using open = await openLedger();
    await open.record([ping("started", 0), ping("failed", 10, { message: "disk full" })]);
    const [run] = await open.runs();
    if (run === undefined) throw new Error("no run");
    const { items } = await open.store.runLogs(run, { limit: 10, cursor: null });
    expect(items.map((line) => [line.body, line.severity])).toEqual([["disk full", "error"]]);
  });
});

describe("pings that came again because their answer was lost", () => {
  let sent = 0;
  const said = (text: string): string => {
    sent += 1;
    return repeatableEventId(text, sent.toString(16).padStart(24, "0"));
  };
  const ping = (
    kind: RunEvent["kind"],
    second: number,
    by = "host a",
    more: Partial<RunEvent> = {},
  ): RunEvent =>
    event(kind, second, {
      run: { by: "unnamed" },
      witness: "ping",
      eventId: said(`${kind} ${by} ${more.message ?? ""}`),
      ...more,
    });
  const rid = { run: { by: "id" as const, runId: "c117e748-c747-4648-bb32-27ed5701d8bc" } };
  const overlapping = { jobSettings: { allowOverlap: true } };

  type Expected = [phase: string, from: number | null, to: number | null];
  test.each<[string, RunEvent[], Expected[]]>([
    ["a start", [ping("started", 0), ping("started", 11), ping("completed", 60)], [["completed", 0, 60]]],
    [
      "a start, six times in all",
      [0, 11, 23, 37, 55, 81].map((second) => ping("started", second)),
      [["running", 0, null]],
    ],
    [
      "not a start that comes too late for that",
      [ping("started", 0), ping("started", 40)],
      [
        ["lost", 0, 0],
        ["running", 40, null],
      ],
    ],
    [
      "not a program that starts again and again",
      [0, 20, 40, 60, 80, 100].map((second) => ping("started", second)),
      [
        ["lost", 0, 80],
        ["running", 100, null],
      ],
    ],
    [
      "not a start from elsewhere",
      [ping("started", 0), ping("started", 1, "host b")],
      [
        ["lost", 0, 0],
        ["running", 1, null],
      ],
    ],
    [
      "not a start after an end",
      [ping("started", 0), ping("completed", 5), ping("started", 6)],
      [
        ["completed", 0, 5],
        ["running", 6, null],
      ],
    ],
    [
      "not a start after a sign of life",
      [ping("started", 0), ping("log", 5), ping("started", 6)],
      [
        ["lost", 0, 5],
        ["running", 6, null],
      ],
    ],
    [
      "not a start where runs may overlap",
      [ping("started", 0, "a", overlapping), ping("started", 2, "a")],
      [
        ["running", 0, null],
        ["running", 2, null],
      ],
    ],
    ["a success", [ping("started", 0), ping("completed", 10), ping("completed", 21)], [["completed", 0, 10]]],
    ["a success without a start", [ping("completed", 10), ping("completed", 12)], [["completed", null, 10]]],
    [
      "the later of two that came first",
      [ping("completed", 12), ping("completed", 10)],
      [["completed", null, 10]],
    ],
    [
      "the later of two starts that came first",
      [ping("started", 9), ping("started", 0)],
      [["running", 0, null]],
    ],
    ["a failure", [ping("started", 0), ping("failed", 10), ping("failed", 12)], [["failed", 0, 10]]],
    [
      "not an end that says something else",
      [ping("failed", 10, "a", { message: "x" }), ping("failed", 12, "a", { message: "y" })],
      [
        ["failed", null, 10],
        ["failed", null, 12],
      ],
    ],
    [
      "not an end with a start between",
      [ping("started", 0), ping("completed", 1), ping("started", 2), ping("completed", 3)],
      [
        ["completed", 0, 1],
        ["completed", 2, 3],
      ],
    ],
    [
      "an end by rid",
      [ping("started", 0, "a", rid), ping("completed", 10, "a", rid), ping("completed", 21, "a", rid)],
      [["completed", 0, 10]],
    ],
  ])("%s", async (_name, events, expected) => {
    for (const remembers of [true, false]) {
      await using open = await openLedger();
      for (const one of events) {
        await open.record([one]);
        if (!remembers) open.ledger.forget();
      }
      const runs = await open.runs();
      expect(runs.map((run) => [run.phase, seconds(run.startedAt), seconds(run.completedAt)])).toEqual(
        expected,
      );
    }
  });

  test.each<[string, RunEvent[], Expected[]]>([
    [
      "ends the only run under way, as Healthchecks has it",
      [ping("started", 0, "a", rid), ping("completed", 10)],
      [["completed", 0, 10]],
    ],
    ["also when it fails", [ping("started", 0, "a", rid), ping("failed", 10)], [["failed", 0, 10]]],
    [
      "and is the same end when it comes again",
      [ping("started", 0, "a", rid), ping("completed", 10), ping("completed", 12)],
      [["completed", 0, 10]],
    ],
    [
      "stands for itself where two are under way",
      [
        ping("started", 0, "a", rid),
        ping("started", 1, "a", { run: { by: "id", runId: "00000000-0000-4000-8000-000000000000" } }),
        ping("completed", 10),
      ],
      [
        ["running", 0, null],
        ["running", 1, null],
        ["completed", null, 10],
      ],
    ],
    [
      "ends the start without rid rather than the one with it",
      [ping("started", 0, "a", rid), ping("started", 1), ping("completed", 10)],
      [
        ["running", 0, null],
        ["completed", 1, 10],
      ],
    ],
    [
      "is none of a run that another witness tells of",
      [ping("started", 0, "a", { ...rid, witness: "cli" }), ping("completed", 10)],
      [
        ["running", 0, null],
        ["completed", null, 10],
      ],
    ],
  ])("an end without rid %s", async (_name, events, expected) => {
    for (const way of ["remembering", "forgetting", "at once"]) {
      await using open = await openLedger();
      for (const batch of way === "at once" ? [events] : events.map((one) => [one])) {
        await open.record(batch);
        if (way === "forgetting") open.ledger.forget();
      }
      const runs = await open.runs();
      expect(runs.map((run) => [run.phase, seconds(run.startedAt), seconds(run.completedAt)])).toEqual(
        expected,
      );
    }
  });
});

describe("other writers", () => {
  test("a run that was changed behind our back is read again", async () => {
    await using open = await openLedger();
    const { Ledger } = await import("./ledger.ts");
    const other = new Ledger({ store: open.store, clock: open.clock, feed: open.feed });
    const record = (events: RunEvent[]) => other.record([{ events, links: [], spans: [], logs: [] }]);
    await open.record([event("started", 0)]);
    await record([event("heartbeat", 5)]);
    await open.record([event("heartbeat", 3)]);
    await record([event("completed", 10)]);
    await open.record([event("progress", 4, { progress: { processed: 2 } })]);
    expect(await open.runs()).toMatchObject([
      { phase: "completed", lastBeatAt: T0 + 5000, firstBeatAt: T0 + 3000, recordsProcessed: 2 },
    ]);
  });

  test("a conflict that never ends is given up with the conflict as the reason", async () => {
    await using open = await openLedger();
    const store = { ...open.store, commit: () => Promise.reject(new VersionConflictError("always")) };
    const { Ledger } = await import("./ledger.ts");
    const ledger = new Ledger({ store, clock: open.clock, feed: open.feed });
    await expect(
      ledger.record([{ events: [event("started", 0)], links: [], spans: [], logs: [] }]),
    ).rejects.toThrow("always");
  });
});

describe("jobs", () => {
  test("what a sender declares in code is kept beside what another one declared", async () => {
    await using open = await openLedger();
    await open.record([event("started", 0, { jobSettings: { maxDurationMs: 1000 } })]);
    await open.record([event("started", 1, { jobSettings: { minRecords: 5 }, jobType: "etl" })]);
    const job = await open.store.getJob(await testJobId(open.store));
    expect(job?.settingsBySource.code).toEqual({ maxDurationMs: 1000, minRecords: 5 });
    expect(job?.settings.jobType).toBe("etl");
  });

  test("the same declaration again changes nothing", async () => {
    await using open = await openLedger();
    const declare = () =>
      open.record([event("started", 0, { jobSettings: { maxDurationMs: 1000, tags: { a: "b" } } })]);
    await declare();
    const before = await open.store.getJob(await testJobId(open.store));
    await declare();
    expect(await open.store.getJob(await testJobId(open.store))).toEqual(before);
  });
});
