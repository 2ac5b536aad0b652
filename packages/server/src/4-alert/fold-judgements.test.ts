import { DEFAULT_JOB_SETTINGS, type FactType, type Severity } from "@batchwatch/protocol";
import { describe, expect, it } from "vitest";
import type { Alert } from "../model/alert.ts";
import type { Job } from "../model/job.ts";
import type { Incident, Judgement } from "../model/watch.ts";
import { type FoldInput, foldJudgements } from "./fold-judgements.ts";

const NOW = Date.UTC(2026, 10, 24, 2, 30);
const NOBODY = { kind: "everyone", receivers: [] } as const;

const job: Job = {
  id: 7,
  namespace: "default",
  environment: "",
  jobName: "daily_etl",
  pingUuid: "3f8d8a54-7f60-4f39-9f6e-1d2b2a0c9d11",
  firstSeenAt: NOW - 86_400_000,
  createdBy: "inferred",
  settingsBySource: {},
  settings: { ...DEFAULT_JOB_SETTINGS, owner: "data", tags: { "cost centre": "42" } },
  settingsVersion: 1,
};

function fact(id: number, type: FactType, severity: Severity, more: Partial<Judgement> = {}): Judgement {
  return {
    id,
    jobId: 7,
    class: "detection",
    type,
    severity,
    subject: "run:1",
    runRowId: null,
    slotId: null,
    state: "open",
    at: NOW - id,
    judgedAt: NOW,
    resolvedAt: null,
    limitText: null,
    valueText: null,
    explanation: `${type} happened`,
    resolution: null,
    suppressedBecause: null,
    incidentId: null,
    ...more,
  };
}

function input(more: Partial<FoldInput>): FoldInput {
  return {
    job,
    unfolded: [],
    open: null,
    runs: new Map(),
    audience: { kind: "everyone", receivers: [{ name: "team", channel: "webhook" }] },
    publicUrl: "http://127.0.0.1:4318",
    now: NOW,
    ...more,
  };
}

function opened(...facts: Judgement[]): NonNullable<FoldInput["open"]> {
  const write = foldJudgements(input({ unfolded: facts }));
  if (write === null) throw new Error("nothing opened");
  const incident = { id: 1, ...write.incident };
  return { incident, facts: facts.map((one) => ({ ...one, incidentId: 1 })), entries: write.entries };
}

function alertOf(payload: string | undefined): Alert {
  return JSON.parse(payload ?? "null") as Alert;
}

