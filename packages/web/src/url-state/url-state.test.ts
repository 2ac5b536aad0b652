import { describe, expect, it } from "vitest";
import { hasBoardFilters, readBoardFilters, writeBoardFilters } from "./board-filters.ts";
import { readIncidentFilters } from "./incident-filters.ts";
import { jobLink, readRunAddress, runLink } from "./links.ts";
import { periodStart, readRunFilters } from "./run-filters.ts";

const params = (text: string) => new URLSearchParams(text);

describe("the board's filters", () => {
  it("are read from the address", () => {
    const filters = readBoardFilters(params("search=etl&namespace=billing&health=late&owner=data"));
    expect(filters).toEqual({
      search: "etl",
      namespace: "billing",
      health: "late",
      owner: "data",
      sort: "health",
    });
    expect(hasBoardFilters(filters)).toBe(true);
  });

  it("ignore what they do not know", () => {
    const filters = readBoardFilters(params("health=splendid&namespace=&sort=jobName"));
    expect(filters).toEqual({ search: "", namespace: null, health: null, owner: null, sort: "jobName" });
    expect(hasBoardFilters(filters)).toBe(false);
  });

  it("leave the rest of the address alone, and themselves when empty", () => {
    const next = writeBoardFilters(params("zone=utc&health=late"), { health: null, search: "a b" });
    expect(next.toString()).toBe("zone=utc&search=a+b");
  });
});

describe("the runs' and incidents' filters", () => {
  it("are read from the address", () => {
    expect(readRunFilters(params("phase=dead_letter&period=7d"))).toEqual({
      phase: "dead_letter",
      period: "7d",
    });
    expect(readRunFilters(params("phase=x&period=y"))).toEqual({ phase: null, period: null });
    expect(readIncidentFilters(params(""))).toEqual({ state: "open", severity: null, namespace: null });
    expect(readIncidentFilters(params("state=all&severity=info")).state).toBe("all");
  });

  it("start a period on a full minute", () => {
    const nowAt = Date.parse("2026-11-23T02:00:31.500Z");
    expect(periodStart("24h", nowAt)).toBe("2026-11-22T02:00:00.000Z");
    expect(periodStart(null, nowAt)).toBeNull();
  });
});

describe("links", () => {
  const job = { namespace: "data/eu", environment: "", jobName: "load orders?" };

  it("carry any name", () => {
    expect(jobLink(job)).toBe("/jobs/data%2Feu/load%20orders%3F");
    expect(jobLink({ ...job, environment: "staging" })).toMatch(/\?environment=staging$/);
  });

  it("lead back to the run that they were made from", () => {
    const link = new URL(runLink(job, "2026/11/23 #1"), "http://localhost");
    expect(link.pathname).toBe("/runs/2026%2F11%2F23%20%231");
    expect(readRunAddress("2026/11/23 #1", link.searchParams)).toEqual({ runId: "2026/11/23 #1", ...job });
  });

  it("may leave the job out", () => {
    expect(readRunAddress("r1", params(""))).toEqual({
      runId: "r1",
      namespace: null,
      environment: null,
      jobName: null,
    });
  });
});
