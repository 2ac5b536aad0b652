// Pings without a run id that come out of a spool one by one: the next run had begun when this one was heard of.
import { afterEach, beforeEach, expect, test } from "vitest";
import { openWatchHouse, type WatchHouse } from "../watch-house.fixture.ts";

const MINUTE_MS = 60_000;

let house: WatchHouse;
beforeEach(async () => {
  house = await openWatchHouse("2026-11-23T02:00:00Z");
});
afterEach(() => house.close());

const unnamed = { run: { by: "unnamed" as const } };
const at = (ms: number) => new Date(house.clock.now() + ms).toISOString();

async function nextRunAndLateStart(): Promise<string> {
  await house.pass(10 * MINUTE_MS);
  await house.event({ kind: "started", ...unnamed });
  await house.pass(MINUTE_MS);
  await house.event({ kind: "completed", ...unnamed });
  const lateEnd = at(-5 * MINUTE_MS);
  await house.event({ kind: "started", at: at(-8 * MINUTE_MS), ...unnamed });
  return lateEnd;
}

test("a start without a run id that is heard of late is told as lost only when its end had time to come as well", async () => {
  await nextRunAndLateStart();
  expect(await house.facts()).toEqual([]);
  await house.pass(MINUTE_MS);
  expect((await house.fact("run_failed")).explanation).toMatch(/^The run never ended: the next run started/i);
});

test("nobody is told of it when its end follows", async () => {
  const lateEnd = await nextRunAndLateStart();
  await house.pass(500);
  await house.event({ kind: "completed", at: lateEnd, ...unnamed });
  await house.pass(60 * MINUTE_MS);
  expect(await house.facts()).toEqual([]);
});

test("a run that was under way when the next began is told at once", async () => {
  await house.event({ kind: "started", ...unnamed });
  await house.pass(MINUTE_MS);
  await house.event({ kind: "started", ...unnamed });
  expect(await house.facts()).toEqual(["run_failed open"]);
});
