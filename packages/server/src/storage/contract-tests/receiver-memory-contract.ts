/** What channels remember of an incident: kept with the proof, claimed when it is to be told again. */
import { expect, test } from "vitest";
import { EMPTY_WATCH_COMMIT, type LedgerStore } from "../ledger-store.ts";
import type { OpenStore } from "./ledger-contract.ts";
import { delivery, incident, makeJob, T0 } from "./ledger-fixtures.ts";

const LEASE = 30_000;
const WORKED = { at: T0, latencyMs: 5, status: 200, error: null };

async function openIncident(store: LedgerStore, ...reasons: ("opened" | "resolved")[]): Promise<number> {
  const job = await makeJob(store, "daily_etl");
  const deliveries = reasons.map((reason) => delivery({ reason }));
  const write = { id: null, incident: incident(job.id), judgementIds: [], entries: [], deliveries };
  await store.commitWatch({ ...EMPTY_WATCH_COMMIT, incidents: [write] });
  return (await store.openIncidents(job.id))[0]?.id ?? 0;
}

async function deliverOne(store: LedgerStore, memory: string | null, resendAt: number | null) {
  const [claimed] = await store.claimDeliveries(T0, 1, LEASE);
  if (claimed === undefined) throw new Error("nothing was claimed");
  await store.recordTry(claimed.id, WORKED, true, null, { memory, resendAt });
  return claimed;
}

export function describeReceiverMemories(open: OpenStore): void {
  test("what a channel remembers is kept with the proof, and replaced by what it remembers next", async () => {
    const store = await open();
    const id = await openIncident(store, "opened", "resolved");
    const { receiver } = await deliverOne(store, '{"ts":"1"}', null);
    expect(await store.receiverMemory(id, receiver)).toEqual({ memory: '{"ts":"1"}', resendAt: null });
    expect(await store.receiverMemory(id, "another")).toBeNull();
    await deliverOne(store, null, null);
    expect(await store.receiverMemory(id, receiver)).toEqual({ memory: null, resendAt: null });
  });

  test("a try without a word about it leaves what is remembered", async () => {
    const store = await open();
    const id = await openIncident(store, "opened", "resolved");
    const { receiver } = await deliverOne(store, '{"ts":"1"}', null);
    const [second] = await store.claimDeliveries(T0, 1, LEASE);
    await store.recordTry(second?.id ?? 0, { ...WORKED, status: 503, error: "down" }, false, T0 + 1);
    expect(await store.receiverMemory(id, receiver)).toEqual({ memory: '{"ts":"1"}', resendAt: null });
  });

  test("what is to be told again is claimed once, under a lease that runs out", async () => {
    const store = await open();
    const id = await openIncident(store, "opened");
    const first = await deliverOne(store, "[1]", T0 + 60_000);
    expect(await store.claimResends(T0 + 59_999, 10, LEASE)).toEqual([]);
    expect(await store.claimResends(T0 + 60_000, 10, LEASE)).toMatchObject([
      { delivery: { id: first.id, incidentId: id, state: "delivered", tries: [WORKED] }, memory: "[1]" },
    ]);
    expect(await store.claimResends(T0 + 60_001, 10, LEASE)).toEqual([]);
    expect(await store.claimResends(T0 + 60_000 + LEASE, 10, LEASE)).toHaveLength(1);
    await store.recordResend(id, first.receiver, { memory: "[2]", resendAt: T0 + 120_000 });
    expect(await store.receiverMemory(id, first.receiver)).toEqual({ memory: "[2]", resendAt: T0 + 120_000 });
    expect(await store.claimResends(T0 + 119_999, 10, LEASE)).toEqual([]);
    expect(await store.claimResends(T0 + 120_000, 10, LEASE)).toHaveLength(1);
  });

  test("nothing is told again while news waits, and no news is claimed while it is told again", async () => {
    const store = await open();
    const id = await openIncident(store, "opened", "resolved");
    const { receiver } = await deliverOne(store, null, T0);
    expect(await store.claimResends(T0, 10, LEASE)).toEqual([]);
    const resolved = await deliverOne(store, null, T0);
    expect(await store.claimResends(T0, 10, LEASE)).toMatchObject([
      { delivery: { id: resolved.id, reason: "resolved" } },
    ]);

    const opened = await store.getIncident(id);
    if (opened === null) throw new Error("the incident is gone");
    const { id: _, ...same } = opened;
    const write = { id, incident: same, judgementIds: [], entries: [], deliveries: [delivery()] };
    await store.commitWatch({ ...EMPTY_WATCH_COMMIT, incidents: [write] });
    expect(await store.claimDeliveries(T0 + 1, 10, LEASE)).toEqual([]);
    await store.recordResend(id, receiver, { memory: null, resendAt: null });
    expect(await store.claimDeliveries(T0 + 1, 10, LEASE)).toHaveLength(1);
  });

  test("deliveries to receivers that are to be left alone stay", async () => {
    const store = await open();
    await openIncident(store, "opened");
    const { receiver } = delivery();
    expect(await store.claimDeliveries(T0, 10, LEASE, [receiver, "another"])).toEqual([]);
    expect(await store.claimDeliveries(T0, 10, LEASE, ["another"])).toHaveLength(1);
  });
}
