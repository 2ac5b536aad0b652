import { describe, expect, test } from "vitest";
import { spanAlias, traceAlias } from "../../model/identity.ts";
import type { Run } from "../../model/run.ts";
import type { OpenStore } from "./ledger-contract.ts";
import {
  allPages,
  EMPTY_COMMIT,
  FIRST_PAGE,
  logRecord,
  makeJob,
  makeRun,
  makeRuns,
  newRun,
  runView,
  span,
  T0,
  TRACE,
} from "./ledger-fixtures.ts";

const [A, A1, A2, B, B1, LONE] = ["a", "a1", "a2", "b", "b1", "c"].map((id) => id.padEnd(16, "0")) as [
  string,
  string,
  string,
  string,
  string,
  string,
];

export function describeTelemetry(open: OpenStore): void {
  describe("spans", () => {
    test("of a trace with one run are all its, once each, by start", async () => {
      const store = await open();
      const job = await makeJob(store, "daily_etl");
      const run = await makeRun(store, job.id, "r1", runView({ traceIds: [TRACE] }));
      const rich = span(A1, {
        parentSpanId: A,
        startedAt: T0 - 0.25,
        status: "error",
        statusMessage: "no rows",
        attributes: { "batch.step.name": "load", list: [1, "x", null], empty: null },
        events: [{ at: T0, name: "exception", attributes: { "exception.type": "E" } }],
        droppedEvents: 2,
      });
      const plain = span(A, { serviceName: null });
      await store.commit({
        ...EMPTY_COMMIT,
        spans: [plain, rich, plain],
        aliases: [{ alias: traceAlias(TRACE), runRef: run.id }],
      });
      await store.commit({ ...EMPTY_COMMIT, spans: [plain] });
      expect(await store.runSpans(run, 100)).toEqual([rich, plain]);
      expect(await store.runSpans(run, 1)).toEqual([rich]);
      expect(await store.runSpans({ ...run, traceIds: [] }, 100)).toEqual([]);
    });

    test("of a shared trace: those below the run's own, and those of nobody", async () => {
      const store = await open();
      const job = await makeJob(store, "daily_etl");
      const shared = runView({ traceIds: [TRACE] });
      const [one, two] = (await makeRuns(store, [
        newRun(job.id, "1", { view: shared }),
        newRun(job.id, "2", { view: shared }),
      ])) as [Run, Run];
      await store.commit({
        ...EMPTY_COMMIT,
        // The root of the first run was never sent: it was killed.
        spans: [
          span(A1, { parentSpanId: A, startedAt: T0 + 1 }),
          span(A2, { parentSpanId: A1, startedAt: T0 + 2 }),
          span(B, { startedAt: T0 + 3 }),
          span(B1, { parentSpanId: B, startedAt: T0 + 4 }),
          span(LONE, { parentSpanId: LONE, startedAt: T0 + 5 }),
        ],
        aliases: [
          { alias: spanAlias(TRACE, A), runRef: one.id },
          { alias: spanAlias(TRACE, B), runRef: two.id },
          { alias: traceAlias(TRACE), runRef: one.id },
          { alias: traceAlias(TRACE), runRef: two.id },
        ],
      });
      const ids = async (run: Run) => (await store.runSpans(run, 100)).map((one) => one.spanId);
      expect(await ids(one)).toEqual([A1, A2, LONE]);
      expect(await ids(two)).toEqual([B, B1, LONE]);
    });
  });

  describe("log records", () => {
    test("of the run and of its traces come in order, in pages, once each", async () => {
      const store = await open();
      const job = await makeJob(store, "daily_etl");
      const [run, other] = (await makeRuns(store, [
        newRun(job.id, "1", { view: runView({ traceIds: [TRACE] }) }),
        newRun(job.id, "2", { view: runView({ traceIds: [TRACE] }) }),
      ])) as [Run, Run];
      const rich = logRecord("0123456789abcdef0123456789abcdef", {
        at: T0 + 1.5,
        severity: null,
        body: "",
        traceId: TRACE,
        spanId: A,
        attributes: { k: "v", n: 1 },
      });
      await store.commit({
        ...EMPTY_COMMIT,
        logs: [
          { runRef: run.id, log: rich },
          { runRef: run.id, log: rich },
          { runRef: null, log: logRecord("by trace", { at: T0 + 1, traceId: TRACE }) },
          { runRef: other.id, log: logRecord("of the other", { traceId: TRACE }) },
          { runRef: null, log: logRecord("of nobody") },
          ...Array.from({ length: 5 }, (_, index) => ({
            runRef: run.id,
            log: logRecord(`same time ${index}`, { at: T0 + 2 }),
          })),
        ],
      });
      const owner = { job: { namespace: "default", environment: "", jobName: "daily_etl" }, runId: "1" };
      const { items } = await store.runLogs(run, FIRST_PAGE);
      expect(items.slice(0, 2)).toEqual([
        { ...logRecord("by trace", { at: T0 + 1, traceId: TRACE }), ...owner },
        { ...rich, ...owner },
      ]);
      expect(items).toHaveLength(7);
      for (const limit of [1, 2, 7])
        expect(await allPages((page) => store.runLogs(run, page), limit)).toEqual(items);
    });

    test("of a severity and worse come in whole pages, with those that name none", async () => {
      const store = await open();
      const job = await makeJob(store, "daily_etl");
      const run = await makeRun(store, job.id, "1");
      const severities = ["trace", "debug", null, "info", "warn", "error", "fatal", "info", "warn"] as const;
      await store.commit({
        ...EMPTY_COMMIT,
        logs: severities.map((severity, index) => ({
          runRef: run.id,
          log: logRecord(`line ${index}`, { at: T0 + index, severity }),
        })),
      });
      for (const [least, wanted] of [
        [null, severities],
        ["trace", severities],
        ["warn", [null, "warn", "error", "fatal", "warn"]],
        ["fatal", [null, "fatal"]],
      ] as const) {
        const items = await allPages((page) => store.runLogs(run, page, least), 2);
        expect(items.map(({ severity }) => severity)).toEqual(wanted);
      }
    });

    test("that name a run before it is known are given to it when it comes", async () => {
      const store = await open();
      const job = await makeJob(store, "daily_etl");
      const another = await makeJob(store, "another");
      const key = { namespace: "default", environment: "", jobName: "daily_etl" };
      await store.commit({
        ...EMPTY_COMMIT,
        logs: [
          { runRef: null, log: logRecord("with job", { job: key, runId: "r1" }) },
          { runRef: null, log: logRecord("without job", { runId: "r1", at: T0 + 1 }) },
          { runRef: null, log: logRecord("of another", { job: { ...key, jobName: "x" }, runId: "r1" }) },
          { runRef: null, log: logRecord("other run", { job: key, runId: "r2" }) },
        ],
      });
      await makeRun(store, another.id, "r0");
      const run = await makeRun(store, job.id, "r1");
      expect((await store.runLogs(run, FIRST_PAGE)).items.map((log) => log.logId)).toEqual([
        "with job",
        "without job",
      ]);
    });
  });

  describe("metric state", () => {
    test("a stream keeps its last state; unknown ones are left out", async () => {
      const store = await open();
      const stream = (streamId: string, state: string) => ({ streamId, updatedAt: T0, state });
      await store.commit({
        ...EMPTY_COMMIT,
        metricStreams: [stream("s", "1"), stream("s", "2"), stream("t", "3")],
      });
      await store.commit({ ...EMPTY_COMMIT, metricStreams: [stream("t", "4")] });
      expect(await store.metricStreams(["s", "t", "u"])).toEqual(
        new Map([
          ["s", "2"],
          ["t", "4"],
        ]),
      );
      expect(await store.metricStreams([])).toEqual(new Map());
    });

    test("evidence is read by job and time, and stays settled", async () => {
      const store = await open();
      const { id: jobId } = await makeJob(store, "daily_etl");
      const evidence = (evidenceId: string, at: number) => ({
        evidenceId,
        jobId,
        at,
        settleAt: at + 60,
        state: "{}",
      });
      await store.commit({ ...EMPTY_COMMIT, metricEvidence: [evidence("e1", T0), evidence("e2", T0 + 10)] });
      await store.markEvidenceSettled(["e1", "none"]);
      await store.markEvidenceSettled([]);
      await store.commit({ ...EMPTY_COMMIT, metricEvidence: [{ ...evidence("e1", T0), state: "later" }] });
      expect(await store.metricEvidence(jobId, T0, T0 + 10)).toEqual([
        { ...evidence("e1", T0), state: "later", settled: true },
        { ...evidence("e2", T0 + 10), settled: false },
      ]);
      expect(await store.metricEvidence(jobId, T0 + 1, T0 + 9)).toEqual([]);
    });
  });
}
