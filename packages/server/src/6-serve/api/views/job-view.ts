/** A job as the board shows it, and as its own page does. Pure: facts and the time in, resource out. */
import type { JobDetail, JobSummary } from "@batchwatch/protocol";
import { describeSchedule } from "../../../lib/calendar/describe-schedule.ts";
import { namesakeHint } from "../../../model/job-namesakes.ts";
import type { Slot } from "../../../model/watch.ts";
import type { JobFacts } from "../load-job-facts.ts";
import { deadlineView } from "./deadline-view.ts";
import { instant, instantOrNull } from "./instants.ts";
import { jobHealth } from "./job-health.ts";
import { byWorst, judgementView, type Pointers } from "./judgement-view.ts";
import { runSummary } from "./run-view.ts";
import { settingViews } from "./settings-view.ts";
import { plannedSlotView, slotView } from "./slot-view.ts";
import { stripBars } from "./strip-view.ts";
import { zoneOf } from "./words.ts";

export function jobSummary(facts: JobFacts, now: number): JobSummary {
  const { job, runs, lastRun, openIncident } = facts;
  const { settings } = job;
  const zone = zoneOf(settings);
  const { health, reason } = jobHealth({ ...facts, usualDurationMs: facts.usual.medianMs }, now);
  return {
    namespace: job.namespace,
    environment: job.environment,
    jobName: job.jobName,
    jobType: settings.jobType ?? lastRun?.jobType ?? null,
    owner: settings.owner,
    tags: { ...settings.tags },
    health,
    healthReason: reason,
    schedule: settings.schedule === null ? null : describeSchedule(settings.schedule),
    timezone: settings.schedule?.timezone ?? null,
    nextSlotAt: instantOrNull(facts.nextSlotAt),
    nextDeadline: facts.nextDeadline === null ? null : deadlineView(facts.nextDeadline, zone, now),
    runningCount: facts.runningCount,
    lastRun:
      lastRun === null
        ? null
        : runSummary(
            lastRun,
            job,
            facts.judgements.filter((judgement) => judgement.runRowId === lastRun.id),
            facts.lastSlot,
          ),
    lastSuccessAt: instantOrNull(facts.lastSuccessAt),
    usualDurationMs: facts.usual.medianMs,
    p95DurationMs: facts.usual.p95Ms,
    strip: stripBars(runs, facts.slots, now),
    openIncidentId: openIncident === null ? null : String(openIncident.id),
    openIncidentSeverity: openIncident?.severity ?? null,
    paused: settings.paused,
    observeOnly: settings.observeOnly,
    firstSeenAt: instant(job.firstSeenAt),
    hint: namesakeHint(job, lastRun !== null, facts.namesakes),
  };
}

export interface JobDetailParts {
  facts: JobFacts;
  /** Rows of slots from now on, oldest first. */
  aheadSlots: readonly Slot[];
  /** Times that follow from the schedule, from now on, oldest first. */
  plannedSlots: readonly number[];
  pointers: Pointers;
  publicUrl: string;
}

export function jobDetail(parts: JobDetailParts, now: number): JobDetail {
  const { facts, pointers } = parts;
  const { job } = facts;
  const zone = zoneOf(job.settings);
  return {
    ...jobSummary(facts, now),
    description: job.settings.description,
    runbook: job.settings.runbook,
    settings: settingViews(job),
    pingUrl: `${parts.publicUrl}/ping/${job.pingUuid}`,
    pingUuid: job.pingUuid,
    upcomingSlots: upcomingSlots(parts, zone),
    recentSlots: facts.slots.map((slot) => slotView(slot, zone, pointers)),
    openFacts: byWorst(facts.judgements).map((judgement) => judgementView(judgement, pointers)),
  };
}

/** How many runs ahead a job's page names. */
export const UPCOMING_SLOTS = 5;

/** The schedule says when; the row, where there is one, says what became of it (skipped, matched early). */
function upcomingSlots(parts: JobDetailParts, zone: string): JobDetail["upcomingSlots"] {
  const rows = new Map(parts.aheadSlots.map((slot) => [slot.slotAt, slot]));
  return [...new Set([...rows.keys(), ...parts.plannedSlots])]
    .sort((a, b) => a - b)
    .slice(0, UPCOMING_SLOTS)
    .map((slotAt) => {
      const row = rows.get(slotAt);
      return row === undefined ? plannedSlotView(slotAt, zone) : slotView(row, zone, parts.pointers);
    });
}
