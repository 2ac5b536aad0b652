/**
 * Which groups an incident comes into, by its labels. Pure. Called at each look at the incident, since its severity may have
 * risen and the file may say something else by now.
 *
 * - A receiver hears of an incident in one group only: that of the first route that leads to it.
 * - Once in a group it stays there until it is over, so that whoever was told that it opened is told that it ended.
 * - Got worse, it is told anew after `group_wait`, not only at the group's next turn; and a route that it matches only now
 *   brings a further receiver in.
 */

import type { AlertGroup, AlertGroupMember, GroupJoin } from "../../model/alert-group.ts";
import type { Route, RoutingConfig } from "../../model/routing.ts";
import type { Incident } from "../../model/watch.ts";
import { groupKey, groupLabels, matchRoutes, whyTaken } from "../routing/match-routes.ts";
import { isWorse } from "../severity-order.ts";

export interface JoinPlan {
  joins: GroupJoin[];
  /** For the incident's timeline: who is told, and why them. */
  texts: string[];
}

export function planJoins(
  incident: Pick<Incident, "labels" | "severity">,
  memberships: readonly { group: AlertGroup; member: AlertGroupMember }[],
  routing: RoutingConfig,
  now: number,
): JoinPlan {
  const plan: JoinPlan = { joins: [], texts: [] };
  const seen = new Set<string>();
  for (const route of matchRoutes(routing, incident.labels)) {
    const { receiver, groupWaitMs } = route.options;
    if (seen.has(receiver)) continue;
    seen.add(receiver);
    const there = memberships.find(({ group }) => group.receiver === receiver);
    if (there === undefined) joinNew(plan, route, incident, routing, now);
    else if (hasGrownWorse(incident, there.member))
      plan.joins.push({ ...joinOf(there.group, now), flushBy: now + groupWaitMs });
  }
  return plan;
}

function joinNew(
  plan: JoinPlan,
  route: Route,
  { labels }: Pick<Incident, "labels">,
  { root, receivers }: RoutingConfig,
  now: number,
): void {
  const { receiver, groupWaitMs } = route.options;
  const why = whyTaken(root, route);
  const channels = receivers.find(({ name }) => name === receiver)?.integrations ?? [];
  if (channels.length === 0) {
    plan.texts.push(`Goes to the receiver ${receiver}, which has no channel (${why}): nobody is told there.`);
    return;
  }
  plan.texts.push(`Goes to the receiver ${receiver}: ${why}.`);
  plan.joins.push({
    // Another file may give the same route to another receiver.
    key: `${receiver} ${groupKey(route, labels)}`,
    routeKey: route.key,
    receiver,
    labels: groupLabels(route, labels),
    at: now,
    firstFlushAt: now + groupWaitMs,
    flushBy: null,
  });
}

function joinOf({ key, routeKey, receiver, labels }: AlertGroup, now: number): GroupJoin {
  return { key, routeKey, receiver, labels, at: now, firstFlushAt: now, flushBy: null };
}

export function hasGrownWorse(
  { severity }: Pick<Incident, "severity">,
  { toldSeverity }: Pick<AlertGroupMember, "toldSeverity">,
): boolean {
  return toldSeverity !== null && isWorse(severity, toldSeverity);
}
