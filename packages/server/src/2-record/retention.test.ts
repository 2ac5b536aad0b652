import { expect, test } from "vitest";
import { ManualClock } from "../lib/clock.ts";
import { makeEvent as event, T0 } from "../model/test-support/make-event.ts";
import { SelfMetrics } from "../self-monitoring/self-metrics.ts";
import { createRetention, type RetentionAges, type RetentionOptions } from "./retention.ts";
import { openLedger } from "./test-support/open-ledger.ts";

const DAY_MS = 86_400_000;
const FOR_EVER: RetentionAges = {
  runs: null,
  heartbeats: null,
  spans: null,
  logs: null,
  incidents: null,
  slots: null,
  metricStreams: null,
  samples: null,
};

function retentionOf(options: Partial<RetentionOptions> & Pick<RetentionOptions, "ledger">) {
  return createRetention({
    samples: { prune: async () => 0, pruneToSize: async () => 0 },
    ages: FOR_EVER,
    clock: new ManualClock(T0 + 10 * DAY_MS),
    log: { error: () => {} },
    selfMetrics: new SelfMetrics(),
    ...options,
  });
}

test("old runs go, young and open ones stay", async () => {
  await using open = await openLedger();
  const ofRun = (runId: string) => ({ run: { by: "id" as const, runId } });
  await open.record([event("completed", 0, ofRun("old")), event("started", 0, ofRun("open"))]);
  await open.record([event("completed", 9 * 86_400, ofRun("young"))]);
  const sweep = retentionOf({ ledger: open.store, ages: { ...FOR_EVER, runs: 5 * DAY_MS } });
  await sweep.sweep();
  expect((await open.runs()).map((run) => run.runId).sort()).toEqual(["open", "young"]);
});

test("goes on in small steps until nothing is old any more, and leaves other kinds alone", async () => {
  const asked: string[] = [];
  let left = 1200;
  const prune = async (kind: string, before: number, limit: number): Promise<number> => {
    expect(before).toBe(T0 + 9 * DAY_MS);
    const count = Math.min(limit, left);
    left -= count;
    asked.push(`${kind} ${count}`);
    return count;
  };
  const retention = retentionOf({ ledger: { prune }, ages: { ...FOR_EVER, logs: DAY_MS } });
  expect(await retention.sweep()).toBe(1200);
  expect(asked).toEqual(["logs 500", "logs 500", "logs 200"]);
});

test("a failed sweep is tried again, and stopping ends the loop", async () => {
  let sweeps = 0;
  const failing = Promise.withResolvers<void>();
  const again = Promise.withResolvers<void>();
  const prune = async (): Promise<number> => {
    sweeps += 1;
    if (sweeps === 1) {
      failing.resolve();
      throw new Error("locked");
    }
    again.resolve();
    return 0;
  };
  const retention = retentionOf({ ledger: { prune }, ages: { ...FOR_EVER, runs: DAY_MS }, everyMs: 1 });
  retention.start();
  await failing.promise;
  await again.promise;
  await retention.stop();
  const before = sweeps;
  await new Promise((resolve) => setImmediate(resolve));
  expect(sweeps).toBe(before);
});
