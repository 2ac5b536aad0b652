/**
 * Everything a board says about jobs, loaded for many jobs at once: a fixed number of queries, whatever the number of
 * jobs. `loadHealthFacts` is the part by which jobs are put in order, `loadJobFacts` all of it.
 */
import { nextSlotAfter } from "../../lib/calendar/schedule-slots.ts";
import type { Job } from "../../model/job.ts";
import type { Namesake } from "../../model/job-namesakes.ts";
import type { Run, RunBar } from "../../model/run.ts";
import type { Deadline, Incident, Judgement, Slot } from "../../model/watch.ts";
import type { LedgerStore } from "../../storage/ledger-store.ts";
import { SHOWN_DEADLINE_KINDS } from "./views/deadline-view.ts";
import { slotIdsOf } from "./views/run-view.ts";
import { STRIP_LENGTH } from "./views/strip-view.ts";
import { USUAL_RUNS, type UsualDuration, usualDuration } from "./views/usual-duration.ts";

export interface HealthFacts {
  job: Job;
  /** Newest first. */
  runs: readonly RunBar[];
  runningCount: number;
  /** Up to now, newest first. */
  slots: readonly Slot[];
  nextSlotAt: number | null;
  nextDeadline: Deadline | null;
  /** Open ones. */
  judgements: readonly Judgement[];
}

export interface JobFacts extends HealthFacts {
  /** The newest run, whole. */
  lastRun: Run | null;
  /** That run's. */
  lastSlot: Slot | null;
  lastSuccessAt: number | null;
  usual: UsualDuration;
  openIncident: Incident | null;
  namesakes: readonly Namesake[];
}

/** `depth` = how many runs and slots of each job. */
export async function loadHealthFacts(
  store: LedgerStore,
  jobs: readonly Job[],
  now: number,
  depth: number,
): Promise<HealthFacts[]> {
  if (jobs.length === 0) return [];
  const ids = jobs.map((job) => job.id);
  const [runs, running, slots, nextSlots, deadlines, judgements] = await Promise.all([
    store.recentRunBars(ids, depth),
    store.countRunningByJobs(ids),
    store.recentSlots(ids, now, depth),
    store.nextSlots(ids, now),
    store.nextDeadlineByJob(ids, SHOWN_DEADLINE_KINDS),
    store.openJudgementsByJobs(ids),
  ]);
  return jobs.map((job) => ({
    job,
    runs: runs.get(job.id) ?? [],
    runningCount: running.get(job.id) ?? 0,
    slots: slots.get(job.id) ?? [],
    nextSlotAt: nextSlots.get(job.id)?.slotAt ?? plannedSlotAfter(job, now),
    nextDeadline: deadlines.get(job.id) ?? null,
    judgements: judgements.get(job.id) ?? [],
  }));
}

export async function loadJobFacts(
  store: LedgerStore,
  jobs: readonly Job[],
  now: number,
): Promise<JobFacts[]> {
  if (jobs.length === 0) return [];
  const ids = jobs.map((job) => job.id);
  const [facts, lastRuns, successes, incidents, namesakes] = await Promise.all([
    loadHealthFacts(store, jobs, now, STRIP_LENGTH),
    store.recentRuns(ids, 1),
    store.recentSuccesses(ids, USUAL_RUNS),
    store.openIncidentsByJobs(ids),
    store.namesakes(ids),
  ]);
  const slotIds = slotIdsOf([...lastRuns.values()].flat());
  const lastSlots = new Map(
    (slotIds.length === 0 ? [] : await store.getSlots(slotIds)).map((slot) => [slot.id, slot]),
  );
  return facts.map((ofJob) => {
    const { id } = ofJob.job;
    const good = successes.get(id) ?? [];
    const lastRun = lastRuns.get(id)?.[0] ?? null;
    return {
      ...ofJob,
      lastRun,
      lastSlot: lastSlots.get(lastRun?.slotId ?? 0) ?? null,
      lastSuccessAt: good[0]?.completedAt ?? null,
      usual: usualDuration(good),
      openIncident: incidents.get(id) ?? null,
      namesakes: namesakes.get(id) ?? [],
    };
  });
}

/** Between the setting of a schedule and the filling of its slots, the schedule itself tells; an interval counts from a run. */
function plannedSlotAfter(job: Job, now: number): number | null {
  const { schedule } = job.settings;
  return schedule?.kind === "cron" ? nextSlotAfter(schedule, now) : null;
}
