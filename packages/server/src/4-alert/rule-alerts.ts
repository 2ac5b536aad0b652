/**
 * Alerts of PromQL rules on the same road as everything else: one that fires becomes a judgement (`rule_firing`), which is
 * folded into an incident, routed by its labels, and resolved when the rule says so. Receives the rule groups as they are
 * now; hands on judgements and `fold_incident` deadlines in one commit. It compares what fires with what is open, so a look
 * that was lost is made good by the next. docs/decisions/2026-11-24-rule-alerts-are-judgements.md
 */
import { hash } from "node:crypto";
import type { AlertState } from "@batchwatch/promql/rules/group-state";
import { SEVERITIES, type Severity } from "@batchwatch/protocol";
import type { LiveGroup } from "../3-watch/rules/rule-groups.ts";
import type { ChangeFeed } from "../lib/change-feed.ts";
import type { Clock } from "../lib/clock.ts";
import { Mutex } from "../lib/mutex.ts";
import type { Job } from "../model/job.ts";
import type { Labels } from "../model/routing.ts";
import type { NewJudgement } from "../model/watch.ts";
import { EMPTY_WATCH_COMMIT, type LedgerStore } from "../storage/ledger-store.ts";
import { FOLD_INCIDENT } from "./incident-folding.ts";

/** Alerts that name no known job: each rule has an entry of its own here, so that its incident has a place. */
export const RULES_NAMESPACE = "(rules)";

export interface RuleAlertsParts {
  store: LedgerStore;
  feed: ChangeFeed;
  clock: Clock;
}

export interface RuleAlerts {
  /** Brings judgements in line with what fires. */
  sync(groups: readonly LiveGroup[]): Promise<void>;
}

interface Firing {
  subject: string;
  alert: AlertState;
}

export function createRuleAlerts({ store, feed, clock }: RuleAlertsParts): RuleAlerts {
  const mutex = new Mutex();

  async function syncNow(groups: readonly LiveGroup[]): Promise<void> {
    const now = clock.now();
    const firing = new Map(groups.flatMap(firingIn).map((each) => [each.subject, each]));
    const open = await store.openRuleJudgements();
    const over = open.filter(({ subject }) => !firing.has(subject));
    const known = new Set(open.map(({ subject }) => subject));
    const judgements: (NewJudgement & { reopen: boolean })[] = [];
    for (const { subject, alert } of firing.values())
      if (!known.has(subject)) {
        const job = await jobOf(store, alert.labels, now);
        judgements.push({ ...judgementOf(job, subject, alert, now), reopen: true });
      }
    if (over.length === 0 && judgements.length === 0) return;
    const jobIds = new Set([...over, ...judgements].map(({ jobId }) => jobId));
    await store.commitWatch({
      ...EMPTY_WATCH_COMMIT,
      judgements,
      resolveJudgements: over.map(({ id }) => ({
        id,
        at: now,
        resolution: "The rule does not fire any more",
      })),
      setDeadlines: [...jobIds].map((jobId) => ({
        kind: FOLD_INCIDENT,
        subject: `job:${jobId}`,
        jobId,
        dueAt: now,
        keepEarlier: true,
      })),
    });
    feed.publish({ topic: "deadlines" });
  }

  return { sync: (groups) => mutex.run(() => syncNow(groups)) };
}

/** The labels tell an alert apart, as in Prometheus; file and group, since two may have the same rule. */
function firingIn({ subject, state }: LiveGroup): Firing[] {
  return state.rules.flatMap(({ key, alerts }) =>
    alerts
      .filter((alert) => alert.state === "firing")
      .map((alert) => {
        const labels = Object.entries(alert.labels).toSorted(([a], [b]) => (a < b ? -1 : 1));
        const id = hash("sha256", JSON.stringify([subject, key, labels])).slice(0, 32);
        return { subject: `rule:${id}`, alert };
      }),
  );
}

/** The job that the alert names, where it is known; else the rule's own entry. */
async function jobOf(store: LedgerStore, labels: Labels, at: number): Promise<Job> {
  const { job_name: jobName, namespace = "default", environment = "" } = labels;
  const named = jobName === undefined ? null : await store.findJob({ namespace, environment, jobName });
  if (named !== null) return named;
  const own = { namespace: RULES_NAMESPACE, environment: "", jobName: labels.alertname ?? "rule" };
  const [job] = await store.ensureJobs([{ ...own, createdBy: "inferred", at }]);
  if (job === undefined) throw new Error("ensureJobs answered nothing");
  return job;
}

function judgementOf(job: Job, subject: string, alert: AlertState, now: number): NewJudgement {
  const { labels, annotations } = alert;
  const { description, summary } = annotations;
  const name = labels.alertname ?? "rule";
  return {
    jobId: job.id,
    class: "detection",
    type: "rule_firing",
    severity: severityOf(labels.severity),
    subject,
    runRowId: null,
    slotId: null,
    at: alert.firedAt ?? now,
    judgedAt: now,
    limitText: null,
    valueText: alert.valueText,
    explanation: `The rule ${name} fires: ${description ?? summary ?? `its value is ${alert.valueText}`}`,
    suppressedBecause: job.settings.paused ? "paused" : job.settings.observeOnly ? "observe_only" : null,
    ruleAlert: { labels, annotations },
  };
}

function severityOf(label: string | undefined): Severity {
  return SEVERITIES.find((severity) => severity === label) ?? "warning";
}
