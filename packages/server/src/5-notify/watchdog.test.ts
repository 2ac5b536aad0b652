import pino from "pino";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DeadlineEngine } from "../3-watch/deadlines/deadline-engine.ts";
import { ChangeFeed } from "../lib/change-feed.ts";
import { ManualClock } from "../lib/clock.ts";
import { SelfMetrics } from "../self-monitoring/self-metrics.ts";
import type { LedgerStore } from "../storage/ledger-store.ts";
import { createSqliteLedger } from "../storage/open-storage.ts";
import { createReceiver } from "./channel-registry.ts";
import { type HttpReceiver, startHttpReceiver } from "./test-support/http-receiver.ts";
import { createWatchdog, type Watchdog, type WatchdogParts } from "./watchdog.ts";

const T0 = Date.UTC(2026, 10, 24, 2);
const MINUTE = 60_000;

let store: LedgerStore;
let clock: ManualClock;
let other: HttpReceiver;
let outboxAt: () => number;
let logged: string[];
let watchdog: Watchdog;
let engine: DeadlineEngine;

beforeEach(async () => {
  store = createSqliteLedger({ path: ":memory:" });
  await store.open();
  clock = new ManualClock(T0);
  other = await startHttpReceiver();
  outboxAt = () => clock.now();
  logged = [];
});

afterEach(async () => {
  await watchdog.stop();
  await other.close();
  await store.close();
});

async function start(more: Partial<WatchdogParts> = {}, given: LedgerStore = store): Promise<void> {
  const log = pino({ level: "info" }, { write: (line: string) => logged.push(line) });
  const selfMetrics = new SelfMetrics();
  const am = createReceiver("am", "alertmanager", { urls: [other.origin] });
  watchdog = createWatchdog({
    store: given,
    clock,
    log,
    meter: selfMetrics.stage("notify"),
    publicUrl: () => "http://127.0.0.1:4318",
    outboxLastRoundAt: () => outboxAt(),
    receivers: () => new Map([["am", am]]),
    pingUrl: `${other.origin}/ping/s3cr3t-91-path`,
    receiver: null,
    intervalMs: MINUTE,
    ...more,
  });
  engine = new DeadlineEngine({ store: given, clock, feed: new ChangeFeed(), log, selfMetrics });
  engine.register(...watchdog.handlers);
  await watchdog.start();
}

async function round(): Promise<void> {
  await engine.runDue(clock.now());
  await watchdog.stop();
}

describe("the sign of life", () => {
  test("is given every minute by a healthy loop", async () => {
    await start();
    await round();
    clock.advance(MINUTE - 1);
    await round();
    expect(other.received).toMatchObject([{ method: "GET", path: "/ping/s3cr3t-91-path" }]);
    clock.advance(1);
    await round();
    expect(other.received).toHaveLength(2);
  });

  test("is held back while the outbox stands still, and comes back with it", async () => {
    await start();
    outboxAt = () => T0;
    await round();
    clock.advance(2 * MINUTE);
    await round();
    clock.advance(MINUTE);
    await round();
    expect(other.received).toHaveLength(1);
    expect(logged.join("")).toContain("the outbox has not come round for 120 s");
    outboxAt = () => clock.now();
    clock.advance(MINUTE);
    await round();
    expect(other.received).toHaveLength(2);
    expect(logged.join("")).toContain("the sign of life is given again");
  });

  test("is held back while deadlines are looked at late", async () => {
    await start();
    clock.advance(2 * MINUTE);
    await round();
    expect(other.received).toEqual([]);
    expect(logged.join("")).toContain("deadlines are looked at 120 s late");
    clock.advance(MINUTE);
    await round();
    expect(other.received).toHaveLength(1);
  });

  test("is held back while the ledger takes no writes, and is not parked by that", async () => {
    let full = true;
    const check = async (): Promise<void> => {
      if (full) throw new Error("the disk is full");
      await store.check();
    };
    await start({}, { ...store, check });
    for (let minute = 0; minute < 30; minute++) {
      await round();
      clock.advance(MINUTE);
    }
    expect(other.received).toEqual([]);
    expect(logged.join("")).toContain("the ledger takes no writes: the disk is full");
    full = false;
    await round();
    expect(other.received).toHaveLength(1);
  });

  test("that does not arrive is told in the log, without its address, and given again", async () => {
    other.answers = [(response, { path }) => response.writeHead(404).end(`no ${path}`)];
    await start();
    await round();
    clock.advance(MINUTE);
    await round();
    expect(other.received).toHaveLength(2);
    expect(logged.join("")).toContain("watchdog.pingUrl: it answered 404");
    expect(logged.join("")).not.toContain("s3cr3t");
  });

  test("is an alert that fires always, where a receiver is named", async () => {
    await start({ pingUrl: null, receiver: "am" });
    await round();
    clock.advance(MINUTE);
    await round();
    expect(other.received).toMatchObject([
      { path: "/api/v2/alerts", body: [{ labels: { alertname: "Watchdog", severity: "none" } }] },
      { body: [{ startsAt: "2026-11-24T02:00:00.000Z", endsAt: "2026-11-24T02:05:00.000Z" }] },
    ]);
  });

  test("names the receiver that is not there", async () => {
    await start({ pingUrl: null, receiver: "nobody" });
    await round();
    expect(logged.join("")).toContain('alerts.watchdog: there is no receiver \\"nobody\\"');
  });

  test("is no deadline where nobody asks for it", async () => {
    await start({ pingUrl: null });
    expect(watchdog.handlers).toEqual([]);
    expect(await store.deadlinesFor(["watchdog"])).toEqual([]);
  });
});
