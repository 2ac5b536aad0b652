import {
  jobSummarySchema,
  logViewSchema,
  pageOf,
  runDetailSchema,
  runEventViewSchema,
  runSummarySchema,
  spanViewSchema,
} from "@batchwatch/protocol";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { RunEvent } from "../../../model/run-event.ts";
import { EMPTY_WATCH_COMMIT } from "../../../storage/ledger-store.ts";
import { openTestApi, type TestApi, walk } from "../test-support/open-api.ts";
import { HOUR, MINUTE, NOW } from "../test-support/rows.ts";
import { EMPTY_COMMIT, seedIncident, seedJob, seedJudgement, seedRun } from "../test-support/seed.ts";

const runPage = pageOf(runSummarySchema);
const KEY = { namespace: "default", environment: "", jobName: "daily_etl" };
const TRACE = "0af7651916cd43dd8448eb211c80319c";

let api: TestApi;
beforeEach(async () => {
  api = await openTestApi();
});
afterEach(() => api.close());

describe("GET /api/runs", () => {
  test("is empty at first", async () => {
    expect(await api.get("/api/runs", runPage)).toEqual({ items: [], nextCursor: null });
  });

  describe("with runs of two jobs", () => {
    beforeEach(async () => {
      const etl = await seedJob(api.store, "daily_etl");
      const report = await seedJob(api.store, "report", {}, { namespace: "sales", environment: "prod" });
      for (let index = 0; index < 7; index++) {
        const startedAt = NOW - (index + 1) * HOUR;
        await seedRun(api.store, index % 2 === 0 ? etl : report, {
          runId: `run-${index}`,
          startedAt,
          completedAt: startedAt + (index + 1) * MINUTE,
          durationMs: (index + 1) * MINUTE,
          phase: index === 3 ? "failed" : index === 4 ? "lost" : "completed",
        });
      }
    });

    const ids = async (query: string) =>
      (await api.get(`/api/runs?${query}`, runPage)).items.map((run) => run.runId);

    test.each([
      ["", ["run-0", "run-1", "run-2", "run-3", "run-4", "run-5", "run-6"]],
      ["jobName=report", ["run-1", "run-3", "run-5"]],
      ["namespace=sales&environment=prod&limit=1", ["run-1"]],
      ["phase=failed", ["run-3"]],
      ["phase=failed,lost", ["run-3", "run-4"]],
      ["phase=lost&phase=failed", ["run-3", "run-4"]],
      ["from=2026-11-23T03:00:00Z", ["run-0", "run-1"]],
      ["from=2026-11-23T01:00:00%2B01:00&to=2026-11-23T02:00:00Z", ["run-3", "run-4"]],
      [`to=${NOW - 6.5 * HOUR}`, ["run-6"]],
      ["sort=startedAt&limit=2", ["run-6", "run-5"]],
      ["sort=-durationMs&limit=2", ["run-6", "run-5"]],
      ["sort=durationMs&jobName=report", ["run-1", "run-3", "run-5"]],
      ["runId=run-2", ["run-2"]],
      ["search=repo", ["run-1", "run-3", "run-5"]],
      ["jobName=nobody", []],
    ])("?%s", async (query, expected) => {
      expect(await ids(query)).toEqual(expected);
    });

    test.each(["startedAt", "-startedAt", "durationMs", "-durationMs"])(
      "is walked by cursor in the order of %s",
      async (sort) => {
        const { items, sizes } = await walk((cursor) =>
          api.get(
            `/api/runs?sort=${sort}&limit=3${cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`}`,
            runPage,
          ),
        );
        expect(sizes).toEqual([3, 3, 1]);
        expect(new Set(items.map((run) => run.runId)).size).toBe(7);
      },
    );

    test("carries the open facts of each run", async () => {
      const { run } = (await api.store.findRunsByRunId("run-3")).map((run) => ({ run }))[0] ?? {};
      const job = await api.store.getJob(run?.jobId ?? 0);
      if (run === undefined || job === null) throw new Error("no run");
      await seedJudgement(api.store, job, { subject: `run:${run.id}`, runRowId: run.id, type: "run_failed" });
      const [item] = (await api.get("/api/runs?runId=run-3", runPage)).items;
      expect(item).toMatchObject({
        ...{ namespace: "sales", environment: "prod", jobName: "report" },
        openFacts: ["run_failed"],
      });
    });
  });

  test.each([
    ["phase=flying", "phase.0"],
    ["from=yesterday", "from"],
    ["to=2026-11-23T02:00:00", "to"],
    ["limit=501", "limit"],
    ["sort=name", "sort"],
    ["cursor=nonsense", "cursor"],
    ["jobname=x", "jobname"],
  ])("?%s is refused and named", async (query, field) => {
    const problem = await api.refused(400, `/api/runs?${query}`);
    expect(problem.errors?.map((error) => error.field)).toEqual([field]);
  });
});

// The message ended in "known here: " and named none.
test.each([
  [
    "/api/runs?phse=failed",
    'phse: is not known; did you mean "phase"? Known here: namespace, environment, jobName,',
  ],
  [
    "/api/runs/r1/logs?flavour=x",
    "flavour: is not known; known here: namespace, environment, jobName, limit, cursor, severity",
  ],
  [
    "/api/incidents?sevrity=info",
    'sevrity: is not known; did you mean "severity"? Known here: state, severity,',
  ],
  ["/api/runs?phase=runing", 'phase.0: "runing" is not known; did you mean "running"?'],
])("%s is refused with the names there are", async (path, detail) => {
  expect((await api.refused(400, path)).detail).toContain(detail);
});

describe("GET /api/runs/{runId}", () => {
  test("shows the run from end to end", async () => {
    const { store } = api;
    const job = await seedJob(store, "daily_etl", { maxDurationMs: HOUR });
    await seedRun(store, job, { runId: "before", startedAt: NOW - 30 * HOUR });
    const startedAt = NOW - 2 * HOUR;
    const rowId = await seedRun(store, job, {
      runId: "r/1",
      phase: "failed",
      scheduledAt: startedAt - 2 * MINUTE,
      queuedAt: startedAt - MINUTE,
      startedAt,
      completedAt: startedAt + HOUR,
      queueWaitMs: MINUTE,
      executionMs: 50 * MINUTE,
      durationMs: HOUR,
      totalMs: 62 * MINUTE,
      retryCount: 1,
      recordsProcessed: 1000,
      recordsFailed: 3,
      errorType: "IOError",
      errorMessage: "disk full",
      resources: { peakMemoryBytes: 512, cpuMs: 70 },
      metadata: { region: "eu" },
      traceIds: [TRACE],
      attempts: [
        {
          number: 1,
          phase: "failed",
          startedAt,
          endedAt: startedAt + 10 * MINUTE,
          errorType: null,
          errorMessage: null,
          exitCode: 2,
          signal: null,
        },
      ],
      steps: [
        {
          id: "s1",
          name: "extract",
          parentId: null,
          attempt: 1,
          outcome: "success",
          startedAt,
          endedAt: startedAt + MINUTE,
          records: { extracted: 1000 },
          errorType: null,
          errorMessage: null,
        },
      ],
      witnesses: [{ kind: "api", says: "failed", firstAt: startedAt, lastAt: startedAt + HOUR }],
    });
    await seedRun(store, job, { runId: "after", startedAt: NOW - HOUR });
    const fact = await seedJudgement(store, job, {
      subject: `run:${rowId}`,
      runRowId: rowId,
      limitText: "1 h",
      valueText: "1 h 02 m",
    });
    const incidentId = await seedIncident(store, job, [fact]);
    await store.commitWatch({
      ...EMPTY_WATCH_COMMIT,
      setDeadlines: [
        { kind: "run_max_duration", subject: `run:${rowId}`, jobId: job.id, dueAt: NOW + HOUR },
        { kind: "judge_run", subject: `run:${rowId}`, jobId: job.id, dueAt: NOW },
      ],
    });

    const run = await api.get("/api/runs/r%2F1", runDetailSchema);
    expect(run).toMatchObject({
      ...KEY,
      runId: "r/1",
      phase: "failed",
      scheduledAt: "2026-11-23T02:58:00.000Z",
      queuedAt: "2026-11-23T02:59:00.000Z",
      startedAt: "2026-11-23T03:00:00.000Z",
      completedAt: "2026-11-23T04:00:00.000Z",
      queueWaitMs: MINUTE,
      executionMs: 50 * MINUTE,
      durationMs: HOUR,
      totalMs: 62 * MINUTE,
      retryCount: 1,
      recordsProcessed: 1000,
      recordsFailed: 3,
      errorType: "IOError",
      errorMessage: "disk full",
      resources: { peakMemoryBytes: 512, memoryLimitBytes: null, cpuMs: 70 },
      metadata: { region: "eu" },
      incidentId: String(incidentId),
      previousRunId: "before",
      nextRunId: "after",
      openFacts: ["run_failed"],
    });
    expect(run.attempts).toMatchObject([{ number: 1, durationMs: 10 * MINUTE, exitCode: 2 }]);
    expect(run.steps).toMatchObject([{ name: "extract", durationMs: MINUTE, records: { extracted: 1000 } }]);
    expect(run.witnesses).toMatchObject([{ kind: "api", says: "failed" }]);
    expect(run.violations).toMatchObject([
      { type: "run_failed", limit: "1 h", value: "1 h 02 m", runId: "r/1", notified: true },
    ]);
    expect(run.deadlines.map((deadline) => deadline.kind)).toEqual(["run_max_duration"]);
  });

  test("a run in a slot shows the slot and what was judged of it", async () => {
    const { store } = api;
    const job = await seedJob(store, "daily_etl");
    const rowId = await seedRun(store, job, { runId: "r1" });
    const slotAt = NOW - 3 * HOUR;
    await store.commitWatch({
      ...EMPTY_WATCH_COMMIT,
      newSlots: [
        {
          jobId: job.id,
          slotAt,
          earlyAt: slotAt,
          lateAt: slotAt,
          state: "expected",
          reason: null,
          runRowId: null,
        },
      ],
    });
    const [slot] = await store.slotsBetween(job.id, slotAt, slotAt + 1);
    if (slot === undefined) throw new Error("no slot");
    await store.commitWatch({
      ...EMPTY_WATCH_COMMIT,
      slotChanges: [
        { id: slot.id, from: "expected", to: "matched", reason: "the nearest run", runRowId: rowId },
      ],
    });
    await seedJudgement(store, job, {
      subject: `slot:${slot.id}`,
      slotId: slot.id,
      type: "start_late",
      class: "violation",
      severity: "warning",
    });
    const run = await api.get("/api/runs/r1", runDetailSchema);
    expect(run.slot).toEqual({
      slotAt: new Date(slotAt).toISOString(),
      local: "2026-11-23 02:00 UTC",
      state: "matched",
      reason: "the nearest run",
      runId: "r1",
    });
    expect(run.violations).toMatchObject([{ type: "start_late", slotAt: new Date(slotAt).toISOString() }]);
    // Its source said no nominal time: the slot's is shown, here and in lists.
    const nominal = { scheduledAt: new Date(slotAt).toISOString(), totalMs: 2 * HOUR };
    expect(run).toMatchObject(nominal);
    expect((await api.get("/api/runs", runPage)).items).toMatchObject([nominal]);
    const board = await api.get("/api/jobs", pageOf(jobSummarySchema));
    expect(board.items[0]?.lastRun).toMatchObject(nominal);
  });

  test("an id of several jobs' runs is refused with the candidates, and told apart by the job", async () => {
    const { store } = api;
    await seedRun(store, await seedJob(store, "daily_etl"), { runId: "1" });
    await seedRun(store, await seedJob(store, "report", {}, { environment: "prod" }), { runId: "1" });
    const problem = await api.refused(409, "/api/runs/1");
    expect(problem).toMatchObject({
      code: "ambiguous_run",
      candidates: [KEY, { namespace: "default", environment: "prod", jobName: "report" }],
    });
    expect((await api.get("/api/runs/1?jobName=report", runDetailSchema)).jobName).toBe("report");
    expect((await api.get("/api/runs/1?environment=", runDetailSchema)).jobName).toBe("daily_etl");
    await api.refused(409, "/api/runs/1/events");
    await api.refused(404, "/api/runs/1?jobName=nobody");
  });

  test.each(["", "/events", "/logs", "/spans"])("an unknown run%s is refused", async (part) => {
    expect(await api.refused(404, `/api/runs/none${part}`)).toMatchObject({
      code: "run_not_found",
      status: 404,
    });
  });

  test("an unknown parameter is refused", async () => {
    expect((await api.refused(400, "/api/runs/none?job=x")).errors?.[0]?.field).toBe("job");
  });
});

describe("what was said of a run", () => {
  const event = (index: number, change: Partial<RunEvent> = {}): RunEvent => ({
    eventId: `event-${index}`,
    kind: "records",
    job: KEY,
    run: { by: "id", runId: "r1" },
    aliases: [],
    at: NOW - HOUR + index * MINUTE,
    withinMs: 0,
    receivedAt: NOW,
    witness: "api",
    records: { processed: index },
    ...change,
  });

  beforeEach(async () => {
    const { store } = api;
    const job = await seedJob(store, "daily_etl");
    await seedRun(
      store,
      job,
      { runId: "r1", traceIds: [TRACE] },
      {
        events: Array.from({ length: 5 }, (_, index) => event(index)),
        logs: Array.from({ length: 5 }, (_, index) => ({
          logId: `log-${index}`,
          job: KEY,
          runId: "r1",
          traceId: null,
          spanId: null,
          at: NOW - HOUR + index,
          severity: index === 3 ? ("warn" as const) : ("info" as const),
          body: `line ${index}`,
          attributes: { n: index },
        })),
      },
    );
    const [run] = await store.findRunsByRunId("r1");
    await store.commit({
      ...EMPTY_COMMIT,
      aliases: [{ alias: `trace:${TRACE}`, runRef: run?.id ?? 0 }],
      spans: [
        {
          traceId: TRACE,
          spanId: "b7ad6b7169203331",
          parentSpanId: null,
          name: "batch_job.daily_etl",
          serviceName: "etl",
          startedAt: NOW - HOUR,
          endedAt: NOW - HOUR + 1500.5,
          status: "ok",
          statusMessage: null,
          attributes: { "batch.job.name": "daily_etl" },
          events: [{ at: NOW - HOUR, name: "begin", attributes: {} }],
          droppedEvents: 0,
        },
      ],
    });
  });

  test("events come in words, oldest first, by cursor", async () => {
    const { items, sizes } = await walk((cursor) =>
      api.get(
        `/api/runs/r1/events?limit=2${cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`}`,
        pageOf(runEventViewSchema),
      ),
    );
    expect(sizes).toEqual([2, 2, 1]);
    expect(items.map((item) => item.summary)).toEqual(
      [0, 1, 2, 3, 4].map((count) => `Records: ${count} processed.`),
    );
  });

  test("logs of a severity and worse", async () => {
    const { items } = await api.get("/api/runs/r1/logs?severity=warn", pageOf(logViewSchema));
    expect(items.map(({ body }) => body)).toEqual(["line 3"]);
    expect((await api.refused(400, "/api/runs/r1/logs?severity=loud")).errors?.[0]?.field).toBe("severity");
  });

  test("logs come oldest first, by cursor", async () => {
    const { items, sizes } = await walk((cursor) =>
      api.get(
        `/api/runs/r1/logs?limit=3${cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`}`,
        pageOf(logViewSchema),
      ),
    );
    expect(sizes).toEqual([3, 2]);
    expect(items.map((item) => item.body)).toEqual(["line 0", "line 1", "line 2", "line 3", "line 4"]);
  });

  test("spans come with their events and attributes", async () => {
    const { items } = await api.get("/api/runs/r1/spans", pageOf(spanViewSchema));
    expect(items).toMatchObject([
      {
        name: "batch_job.daily_etl",
        durationMs: 1500.5,
        status: "ok",
        attributes: { "batch.job.name": "daily_etl" },
      },
    ]);
  });

  test.each(["events", "logs"])("a bad cursor of %s is refused", async (part) => {
    expect((await api.refused(400, `/api/runs/r1/${part}?cursor=nonsense`)).errors?.[0]?.field).toBe(
      "cursor",
    );
  });
});
