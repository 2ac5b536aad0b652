import { test } from "vitest";
import { openWatchHouse } from "../watch-house.fixture.ts";
import { outputAtOf } from "../../model/output-time.ts";
test("x", async () => {
  const house = await openWatchHouse("2026-11-23T02:00:00Z");
  await house.declare({});
  await house.event({ kind: "started", runId: "a" });
  await house.pass(600000);
  await house.event({ kind: "completed", runId: "a" });
  const { id } = await house.job();
  const job = await house.store.setJobSettings(id, "declared", { freshnessMs: 7200000 }, house.clock.now());
  console.log(await house.store.deadlinesFor([`job:${job.id}`, "run:1"]), job.settings.freshnessMs, house.clock.now());
  const runs = (await house.store.recentRuns([id], 10)).get(id) ?? [];
  console.log(runs.map(r=>[r.id, r.phase, r.completedAt, outputAtOf(r), r.final]));
  await house.event({ kind: "log", runId: "b" });
  console.log(await house.store.deadlinesFor([`job:${job.id}`, "run:1","run:2"]));
  await house.close();
});
