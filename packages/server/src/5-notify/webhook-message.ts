/** A message in the JSON of Alertmanager's webhooks, version 4: what every webhook of ours holds. Pure. */
import { hash } from "node:crypto";
import type { Alert } from "../model/alert.ts";
import type { Notification } from "./channel.ts";

export function webhookMessage(notification: Notification) {
  const { alert, others, dedupKey, reason, receiver, incidentUrl, groupLabels } = notification;
  const alerts = [alert, ...others].map((one) =>
    withIncidentUrl(one, one === alert ? incidentUrl : undefined),
  );
  return {
    version: "4",
    groupKey: dedupKey,
    truncatedAlerts: 0,
    status: alerts.some((one) => one.status === "firing") ? "firing" : "resolved",
    receiver,
    groupLabels: groupLabels ?? {
      alertname: alert.labels.alertname ?? "",
      job_name: alert.labels.job_name ?? "",
    },
    commonLabels: inCommon(alerts.map(({ labels }) => labels)),
    commonAnnotations: inCommon(alerts.map(({ annotations }) => annotations)),
    externalURL: new URL("/", incidentUrl).href,
    alerts: alerts.map((one, index) => ({
      status: one.status,
      labels: one.labels,
      annotations: one.annotations,
      startsAt: new Date(one.startsAt).toISOString(),
      endsAt: one.endsAt === null ? "0001-01-01T00:00:00Z" : new Date(one.endsAt).toISOString(),
      generatorURL: one.annotations.incident_url ?? incidentUrl,
      fingerprint: one.dedupKey ?? (index === 0 ? dedupKey : fingerprint(one.labels)),
    })),
    batchwatch: { reason, severity: alert.severity, facts: alert.facts },
  };
}

function withIncidentUrl(alert: Alert, url: string | undefined): Alert {
  return url === undefined ? alert : { ...alert, annotations: { ...alert.annotations, incident_url: url } };
}

function inCommon(all: readonly Readonly<Record<string, string>>[]): Record<string, string> {
  const [first = {}, ...rest] = all;
  return Object.fromEntries(
    Object.entries(first).filter(([name, value]) => rest.every((other) => other[name] === value)),
  );
}

function fingerprint(labels: Readonly<Record<string, string>>): string {
  const ordered = Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return hash("sha256", JSON.stringify(ordered)).slice(0, 16);
}
