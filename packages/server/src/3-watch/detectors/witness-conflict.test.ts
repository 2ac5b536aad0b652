import { afterEach, beforeEach, expect, test } from "vitest";
import { type EventText, openWatchHouse, type WatchHouse } from "../watch-house.fixture.ts";

let house: WatchHouse;
beforeEach(async () => {
  house = await openWatchHouse("2026-11-23T02:00:00Z");
});
afterEach(() => house.close());

test.each<{ name: string; ends: EventText[]; says: string }>([
  {
    name: "two witnesses",
    ends: [
      { kind: "completed", witness: "sdk" },
      { kind: "failed", witness: "cli" },
    ],
    says: "The witnesses of the run disagree: cli says failed, sdk says completed. It counts as failed.",
  },
  {
    name: "one witness, twice",
    ends: [
      { kind: "completed", witness: "ping" },
      { kind: "failed", witness: "ping" },
    ],
    says: "The run was reported with two different ends, both by ping. It counts as failed.",
  },
])("$name", async ({ ends, says }) => {
  await house.event({ kind: "started", witness: ends[0]?.witness ?? "sdk" });
  await house.event(...ends);
  expect((await house.fact("witness_conflict")).explanation).toBe(says);
});
