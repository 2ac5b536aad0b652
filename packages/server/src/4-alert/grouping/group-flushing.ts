/**
 * The handler of `flush_group` deadlines. Receives: "it is time to look at group X". Reads the group's rows and what may
 * keep alerts back, asks decide-flush.ts, and commits the outcome: outbox rows, members and the next look together.
 */

import type { ChangeFeed } from "../../lib/change-feed.ts";
import { type AlertGroup, FLUSH_GROUP, type GroupFlush } from "../../model/alert-group.ts";
import type { Labels, Route, RoutingConfig } from "../../model/routing.ts";
import type { Deadline, Incident } from "../../model/watch.ts";
import type { StageMeter } from "../../self-monitoring/self-metrics.ts";
import { EMPTY_WATCH_COMMIT, type LedgerStore } from "../../storage/ledger-store.ts";
import { type Audience, receiverNamed } from "../audience.ts";
import { DIGEST_TIMES, digestJoin, digestText, isDigest, type PageBreaker } from "../page-breaker.ts";
import { createInhibition, inhibitRuleText } from "../routing/inhibition.ts";
import { allRoutes, matchRoutes } from "../routing/match-routes.ts";
import { quietBecause } from "../routing/time-intervals.ts";
import { decideFlush, type FlushDecision, type FlushInput } from "./decide-flush.ts";
import { groupDeliveries, MOST_ALERTS } from "./group-message.ts";

export interface GroupFlushingParts {
  store: LedgerStore;
  feed: ChangeFeed;
  meter: StageMeter;
  audience: () => Audience;
  breaker: PageBreaker;
  publicUrl: () => string;
}

type OpenLabels = { id: number; title: string; labels: Labels };

