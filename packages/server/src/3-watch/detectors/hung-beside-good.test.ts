/** Regression: a run that hung was mended by another run that had ended before it broke, or while it still hung. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { openWatchHouse, type WatchHouse } from "../watch-house.fixture.ts";

const MINUTE_MS = 60_000;
vi.setConfig({ testTimeout: 60_000 });

let house: WatchHouse;

beforeEach(async () => {
  house = await openWatchHouse("2026-11-23T02:00:00Z");
});
afterEach(() => house.close());

async function states(): Promise<string[]> {
  return (await house.judgements()).map(({ type, state }) => `${type} ${state}`);
}

async function goodRun(runId: string): Promise<void> {
  await house.event({ kind: "started", runId });
  await house.pass(MINUTE_MS);
  await house.event({ kind: "completed", runId });
  await house.pass(MINUTE_MS);
}

describe("a run that hangs beside good ones", () => {
  test("that ran too long stays open until it ends", async () => {
    await house.declare({ maxDurationMs: 10 * MINUTE_MS });
    await house.event({ kind: "started", runId: "hung" });
    await house.pass(MINUTE_MS);
    await goodRun("before");
    await house.pass(10 * MINUTE_MS);
    expect(await states()).toEqual(["duration_exceeded open"]);
    await goodRun("meanwhile");
    expect(await states()).toEqual(["duration_exceeded open"]);
    await house.event({ kind: "completed", runId: "hung" });
    await house.pass(MINUTE_MS);
    expect((await states())[0]).toBe("duration_exceeded resolved");
  });

  test("that went silent stays open until a later run succeeds after it was given up", async () => {
    await house.declare({ heartbeatLimitMs: MINUTE_MS });
    await house.event({ kind: "started", runId: "silent" });
    await house.event({ kind: "heartbeat", runId: "silent" });
    await house.event({ kind: "started", runId: "good" });
    await house.event({ kind: "completed", runId: "good" });
    await house.pass(10 * MINUTE_MS);
    expect(await states()).toEqual(["heartbeat_missing open"]);
    await goodRun("next");
    expect(await states()).toEqual(["heartbeat_missing resolved"]);
  });

  test("that failed is not mended by a success older than the failure", async () => {
    await house.event({ kind: "started", runId: "bad" });
    await house.event({ kind: "started", runId: "good" });
    await house.event({ kind: "completed", runId: "good" });
    await house.pass(MINUTE_MS);
    await house.event({ kind: "failed", runId: "bad" });
    await house.pass(MINUTE_MS);
    expect(await states()).toEqual(["run_failed open"]);
  });
});

test("another witness of the same end makes no second failure", async () => {
  await house.event({ kind: "started", runId: "bad" });
  await house.event({ kind: "failed", runId: "bad" });
  await house.pass(MINUTE_MS);
  await goodRun("good");
  expect(await states()).toEqual(["run_failed resolved"]);
  await house.event({ kind: "failed", runId: "bad", witness: "cli" });
  await house.pass(MINUTE_MS);
  expect(await states()).toEqual(["run_failed resolved"]);
});
