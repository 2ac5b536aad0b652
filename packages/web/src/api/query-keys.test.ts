import { describe, expect, it } from "vitest";
import { staleAfter } from "./query-keys.ts";

const job = { namespace: "default", environment: "", jobName: "daily_etl" };

describe("what a live message makes stale", () => {
  it("is nothing for a greeting", () => {
    expect(staleAfter([{ topic: "hello" }])).toEqual([]);
  });

  it("is the run, its job and every list for a run", () => {
    expect(staleAfter([{ topic: "run", ...job, runId: "r1", phase: "running" }])).toEqual([
      ["overview"],
      ["jobs"],
      ["job", "default", "", "daily_etl"],
      ["runs", "default", "", "daily_etl"],
      ["run", "r1"],
    ]);
  });

  it("is named once however often it changed", () => {
    const message = { topic: "incident", ...job, incidentId: "i1" } as const;
    const once = staleAfter([message]);
    expect(staleAfter([message, message, message])).toEqual(once);
    expect(once).toContainEqual(["incident", "i1"]);
  });
});
