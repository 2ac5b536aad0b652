import { describe, expect, test } from "vitest";
import type { Run } from "../../../model/run.ts";
import { HOUR, jobRow, judgementRow, MINUTE, NOW, runRow, slotRow } from "../test-support/rows.ts";
import { type HealthEvidence, jobHealth } from "./job-health.ts";

const BERLIN = {
  schedule: {
    kind: "cron",
    cron: "0 2 * * *",
    seconds: false,
    timezone: "Europe/Berlin",
    earlyWindowMs: null,
    lateWindowMs: null,
  },
} as const;

function facts({ runs = [runRow()], ...change }: Partial<HealthEvidence> & { runs?: Run[] }): HealthEvidence {
  return {
    job: jobRow(BERLIN),
    runs,
    lastRun: runs[0] ?? null,
    runningCount: 0,
    slots: [],
    judgements: [],
    nextSlotAt: NOW + 20 * HOUR,
    usualDurationMs: null,
    ...change,
  };
}

const running: Partial<Run> = {
  phase: "running",
  completedAt: null,
  durationMs: null,
  startedAt: NOW - 12 * MINUTE,
};

describe("the health of a job is one word and one sentence", () => {
  test.each<[string, Partial<HealthEvidence> & { runs?: Run[] }, string, string]>([
    [
      "a good last run",
      {},
      "ok",
      "The last run ended well at 05:00 Europe/Berlin after 1 h. The next one is due at 2026-11-24 02:00.",
    ],
    ["no run at all", { runs: [], nextSlotAt: null }, "new", "No run has ended yet."],
    [
      "a run under way",
      { runs: [runRow(running)], runningCount: 1, usualDurationMs: 14 * MINUTE },
      "running",
      "Running since 05:48 Europe/Berlin, usually 14 m in all.",
    ],
    ["two runs under way", { runningCount: 2 }, "running", "2 runs are under way."],
    [
      "a bad last run",
      { runs: [runRow({ phase: "failed", errorMessage: "disk full\nat line 3" })] },
      "failing",
      "The last run failed at 05:00 Europe/Berlin: disk full.",
    ],
    [
      "a killed last run",
      { runs: [runRow({ phase: "lost", signal: "SIGKILL" })] },
      "failing",
      "The last run was lost at 05:00 Europe/Berlin: killed by SIGKILL.",
    ],
    [
      "a new try after a bad run",
      { runs: [runRow({ ...running, id: 2 }), runRow({ phase: "failed" })], runningCount: 1 },
      "failing",
      "The last run failed at 05:00 Europe/Berlin.",
    ],
    [
      "an open critical fact",
      { judgements: [judgementRow({ severity: "critical", explanation: "Missed: nothing came" })] },
      "failing",
      "Missed: nothing came.",
    ],
    [
      "an open warning beside an informative fact",
      {
        judgements: [
          judgementRow({ id: 1, severity: "info", explanation: "Unusual." }),
          judgementRow({ id: 2, severity: "warning", type: "start_late", explanation: "Started 4 m late." }),
        ],
      },
      "late",
      "Started 4 m late.",
    ],
    ["only an informative fact", { judgements: [judgementRow({ severity: "info" })] }, "ok", ""],
    ["a mended fact", { judgements: [judgementRow({ state: "resolved" })] }, "ok", ""],
    [
      "a slot that nothing came for",
      { slots: [slotRow({ slotAt: NOW - 4 * HOUR })] },
      "late",
      "Late: expected at 02:00 Europe/Berlin, and nothing has come since, for 4 h.",
    ],
    ["a slot whose window is still open", { slots: [slotRow({ slotAt: NOW - MINUTE })] }, "ok", ""],
    [
      "a slot that nobody can tell of",
      { slots: [slotRow({ state: "unknown", reason: "Batchwatch was down" })] },
      "unknown",
      "Nobody can say what became of the run due at 03:00 Europe/Berlin: Batchwatch was down.",
    ],
    [
      "a silent source",
      {
        judgements: [
          judgementRow({ type: "source_silent", severity: "warning", explanation: "Silent for 6 m." }),
        ],
      },
      "unknown",
      "Silent for 6 m.",
    ],
    [
      "a failed backfill after a good run",
      { runs: [runRow({ id: 2, phase: "failed", runType: "backfill" }), runRow()] },
      "ok",
      "",
    ],
    // Its fact notifies nobody, but made the job failing.
    [
      "the open fact of a failed backfill",
      { judgements: [judgementRow({ suppressedBecause: "backfill" })] },
      "ok",
      "",
    ],
    [
      "the fact of a backfill that failed while the job was paused",
      {
        runs: [runRow({ id: 2, phase: "failed", runType: "backfill" }), runRow()],
        judgements: [judgementRow({ runRowId: 2, suppressedBecause: "paused" })],
      },
      "ok",
      "",
    ],
    [
      "a fact of today, whose date goes without saying",
      { judgements: [judgementRow({ explanation: "The run failed at 2026-11-23 05:00 Europe/Berlin." })] },
      "failing",
      "The run failed at 05:00 Europe/Berlin.",
    ],
    [
      "a good run of yesterday",
      { runs: [runRow({ completedAt: NOW - 25 * HOUR })], nextSlotAt: NOW + HOUR },
      "ok",
      "The last run ended well at 2026-11-22 05:00 Europe/Berlin after 1 h. The next one is due at 07:00.",
    ],
    [
      "a cancelled run",
      { runs: [runRow({ phase: "cancelled" })], nextSlotAt: null },
      "ok",
      "The last run was cancelled at 05:00 Europe/Berlin.",
    ],
    [
      "a paused job that fails",
      { job: jobRow({ paused: true }), runs: [runRow({ phase: "failed" })] },
      "paused",
      "Paused: it is recorded and judged, and nobody is notified.",
    ],
  ])("%s", (_name, change, health, reason) => {
    const verdict = jobHealth(facts(change), NOW);
    expect(verdict.health).toBe(health);
    if (reason !== "") expect(verdict.reason).toBe(reason);
    expect(verdict.reason).toMatch(/^[A-Z\d].*[.…]$/s);
  });
});
