import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ChangeFeed } from "../../lib/change-feed.ts";
import { ManualClock, systemClock } from "../../lib/clock.ts";
import type { NewDeadline } from "../../model/watch.ts";
import { SelfMetrics } from "../../self-monitoring/self-metrics.ts";
import type { DeadlineHandler } from "../../storage/deadline-handler.ts";
import { EMPTY_WATCH_COMMIT, type LedgerStore, VersionConflictError } from "../../storage/ledger-store.ts";
import { createSqliteLedger } from "../../storage/open-storage.ts";
import { DeadlineEngine } from "./deadline-engine.ts";

const NOW = Date.parse("2026-11-23T02:00:00Z");
let store: LedgerStore;
let clock: ManualClock;
let feed: ChangeFeed;
let selfMetrics: SelfMetrics;
let logged: string[];

beforeEach(async () => {
  store = createSqliteLedger({ path: ":memory:" });
  await store.open();
  clock = new ManualClock(NOW);
  feed = new ChangeFeed();
  selfMetrics = new SelfMetrics();
  logged = [];
});
afterEach(() => store.close());

function engineWith(...handlers: DeadlineHandler[]): DeadlineEngine {
  const log = {
    warn: (_detail: object, message: string) => logged.push(message),
    error: (_detail: object, message: string) => logged.push(message),
  };
  const engine = new DeadlineEngine({ store, clock, feed, log, selfMetrics });
  engine.register(...handlers);
  return engine;
}

function row(subject: string, more: Partial<NewDeadline> = {}): NewDeadline {
  return { kind: "look", subject, jobId: null, dueAt: NOW, ...more };
}

async function set(...rows: NewDeadline[]): Promise<void> {
  await store.commitWatch({ ...EMPTY_WATCH_COMMIT, setDeadlines: rows });
}

/** A handler that notes what it looked at. */
function noting(kind = "look", look: DeadlineHandler["handle"] = () => Promise.resolve({})) {
  const seen: string[] = [];
  const handler: DeadlineHandler = {
    kind,
    handle: (deadline, now) => {
      seen.push(deadline.subject);
      return look(deadline, now);
    },
  };
  return { handler, seen };
}

describe("a due row", () => {
  test("is looked at once and is gone; one that is not due waits", async () => {
    const { handler, seen } = noting();
    const engine = engineWith(handler);
    await set(row("a"), row("b", { dueAt: NOW + 1 }));
    expect(await engine.runDue(NOW)).toBe(1);
    expect(await engine.runDue(NOW)).toBe(0);
    expect(seen).toEqual(["a"]);
    await engine.runDue(NOW + 1);
    expect(seen).toEqual(["a", "b"]);
    expect(await store.deadlinesFor(["a", "b"])).toEqual([]);
  });

  test("may set itself again and others due now", async () => {
    const { handler, seen } = noting("look", (deadline) =>
      Promise.resolve(
        deadline.subject === "a" ? { setDeadlines: [row("a", { dueAt: NOW + 1000 }), row("b")] } : {},
      ),
    );
    const engine = engineWith(handler);
    await set(row("a"));
    await engine.runDue(NOW);
    expect(seen).toEqual(["a", "b"]);
    expect((await store.deadlinesFor(["a"]))[0]?.dueAt).toBe(NOW + 1000);
  });

  test("set again while it is looked at is looked at again", async () => {
    const { handler, seen } = noting("look", async () => {
      if (seen.length === 1) await set(row("a"));
      return {};
    });
    const engine = engineWith(handler);
    await set(row("a"));
    await engine.runDue(NOW);
    expect(seen).toEqual(["a", "a"]);
  });

  test("of one job is looked at after the one before it was committed", async () => {
    const notes: string[] = [];
    const { handler } = noting("look", async (deadline) => {
      notes.push(`${deadline.subject}: ${(await store.deadlinesFor(["trace"])).length}`);
      return { setDeadlines: [{ ...row("trace"), kind: "other" }] };
    });
    const engine = engineWith(handler);
    await set(row("a", { jobId: 7 }), row("b", { jobId: 7, dueAt: NOW - 1 }));
    await engine.runDue(NOW);
    expect(notes).toEqual(["b: 0", "a: 1"]);
  });

  test("of a kind that nobody registered is left alone", async () => {
    const engine = engineWith(noting().handler);
    await set({ ...row("a"), kind: "unheard_of" });
    expect(await engine.runDue(NOW)).toBe(0);
    expect(await store.deadlinesFor(["a"])).toHaveLength(1);
  });
});

