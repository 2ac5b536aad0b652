/** Groups of alerts: incidents join, a look tells and moves on, a group without members ends. */
import { describe, expect, test } from "vitest";
import { FLUSH_GROUP, type GroupFlush, type GroupJoin } from "../../model/alert-group.ts";
import { EMPTY_WATCH_COMMIT, type LedgerStore } from "../ledger-store.ts";
import type { OpenStore } from "./ledger-contract.ts";
import { delivery, incident, judgement, MINUTE, makeJob, T0 } from "./ledger-fixtures.ts";

const JOIN: GroupJoin = {
  key: '{}:{owner="data"}',
  routeKey: "{}",
  receiver: "team",
  labels: { owner: "data" },
  at: T0,
  firstFlushAt: T0 + MINUTE,
  flushBy: null,
};

export function describeAlertGroups(open: OpenStore): void {
  describe("groups of alerts", () => {
    test("come to be with the first incident, which sets the first look; later ones join in its own time", async () => {
      const store = await open();
      const first = await openIncident(store, "a", [JOIN]);
      const second = await openIncident(store, "b", [{ ...JOIN, at: T0 + 5, firstFlushAt: T0 + 9 }]);
      const [{ group } = never()] = await store.alertGroupsOf(second);
      expect(group).toMatchObject({
        key: JOIN.key,
        routeKey: "{}",
        receiver: "team",
        labels: { owner: "data" },
        createdAt: T0,
        anchorIncidentId: null,
        notifiedAt: null,
      });
      expect((await store.getAlertGroup(group.id))?.members).toEqual([
        { groupId: group.id, incidentId: first, joinedAt: T0, toldSeverity: null, heldBecause: null },
        { groupId: group.id, incidentId: second, joinedAt: T0 + 5, toldSeverity: null, heldBecause: null },
      ]);
      expect(await looks(store, group.id)).toEqual([T0 + MINUTE]);
      await openIncident(store, "c", [{ ...JOIN, flushBy: T0 + 20 }]);
      expect(await looks(store, group.id)).toEqual([T0 + 20]);
      await openIncident(store, "d", [{ ...JOIN, flushBy: T0 + 30 }]);
      expect(await looks(store, group.id)).toEqual([T0 + 20]);
    });

    test("keep what a look tells: members, messages, entries, and the next look", async () => {
      const store = await open();
      const [a, b] = [await openIncident(store, "a", [JOIN]), await openIncident(store, "b", [JOIN])];
      const groupId = (await store.alertGroupsOf(a))[0]?.group.id ?? 0;
      const [row] = await store.claimDeadlines([FLUSH_GROUP], T0 + MINUTE, 10, 30_000);
      await store.commitGroupFlush({
        ...look(groupId, [row?.id ?? 0]),
        anchorIncidentId: a,
        notifiedAt: T0 + MINUTE,
        members: [
          { incidentId: a, toldSeverity: "critical", heldBecause: null },
          { incidentId: b, toldSeverity: null, heldBecause: "muted by time interval nights" },
        ],
        entries: [{ incidentId: b, at: T0 + MINUTE, text: "Not sent." }],
        deliveries: [{ ...delivery(), receiver: "team/webhook", incidentIds: [a, b] }],
        nextFlushAt: T0 + 6 * MINUTE,
      });
      const found = await store.getAlertGroup(groupId);
      expect(found).toMatchObject({
        group: { anchorIncidentId: a, notifiedAt: T0 + MINUTE },
        members: [
          { toldSeverity: "critical" },
          { toldSeverity: null, heldBecause: "muted by time interval nights" },
        ],
      });
      expect(await looks(store, groupId)).toEqual([T0 + 6 * MINUTE]);
      expect(await store.incidentEntries(b)).toMatchObject([{ text: "Not sent." }]);
      for (const id of [a, b])
        expect(await store.deliveriesOf(id)).toMatchObject([{ incidentId: a, receiver: "team/webhook" }]);
      expect(await store.messagesSince(0)).toMatchObject([{ receiver: "team/webhook" }]);
      expect(await store.messagesSince(Number.MAX_SAFE_INTEGER)).toEqual([]);
    });

    test("end with their last member, and their next look with them", async () => {
      const store = await open();
      const [a, b] = [await openIncident(store, "a", [JOIN]), await openIncident(store, "b", [JOIN])];
      const groupId = (await store.alertGroupsOf(a))[0]?.group.id ?? 0;
      await store.commitGroupFlush({ ...look(groupId, []), leaving: [a], nextFlushAt: T0 + 2 * MINUTE });
      expect((await store.getAlertGroup(groupId))?.members).toMatchObject([{ incidentId: b }]);
      const [row] = await store.claimDeadlines([FLUSH_GROUP], T0 + MINUTE, 10, 30_000);
      await store.commitGroupFlush({ ...look(groupId, [row?.id ?? 0]), leaving: [b] });
      expect(await store.getAlertGroup(groupId)).toBeNull();
      expect(await looks(store, groupId)).toEqual([]);
    });

    test("hand members over to another group in the same commit", async () => {
      const store = await open();
      const a = await openIncident(store, "a", [JOIN]);
      const groupId = (await store.alertGroupsOf(a))[0]?.group.id ?? 0;
      const digest = { ...JOIN, key: "digest:team", firstFlushAt: T0 + 3 * MINUTE };
      await store.commitGroupFlush({ ...look(groupId, []), moves: [{ incidentId: a, join: digest }] });
      expect(await store.getAlertGroup(groupId)).toBeNull();
      const [{ group } = never()] = await store.alertGroupsOf(a);
      expect(group.key).toBe("digest:team");
      expect(await looks(store, group.id)).toEqual([T0 + 3 * MINUTE]);
    });

    test("what a rule's alert says is kept with its judgement, which is found while it is open", async () => {
      const store = await open();
      const job = await makeJob(store, "a");
      const ruleAlert = { labels: { alertname: "FewRecords" }, annotations: { summary: "few" } };
      const judgements = [{ ...judgement(job.id, "rule:1"), ruleAlert }, judgement(job.id, "run:1")];
      await store.commitWatch({ ...EMPTY_WATCH_COMMIT, judgements });
      const [found, ...others] = await store.openRuleJudgements();
      expect([found, others]).toMatchObject([{ subject: "rule:1", ruleAlert }, []]);
      const resolveJudgements = [{ id: found?.id ?? 0, at: T0 + 5, resolution: "over" }];
      await store.commitWatch({ ...EMPTY_WATCH_COMMIT, resolveJudgements });
      expect(await store.openRuleJudgements()).toEqual([]);
      expect((await store.openJudgements(job.id))[0]).not.toHaveProperty("ruleAlert");
      const again = judgements.map((each) => ({ ...each, reopen: true }));
      await store.commitWatch({ ...EMPTY_WATCH_COMMIT, judgements: again });
      expect(await store.openRuleJudgements()).toMatchObject([
        { id: found?.id, ruleAlert, incidentId: null },
      ]);
    });

    test("jobs with open incidents are named once", async () => {
      const store = await open();
      await openIncident(store, "a", []);
      await openIncident(store, "a", []);
      const { id } = await makeJob(store, "a");
      expect(await store.jobsWithOpenIncidents()).toEqual([id]);
    });

    test("read incidents by id, and the labels of the open ones", async () => {
      const store = await open();
      const [a, b] = [await openIncident(store, "a", []), await openIncident(store, "b", [])];
      const [read] = await store.getIncidents([a, 999]);
      expect(read).toMatchObject({ id: a });
      expect((await store.openIncidentLabels()).map(({ id }) => id)).toEqual([a, b]);
    });
  });
}

function look(groupId: number, doneDeadlines: readonly number[]): GroupFlush {
  return {
    groupId,
    doneDeadlines,
    anchorIncidentId: null,
    notifiedAt: null,
    members: [],
    leaving: [],
    moves: [],
    entries: [],
    deliveries: [],
    nextFlushAt: T0,
  };
}

async function openIncident(
  store: LedgerStore,
  jobName: string,
  joins: readonly GroupJoin[],
): Promise<number> {
  const job = await makeJob(store, jobName);
  const write = {
    id: null,
    incident: incident(job.id),
    judgementIds: [],
    entries: [],
    deliveries: [],
    joins,
  };
  await store.commitWatch({ ...EMPTY_WATCH_COMMIT, incidents: [write] });
  return (await store.openIncidents(job.id))[0]?.id ?? 0;
}

async function looks(store: LedgerStore, groupId: number): Promise<number[]> {
  return (await store.deadlinesFor([`group:${groupId}`])).map(({ dueAt }) => dueAt);
}

function never(): never {
  throw new Error("There is no group.");
}
