import { expect, test, vi } from "vitest";
import { ChangeFeed } from "../lib/change-feed.ts";
import { ManualClock } from "../lib/clock.ts";
import { SelfMetrics } from "../self-monitoring/self-metrics.ts";
import { createSqliteLedger } from "../storage/open-storage.ts";
import { createWatch } from "./create-watch.ts";
import { cronSchedule } from "./watch-house.fixture.ts";

vi.setConfig({ testTimeout: 30_000 });

test("a suspended machine was down: nothing of that time is judged before the catch-up grace is over", async () => {
  const store = createSqliteLedger({ path: ":memory:" });
  await store.open();
  const clock = new ManualClock(Date.parse("2026-11-23T01:59:00Z"));
  const feed = new ChangeFeed();
  const log = { warn: () => undefined, error: () => undefined };
  const watch = createWatch({
    store,
    clock,
    feed,
    log,
    selfMetrics: new SelfMetrics(),
    say: () => Promise.resolve(),
    options: { catchUpGraceMs: 20_000 },
  });
  const [job] = await store.ensureJobs([
    { namespace: "default", environment: "", jobName: "nightly", createdBy: "declared", at: clock.now() },
  ]);
  if (job === undefined) throw new Error("no job");
  await store.setJobSettings(job.id, "declared", { schedule: cronSchedule("0 2 * * *") }, clock.now());
  await watch.start();
  await vi.waitFor(async () => expect(await store.nextDeadlineAt(["slot_late"])).not.toBeNull(), 20_000);

  clock.set(Date.parse("2026-11-23T03:00:00Z"));
  feed.publish({ topic: "deadlines" });
  await vi.waitFor(async () => expect(await store.getFact("watch.downtimes")).not.toBeNull(), 20_000);
  const [slot] = await store.slotsBetween(job.id, 0, clock.now());
  expect(slot?.state).toBe("expected");

  clock.advance(20_000);
  feed.publish({ topic: "deadlines" });
  await vi.waitFor(async () => expect((await store.getSlot(slot?.id ?? 0))?.state).toBe("unknown"), 20_000);
  await watch.stop();
  expect(await store.getFact("watch.lastAliveAt")).toBe(String(clock.now()));
  await store.close();
});
