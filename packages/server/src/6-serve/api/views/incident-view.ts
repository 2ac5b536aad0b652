/** Incidents as lists and their page show them. Pure. */
import type { deliverySchema, IncidentDetail, IncidentSummary } from "@batchwatch/protocol";
import type { z } from "zod";
import type { Job } from "../../../model/job.ts";
import type { Delivery, Incident, IncidentEntry, Judgement } from "../../../model/watch.ts";
import { instant, instantOrNull } from "./instants.ts";
import { byWorst, judgementView, type Pointers } from "./judgement-view.ts";

export function incidentSummary(
  incident: Incident,
  job: Job,
  facts: readonly Judgement[],
  pointers: Pointers,
): IncidentSummary {
  const slotAt = incident.slotId === null ? null : (pointers.slotTimes.get(incident.slotId) ?? null);
  return {
    namespace: job.namespace,
    environment: job.environment,
    jobName: job.jobName,
    id: String(incident.id),
    state: incident.state,
    severity: incident.severity,
    alertName: incident.alertName,
    title: incident.title,
    openedAt: instant(incident.openedAt),
    resolvedAt: instantOrNull(incident.resolvedAt),
    resolution: incident.resolution,
    runId: incident.runRowId === null ? null : (pointers.runIds.get(incident.runRowId) ?? null),
    slotAt: instantOrNull(slotAt),
    factTypes: [...new Set(byWorst(facts).map((fact) => fact.type))],
    notified: incident.notified,
  };
}

export interface IncidentDetailParts {
  incident: Incident;
  job: Job;
  facts: readonly Judgement[];
  entries: readonly IncidentEntry[];
  deliveries: readonly Delivery[];
  pointers: Pointers;
}

export function incidentDetail(parts: IncidentDetailParts): IncidentDetail {
  const { incident, job, facts, pointers } = parts;
  return {
    ...incidentSummary(incident, job, facts, pointers),
    facts: byWorst(facts).map((fact) => judgementView(fact, pointers)),
    timeline: timelineOf(parts.entries, parts.deliveries),
    deliveries: parts.deliveries.map(deliveryView),
    labels: { ...incident.labels },
    annotations: { ...incident.annotations },
  };
}

/** What was decided and what was sent, oldest first. */
function timelineOf(
  entries: readonly IncidentEntry[],
  deliveries: readonly Delivery[],
): IncidentDetail["timeline"] {
  const events = [
    ...entries.map(({ at, text }) => ({ at, text })),
    ...deliveries.flatMap((delivery) =>
      delivery.tries.map((attempt, index) => ({ at: attempt.at, text: tryText(delivery, index) })),
    ),
  ];
  return events.sort((a, b) => a.at - b.at).map(({ at, text }) => ({ at: instant(at), text }));
}

function tryText(delivery: Delivery, index: number): string {
  const attempt = delivery.tries[index];
  const what = `${delivery.receiver} (${delivery.channel}), told that it ${TOLD[delivery.reason]}`;
  const last = index === delivery.tries.length - 1;
  if (last && delivery.state === "delivered") return `Delivered to ${what}.`;
  const why = attempt?.error ?? (attempt?.status === null ? "no answer" : `status ${attempt?.status}`);
  const fate = last && delivery.state === "parked" ? " No more tries." : "";
  return `Try ${index + 1} to reach ${what}, failed: ${why}.${fate}`;
}

const TOLD: Readonly<Record<Delivery["reason"], string>> = {
  opened: "opened",
  raised: "got worse",
  repeated: "is still open",
  acknowledged: "was acknowledged",
  resolved: "resolved",
  corrected: "was corrected",
};

function deliveryView(delivery: Delivery): z.infer<typeof deliverySchema> {
  return {
    id: String(delivery.id),
    receiver: delivery.receiver,
    channel: delivery.channel,
    reason: delivery.reason,
    state: delivery.state,
    dedupKey: delivery.dedupKey,
    createdAt: instant(delivery.createdAt),
    deliveredAt: instantOrNull(delivery.deliveredAt),
    nextTryAt: instantOrNull(delivery.nextTryAt),
    tries: delivery.tries.map((attempt) => ({
      at: instant(attempt.at),
      latencyMs: attempt.latencyMs,
      status: attempt.status,
      error: attempt.error,
    })),
  };
}