describe("a row that fails", () => {
  test("is pushed ahead with back-off, at last parked, and stops nobody", async () => {
    const { handler, seen } = noting("look", (deadline) =>
      deadline.subject === "bad" ? Promise.reject(new Error("no luck")) : Promise.resolve({}),
    );
    const engine = engineWith(handler);
    await set(row("bad", { jobId: 1 }), row("good", { jobId: 2 }), row("next", { jobId: 1 }));
    await engine.runDue(NOW);
    expect(seen.sort()).toEqual(["bad", "good", "next"]);
    const [failed] = await store.deadlinesFor(["bad"]);
    expect(failed).toMatchObject({ failures: 1, lastError: "no luck", dueAt: NOW + 1000 });
    let now = NOW;
    for (let attempt = 0; attempt < 40; attempt++) {
      now += 300_000;
      await engine.runDue(now);
    }
    expect(seen.filter((subject) => subject === "bad")).toHaveLength(12);
    expect(await store.deadlineBacklog(now)).toEqual({ due: 0, parked: 1 });
    expect(logged.at(-1)).toMatch(/parked/);
    expect(selfMetrics.render()).toMatch(/stage_errors_total\{stage="watch",code="LOOK"\} 12/);
  });

  test("in its commit takes no other row with it", async () => {
    const { handler, seen } = noting("look", (deadline) =>
      Promise.resolve(
        deadline.subject === "bad"
          ? { slotChanges: [{ id: 99, from: "expected", to: "missed", reason: "", runRowId: null }] }
          : {},
      ),
    );
    const engine = engineWith(handler);
    await set(row("bad", { jobId: 1 }), row("good", { jobId: 2 }));
    await engine.runDue(NOW);
    expect(await store.deadlinesFor(["good"])).toEqual([]);
    expect((await store.deadlinesFor(["bad"]))[0]?.failures).toBe(1);
    expect(seen.filter((subject) => subject === "bad").length).toBeGreaterThan(1);
  });

  test("by a version conflict is looked at again from fresh rows", async () => {
    let conflicts = 0;
    const { handler, seen } = noting("look", () => {
      conflicts += 1;
      return conflicts === 1 ? Promise.resolve({ slotChanges: [conflictingChange()] }) : Promise.resolve({});
    });
    const engine = engineWith(handler);
    await set(row("a"));
    await engine.runDue(NOW);
    expect(seen).toEqual(["a", "a"]);
    expect(await store.deadlinesFor(["a"])).toEqual([]);
    expect(new VersionConflictError("x").code).toBe("VERSION_CONFLICT");
  });
});

function conflictingChange() {
  return { id: 1234, from: "expected" as const, to: "missed" as const, reason: "", runRowId: null };
}

describe("a handler that commits by itself", () => {
  test("answers null and has ended its row", async () => {
    const { handler, seen } = noting("look", async (deadline) => {
      await store.commitWatch({ ...EMPTY_WATCH_COMMIT, doneDeadlines: [deadline.id] });
      return null;
    });
    const engine = engineWith(handler);
    await set(row("a"));
    await engine.runDue(NOW);
    expect(seen).toEqual(["a"]);
    expect(await store.deadlinesFor(["a"])).toEqual([]);
  });

  test("two for one kind are refused", () => {
    expect(() => engineWith(noting().handler, noting().handler)).toThrow(/have a handler already/);
  });

  test("one that sets itself due for ever is found out", async () => {
    const engine = engineWith(noting("look", () => Promise.resolve({ setDeadlines: [row("a")] })).handler);
    await set(row("a"));
    await expect(engine.runDue(NOW)).rejects.toThrow(/sets itself due for ever/);
  });
});

test("judgements of absence are held back until the catch-up grace is over", async () => {
  const absence = noting("absence");
  const fact = noting("fact");
  const engine = engineWith({ ...absence.handler, judgesAbsence: true }, fact.handler);
  engine.holdAbsenceUntil(NOW + 60_000);
  await set({ ...row("a"), kind: "absence" }, { ...row("b"), kind: "fact" });
  await engine.runDue(NOW + 59_999);
  expect([absence.seen, fact.seen]).toEqual([[], ["b"]]);
  await engine.runDue(NOW + 60_000);
  expect(absence.seen).toEqual(["a"]);
});

// Long enough for a loaded machine; nothing here waits for time to pass.
vi.setConfig({ testTimeout: 30_000 });

describe("running by itself", () => {
  test("wakes when the feed says so, tells what changed, and stop finishes the row in hand", async () => {
    let release = (): void => {};
    let reached = (): void => {};
    const inHand = new Promise<void>((resolve) => {
      reached = resolve;
    });
    const { handler } = noting("look", async () => {
      reached();
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      return { changes: [{ topic: "deliveries" }] };
    });
    const engine = engineWith(handler);
    const told: string[] = [];
    feed.subscribe((change) => told.push(change.topic));
    engine.start();
    await set(row("a"));
    feed.publish({ topic: "deadlines" });
    await inHand;
    const stopped = engine.stop();
    release();
    await stopped;
    expect(await store.deadlinesFor(["a"])).toEqual([]);
    expect(told).toEqual(["deadlines", "deliveries"]);
  });

  test("needs no wake-up for a row whose time comes", async () => {
    let looked = (): void => {};
    const done = new Promise<void>((resolve) => {
      looked = resolve;
    });
    const log = { warn: () => undefined, error: () => undefined };
    const engine = new DeadlineEngine({ store, clock: systemClock, feed, log, selfMetrics });
    engine.register(
      noting("look", () => {
        looked();
        return Promise.resolve({});
      }).handler,
    );
    await set(row("a", { dueAt: systemClock.now() + 50 }));
    engine.start();
    await done;
    await engine.stop();
    expect(selfMetrics.render()).toContain("batchwatch_watch_lag_seconds");
  });

  test("a row leased by a process that died is looked at when the lease is over", async () => {
    await set(row("a"));
    await store.claimDeadlines(["look"], NOW, 10, 10_000);
    const { handler, seen } = noting();
    const engine = engineWith(handler);
    await engine.runDue(NOW + 9_999);
    expect(seen).toEqual([]);
    await engine.runDue(NOW + 10_000);
    expect(seen).toEqual(["a"]);
  });

  test("a round that finds nothing is one too; one that cannot reach the ledger is none", async () => {
    const engine = engineWith(noting().handler);
    engine.start();
    clock.advance(1000);
    feed.publish({ topic: "deadlines" });
    await vi.waitFor(() => expect(engine.lastRoundAt()).toBe(NOW + 1000), 20_000);
    await store.close();
    clock.advance(1000);
    feed.publish({ topic: "deadlines" });
    await vi.waitFor(() => expect(logged.join()).toMatch(/can't reach the ledger/), 20_000);
    expect(engine.lastRoundAt()).toBe(NOW + 1000);
    await engine.stop();
  });
});
