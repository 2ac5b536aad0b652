import { describe, expect, it } from "vitest";
import type { JobSummary } from "../../api/resources.ts";
import { boardRows, timesUsual, usualWords } from "./board-rows.ts";

const job = (jobName: string, health: JobSummary["health"], over: Partial<JobSummary> = {}) =>
  ({ jobName, health, openIncidentId: null, usualDurationMs: null, lastRun: null, ...over }) as JobSummary;

const shape = (jobs: JobSummary[], complete: boolean) =>
  boardRows(jobs, "health", complete).map((row) =>
    row.kind === "heading"
      ? `${row.title} (${row.count ?? "?"})`
      : `${row.job.jobName}${row.roomy ? "+" : ""}`,
  );

describe("the board's rows", () => {
  const jobs = [job("a", "failing"), job("b", "late"), job("c", "ok"), job("d", "ok")];

  it("have a heading for each group, and room for what is wrong", () => {
    expect(shape(jobs, true)).toEqual(["Failing (1)", "a+", "Late or at risk (1)", "b+", "OK (2)", "c", "d"]);
  });

  it("say no count of a group that goes on", () => {
    expect(shape(jobs, false)).toContain("OK (?)");
  });

  it("have no groups in another order", () => {
    expect(boardRows(jobs, "jobName", true).map((row) => row.kind)).toEqual(["job", "job", "job", "job"]);
  });

  it("give a job with an open incident room, however it is otherwise", () => {
    expect(shape([job("e", "running", { openIncidentId: "7" })], true)).toEqual(["Running (1)", "e+"]);
  });
});

describe("a duration against the usual", () => {
  it("is compared only where there is something to compare", () => {
    expect(timesUsual(job("a", "ok"))).toBeNull();
    const lastRun = { durationMs: 240 } as JobSummary["lastRun"];
    expect(timesUsual(job("a", "ok", { usualDurationMs: 100, lastRun }))).toBeCloseTo(2.4);
  });

  it.each([
    [null, null],
    [1.1, "usual"],
    [2.41, "2.4× usual"],
    [0.31, "0.3× usual"],
    [12.4, "12× usual"],
  ])("%s is said as %s", (ratio, words) => {
    expect(usualWords(ratio)).toBe(words);
  });
});
