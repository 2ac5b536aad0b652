// Rule alerts over a real ledger: what fires becomes an incident, routed by the alert's labels; what does not, ends.
import { newGroupState } from "@batchwatch/promql/rules/group-state";
import type { RuleGroup } from "@batchwatch/promql/rules/rule-group";
import { beforeEach, expect, it } from "vitest";
import { DeadlineEngine } from "../3-watch/deadlines/deadline-engine.ts";
import type { LiveGroup } from "../3-watch/rules/rule-groups.ts";
import { ChangeFeed } from "../lib/change-feed.ts";
import { ManualClock } from "../lib/clock.ts";
import type { Incident } from "../model/watch.ts";
import { SelfMetrics } from "../self-monitoring/self-metrics.ts";
import type { LedgerStore } from "../storage/ledger-store.ts";
import { createSqliteLedger } from "../storage/open-storage.ts";
import { createAlerting } from "./create-alerting.ts";
import { createRuleAlerts, RULES_NAMESPACE, type RuleAlerts } from "./rule-alerts.ts";

const T0 = Date.UTC(2026, 10, 24, 2);
const GROUP: RuleGroup = {
  name: "nightly",
  file: "/rules/a.yaml",
  line: 1,
  intervalMs: null,
  queryOffsetMs: null,
  limit: 0,
  rules: [
    {
      kind: "alert",
      name: "FewRecords",
      expr: "vector(1)",
      line: 2,
      exprLine: 2,
      labels: {},
      annotations: {},
      forMs: 0,
      keepFiringForMs: 0,
    },
  ],
};

let store: LedgerStore;
let clock: ManualClock;
let engine: DeadlineEngine;
let alerts: RuleAlerts;

beforeEach(async () => {
  store = createSqliteLedger({ path: ":memory:" });
  await store.open();
  clock = new ManualClock(T0);
  const feed = new ChangeFeed();
  const selfMetrics = new SelfMetrics();
  const log = { warn: () => undefined, error: (...said: unknown[]) => expect(said).toEqual([]) };
  engine = new DeadlineEngine({ store, clock, feed, log, selfMetrics });
  engine.register(
    ...createAlerting({
      store,
      clock,
      feed,
      selfMetrics,
      publicUrl: () => "http://127.0.0.1:4318",
      receivers: [{ name: "ops", channel: "webhook" }],
      routing: () => null,
      maxPagesPerMinute: null,
    }).handlers,
  );
  alerts = createRuleAlerts({ store, feed, clock });
});

/** The rules say so now. */
async function firing(...labels: Record<string, string>[]): Promise<void> {
  const fresh = newGroupState(GROUP);
  const [rule] = fresh.rules;
  if (rule === undefined) throw new Error("no rule");
  const states = labels.map((each) => ({
    labels: { alertname: "FewRecords", ...each },
    annotations: { summary: "few records", runbook_url: "https://wiki.example.com/few" },
    valueText: "3",
    state: "firing" as const,
    activeAt: T0,
    firedAt: T0,
    resolvedAt: null,
    keptFiringSince: null,
  }));
  const live: LiveGroup = {
    subject: "rules:nightly",
    group: GROUP,
    intervalMs: 60_000,
    state: { ...fresh, rules: [{ ...rule, alerts: states }] },
    evaluationMs: 1,
  };
  await alerts.sync([live]);
  await engine.runDue(clock.now());
}

async function incidents(): Promise<Incident[]> {
  return (await store.listIncidents({}, { limit: 50, cursor: null })).items.toSorted((a, b) => a.id - b.id);
}

it("an alert that names a known job opens the job's incident, with the labels of both", async () => {
  const key = {
    namespace: "default",
    environment: "",
    jobName: "etl",
    createdBy: "inferred",
    at: T0,
  } as const;
  const [job] = await store.ensureJobs([key]);
  await store.setJobSettings(job?.id ?? 0, "declared", { owner: "data" }, T0);
  await firing({ job_name: "etl", severity: "critical", team: "night", job_id: "run-7" });
  expect(await incidents()).toMatchObject([
    {
      jobId: job?.id,
      alertName: "FewRecords",
      severity: "critical",
      title: "etl: few records",
      notified: true,
    },
  ]);
  const [incident] = await incidents();
  expect(incident?.labels).toEqual({
    alertname: "FewRecords",
    severity: "critical",
    job_name: "etl",
    owner: "data",
    run_type: "scheduled",
    team: "night",
  });
  expect(incident?.annotations).toMatchObject({
    summary: "few records",
    description: "The rule FewRecords fires: few records",
    runbook_url: "https://wiki.example.com/few",
    value: "3",
  });
  const [delivery] = await store.deliveriesOf(incident?.id ?? 0);
  expect(delivery).toMatchObject({ reason: "opened", receiver: "ops" });
});

it("an alert that names no known job opens an incident of the rule, with the rule's labels only", async () => {
  await firing({ team: "night", severity: "page" }, { team: "day", severity: "page", job_name: "unknown" });
  const [incident, ...others] = await incidents();
  expect(others).toEqual([]);
  expect(incident).toMatchObject({ alertName: "FewRecords", severity: "warning", title: "few records" });
  expect(incident?.labels).toEqual({ alertname: "FewRecords", severity: "warning", team: "night" });
  expect(await store.getJob(incident?.jobId ?? 0)).toMatchObject({
    namespace: RULES_NAMESPACE,
    jobName: "FewRecords",
  });
  expect(await store.judgementsOfIncident(incident?.id ?? 0)).toHaveLength(2);
});

it("is told once, ends when the rule does, and may fire again", async () => {
  await firing({ severity: "info" });
  await firing({ severity: "info" });
  expect(await incidents()).toHaveLength(1);
  clock.advance(60_000);
  await firing();
  expect(await incidents()).toMatchObject([
    { state: "resolved", resolution: "The rule does not fire any more" },
  ]);
  clock.advance(60_000);
  await firing({ severity: "info" });
  expect((await incidents()).map(({ state }) => state)).toEqual(["resolved", "open"]);
  await alerts.sync([]);
  await engine.runDue(clock.now());
  expect((await incidents()).map(({ state }) => state)).toEqual(["resolved", "resolved"]);
});

it("of a job that is only observed opens an incident that pages nobody", async () => {
  const key = {
    namespace: "default",
    environment: "",
    jobName: "etl",
    createdBy: "inferred",
    at: T0,
  } as const;
  const [job] = await store.ensureJobs([key]);
  await store.setJobSettings(job?.id ?? 0, "declared", { observeOnly: true }, T0);
  await firing({ job_name: "etl" });
  expect(await incidents()).toMatchObject([{ notified: false }]);
});
