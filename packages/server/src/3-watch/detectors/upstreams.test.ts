/** upstream_late and upstream_failed: by slots, by runs, when the run begins and when it does not. */
import type { JobSettings } from "@batchwatch/protocol";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { cronSchedule, type EventText, openWatchHouse, type WatchHouse } from "../watch-house.fixture.ts";

const MINUTE_MS = 60_000;
// Long enough for a loaded machine; nothing here waits for time to pass.
vi.setConfig({ testTimeout: 60_000 });

const UPSTREAMS: JobSettings["upstreams"] = [{ jobName: "orders", namespace: null, environment: null }];

let house: WatchHouse;

beforeEach(async () => {
  house = await openWatchHouse("2026-11-23T00:00:00Z");
});
afterEach(() => house.close());

const upstream = (event: EventText): EventText => ({ runId: "up-1", jobName: "orders", ...event });

async function types(): Promise<string[]> {
  return (await house.judgements()).map(({ type, state }) => `${type} ${state}`);
}

describe.each<[string, Partial<JobSettings>]>([
  ["an upstream with a schedule of its own", { schedule: cronSchedule("0 2 * * *") }],
  ["an upstream that runs when it runs", {}],
])("%s", (_name, upstreamSettings) => {
  beforeEach(async () => {
    await house.declare(upstreamSettings, "orders");
    await house.declare({ schedule: cronSchedule("0 3 * * *"), upstreams: UPSTREAMS });
    // A good night, so that the interval has a beginning.
    await house.goTo("2026-11-23T02:00:00Z");
    await house.event(upstream({ kind: "started", runId: "up-0" }));
    await house.goTo("2026-11-23T02:30:00Z");
    await house.event(upstream({ kind: "completed", runId: "up-0" }));
    await house.goTo("2026-11-23T03:00:00Z");
    await house.event({ kind: "started", runId: "run-0" });
    await house.pass(10 * MINUTE_MS);
    await house.event({ kind: "completed", runId: "run-0" });
    expect(await types()).toEqual([]);
    await house.goTo("2026-11-24T02:00:00Z");
  });

  async function downstream(): Promise<void> {
    await house.goTo("2026-11-24T03:00:00Z");
    await house.event({ kind: "started" });
    await house.pass(MINUTE_MS);
  }

  test("in time: nothing", async () => {
    await house.event(upstream({ kind: "started" }));
    await house.goTo("2026-11-24T02:40:00Z");
    await house.event(upstream({ kind: "completed" }));
    await downstream();
    expect(await types()).toEqual([]);
  });

  test("still running when the run begins", async () => {
    await house.event(upstream({ kind: "started" }));
    await downstream();
    expect(await house.fact("upstream_late")).toMatchObject({
      class: "detection",
      severity: "warning",
      at: Date.parse("2026-11-24T03:00:00Z"),
      limitText: "orders succeeded before the start",
      valueText: "orders is still running",
      explanation: "The run started at 2026-11-24 03:00 UTC, but its upstream orders is still running.",
      suppressedBecause: null,
    });
    // Its own success doesn't make the data that it read any newer.
    await house.event({ kind: "completed" }, upstream({ kind: "completed" }));
    await house.pass(MINUTE_MS);
    expect(await types()).toEqual(["upstream_late open"]);
  });

  test("failed before the run begins, and the next good night mends it", async () => {
    await house.event(upstream({ kind: "started" }));
    await house.pass(5 * MINUTE_MS);
    await house.event(upstream({ kind: "failed", error: { message: "table is locked" } }));
    await downstream();
    expect(await house.fact("upstream_failed")).toMatchObject({
      explanation:
        "The run started at 2026-11-24 03:00 UTC, but its upstream orders failed (table is locked).",
    });
    await house.event({ kind: "completed" });
    await house.goTo("2026-11-25T02:00:00Z");
    await house.event(upstream({ kind: "started", runId: "up-2" }));
    await house.pass(MINUTE_MS);
    await house.event(upstream({ kind: "completed", runId: "up-2" }));
    await house.goTo("2026-11-25T03:00:00Z");
    await house.event({ kind: "started", runId: "run-2" });
    await house.pass(MINUTE_MS);
    await house.event({ kind: "completed", runId: "run-2" });
    await house.pass(MINUTE_MS);
    expect(await types()).toEqual(["upstream_failed resolved"]);
  });

  test("failed and made good in time", async () => {
    await house.event(upstream({ kind: "started" }), upstream({ kind: "failed" }));
    await house.pass(10 * MINUTE_MS);
    await house.event(upstream({ kind: "started", runId: "up-1b" }));
    await house.pass(10 * MINUTE_MS);
    await house.event(upstream({ kind: "completed", runId: "up-1b" }));
    await downstream();
    expect(await types()).toEqual([]);
  });

  test("has not run for this interval: yesterday's success is none", async () => {
    await downstream();
    expect((await house.fact("upstream_late")).explanation).toMatch(
      /^The run started at 2026-11-24 03:00 UTC, but its upstream orders (has not run since|missed its run)\.$/,
    );
  });

  test("whose success is heard of late was in time: it mends what was told", async () => {
    await house.event(upstream({ kind: "started" }));
    await downstream();
    await house.event(upstream({ kind: "completed", at: "2026-11-24T02:50:00Z" }));
    await house.event({ kind: "completed" });
    await house.pass(MINUTE_MS);
    expect(await types()).toEqual(["upstream_late resolved"]);
  });

  test("that holds the run back is told at the end of the slot's window, beside the miss", async () => {
    await house.event(upstream({ kind: "started" }), upstream({ kind: "failed" }));
    await house.goTo("2026-11-24T03:10:01Z");
    expect(await types()).toEqual(["run_missed open", "upstream_failed open"]);
    expect((await house.fact("upstream_failed")).explanation).toBe(
      "The slot of 2026-11-24 03:00 UTC had no run by 03:10, and its upstream orders failed.",
    );
    await house.event(upstream({ kind: "started", runId: "up-1b" }));
    await house.pass(MINUTE_MS);
    await house.event(upstream({ kind: "completed", runId: "up-1b" }));
    await house.event({ kind: "started" });
    await house.pass(MINUTE_MS);
    await house.event({ kind: "completed" });
    await house.pass(MINUTE_MS);
    expect(await types()).toEqual(["run_missed resolved", "upstream_failed resolved"]);
  });

  test("is not asked of a backfill", async () => {
    await house.pass(MINUTE_MS);
    await house.event({ kind: "started", runType: "backfill" }, { kind: "completed" });
    await house.pass(MINUTE_MS);
    expect(await types()).toEqual([]);
  });
});

describe("a job without a schedule", () => {
  beforeEach(() => house.declare({ upstreams: UPSTREAMS }));

  test.each<[string, EventText[], string[]]>([
    ["an upstream that nobody knows yet", [], []],
    ["one that is running", [upstream({ kind: "started" })], ["upstream_late open"]],
    [
      "one that failed last",
      [upstream({ kind: "started" }), upstream({ kind: "failed" })],
      ["upstream_failed open"],
    ],
    ["one that succeeded last", [upstream({ kind: "started" }), upstream({ kind: "completed" })], []],
  ])("%s", async (_name, events, expected) => {
    if (events.length > 0) await house.event(...events);
    await house.pass(MINUTE_MS);
    await house.event({ kind: "started" });
    expect(await types()).toEqual(expected);
  });
});
