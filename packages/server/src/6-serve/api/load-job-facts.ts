/**
 * Everything a board says about jobs, loaded for many jobs at once: a fixed number of queries, whatever the number of
 * jobs on the page.
 */

import { nextSlotAfter } from "../../lib/calendar/schedule-slots.ts";
import type { Job } from "../../model/job.ts";
import type { Run, RunBar } from "../../model/run.ts";
import type { Deadline, Incident, Judgement, Slot } from "../../model/watch.ts";
import type { LedgerStore } from "../../storage/ledger-store.ts";
import { SHOWN_DEADLINE_KINDS } from "./views/deadline-view.ts";
import { STRIP_LENGTH } from "./views/strip-view.ts";
import { USUAL_RUNS, type UsualDuration, usualDuration } from "./views/usual-duration.ts";

export interface JobFacts {
  job: Job;
  /** Newest first. */
  runs: readonly RunBar[];
  /** The newest of them, whole. */
  lastRun: Run | null;
  runningCount: number;
  lastSuccessAt: number | null;
  usual: UsualDuration;
  /** Up to now, newest first. */
  slots: readonly Slot[];
  nextSlotAt: number | null;
  nextDeadline: Deadline | null;
  /** Open ones. */
  judgements: readonly Judgement[];
  openIncident: Incident | null;
}

export async function loadJobFacts(
  store: LedgerStore,
  jobs: readonly Job[],
  now: number,
  runsEach = STRIP_LENGTH,
): Promise<JobFacts[]> {
  if (jobs.length === 0) return [];
  const ids = jobs.map((job) => job.id);
  const [runs, lastRuns, successes, running, slots, nextSlots, deadlines, judgements, incidents] =
    await Promise.all([
      store.recentRunBars(ids, runsEach),
      store.recentRuns(ids, 1),
      store.recentSuccesses(ids, USUAL_RUNS),
      store.countRunningByJobs(ids),
      store.recentSlots(ids, now, runsEach),
      store.nextSlots(ids, now),
      store.nextDeadlineByJob(ids, SHOWN_DEADLINE_KINDS),
      store.openJudgementsByJobs(ids),
      store.openIncidentsByJobs(ids),
    ]);
  return jobs.map((job) => {
    const good = successes.get(job.id) ?? [];
    return {
      job,
      runs: runs.get(job.id) ?? [],
      lastRun: lastRuns.get(job.id)?.[0] ?? null,
      runningCount: running.get(job.id) ?? 0,
      lastSuccessAt: good[0]?.completedAt ?? null,
      usual: usualDuration(good),
      slots: slots.get(job.id) ?? [],
      nextSlotAt: nextSlots.get(job.id)?.slotAt ?? plannedSlotAfter(job, now),
      nextDeadline: deadlines.get(job.id) ?? null,
      judgements: judgements.get(job.id) ?? [],
      openIncident: incidents.get(job.id) ?? null,
    };
  });
}

/** Between the setting of a schedule and the filling of its slots, the schedule itself tells; an interval counts from a run. */
function plannedSlotAfter(job: Job, now: number): number | null {
  const { schedule } = job.settings;
  return schedule?.kind === "cron" ? nextSlotAfter(schedule, now) : null;
}
