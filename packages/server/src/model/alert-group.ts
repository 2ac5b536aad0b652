/**
 * Alerts that one receiver hears of together: the incidents of one route with the same group labels. A group and its members
 * are rows, and the next look at it is a deadline, so that grouping and timing survive restarts.
 */
import type { Severity } from "@batchwatch/protocol";
import type { Labels } from "./routing.ts";
import type { NewDelivery } from "./watch.ts";

/** Deadline kind; its subject is `group:<id>`. */
export const FLUSH_GROUP = "flush_group";

export interface AlertGroup {
  id: number;
  /** Receiver, route and group labels; unique while the group is there. */
  key: string;
  routeKey: string;
  receiver: string;
  labels: Labels;
  createdAt: number;
  /** Under which its messages are ordered and remembered: the first that the receiver was told of; null = told nothing. */
  anchorIncidentId: number | null;
  /** The last message with an open alert. */
  notifiedAt: number | null;
}

export interface AlertGroupMember {
  groupId: number;
  incidentId: number;
  joinedAt: number;
  /** As the receiver was last told, null = of nothing yet. */
  toldSeverity: Severity | null;
  /** Why it was not told at the last look, null = it was, or was not looked at. */
  heldBecause: string | null;
}

/** An incident comes into a group; the group comes to be with its first one. */
export interface GroupJoin {
  key: string;
  routeKey: string;
  receiver: string;
  labels: Labels;
  at: number;
  /** When a group that this incident begins is looked at. */
  firstFlushAt: number;
  /** A group that is there already is looked at by then at the latest; null = in its own time. */
  flushBy: number | null;
}

/** What one look at a group changes, committed together. */
export interface GroupFlush {
  groupId: number;
  /** The deadline rows that were looked at. */
  doneDeadlines: readonly number[];
  anchorIncidentId: number | null;
  notifiedAt: number | null;
  members: readonly Pick<AlertGroupMember, "incidentId" | "toldSeverity" | "heldBecause">[];
  /** Incidents that are through with the group. A group without members ends. */
  leaving: readonly number[];
  /** Incidents that go over into another group. */
  moves: readonly { incidentId: number; join: GroupJoin }[];
  entries: readonly { incidentId: number; at: number; text: string }[];
  deliveries: readonly (NewDelivery & { incidentIds: readonly number[] })[];
  /** The next look, where members are left. */
  nextFlushAt: number;
}
