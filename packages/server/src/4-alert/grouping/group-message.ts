/** The outbox rows of a message about a group: one for each channel of the receiver. Pure. */
import { hash } from "node:crypto";
import type { Alert, AlertMessage } from "../../model/alert.ts";
import type { AlertGroup, GroupFlush } from "../../model/alert-group.ts";
import type { Job } from "../../model/job.ts";
import type { RoutedReceiver } from "../../model/routing.ts";
import type { Incident, Judgement } from "../../model/watch.ts";
import { alertOf, byWorst, dedupKey } from "../fold-judgements.ts";
import { isDigest } from "../page-breaker.ts";
import type { GroupMessage } from "./decide-flush.ts";

/** More would help nobody, and no service takes it; how many there are is said. */
export const MOST_ALERTS = 100;

export interface MessageParts {
  group: AlertGroup;
  /** The incident under which the group's messages are ordered. */
  anchorIncidentId: number;
  message: GroupMessage;
  receiver: RoutedReceiver;
  jobs: ReadonlyMap<number, Job>;
  facts: ReadonlyMap<number, readonly Judgement[]>;
  publicUrl: string;
  now: number;
}

export function groupDeliveries(parts: MessageParts): GroupFlush["deliveries"] {
  const { group, message, receiver, anchorIncidentId, now } = parts;
  const payload = JSON.stringify(groupMessage(parts));
  const others = message.incidents.map(({ id }) => id).filter((id) => id !== anchorIncidentId);
  return receiver.integrations.map(({ name, channel }) => ({
    receiver: name,
    channel,
    reason: message.reason,
    dedupKey: groupDedupKey(group),
    payload,
    createdAt: now,
    incidentIds: [anchorIncidentId, ...others],
  }));
}

function groupMessage({ group, message: { incidents }, jobs, facts, publicUrl }: MessageParts): AlertMessage {
  const alerts = incidents.slice(0, MOST_ALERTS).map((incident) => {
    const job = jobs.get(incident.jobId);
    return alertInGroup(incident, job, facts.get(incident.id) ?? [], publicUrl);
  });
  const [first, ...others] = alerts;
  if (first === undefined) throw new Error("a message tells of at least one incident");
  const isCut = incidents.length > alerts.length;
  const summed = isCut || (isDigest(group) && others.length > 0) ? withCount(first, incidents) : first;
  return { ...summed, others, groupLabels: group.labels };
}

function alertInGroup(
  incident: Incident,
  job: Job | undefined,
  facts: readonly Judgement[],
  publicUrl: string,
): Alert {
  const open = facts.filter(({ state }) => state === "open");
  const shown = incident.state === "resolved" ? facts : open;
  const alert = alertOf(incident, byWorst(shown));
  const annotations = { ...alert.annotations, incident_url: `${publicUrl}/incidents/${incident.id}` };
  return { ...alert, annotations, ...(job !== undefined && { dedupKey: dedupKey(job, incident.openedAt) }) };
}

/** "523 alerts, the worst: daily_etl: run failed" */
function withCount(alert: Alert, incidents: readonly Incident[]): Alert {
  const open = incidents.filter(({ state }) => state === "open").length;
  const count = open === 0 ? `${incidents.length} alerts are over` : `${open} alerts`;
  const summary = `${count}, the worst: ${alert.annotations.summary ?? ""}`;
  return { ...alert, annotations: { ...alert.annotations, summary } };
}

/** Stable while the group is there: the key may be long and hold any text, so it goes in as its hash. */
export function groupDedupKey({ key, receiver, createdAt }: AlertGroup): string {
  const digest = hash("sha256", `${receiver}\n${key}`).slice(0, 32);
  return `batchwatch/group/${digest}/${new Date(createdAt).toISOString()}`;
}
