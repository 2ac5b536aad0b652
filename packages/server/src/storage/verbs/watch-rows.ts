/** Judgements, incidents and deliveries between rows and objects. */
import type { FactType, Severity } from "@batchwatch/protocol";
import type { Insertable, Selectable } from "kysely";
import { cleanJson } from "../../lib/clean-text.ts";
import type {
  Delivery,
  DeliveryTry,
  Incident,
  Judgement,
  NewJudgement,
  RuleAlert,
} from "../../model/watch.ts";
import type { DeliveriesTable, IncidentsTable, JudgementsTable } from "../tables.ts";

export function judgementFromRow(row: Selectable<JudgementsTable>): Judgement {
  return {
    id: row.id,
    jobId: row.job_id,
    class: row.class as Judgement["class"],
    type: row.type as FactType,
    severity: row.severity as Severity,
    subject: row.subject,
    runRowId: row.run_row_id,
    slotId: row.slot_id,
    state: row.state as Judgement["state"],
    at: row.at,
    judgedAt: row.judged_at,
    resolvedAt: row.resolved_at,
    limitText: row.limit_text,
    valueText: row.value_text,
    explanation: row.explanation,
    resolution: row.resolution,
    suppressedBecause: row.suppressed_because,
    incidentId: row.incident_id,
    ...(row.rule_alert !== null && { ruleAlert: JSON.parse(row.rule_alert) as RuleAlert }),
  };
}

export function newJudgementRow(judgement: NewJudgement): Insertable<JudgementsTable> {
  return {
    job_id: judgement.jobId,
    class: judgement.class,
    type: judgement.type,
    severity: judgement.severity,
    subject: judgement.subject,
    run_row_id: judgement.runRowId,
    slot_id: judgement.slotId,
    state: "open",
    at: judgement.at,
    judged_at: judgement.judgedAt,
    resolved_at: null,
    limit_text: judgement.limitText,
    value_text: judgement.valueText,
    explanation: judgement.explanation,
    resolution: null,
    suppressed_because: judgement.suppressedBecause,
    incident_id: null,
    rule_alert: judgement.ruleAlert === undefined ? null : cleanJson(judgement.ruleAlert),
  };
}

export function incidentFromRow(row: Selectable<IncidentsTable>): Incident {
  return {
    id: row.id,
    jobId: row.job_id,
    state: row.state as Incident["state"],
    severity: row.severity as Severity,
    alertName: row.alert_name,
    title: row.title,
    openedAt: row.opened_at,
    resolvedAt: row.resolved_at,
    resolution: row.resolution,
    runRowId: row.run_row_id,
    slotId: row.slot_id,
    labels: JSON.parse(row.labels) as Record<string, string>,
    annotations: JSON.parse(row.annotations) as Record<string, string>,
    notified: row.is_notified === 1,
  };
}

export function incidentRow(incident: Omit<Incident, "id">): Insertable<IncidentsTable> {
  return {
    job_id: incident.jobId,
    state: incident.state,
    severity: incident.severity,
    alert_name: incident.alertName,
    title: incident.title,
    opened_at: incident.openedAt,
    resolved_at: incident.resolvedAt,
    resolution: incident.resolution,
    run_row_id: incident.runRowId,
    slot_id: incident.slotId,
    labels: cleanJson(incident.labels),
    annotations: cleanJson(incident.annotations),
    is_notified: incident.notified ? 1 : 0,
  };
}

export function deliveryFromRow(row: Selectable<DeliveriesTable>, tries: readonly DeliveryTry[]): Delivery {
  return {
    id: row.id,
    incidentId: row.incident_id,
    receiver: row.receiver,
    channel: row.channel,
    reason: row.reason as Delivery["reason"],
    dedupKey: row.dedup_key,
    payload: row.payload,
    state: row.state as Delivery["state"],
    createdAt: row.created_at,
    nextTryAt: row.next_try_at,
    deliveredAt: row.delivered_at,
    leaseUntil: row.lease_until,
    tries,
  };
}
