/**
 * The handler of `fold_incident` deadlines. Receives: "the judgements of job X changed". Hands on: the incident row and
 * its outbox rows or the groups that it comes into, committed together with the end of the deadline, so that an incident
 * is never changed untold.
 */
import type { ChangeFeed } from "../lib/change-feed.ts";
import type { GroupJoin } from "../model/alert-group.ts";
import type { Job } from "../model/job.ts";
import type { Run } from "../model/run.ts";
import type { Deadline, Incident, Judgement } from "../model/watch.ts";
import type { StageMeter } from "../self-monitoring/self-metrics.ts";
import { EMPTY_WATCH_COMMIT, type IncidentWrite, type LedgerStore } from "../storage/ledger-store.ts";
import type { Audience } from "./audience.ts";
import { foldJudgements } from "./fold-judgements.ts";
import { planJoins } from "./grouping/plan-joins.ts";
import { digestJoin, digestText, isDigest, type PageBreaker } from "./page-breaker.ts";

export const FOLD_INCIDENT = "fold_incident";

export interface IncidentFoldingParts {
  store: LedgerStore;
  feed: ChangeFeed;
  meter: StageMeter;
  audience: () => Audience;
  breaker: PageBreaker;
  /** Where people reach the page, without a slash at the end. Asked each time: port 0 is known only after listening. */
  publicUrl: () => string;
}

export function createIncidentFolding(parts: IncidentFoldingParts) {
  const { store, feed, meter } = parts;

  /** Commits by itself (incident, outbox, end of the deadline together) and then tells the feed. */
  async function handle(deadline: Deadline, now: number): Promise<null> {
    const begunAt = performance.now();
    const job = deadline.jobId === null ? null : await store.getJob(deadline.jobId);
    if (job === null) {
      await store.commitWatch({ ...EMPTY_WATCH_COMMIT, doneDeadlines: [deadline.id] });
      return null;
    }
    const write = await foldJob(parts, job, now);
    await store.commitWatch({
      ...EMPTY_WATCH_COMMIT,
      doneDeadlines: [deadline.id],
      incidents: write === null ? [] : [write],
    });
    if (write !== null) await announce(job, write);
    meter.done(performance.now() - begunAt, write === null ? 0 : 1);
    return null;
  }

  async function announce(job: Job, write: IncidentWrite): Promise<void> {
    const incidentId = write.id ?? (await store.openIncidents(job.id))[0]?.id ?? 0;
    feed.publish({ topic: "incident", jobId: job.id, job, incidentId });
    if (write.deliveries.length > 0) feed.publish({ topic: "deliveries" });
    if ((write.joins ?? []).length > 0) feed.publish({ topic: "deadlines" });
  }

  return { kind: FOLD_INCIDENT, handle };
}

async function foldJob(parts: IncidentFoldingParts, job: Job, now: number): Promise<IncidentWrite | null> {
  const { store } = parts;
  const audience = parts.audience();
  const unfolded = await store.unfoldedJudgements(job.id);
  const [open = null] = await store.openIncidents(job.id);
  const [facts, entries] =
    open === null
      ? [[], []]
      : await Promise.all([store.judgementsOfIncident(open.id), store.incidentEntries(open.id)]);
  const folded = foldJudgements({
    job,
    unfolded,
    open: open === null ? null : { incident: open, facts, entries },
    runs: await runsOf(store, [...unfolded, ...facts]),
    audience,
    publicUrl: parts.publicUrl(),
    now,
  });
  if (audience.kind === "everyone") return folded === null ? null : withDigests(parts, folded, now);
  const said = entries.map(({ text }) => text);
  return withGroups(parts, { folded, open, said, audience, now });
}

/** Where there are routes: the groups that the incident comes into; also when nothing of it changed, but the file did. */
async function withGroups(
  { store }: IncidentFoldingParts,
  {
    folded,
    open,
    said,
    audience,
    now,
  }: {
    folded: IncidentWrite | null;
    open: Incident | null;
    said: readonly string[];
    audience: Extract<Audience, { kind: "routed" }>;
    now: number;
  },
): Promise<IncidentWrite | null> {
  const incident = folded?.incident ?? open;
  // The groups tell its end by themselves.
  if (incident === null || !incident.notified || incident.state === "resolved") return folded;
  const memberships = open === null ? [] : await store.alertGroupsOf(open.id);
  const { joins, texts } = planJoins(incident, memberships, audience.routing, now);
  const entries = texts.filter((text) => !said.includes(text)).map((text) => ({ at: now, text }));
  if (folded !== null) return { ...folded, entries: [...folded.entries, ...entries], joins };
  if (open === null || (joins.length === 0 && entries.length === 0)) return null;
  const { id, ...unchanged } = open;
  return { id, incident: unchanged, judgementIds: [], entries, deliveries: [], joins };
}

/** Where everyone is told at once: what is beyond the breaker's limit goes into the receiver's digest. */
async function withDigests(
  { store, breaker }: IncidentFoldingParts,
  write: IncidentWrite,
  now: number,
): Promise<IncidentWrite> {
  if (breaker.limit === null || write.deliveries.length === 0) return write;
  const memberships = write.id === null ? [] : await store.alertGroupsOf(write.id);
  const inDigest = new Set(memberships.flatMap(({ group }) => (isDigest(group) ? [group.receiver] : [])));
  const deliveries: IncidentWrite["deliveries"][number][] = [];
  const joins: GroupJoin[] = [];
  const entries = [...write.entries];
  for (const delivery of write.deliveries) {
    const { receiver, reason } = delivery;
    if (inDigest.has(receiver)) continue;
    if (reason === "resolved" || (await breaker.take(receiver, now))) deliveries.push(delivery);
    else {
      joins.push(digestJoin(receiver, now));
      entries.push({ at: now, text: digestText(receiver, breaker) });
    }
  }
  return { ...write, deliveries, joins, entries };
}

async function runsOf(store: LedgerStore, facts: readonly Judgement[]): Promise<Map<number, Run>> {
  const ids = [...new Set(facts.flatMap((fact) => (fact.runRowId === null ? [] : [fact.runRowId])))];
  const runs = new Map<number, Run>();
  if (ids.length === 0) return runs;
  for (const { run } of await store.getRuns(ids)) runs.set(run.id, run);
  return runs;
}
