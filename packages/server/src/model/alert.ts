/**
 * The alert: what leaves the house, in Prometheus's shape (labels, annotations, startsAt, endsAt). An outbox row holds
 * it as JSON, frozen at the time of the incident's change. SEMANTICS section 6.
 */
import type { Severity } from "@batchwatch/protocol";

export interface Alert {
  status: "firing" | "resolved";
  /** A contract: routes and silences match them. Never a run id. Constant while the incident is open, severity excepted. */
  labels: Readonly<Record<string, string>>;
  /** For people: summary, description, run_id, run_url, runbook_url, limit, value. `incident_url` is added on sending. */
  annotations: Readonly<Record<string, string>>;
  /** Epoch milliseconds. */
  startsAt: number;
  endsAt: number | null;
  severity: Severity;
  /** The facts in the incident, worst first. */
  facts: readonly { type: string; explanation: string; limit: string | null; value: string | null }[];
  /** Of its incident, where one message holds several alerts. */
  dedupKey?: string;
}

/** What an outbox row holds: the alert, and of a group the others, what is new first. */
export interface AlertMessage extends Alert {
  others?: readonly Alert[];
  /** Labels that make the group; left out where the message is about one incident. */
  groupLabels?: Readonly<Record<string, string>>;
}
