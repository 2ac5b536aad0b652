/** A message as the outbox makes it, for tests of channels. */
import type { Alert } from "../../model/alert.ts";
import type { Notification } from "../channel.ts";

const STARTS_AT = Date.UTC(2026, 10, 24, 2);

export function testAlert(changes: Partial<Alert> = {}): Alert {
  return {
    status: "firing",
    labels: { alertname: "BatchRunFailed", severity: "critical", job_name: "daily_etl", owner: "data" },
    annotations: {
      summary: "daily_etl: run failed",
      run_id: "etl-1",
      run_url: "http://127.0.0.1:4318/runs/etl-1?namespace=default&job=daily_etl",
    },
    startsAt: STARTS_AT,
    endsAt: null,
    severity: "critical",
    facts: [{ type: "run_failed", explanation: "Exit code 1 <oops> & more.", limit: null, value: "1" }],
    ...changes,
  };
}

export function testNotification(changes: Partial<Notification> = {}): Notification {
  return {
    alert: testAlert(),
    others: [],
    groupLabels: null,
    dedupKey: "batchwatch/default//daily_etl/2026-11-24T02:00:00.000Z",
    messageId: "delivery-7",
    reason: "opened",
    receiver: "team",
    incidentUrl: "http://127.0.0.1:4318/incidents/1",
    sentAt: STARTS_AT + 60_000,
    memory: null,
    ...changes,
  };
}

/** The same incident, over. */
export function resolvedNotification(changes: Partial<Notification> = {}): Notification {
  return testNotification({
    alert: testAlert({
      status: "resolved",
      endsAt: STARTS_AT + 30_000,
      annotations: { summary: "daily_etl: run failed", resolution: "A later run succeeded." },
    }),
    messageId: "delivery-8",
    reason: "resolved",
    ...changes,
  });
}