describe("folding judgements into the incident of a job", () => {
  it("opens one incident for many facts, named after the worst of them", () => {
    const write = foldJudgements(
      input({ unfolded: [fact(1, "zero_records", "warning"), fact(2, "run_failed", "critical")] }),
    );
    expect(write?.incident).toMatchObject({
      state: "open",
      severity: "critical",
      alertName: "BatchRunFailed",
      title: "daily_etl: run failed",
      notified: true,
    });
    expect(write?.judgementIds).toEqual([2, 1]);
    expect(write?.deliveries).toHaveLength(1);
    expect(alertOf(write?.deliveries[0]?.payload).labels).toEqual({
      alertname: "BatchRunFailed",
      severity: "critical",
      job_name: "daily_etl",
      owner: "data",
      run_type: "scheduled",
      tag_cost_centre: "42",
    });
  });

  it("lets a milder or equal fact join without telling anybody again", () => {
    const open = opened(fact(1, "run_failed", "critical"));
    const write = foldJudgements(input({ open, unfolded: [fact(2, "run_missed", "critical")] }));
    expect(write?.id).toBe(1);
    expect(write?.judgementIds).toEqual([2]);
    expect(write?.deliveries).toEqual([]);
    expect(write?.entries[0]?.text).toBe("run_missed happened. It joins this incident.");
  });

  it("raises the severity under the same key and keeps every other label", () => {
    const open = opened(fact(1, "heartbeat_missing", "warning"));
    const first = foldJudgements(input({ unfolded: [fact(1, "heartbeat_missing", "warning")] }));
    const write = foldJudgements(
      input({ open, unfolded: [fact(2, "run_failed", "critical")], now: NOW + 5 }),
    );
    expect(write?.deliveries).toMatchObject([{ reason: "raised", dedupKey: first?.deliveries[0]?.dedupKey }]);
    expect(write?.incident.labels).toEqual({ ...open.incident.labels, severity: "critical" });
    expect(write?.incident.alertName).toBe("BatchHeartbeatMissing");
    expect(write?.incident.title).toBe("daily_etl: run failed");
  });

  it("resolves when the last fact is resolved, and says why", () => {
    const open = opened(fact(1, "run_failed", "critical"));
    const resolved = open.facts.map((one) => ({
      ...one,
      state: "resolved" as const,
      resolvedAt: NOW + 10,
      resolution: "The run of 02:00 succeeded late.",
    }));
    const write = foldJudgements(input({ open: { ...open, facts: resolved }, now: NOW + 10 }));
    expect(write?.incident).toMatchObject({ state: "resolved", resolvedAt: NOW + 10 });
    expect(write?.deliveries).toMatchObject([{ reason: "resolved" }]);
    expect(alertOf(write?.deliveries[0]?.payload)).toMatchObject({ status: "resolved", endsAt: NOW + 10 });
  });

  it("is named after the worst that was in it, also once that is mended and a milder fact is the last", () => {
    const open = opened(fact(1, "run_failed", "critical"));
    const facts = open.facts.map((one) => ({ ...one, state: "resolved" as const, resolvedAt: NOW }));
    const unfolded = [fact(2, "zero_records", "warning")];
    const joined = foldJudgements(input({ open: { ...open, facts }, unfolded }));
    expect(joined?.incident.title).toBe("daily_etl: run failed");
    const all = [...facts, fact(2, "zero_records", "warning", { state: "resolved", resolvedAt: NOW + 1 })];
    const write = foldJudgements(input({ open: { ...open, facts: all } }));
    expect(write?.incident.title).toBe("daily_etl: run failed");
    const alert = alertOf(write?.deliveries[0]?.payload);
    expect(alert.annotations.summary).toBe("daily_etl: run failed");
    expect(alert.facts.map(({ type }) => type)).toEqual(["run_failed", "zero_records"]);
  });

  it("stays open while one fact is open, and notes once, telling nobody, that the other is over", () => {
    const open = opened(fact(1, "run_failed", "critical"), fact(2, "zero_records", "warning"));
    const over = { state: "resolved" as const, resolvedAt: NOW, resolution: "The run succeeded at 02:40" };
    const facts = open.facts.map((one) => (one.id === 1 ? { ...one, ...over } : one));
    const write = foldJudgements(input({ open: { ...open, facts } }));
    expect(write).toMatchObject({ incident: { state: "open" }, judgementIds: [], deliveries: [] });
    expect(write?.entries).toEqual([{ at: NOW, text: "Run failed is over. The run succeeded at 02:40." }]);
    const entries = [...open.entries, ...(write?.entries ?? [])];
    expect(foldJudgements(input({ open: { ...open, facts, entries } }))).toBeNull();
    const resolved = facts.map((one) => ({ ...one, ...over, resolvedAt: one.resolvedAt ?? NOW + 1 }));
    const end = foldJudgements(input({ open: { ...open, facts: resolved, entries } }));
    expect(end?.entries.map(({ text }) => text)).toEqual([
      "The run succeeded at 02:40. The incident resolves.",
    ]);
  });

  it("notes that a fact's words changed: the run is lost now, or took so long in the end", () => {
    const open = opened(fact(1, "heartbeat_missing", "warning"));
    const facts = open.facts.map((one) => ({ ...one, explanation: "The run is lost" }));
    const write = foldJudgements(input({ open: { ...open, facts } }));
    expect(write?.entries).toEqual([{ at: NOW, text: "The run is lost." }]);
    expect(write?.incident.annotations.description).toBe("The run is lost");
    expect(write?.deliveries).toEqual([]);
  });

  it("says of a run without records once, in the worse words, that they are too few", () => {
    const zero = fact(1, "zero_records", "warning", { runRowId: 1 });
    const few = fact(2, "insufficient_records", "warning", { runRowId: 1 });
    const fewOfAnother = fact(3, "insufficient_records", "warning", { runRowId: 2 });
    const write = foldJudgements(input({ unfolded: [few, zero, fewOfAnother] }));
    expect(write?.judgementIds.toSorted()).toEqual([1, 2, 3]);
    expect(alertOf(write?.deliveries[0]?.payload).facts).toHaveLength(2);
    expect(write?.incident.annotations.description?.split("\n").toSorted()).toEqual([
      "insufficient_records happened",
      "zero_records happened",
    ]);
  });

  it.each(["history", "backfill", "paused", "alert_after"])(
    "opens nothing for a fact suppressed as %s",
    (why) => {
      const unfolded = [fact(1, "run_failed", "critical", { suppressedBecause: why })];
      expect(foldJudgements(input({ unfolded }))).toBeNull();
    },
  );

  it("opens an incident that pages nobody where the job is only observed", () => {
    const unfolded = [fact(1, "run_failed", "critical", { suppressedBecause: "observe_only" })];
    const write = foldJudgements(input({ unfolded }));
    expect(write?.incident.notified).toBe(false);
    expect(write?.deliveries).toEqual([]);
    expect(write?.entries.at(-1)?.text).toBe("Nobody was told: observe_only.");
  });

  it("says that no receiver is configured, and tells nobody of the resolution either", () => {
    const write = foldJudgements(input({ unfolded: [fact(1, "run_failed", "critical")], audience: NOBODY }));
    expect(write?.entries.at(-1)?.text).toBe("Nobody was told: no receiver is configured.");
    const incident: Incident = { id: 1, ...(write?.incident ?? opened().incident) };
    const facts = [fact(1, "run_failed", "critical", { state: "resolved", resolvedAt: NOW })];
    const open = { incident, facts, entries: [] };
    expect(foldJudgements(input({ open, audience: NOBODY }))?.deliveries).toEqual([]);
  });

  it("changes nothing where nothing is new", () => {
    expect(foldJudgements(input({}))).toBeNull();
    expect(foldJudgements(input({ open: opened(fact(1, "run_failed", "critical")) }))).toBeNull();
  });
});
