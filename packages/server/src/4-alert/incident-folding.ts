/**
 * The handler of `fold_incident` deadlines. Receives: "the judgements of job X changed". Hands on: the incident row and
 * its outbox rows, committed together with the end of the deadline, so that an incident is never changed untold.
 */
import type { ChangeFeed } from "../lib/change-feed.ts";
import type { Run } from "../model/run.ts";
import type { Deadline, Judgement } from "../model/watch.ts";
import type { StageMeter } from "../self-monitoring/self-metrics.ts";
import { EMPTY_WATCH_COMMIT, type LedgerStore } from "../storage/ledger-store.ts";
import { foldJudgements, type ReceiverRef } from "./fold-judgements.ts";

export const FOLD_INCIDENT = "fold_incident";

export interface IncidentFoldingParts {
  store: LedgerStore;
  feed: ChangeFeed;
  meter: StageMeter;
  /** Receivers that every alert goes to; routing by labels will stand here. */
  receivers: readonly ReceiverRef[];
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
    const unfolded = await store.unfoldedJudgements(job.id);
    const [incident] = await store.openIncidents(job.id);
    const [facts, entries] = incident
      ? await Promise.all([store.judgementsOfIncident(incident.id), store.incidentEntries(incident.id)])
      : [[], []];
    const write = foldJudgements({
      job,
      unfolded,
      open: incident ? { incident, facts, entries } : null,
      runs: await runsOf(store, [...unfolded, ...facts]),
      receivers: parts.receivers,
      publicUrl: parts.publicUrl(),
      now,
    });
    await store.commitWatch({
      ...EMPTY_WATCH_COMMIT,
      doneDeadlines: [deadline.id],
      incidents: write === null ? [] : [write],
    });
    if (write !== null) {
      const incidentId = write.id ?? (await store.openIncidents(job.id))[0]?.id ?? 0;
      feed.publish({ topic: "incident", jobId: job.id, job, incidentId });
      if (write.deliveries.length > 0) feed.publish({ topic: "deliveries" });
    }
    meter.done(performance.now() - begunAt, write === null ? 0 : 1);
    return null;
  }

  return { kind: FOLD_INCIDENT, handle };
}

async function runsOf(store: LedgerStore, facts: readonly Judgement[]): Promise<Map<number, Run>> {
  const ids = [...new Set(facts.flatMap((fact) => (fact.runRowId === null ? [] : [fact.runRowId])))];
  const runs = new Map<number, Run>();
  if (ids.length === 0) return runs;
  for (const { run } of await store.getRuns(ids)) runs.set(run.id, run);
  return runs;
}
