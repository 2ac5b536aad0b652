import { describe, expect, test } from "vitest";
import { EMPTY_WATCH_COMMIT } from "../ledger-store.ts";
import type { OpenStore } from "./ledger-contract.ts";
import {
  completedView,
  delivery,
  EMPTY_COMMIT,
  FIRST_PAGE,
  incident,
  judgement,
  logRecord,
  MINUTE,
  makeJob,
  makeRun,
  runEvent,
  runView,
  slot,
  span,
  T0,
  TRACE,
} from "./ledger-fixtures.ts";

const LATER = T0 + 1000 * MINUTE;

export function describeRetention(open: OpenStore): void {
  describe("retention", () => {
    test("drops old runs in steps, oldest first, with what hangs on them, and no open one", async () => {
      const store = await open();
      const job = await makeJob(store, "daily_etl");
      const oldest = await makeRun(store, job.id, "oldest", completedView(T0, 1));
      const old = await makeRun(store, job.id, "old", completedView(T0 + 1, 1));
      const running = await makeRun(store, job.id, "running", runView({ startedAt: T0 }));
      const paging = await makeRun(store, job.id, "paging", completedView(T0, 1));
      const young = await makeRun(store, job.id, "young", completedView(LATER, 1));
      await store.commit({
        ...EMPTY_COMMIT,
        events: [oldest, old].map((run) => ({ runRef: run.id, event: runEvent(job, run.runId) })),
        aliases: [{ alias: "x", runRef: oldest.id }],
      });
      await store.commitWatch({
        ...EMPTY_WATCH_COMMIT,
        newSlots: [slot(job.id, T0, { state: "matched", runRowId: oldest.id })],
        judgements: [judgement(job.id, `run:${oldest.id}`, { runRowId: oldest.id })],
        incidents: [
          {
            id: null,
            incident: incident(job.id, { runRowId: paging.id }),
            judgementIds: [],
            entries: [],
            deliveries: [],
          },
        ],
      });
      const slotId = (await store.slotsBetween(job.id, T0, T0))[0]?.id ?? 0;
      await store.commitWatch({
        ...EMPTY_WATCH_COMMIT,
        slotChanges: [{ id: slotId, from: "matched", to: "matched", reason: "nominal", runRowId: oldest.id }],
      });

      expect(await store.prune("runs", LATER, 0)).toBe(0);
      expect(await store.prune("runs", LATER, 1)).toBe(1);
      expect(await store.getRun(oldest.id)).toBeNull();
      expect(await store.findByAliases(["x"])).toEqual([]);
      expect(await store.judgementsOfSubject(`run:${oldest.id}`)).toEqual([]);
      expect((await store.getSlot(slotId))?.runRowId).toBeNull();
      expect(await store.prune("runs", LATER, 10)).toBe(1);
      expect(await store.prune("runs", LATER, 10)).toBe(0);
      const left = await store.listRuns({}, "startedAt", FIRST_PAGE);
      expect(left.items.map((run) => run.id).toSorted()).toEqual(
        [running.id, paging.id, young.id].toSorted(),
      );
    });

    test("drops beats of closed runs, spans, orphans and logs by their own age", async () => {
      const store = await open();
      const job = await makeJob(store, "daily_etl");
      const closed = await makeRun(store, job.id, "closed", completedView(T0, 1, { traceIds: [TRACE] }));
      const running = await makeRun(store, job.id, "running");
      const beat = (runId: string) => runEvent(job, runId, { kind: "heartbeat" });
      await store.commit({
        ...EMPTY_COMMIT,
        events: [
          { runRef: closed.id, event: beat("closed") },
          { runRef: running.id, event: beat("running") },
          { runRef: null, event: runEvent(job, "", { run: { by: "span", traceId: TRACE, spanId: "1" } }) },
        ],
        spans: [span("1".repeat(16)), span("2".repeat(16), { endedAt: LATER })],
        logs: [
          { runRef: closed.id, log: logRecord("old") },
          { runRef: closed.id, log: logRecord("young", { at: LATER }) },
        ],
      });
      expect(await store.prune("heartbeats", LATER, 10)).toBe(2);
      expect(await store.allRunEvents(closed.id)).toEqual([]);
      expect(await store.allRunEvents(running.id)).toHaveLength(1);
      expect(await store.prune("spans", LATER, 10)).toBe(2);
      expect(await store.countOrphans()).toBe(0);
      expect(await store.runSpans(closed, 10)).toHaveLength(1);
      expect(await store.prune("logs", LATER, 10)).toBe(1);
      expect((await store.runLogs(closed, FIRST_PAGE)).items.map((log) => log.logId)).toEqual(["young"]);
    });

    test("drops resolved incidents with their parts, past slots, and silent metric streams", async () => {
      const store = await open();
      const job = await makeJob(store, "daily_etl");
      const write = (changes: Parameters<typeof incident>[1]) => ({
        id: null,
        incident: incident(job.id, changes),
        judgementIds: [],
        entries: [{ at: T0, text: "opened" }],
        deliveries: [delivery()],
      });
      await store.commitWatch({
        ...EMPTY_WATCH_COMMIT,
        newSlots: [slot(job.id, T0), slot(job.id, T0 + 1, { state: "missed" }), slot(job.id, LATER)],
        incidents: [write({ state: "resolved", resolvedAt: T0 + 5 }), write({})],
      });
      const [resolved] = (await store.listIncidents({ state: "resolved" }, FIRST_PAGE)).items;
      await store.commit({
        ...EMPTY_COMMIT,
        metricStreams: [
          { streamId: "old", updatedAt: T0, state: "1" },
          { streamId: "young", updatedAt: LATER, state: "1" },
        ],
        metricEvidence: ["settled", "waiting"].map((evidenceId) => ({
          evidenceId,
          jobId: job.id,
          at: T0,
          settleAt: T0,
          state: "{}",
        })),
      });
      await store.markEvidenceSettled(["settled"]);

      expect(await store.prune("incidents", LATER, 10)).toBe(1);
      expect(await store.getIncident(resolved?.id ?? 0)).toBeNull();
      expect(await store.deliveriesOf(resolved?.id ?? 0)).toEqual([]);
      expect(await store.openIncidents(job.id)).toHaveLength(1);
      expect(await store.prune("slots", LATER, 10)).toBe(1);
      expect((await store.slotsBetween(job.id, T0, LATER)).map((one) => one.slotAt)).toEqual([T0, LATER]);
      expect(await store.prune("metricStreams", LATER, 10)).toBe(2);
      expect([...(await store.metricStreams(["old", "young"])).keys()]).toEqual(["young"]);
      expect((await store.metricEvidence(job.id, T0, LATER)).map((one) => one.evidenceId)).toEqual([
        "waiting",
      ]);
    });
  });
}
