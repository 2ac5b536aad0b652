/**
 * One look at a group: whether its receiver is told something, what, and what becomes of its members. Pure.
 *
 * As in Alertmanager: it is told of what is new, of what resolved that it knew as open, and again after
 * `repeat_interval`; what came and went between two looks it never hears of. Unlike there, what keeps an alert back (time
 * intervals, inhibition) keeps back its opening and its reminders, never its end: whoever was told that it opened is told
 * that it is over.
 */
import type { AlertGroup, AlertGroupMember, GroupFlush } from "../../model/alert-group.ts";
import type { DeliveryReason, Incident } from "../../model/watch.ts";
import { compareSeverity } from "../severity-order.ts";
import { hasGrownWorse } from "./plan-joins.ts";

export interface GroupTimes {
  groupIntervalMs: number;
  repeatIntervalMs: number;
}

export interface FlushInput {
  group: AlertGroup;
  members: readonly { member: AlertGroupMember; incident: Incident }[];
  /** null: the configuration does not have the route any more; who knows of it is told of its end, and nothing else. */
  times: GroupTimes | null;
  /** Why an open incident is not told now, null = it may be. */
  held: (incident: Incident) => string | null;
  now: number;
}

export interface GroupMessage {
  reason: DeliveryReason;
  /** What is new first, then the rest, of each the worst first. */
  incidents: readonly Incident[];
  /** Of these the receiver hears for the first time, or that they grew worse. */
  news: readonly Incident[];
}

export interface FlushDecision {
  /** null = nothing is told. */
  message: GroupMessage | null;
  members: GroupFlush["members"];
  leaving: readonly number[];
  entries: GroupFlush["entries"];
  nextFlushAt: number;
}

/** Where the route is gone: how long what was told waits for its end. */
const GONE_TIMES: GroupTimes = { groupIntervalMs: 300_000, repeatIntervalMs: Number.POSITIVE_INFINITY };

type Member = FlushInput["members"][number];

export function decideFlush(input: FlushInput): FlushDecision {
  const { group, members, now } = input;
  const times = input.times ?? GONE_TIMES;
  const sorted = sortMembers(input);
  const message = messageOf(input, sorted, times);
  const told = new Set(message === null ? [] : message.incidents.map(({ id }) => id));
  const leaving = [
    ...sorted.unheard.map(({ incident }) => incident.id),
    ...sorted.over.filter(({ incident }) => told.has(incident.id)).map(({ incident }) => incident.id),
  ];
  const gone = new Set(leaving);
  return {
    message,
    members: members
      .filter(({ incident }) => !gone.has(incident.id))
      .map(({ incident, member }) => ({
        incidentId: incident.id,
        toldSeverity: told.has(incident.id) ? incident.severity : member.toldSeverity,
        heldBecause: sorted.reasons.get(incident.id) ?? null,
      })),
    leaving,
    entries: [
      ...heldEntries(members, sorted.reasons, group.receiver, now),
      ...sorted.unheard
        .filter(({ incident }) => incident.state === "resolved")
        .map(({ incident }) => ({
          incidentId: incident.id,
          at: now,
          text: `Not sent to ${group.receiver}: it was over before it was due to be sent.`,
        })),
    ],
    nextFlushAt: now + times.groupIntervalMs,
  };
}

interface SortedMembers {
  /** Open, and may be told. */
  open: Member[];
  /** Open, kept back; the receiver may know of them from before. */
  held: Member[];
  /** Resolved, and the receiver knows them as open. */
  over: Member[];
  /** Nothing is to be told of them any more, and nothing was. */
  unheard: Member[];
  reasons: ReadonlyMap<number, string>;
}

function sortMembers({ members, times, held }: FlushInput): SortedMembers {
  const sorted = {
    open: [] as Member[],
    held: [] as Member[],
    over: [] as Member[],
    unheard: [] as Member[],
  };
  const reasons = new Map<number, string>();
  for (const each of members) {
    const { member, incident } = each;
    const isKnown = member.toldSeverity !== null;
    if (incident.state === "resolved") (isKnown ? sorted.over : sorted.unheard).push(each);
    else if (times === null) (isKnown ? sorted.held : sorted.unheard).push(each);
    else {
      const why = held(incident);
      if (why !== null) reasons.set(incident.id, why);
      (why === null ? sorted.open : sorted.held).push(each);
    }
  }
  return { ...sorted, reasons };
}

function messageOf(
  { group, now }: FlushInput,
  { open, held, over }: SortedMembers,
  times: GroupTimes,
): GroupMessage | null {
  const fresh = open.filter(({ member }) => member.toldSeverity === null);
  const worse = open.filter(({ member, incident }) => hasGrownWorse(incident, member));
  const isOver = open.length === 0 && !held.some(({ member }) => member.toldSeverity !== null);
  const isDueAgain =
    open.length > 0 && group.notifiedAt !== null && group.notifiedAt + times.repeatIntervalMs <= now;
  const reason: DeliveryReason | null =
    worse.length > 0
      ? "raised"
      : fresh.length > 0
        ? "opened"
        : over.length > 0 && isOver
          ? "resolved"
          : over.length > 0 || isDueAgain
            ? "repeated"
            : null;
  if (reason === null) return null;
  const news = [...worse, ...fresh].sort(byWorst);
  const isNews = new Set(news);
  const rest = open.filter((each) => !isNews.has(each)).sort(byWorst);
  return {
    reason,
    incidents: [...news, ...rest, ...over.toSorted(byWorst)].map(({ incident }) => incident),
    news: news.map(({ incident }) => incident),
  };
}

function byWorst({ incident: a }: Member, { incident: b }: Member): number {
  return compareSeverity(a.severity, b.severity) || a.openedAt - b.openedAt || a.id - b.id;
}

/** Once for each reason, and only of what the receiver would hear. */
function heldEntries(
  members: FlushInput["members"],
  reasons: ReadonlyMap<number, string>,
  receiver: string,
  at: number,
): GroupFlush["entries"] {
  return members.flatMap(({ member, incident }) => {
    const why = reasons.get(incident.id);
    const isNews = member.toldSeverity === null || hasGrownWorse(incident, member);
    if (why === undefined || !isNews || why === member.heldBecause) return [];
    return [{ incidentId: incident.id, at, text: `Not sent to ${receiver}: ${why}.` }];
  });
}
