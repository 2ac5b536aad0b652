import { describe, expect, it } from "vitest";
import { readDashboardState } from "./dashboard-state.ts";

const read = (address: string) =>
  readDashboardState(new URLSearchParams(address), { rangeMs: 36 * 3_600_000, refreshMs: 30_000 });

describe("a dashboard's address", () => {
  it("says nothing where everything is as the file has it", () => {
    expect(read("")).toEqual({ range: { from: "now-1d12h", to: "now" }, jobs: [], refreshMs: 30_000 });
  });

  it("says the time, the jobs and how often it asks anew", () => {
    expect(read("from=now-1h&job=a&job=b&refresh=1m")).toEqual({
      range: { from: "now-1h", to: "now" },
      jobs: ["a", "b"],
      refreshMs: 60_000,
    });
  });

  it.each([
    ["refresh=off", null],
    ["refresh=1s", 5_000],
    ["refresh=often", 30_000],
  ])("with %s asks anew each %s ms", (address, expected) => {
    expect(read(address).refreshMs).toBe(expected);
  });
});
