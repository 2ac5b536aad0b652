/**
 * An alerting rule: each series of the result is an alert, told by its labels. The life of an alert, one step:
 *
 * 1. in the result, new or resolved before → `pending`, active from now;
 * 2. in the result for `for` or longer → `firing`; a `for` that was made longer since turns it back to `pending`;
 * 3. missing: `pending` → gone; `firing` → stays for `keep_firing_for`, then `inactive`;
 * 4. `inactive` for 15 minutes → gone.
 */
import { type Labels, labelsOf, METRIC_NAME } from "../labels.ts";
import type { VectorSample } from "../query-result.ts";
import { AlertTexts } from "./alert-texts.ts";
import type { AlertState, LabelRecord, RuleState } from "./group-state.ts";
import { vectorOf } from "./query-vector.ts";
import { labelRecord, type RuleResult, type RuleSample, type RuleSurroundings } from "./rule-evaluation.ts";
import type { AlertingRule } from "./rule-group.ts";

export const ALERTS_METRIC = "ALERTS";
export const FOR_STATE_METRIC = "ALERTS_FOR_STATE";
/** How long a resolved alert is kept, so that its end is told even if a message is lost. */
export const RESOLVED_RETENTION_MS = 15 * 60_000;

export async function evaluateAlertingRule(
  rule: AlertingRule,
  before: RuleState,
  surroundings: RuleSurroundings,
): Promise<RuleResult> {
  const { at, queryAt, limit } = surroundings;
  const result = vectorOf(await surroundings.query(rule.expr, queryAt));
  const texts = new AlertTexts(rule, surroundings);
  const found = new Map<string, AlertState>();
  for (const sample of result) {
    const alert = await newAlert(rule, sample, texts, at);
    const key = alertKey(alert.labels);
    if (found.has(key))
      return {
        kind: "problem",
        message: "vector contains metrics with the same labelset after applying alert labels",
        clearsAlerts: false,
      };
    found.set(key, alert);
  }
  const alerts = nextAlerts(rule, before.alerts, found, at);
  const active = alerts.filter(({ state }) => state !== "inactive");
  if (limit > 0 && active.length > limit)
    return {
      kind: "problem",
      message: `exceeded limit of ${limit} with ${active.length} alerts`,
      clearsAlerts: true,
    };
  const samples = before.isRestored ? active.flatMap((alert) => seriesOf(rule, alert, queryAt)) : [];
  return { kind: "ok", samples, alerts };
}

async function newAlert(
  rule: AlertingRule,
  sample: VectorSample,
  texts: AlertTexts,
  at: number,
): Promise<AlertState> {
  const { names, values } = sample.labels;
  const own = names.flatMap((name, index): [string, string][] =>
    name === METRIC_NAME ? [] : [[name, values[index] ?? ""]],
  );
  const ofRule = Object.entries(await texts.expand(rule.labels, sample));
  return {
    labels: labelRecord(labelsOf([...own, ...ofRule, ["alertname", rule.name]])),
    annotations: await texts.expand(rule.annotations, sample),
    valueText: String(sample.value),
    state: "pending",
    activeAt: at,
    firedAt: null,
    resolvedAt: null,
    keptFiringSince: null,
  };
}

function nextAlerts(
  rule: AlertingRule,
  before: readonly AlertState[],
  found: ReadonlyMap<string, AlertState>,
  at: number,
): AlertState[] {
  const known = new Map(before.map((alert) => [alertKey(alert.labels), alert]));
  const next: AlertState[] = [];
  for (const [key, alert] of known) {
    if (found.has(key)) continue;
    const rest = withoutResult(rule, alert, at);
    if (rest !== null) next.push(rest);
  }
  for (const [key, fresh] of found) {
    const alert = known.get(key);
    const goesOn = alert !== undefined && alert.state !== "inactive";
    const { annotations, valueText } = fresh;
    next.push(
      withResult(rule, goesOn ? { ...alert, annotations, valueText, keptFiringSince: null } : fresh, at),
    );
  }
  return next;
}

function withResult(rule: AlertingRule, alert: AlertState, at: number): AlertState {
  const isDue = at - alert.activeAt >= rule.forMs;
  if (alert.state === "pending" && isDue) return { ...alert, state: "firing", firedAt: at };
  if (alert.state === "firing" && !isDue) return { ...alert, state: "pending", firedAt: null };
  return alert;
}

function withoutResult(rule: AlertingRule, alert: AlertState, at: number): AlertState | null {
  switch (alert.state) {
    case "pending":
      return null;
    case "inactive":
      return at - (alert.resolvedAt ?? at) > RESOLVED_RETENTION_MS ? null : alert;
    case "firing": {
      const since = alert.keptFiringSince ?? at;
      if (at - since < rule.keepFiringForMs) return { ...alert, keptFiringSince: since };
      return { ...alert, state: "inactive", resolvedAt: at, keptFiringSince: null };
    }
  }
}

function seriesOf(rule: AlertingRule, alert: AlertState, at: number): RuleSample[] {
  const pairs = Object.entries(alert.labels);
  return [
    {
      labels: labelsOf([...pairs, [METRIC_NAME, ALERTS_METRIC], ["alertstate", alert.state]]),
      at,
      value: 1,
    },
    { labels: forStateLabels(rule, alert), at, value: Math.floor(alert.activeAt / 1000) },
  ];
}

/** The series that keeps how long an alert has been active. */
export function forStateLabels(rule: AlertingRule, { labels }: Pick<AlertState, "labels">): Labels {
  return labelsOf([...Object.entries(labels), [METRIC_NAME, FOR_STATE_METRIC], ["alertname", rule.name]]);
}

function alertKey(labels: LabelRecord): string {
  return labelsOf(Object.entries(labels)).key;
}
