import { describe, expect, test } from "vitest";
import type { NewDeadline } from "../../model/watch.ts";
import { EMPTY_WATCH_COMMIT, type LedgerStore, VersionConflictError } from "../ledger-store.ts";
import type { OpenStore } from "./ledger-contract.ts";
import {
  allPages,
  delivery,
  EMPTY_COMMIT,
  FIRST_PAGE,
  incident,
  judgement,
  MINUTE,
  makeJob,
  makeRun,
  slot,
  T0,
} from "./ledger-fixtures.ts";

const LEASE = 30_000;

export function describeWatch(open: OpenStore): void {
  describe("deadlines", () => {
    test("are claimed oldest first, of the kinds asked for, each by one claimer until the lease runs out", async () => {
      const store = await open();
      await set(store, [
        due("b", "2", T0 + 2),
        due("a", "1", T0 + 1),
        due("c", "3", T0),
        due("a", "4", T0 + 9),
      ]);
      const first = await store.claimDeadlines(["a", "b"], T0 + 5, 10, LEASE);
      expect(first.map((row) => row.subject)).toEqual(["1", "2"]);
      expect(await store.claimDeadlines(["a", "b"], T0 + 5, 10, LEASE)).toEqual([]);
      const again = await store.claimDeadlines(["a", "b"], T0 + 5 + LEASE, 1, LEASE);
      expect(again).toEqual(first.slice(0, 1));
      expect(await store.claimDeadlines([], T0 + 5, 10, LEASE)).toEqual([]);
    });

    test("of one kind and subject are one row, which moves; keepEarlier keeps the earlier time", async () => {
      const store = await open();
      await set(store, [due("a", "1", T0)]);
      await set(store, [{ ...due("a", "1", T0 + 5), payload: "{}" }]);
      expect(await store.deadlinesFor(["1"])).toMatchObject([{ dueAt: T0 + 5, payload: "{}" }]);
      await set(store, [{ ...due("a", "1", T0 + 9), keepEarlier: true }]);
      expect(await store.deadlinesFor(["1"])).toMatchObject([{ dueAt: T0 + 5, payload: null }]);
      await set(store, [{ ...due("a", "1", T0 + 3), keepEarlier: true }]);
      expect(await store.deadlinesFor(["1"])).toMatchObject([{ dueAt: T0 + 3 }]);
      await set(store, [
        due("a", "2", T0 + 9),
        due("a", "2", T0 + 8),
        { ...due("a", "2", T0 + 10), keepEarlier: true },
      ]);
      expect(await store.deadlinesFor(["2"])).toMatchObject([{ dueAt: T0 + 8 }]);
    });

    test("that are done go; what was set again while they were looked at stays", async () => {
      const store = await open();
      await set(store, [due("a", "1", T0), due("a", "2", T0)]);
      const claimed = await store.claimDeadlines(["a"], T0, 10, LEASE);
      await set(store, [due("a", "2", T0 + 1)]);
      await store.commitWatch({ ...EMPTY_WATCH_COMMIT, doneDeadlines: claimed.map((row) => row.id) });
      expect(await store.deadlinesFor(["1", "2"])).toMatchObject([{ subject: "2", dueAt: T0 + 1 }]);
      expect(await store.claimDeadlines(["a"], T0 + 1, 10, LEASE)).toHaveLength(1);
    });

    test("that are done and set again in one commit are set", async () => {
      const store = await open();
      await set(store, [due("a", "1", T0)]);
      const [row] = await store.claimDeadlines(["a"], T0, 10, LEASE);
      await store.commitWatch({
        ...EMPTY_WATCH_COMMIT,
        doneDeadlines: [row?.id ?? 0],
        setDeadlines: [due("a", "1", T0 + 60)],
      });
      expect(await store.deadlinesFor(["1"])).toMatchObject([{ dueAt: T0 + 60 }]);
    });

    test("that fail are pushed ahead, and parked at last; setting one again wakes it", async () => {
      const store = await open();
      await set(store, [due("a", "1", T0)]);
      const [row] = await store.claimDeadlines(["a"], T0, 10, LEASE);
      await store.failDeadline(row?.id ?? 0, "it threw", T0 + 100);
      expect(await store.claimDeadlines(["a"], T0 + 99, 10, LEASE)).toEqual([]);
      expect(await store.claimDeadlines(["a"], T0 + 100, 10, LEASE)).toMatchObject([
        { failures: 1, lastError: "it threw", dueAt: T0 + 100 },
      ]);
      await store.failDeadline(row?.id ?? 0, "again", null);
      expect(await store.claimDeadlines(["a"], T0 + 10 * LEASE, 10, LEASE)).toEqual([]);
      expect(await store.nextDeadlineAt(["a"])).toBeNull();
      expect(await store.deadlineBacklog(T0 + 10 * LEASE)).toEqual({ due: 0, parked: 1 });
      await set(store, [{ ...due("a", "1", T0 + 500), keepEarlier: true }]);
      expect(await store.deadlineBacklog(T0 + 500)).toEqual({ due: 1, parked: 0 });
      expect(await store.deadlinesFor(["1"])).toMatchObject([
        { failures: 0, lastError: null, dueAt: T0 + 500 },
      ]);
    });

    test("tell when the next is due, counting a lease that may run out", async () => {
      const store = await open();
      expect(await store.nextDeadlineAt(["a"])).toBeNull();
      await set(store, [due("a", "1", T0), due("b", "2", T0 + 5), due("c", "3", T0 - 5)]);
      expect(await store.nextDeadlineAt(["a", "b"])).toBe(T0);
      await store.claimDeadlines(["a"], T0, 10, LEASE);
      expect(await store.nextDeadlineAt(["a", "b"])).toBe(T0 + 5);
      expect(await store.nextDeadlineAt(["a"])).toBe(T0 + LEASE);
    });

    test("are told by job, and dropped by kind and subject", async () => {
      const store = await open();
      const job = await makeJob(store, "daily_etl");
      await set(store, [
        { ...due("a", "1", T0 + 9), jobId: job.id },
        { ...due("b", "1", T0 + 8), jobId: job.id },
        { ...due("c", "1", T0 + 1), jobId: job.id },
      ]);
      const next = await store.nextDeadlineByJob([job.id, 99], ["a", "b"]);
      expect([...next].map(([id, row]) => [id, row.kind])).toEqual([[job.id, "b"]]);
      await store.commitWatch({ ...EMPTY_WATCH_COMMIT, dropDeadlines: [{ kind: "b", subject: "1" }] });
      expect((await store.deadlinesFor(["1"])).map((row) => row.kind)).toEqual(["c", "a"]);
    });

    test("of new runs take their subject from the run's id", async () => {
      const store = await open();
      const job = await makeJob(store, "daily_etl");
      const run = await makeRun(store, job.id, "r1");
      await store.commit({
        ...EMPTY_COMMIT,
        runDeadlines: [{ kind: "judge_run", runRef: run.id, jobId: job.id, dueAt: T0 }],
      });
      expect(await store.deadlinesFor([`run:${run.id}`])).toMatchObject([
        { kind: "judge_run", jobId: job.id },
      ]);
    });
  });

  describe("slots", () => {
    test("are filled once each, and read by time", async () => {
      const store = await open();
      const { id } = await makeJob(store, "daily_etl");
      const at = (hour: number) => T0 + hour * 60 * MINUTE;
      await store.commitWatch({
        ...EMPTY_WATCH_COMMIT,
        newSlots: [slot(id, at(1)), slot(id, at(0)), slot(id, at(1))],
      });
      await store.commitWatch({
        ...EMPTY_WATCH_COMMIT,
        newSlots: [slot(id, at(1), { state: "missed" }), slot(id, at(2))],
      });
      const slots = await store.slotsBetween(id, at(0), at(2));
      expect(slots.map(({ id: _id, ...rest }) => rest)).toEqual([
        slot(id, at(0)),
        slot(id, at(1)),
        slot(id, at(2)),
      ]);
      expect(await store.nextSlots([id, 99], at(0))).toEqual(new Map([[id, slots[1]]]));
      expect(await store.recentSlots([id, 99], at(2), 5)).toEqual(new Map([[id, [slots[1], slots[0]]]]));
      expect(await store.recentSlots([id], at(2), 1)).toEqual(new Map([[id, [slots[1]]]]));
      expect(await store.getSlots(slots.map((one) => one.id))).toEqual(slots);
      expect(await store.getSlot(99)).toBeNull();
      await store.commitWatch({ ...EMPTY_WATCH_COMMIT, dropSlotsFrom: [{ jobId: id, from: at(1) }] });
      expect(await store.slotsBetween(id, at(0), at(2))).toEqual(slots.slice(0, 1));
    });

    test("hold the run that they are matched with, and the run holds its slot", async () => {
      const store = await open();
      const job = await makeJob(store, "daily_etl");
      const [one, two] = [await makeRun(store, job.id, "r1"), await makeRun(store, job.id, "r2")];
      await store.commitWatch({ ...EMPTY_WATCH_COMMIT, newSlots: [slot(job.id, T0)] });
      const id = (await store.slotsBetween(job.id, T0, T0))[0]?.id ?? 0;
      const change = (from: "expected" | "matched", runRowId: number) =>
        store.commitWatch({
          ...EMPTY_WATCH_COMMIT,
          slotChanges: [{ id, from, to: "matched", reason: "nearest", runRowId }],
        });
      await change("expected", one.id);
      expect((await store.getRun(one.id))?.run.slotId).toBe(id);
      await change("matched", two.id);
      expect(await store.getSlot(id)).toMatchObject({
        state: "matched",
        reason: "nearest",
        runRowId: two.id,
      });
      expect((await store.getRun(one.id))?.run.slotId).toBeNull();
      expect((await store.getRun(two.id))?.run.slotId).toBe(id);
    });

    test("that changed meanwhile undo the whole commit", async () => {
      const store = await open();
      const job = await makeJob(store, "daily_etl");
      await store.commitWatch({ ...EMPTY_WATCH_COMMIT, newSlots: [slot(job.id, T0)] });
      const id = (await store.slotsBetween(job.id, T0, T0))[0]?.id ?? 0;
      const miss = {
        ...EMPTY_WATCH_COMMIT,
        slotChanges: [{ id, from: "expected", to: "missed", reason: "no start", runRowId: null }],
        judgements: [judgement(job.id, `slot:${id}`, { type: "run_missed" })],
      } as const;
      await store.commitWatch(miss);
      await expect(
        store.commitWatch({ ...miss, judgements: [judgement(job.id, `slot:${id}`, { type: "start_late" })] }),
      ).rejects.toThrow(VersionConflictError);
      expect((await store.judgementsOfSubject(`slot:${id}`)).map((one) => one.type)).toEqual(["run_missed"]);
    });
  });

  describe("judgements", () => {
    test("are made once for a subject and type, resolved once, and come again only where asked", async () => {
      const store = await open();
      const { id: jobId } = await makeJob(store, "daily_etl");
      const made = judgement(jobId, "run:1", { runRowId: 1, limitText: "5 min" });
      const commit = (changes: Partial<typeof EMPTY_WATCH_COMMIT>) =>
        store.commitWatch({ ...EMPTY_WATCH_COMMIT, ...changes });
      await commit({ judgements: [made, { ...made, explanation: "second" }] });
      const [first] = await store.openJudgements(jobId);
      expect(first).toEqual({
        ...made,
        id: first?.id,
        state: "open",
        resolvedAt: null,
        resolution: null,
        incidentId: null,
      });
      const id = first?.id ?? 0;
      await commit({ updateJudgements: [{ id, valueText: "7 min", explanation: "better words" }] });
      await commit({ resolveJudgements: [{ id, at: T0 + 5, resolution: "succeeded" }] });
      await commit({ resolveJudgements: [{ id, at: T0 + 9, resolution: "again" }] });
      expect(await store.judgementsOfSubject("run:1")).toMatchObject([
        { state: "resolved", resolvedAt: T0 + 5, resolution: "succeeded", valueText: "7 min" },
      ]);
      await commit({ judgements: [made] });
      expect(await store.openJudgements(jobId)).toEqual([]);
      await commit({ judgements: [{ ...made, at: T0 + 20, reopen: true }] });
      expect(await store.openJudgements(jobId)).toEqual([{ ...first, at: T0 + 20 }]);
    });

    test("are grouped by job, run and incident, and unfolded until an incident has them", async () => {
      const store = await open();
      const { id: jobId } = await makeJob(store, "daily_etl");
      await store.commitWatch({
        ...EMPTY_WATCH_COMMIT,
        judgements: [
          judgement(jobId, "run:1", { runRowId: 1 }),
          judgement(jobId, "run:2", { runRowId: 2, at: T0 + 1 }),
        ],
      });
      const [one, two] = await store.unfoldedJudgements(jobId);
      if (one === undefined || two === undefined) throw new Error("no judgements");
      await store.commitWatch({
        ...EMPTY_WATCH_COMMIT,
        incidents: [
          { id: null, incident: incident(jobId), judgementIds: [one.id], entries: [], deliveries: [] },
        ],
      });
      expect(await store.unfoldedJudgements(jobId)).toEqual([two]);
      const [opened] = await store.openIncidents(jobId);
      const folded = { ...one, incidentId: opened?.id };
      expect(await store.judgementsOfIncident(opened?.id ?? 0)).toEqual([folded]);
      expect(await store.judgementsOfIncidents([opened?.id ?? 0, 99])).toEqual(
        new Map([[opened?.id, [folded]]]),
      );
      expect(await store.openJudgementsByJobs([jobId, 99])).toEqual(new Map([[jobId, [folded, two]]]));
      expect(await store.judgementsOfRuns([2, 3])).toEqual(new Map([[2, [two]]]));
      expect(await store.judgementsOfRuns([])).toEqual(new Map());
    });
  });

  describe("incidents and deliveries", () => {
    test("an incident, its words and its outbox rows are written together and change together", async () => {
      const store = await open();
      const { id: jobId } = await makeJob(store, "daily_etl");
      await store.commitWatch({
        ...EMPTY_WATCH_COMMIT,
        incidents: [
          {
            id: null,
            incident: incident(jobId),
            judgementIds: [],
            entries: [
              { at: T0, text: "opened" },
              { at: T0, text: "told on-call" },
            ],
            deliveries: [delivery()],
          },
        ],
      });
      const opened = (await store.openIncidents(jobId))[0];
      if (opened === undefined) throw new Error("no incident");
      expect(opened).toEqual({ ...incident(jobId), id: opened.id });
      expect(await store.openIncidentsByJobs([jobId])).toEqual(new Map([[jobId, opened]]));
      expect(await store.countOpenIncidents()).toEqual({ open: 1, critical: 1 });
      expect((await store.incidentEntries(opened.id)).map((entry) => entry.text)).toEqual([
        "opened",
        "told on-call",
      ]);
      const { id, ...rest } = opened;
      const resolved = {
        ...rest,
        state: "resolved",
        resolvedAt: T0 + 9,
        resolution: "succeeded",
        notified: false,
      } as const;
      await store.commitWatch({
        ...EMPTY_WATCH_COMMIT,
        incidents: [
          {
            id,
            incident: resolved,
            judgementIds: [],
            entries: [],
            deliveries: [delivery({ reason: "resolved" })],
          },
        ],
      });
      expect(await store.getIncident(id)).toEqual({ ...resolved, id });
      expect(await store.openIncidents(jobId)).toEqual([]);
      expect(await store.countOpenIncidents()).toEqual({ open: 0, critical: 0 });
      expect((await store.deliveriesOf(id)).map((one) => [one.reason, one.state, one.nextTryAt])).toEqual([
        ["opened", "pending", T0],
        ["resolved", "pending", T0],
      ]);
    });

    test("incidents are listed newest first, filtered, in pages", async () => {
      const store = await open();
      const [a, b] = [await makeJob(store, "a"), await makeJob(store, "b", "other")];
      const write = (jobId: number, changes: Parameters<typeof incident>[1]) => ({
        id: null,
        incident: incident(jobId, changes),
        judgementIds: [],
        entries: [],
        deliveries: [],
      });
      await store.commitWatch({
        ...EMPTY_WATCH_COMMIT,
        incidents: [
          write(a.id, { title: "1", openedAt: T0 }),
          write(b.id, { title: "2", openedAt: T0 + 1, severity: "info" }),
          write(a.id, { title: "3", openedAt: T0 + 1, state: "resolved", resolvedAt: T0 + 2 }),
        ],
      });
      const titles = async (filter: Parameters<LedgerStore["listIncidents"]>[0]) =>
        (await allPages((page) => store.listIncidents(filter, page), 1)).map((one) => one.title);
      expect(await titles({})).toEqual(["3", "2", "1"]);
      expect(await titles({ state: "open" })).toEqual(["2", "1"]);
      expect(await titles({ namespace: "other" })).toEqual(["2"]);
      expect(await titles({ environment: "", jobName: "a" })).toEqual(["3", "1"]);
      expect(await titles({ jobId: b.id, severity: "critical" })).toEqual([]);
    });

    test("a delivery is leased, tried, tried again, and delivered with proof", async () => {
      const store = await open();
      const { id: jobId } = await makeJob(store, "daily_etl");
      expect(await store.nextDeliveryAt()).toBeNull();
      await store.commitWatch({
        ...EMPTY_WATCH_COMMIT,
        incidents: [
          {
            id: null,
            incident: incident(jobId),
            judgementIds: [],
            entries: [],
            deliveries: [delivery(), delivery({ receiver: "other" })],
          },
        ],
      });
      expect(await store.nextDeliveryAt()).toBe(T0);
      expect(await store.claimDeliveries(T0 - 1, 10, LEASE)).toEqual([]);
      const [first] = await store.claimDeliveries(T0, 1, LEASE);
      const [second] = await store.claimDeliveries(T0, 10, LEASE);
      if (first === undefined || second === undefined) throw new Error("nothing claimed");
      expect([first.receiver, second.receiver]).toEqual(["on-call", "other"]);
      expect(await store.claimDeliveries(T0 + 1, 10, LEASE)).toEqual([]);
      expect(await store.nextDeliveryAt()).toBe(T0 + LEASE);

      const failed = { at: T0 + 1, latencyMs: 12.5, status: 500, error: "HTTP 500" };
      const worked = { at: T0 + 61, latencyMs: 8, status: 200, error: null };
      await store.recordTry(first.id, failed, false, T0 + 60);
      expect(await store.claimDeliveries(T0 + 60, 10, LEASE)).toMatchObject([
        { id: first.id, tries: [failed] },
      ]);
      await store.recordTry(first.id, worked, true, null);
      await store.recordTry(second.id, failed, false, null);
      await store.recordTry(first.id, failed, false, T0 + 99);
      expect(await store.deliveriesOf(first.incidentId)).toMatchObject([
        {
          state: "delivered",
          deliveredAt: worked.at + worked.latencyMs,
          nextTryAt: null,
          leaseUntil: null,
          tries: [failed, worked, failed],
        },
        { state: "parked", nextTryAt: null, tries: [failed] },
      ]);
      expect(await store.nextDeliveryAt()).toBeNull();
    });

    test("an incident shows the runs of all its judgements", async () => {
      const store = await open();
      const job = await makeJob(store, "daily_etl");
      await store.commitWatch({
        ...EMPTY_WATCH_COMMIT,
        judgements: [judgement(job.id, "run:5", { runRowId: 5 })],
      });
      const [made] = await store.openJudgements(job.id);
      await store.commitWatch({
        ...EMPTY_WATCH_COMMIT,
        incidents: [
          {
            id: null,
            incident: incident(job.id, { runRowId: 4 }),
            judgementIds: [made?.id ?? 0],
            entries: [],
            deliveries: [],
          },
        ],
      });
      for (const [runRowId, count] of [
        [4, 1],
        [5, 1],
        [6, 0],
      ] as const)
        expect((await store.listIncidents({ runRowId }, FIRST_PAGE)).items).toHaveLength(count);
    });
  });
}

function due(kind: string, subject: string, dueAt: number): NewDeadline {
  return { kind, subject, jobId: null, dueAt };
}

function set(store: LedgerStore, setDeadlines: readonly NewDeadline[]): Promise<void> {
  return store.commitWatch({ ...EMPTY_WATCH_COMMIT, setDeadlines });
}