export function createGroupFlushing(parts: GroupFlushingParts) {
  const { store, feed, meter } = parts;
  let reading: Promise<OpenLabels[]> | null = null;

  /** Looks side by side share one reading of all open incidents. */
  function openIncidents(): Promise<OpenLabels[]> {
    reading ??= store.openIncidentLabels().finally(() => {
      reading = null;
    });
    return reading;
  }

  async function handle(deadline: Deadline, now: number): Promise<null> {
    const begunAt = performance.now();
    const found = await store.getAlertGroup(Number(deadline.subject.replace("group:", "")));
    if (found === null) {
      await store.commitWatch({ ...EMPTY_WATCH_COMMIT, doneDeadlines: [deadline.id] });
      return null;
    }
    const { group, members } = found;
    const ids = members.map(({ incidentId }) => incidentId);
    if (group.anchorIncidentId !== null) ids.push(group.anchorIncidentId);
    const incidents = new Map((await store.getIncidents(ids)).map((incident) => [incident.id, incident]));
    const known = members.flatMap((member) => {
      const incident = incidents.get(member.incidentId);
      return incident === undefined ? [] : [{ member, incident }];
    });
    const input: FlushInput = { group, members: known, ...(await timesAndHolds(group, known, now)), now };
    const flush = await flushOf(deadline, input, incidents.has(group.anchorIncidentId ?? 0));
    await store.commitGroupFlush(flush);
    await tell(flush, incidents);
    meter.done(performance.now() - begunAt, flush.deliveries.length);
    return null;
  }

  async function timesAndHolds(
    group: AlertGroup,
    members: FlushInput["members"],
    now: number,
  ): Promise<Pick<FlushInput, "times" | "held">> {
    const audience = parts.audience();
    if (isDigest(group)) return { times: DIGEST_TIMES, held: () => null };
    const route = audience.kind === "routed" ? routeOf(audience.routing, group, members) : null;
    if (route === null || audience.kind !== "routed") return { times: null, held: () => null };
    const { timeIntervals, inhibitRules } = audience.routing;
    const quiet = quietBecause(route.options, timeIntervals, now);
    const inhibition = createInhibition(inhibitRules, inhibitRules.length === 0 ? [] : await openIncidents());
    return {
      times: route.options,
      held(incident) {
        const by = inhibition(incident.labels);
        if (by === null) return quiet;
        return `inhibited by incident ${by.source.id} (${by.source.title}), rule ${inhibitRuleText(by.rule)}`;
      },
    };
  }

  async function flushOf(deadline: Deadline, input: FlushInput, hasAnchor: boolean): Promise<GroupFlush> {
    const { group, now } = input;
    const decision = decideFlush(input);
    const { message } = decision;
    const flush: GroupFlush = {
      groupId: group.id,
      doneDeadlines: [deadline.id],
      anchorIncidentId: group.anchorIncidentId,
      notifiedAt: group.notifiedAt,
      members: decision.members,
      leaving: decision.leaving,
      moves: [],
      entries: decision.entries,
      deliveries: [],
      nextFlushAt: decision.nextFlushAt,
    };
    const receiver = receiverNamed(parts.audience(), group.receiver);
    const [first] = message?.incidents ?? [];
    if (receiver === null) return withoutReceiver(flush, input);
    if (message === null || first === undefined) return flush;
    const isEnd = message.reason === "resolved";
    if (!isEnd && !isDigest(group) && !(await parts.breaker.take(group.receiver, now)))
      return intoDigest(flush, decision, group, now);
    const anchorIncidentId = hasAnchor && group.anchorIncidentId !== null ? group.anchorIncidentId : first.id;
    const shown = message.incidents.slice(0, MOST_ALERTS);
    const [jobs, facts] = await Promise.all([
      store.getJobs([...new Set(shown.map(({ jobId }) => jobId))]),
      store.judgementsOfIncidents(shown.map(({ id }) => id)),
    ]);
    const deliveries = groupDeliveries({
      group,
      anchorIncidentId,
      message,
      receiver,
      jobs: new Map(jobs.map((job) => [job.id, job])),
      facts,
      publicUrl: parts.publicUrl(),
      now,
    });
    return { ...flush, anchorIncidentId, notifiedAt: isEnd ? group.notifiedAt : now, deliveries };
  }

  /** Beyond the limit: what is new goes over into the digest, what the receiver knows waits for the next look. */
  function intoDigest(
    flush: GroupFlush,
    { message, members, leaving }: FlushDecision,
    group: AlertGroup,
    now: number,
  ): GroupFlush {
    const news = message?.news ?? [];
    const join = digestJoin(group.receiver, now);
    const told = new Set(message?.incidents.map(({ id }) => id));
    return {
      ...flush,
      // Nobody was told now, so they stay as they were.
      members: members.filter(({ incidentId }) => !told.has(incidentId)),
      leaving: leaving.filter((id) => !told.has(id)),
      moves: news.map(({ id }) => ({ incidentId: id, join })),
      entries: [
        ...flush.entries,
        ...news.map(({ id }) => ({
          incidentId: id,
          at: now,
          text: digestText(group.receiver, parts.breaker),
        })),
      ],
    };
  }

  async function tell(
    { deliveries, entries }: GroupFlush,
    incidents: ReadonlyMap<number, Incident>,
  ): Promise<void> {
    if (deliveries.length > 0) feed.publish({ topic: "deliveries" });
    const changed = new Set(entries.map(({ incidentId }) => incidentId));
    for (const { incidentIds } of deliveries) for (const id of incidentIds) changed.add(id);
    const shown = [...changed].flatMap((id) => incidents.get(id) ?? []);
    const jobs = shown.length === 0 ? [] : await store.getJobs([...new Set(shown.map(({ jobId }) => jobId))]);
    for (const { id, jobId } of shown) {
      const job = jobs.find((each) => each.id === jobId);
      if (job !== undefined) feed.publish({ topic: "incident", jobId, job, incidentId: id });
    }
  }

  return { kind: FLUSH_GROUP, handle };
}

/** There is nobody to tell, and nobody who waits for an end. */
function withoutReceiver(flush: GroupFlush, { group, members, now }: FlushInput): GroupFlush {
  return {
    ...flush,
    members: [],
    leaving: members.map(({ incident }) => incident.id),
    entries: members.map(({ incident }) => ({
      incidentId: incident.id,
      at: now,
      text: `Not sent to ${group.receiver}: the configuration has no such receiver any more.`,
    })),
  };
}

/** The group's route; where the tree was changed meanwhile, the one that leads to its receiver now. */
function routeOf(
  routing: RoutingConfig,
  { routeKey, receiver }: AlertGroup,
  members: FlushInput["members"],
): Route | null {
  const same = allRoutes(routing.root).find(({ route }) => route.key === routeKey)?.route;
  if (same !== undefined && same.options.receiver === receiver) return same;
  for (const { incident } of members) {
    const route = matchRoutes(routing, incident.labels).find(({ options }) => options.receiver === receiver);
    if (route !== undefined) return route;
  }
  return null;
}
