/** Regression: a good run that reported no count at all resolved the facts about records with "It is inside its limits". */
import type { JobSettings } from "@batchwatch/protocol";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type EventText, openWatchHouse, type WatchHouse } from "../watch-house.fixture.ts";

const MINUTE_MS = 60_000;
// Long enough for a loaded machine; nothing here waits for time to pass.
vi.setConfig({ testTimeout: 60_000 });

let house: WatchHouse;

beforeEach(async () => {
  house = await openWatchHouse("2026-11-23T02:00:00Z");
});
afterEach(() => house.close());

async function goodRun(runId: string, records?: NonNullable<EventText["records"]>): Promise<void> {
  await house.event({ kind: "started", runId });
  await house.pass(10 * MINUTE_MS);
  await house.event({ kind: "completed", runId, ...(records !== undefined && { records }) });
  await house.pass(MINUTE_MS);
}

async function openTypes(): Promise<string[]> {
  return (await house.judgements()).filter(({ state }) => state === "open").map(({ type }) => type);
}

const ten: Partial<JobSettings> = { minRecords: 10 };

describe("an unreported count is neither zero nor inside the limits", () => {
  test.each<
    [
      string,
      Partial<JobSettings>,
      NonNullable<EventText["records"]>,
      string[],
      NonNullable<EventText["records"]>,
    ]
  >([
    ["too few records", ten, { processed: 5 }, ["insufficient_records"], { processed: 10 }],
    ["no records", ten, { processed: 0 }, ["insufficient_records", "zero_records"], { processed: 10 }],
    ["too many records", { maxRecords: 10 }, { processed: 11 }, ["too_many_records"], { processed: 10 }],
    [
      "too many failures",
      { maxFailureRate: 0.1 },
      { processed: 5, failed: 5 },
      ["failure_rate_exceeded"],
      { processed: 10 },
    ],
  ])("%s stays open until a count is reported", async (_name, settings, bad, facts, good) => {
    await house.declare(settings);
    await goodRun("run-1", bad);
    expect(await openTypes()).toEqual(facts);
    await goodRun("run-2");
    expect(await openTypes()).toEqual(expect.arrayContaining(facts));
    await goodRun("run-3", good);
    expect(await openTypes()).toEqual([]);
  });

  test("the run without a count is a fact of its own", async () => {
    await house.declare(ten);
    await goodRun("run-1", { processed: 5 });
    await goodRun("run-2");
    expect(await house.facts()).toEqual(["insufficient_records open", "records_unreported open"]);
  });

  test("a job whose limit was taken back needs no count", async () => {
    await house.declare(ten);
    await goodRun("run-1", { processed: 5 });
    await house.declare({});
    await goodRun("run-2");
    expect(await openTypes()).toEqual([]);
  });
});

test("too fast stays open after a run whose duration nobody told", async () => {
  await house.declare({ minDurationMs: 10 * MINUTE_MS });
  await house.event({ kind: "started" });
  await house.pass(MINUTE_MS);
  await house.event({ kind: "completed" });
  await house.pass(MINUTE_MS);
  await house.event({ kind: "completed", runId: "run-2" });
  await house.pass(MINUTE_MS);
  expect(await openTypes()).toEqual(["too_fast"]);
});
