/**
 * Fills a job's slots ahead (`fill_slots`). Receives: "settings changed" (a row without payload) or its own row from
 * before ("the horizon came near"). Hands on slots and their deadlines.
 *
 * 1. **Clean**: expected slots that the settings no longer ask for are dropped. Set again at once.
 * 2. **Fill**: new slots up to the horizon. A change of settings fills from now on, never into the past; otherwise the
 *    filling goes on where it stopped, also through a downtime of ours. Set again at once.
 * 3. **Arm**: the deadlines of the slots, whose ids exist now. Set again for when the horizon comes near.
 * Each step is a commit, so a crash between them repeats or continues.
 */
import { nextSlotAfter, slotBefore } from "../../lib/calendar/schedule-slots.ts";
import type { Job } from "../../model/job.ts";
import { outputAtOf } from "../../model/output-time.ts";
import type { Run } from "../../model/run.ts";
import type { Deadline, NewDeadline } from "../../model/watch.ts";
import type { DeadlineHandler, Look } from "../../storage/deadline-handler.ts";
import { SLOT_DETECTORS } from "../detectors/registry.ts";
import { fillSlotsDeadline, judgeRunDeadline, slotDeadline, slotSubject } from "../watch-deadlines.ts";
import type { WatchParts } from "../watch-parts.ts";
import { intervalSlots } from "./interval-slots.ts";
import { expectedSlot, type NewSlot, type ScheduledJob } from "./new-slot.ts";
import { slotWindow } from "./slot-times.ts";

const HORIZON_MS = 48 * 3_600_000;
const HORIZON_SLOTS = 5;
/** Of a frequent schedule no more than this at a time. */
const FILL_LIMIT = 500;
/** Slots this old may still wait for their complete-by when settings change. */
const REARM_BACK_MS = 48 * 3_600_000;
/** For one that wrote output. */
const RUNS_LOOKED_AT = 50;
/** The horizon is looked at at least this often. */
const REFILL_MS = 24 * 3_600_000;
const FAR_AHEAD_MS = 10 * 366 * 24 * 3_600_000;

/** The row's payload: how far the slots are filled for which version of the settings, and what is still to be armed. */
interface FillState {
  settingsVersion: number;
  filledTo: number;
  arm: { from: number; evenPast: boolean } | null;
}

export function fillSlotsHandler(parts: WatchParts): DeadlineHandler {
  return {
    kind: "fill_slots",
    async handle(deadline, now) {
      const job = deadline.jobId === null ? null : await parts.store.getJob(deadline.jobId);
      if (job === null) return {};
      const look = await fillSlots(parts, job, deadline, now);
      const last = await lastOutput(parts, job, deadline);
      if (last === null) return look;
      return { ...look, setDeadlines: [...(look.setDeadlines ?? []), judgeRunDeadline(last, now)] };
    },
  };
}

/** Settings changed: the output that is there grows old by the freshness that is declared now. */
async function lastOutput(parts: WatchParts, job: Job, { payload }: Deadline): Promise<Run | null> {
  if (job.settings.freshnessMs === null) return null;
  if (readState(payload)?.settingsVersion === job.settingsVersion) return null;
  const runs = (await parts.store.recentRuns([job.id], RUNS_LOOKED_AT)).get(job.id) ?? [];
  return runs.find((run) => outputAtOf(run) !== null) ?? null;
}

async function fillSlots(parts: WatchParts, job: Job, deadline: Deadline, now: number): Promise<Look> {
  if (!isScheduled(job) || job.settings.paused) return cleanAll(parts, job, now);
  const state = readState(deadline.payload);
  const goesOn = state !== null && state.settingsVersion === job.settingsVersion;
  if (goesOn && state.arm !== null) return armSlots(parts, job, state, state.arm, now);
  if (job.settings.schedule.kind === "interval") return fillInterval(parts, job, now, goesOn);
  return goesOn ? fillCron(job, state.filledTo, now, true) : startFilling(parts, job, now);
}

function isScheduled(job: Job): job is ScheduledJob {
  return job.settings.schedule !== null;
}

/** No schedule, or paused: nothing is expected. A slot that is waiting right now is skipped, later ones go. */
async function cleanAll(parts: WatchParts, job: Job, now: number): Promise<Look> {
  if (!job.settings.paused) return { dropSlotsFrom: [{ jobId: job.id, from: 0 }], changes: changesOf(job) };
  const waiting = await parts.store.slotsBetween(job.id, now - REARM_BACK_MS, now + 1);
  return {
    dropSlotsFrom: [{ jobId: job.id, from: now + 1 }],
    slotChanges: waiting
      .filter((slot) => slot.state === "expected")
      .map((slot) => ({ id: slot.id, from: slot.state, to: "skipped", reason: "paused", runRowId: null })),
    changes: changesOf(job),
  };
}

// ── cron ────────────────────────────────────────────────────────────────────────────────────────────

/** Settings changed: what is expected from now on must be what they say. */
async function startFilling(parts: WatchParts, job: ScheduledJob, now: number): Promise<Look> {
  const from = Math.max(now, job.firstSeenAt) + 1;
  const existing = await parts.store.slotsBetween(job.id, from, now + FAR_AHEAD_MS);
  const expected = existing.filter((slot) => slot.state === "expected");
  const wanted = cronSlots(job, from, now);
  const byTime = new Map(wanted.slots.map((slot) => [slot.slotAt, slot]));
  const fits = expected.every((slot) => {
    const same = byTime.get(slot.slotAt);
    return same !== undefined && same.earlyAt === slot.earlyAt && same.lateAt === slot.lateAt;
  });
  if (!fits)
    return {
      dropSlotsFrom: [{ jobId: job.id, from }],
      setDeadlines: [fillRow(job, now)],
    };
  return {
    newSlots: wanted.slots,
    setDeadlines: [
      fillRow(job, now, {
        settingsVersion: job.settingsVersion,
        filledTo: wanted.filledTo,
        arm: { from: now - REARM_BACK_MS, evenPast: false },
      }),
    ],
    changes: changesOf(job),
  };
}

function fillCron(job: ScheduledJob, filledTo: number, now: number, evenPast: boolean): Look {
  const { slots, filledTo: newFilledTo } = cronSlots(job, filledTo + 1, now);
  const arm = slots.length === 0 ? null : { from: filledTo + 1, evenPast };
  const state: FillState = { settingsVersion: job.settingsVersion, filledTo: newFilledTo, arm };
  return {
    newSlots: slots,
    setDeadlines: [fillRow(job, arm === null ? refillAt(job, state, now) : now, state)],
  };
}

function cronSlots(job: ScheduledJob, from: number, now: number): { slots: NewSlot[]; filledTo: number } {
  const { settings } = job;
  const slots: NewSlot[] = [];
  let previousAt = slotBefore(settings.schedule, from);
  let slotAt = nextSlotAfter(settings.schedule, from - 1);
  let ahead = 0;
  while (slotAt !== null && slots.length < FILL_LIMIT) {
    if (ahead >= HORIZON_SLOTS && slotAt > now + HORIZON_MS) break;
    const nextAt = nextSlotAfter(settings.schedule, slotAt);
    slots.push(expectedSlot(job, slotAt, slotWindow(settings, slotAt, previousAt, nextAt)));
    if (slotAt > now) ahead += 1;
    previousAt = slotAt;
    slotAt = nextAt;
  }
  return { slots, filledTo: slots.at(-1)?.slotAt ?? from - 1 };
}

// ── interval ────────────────────────────────────────────────────────────────────────────────────────

/** One slot at a time: the next one depends on the next start. */
async function fillInterval(
  parts: WatchParts,
  job: ScheduledJob,
  now: number,
  goesOn: boolean,
): Promise<Look> {
  const { wanted, unwanted } = await intervalSlots(parts, job, now, goesOn);
  if (unwanted) return { dropSlotsFrom: [{ jobId: job.id, from: 0 }], setDeadlines: [fillRow(job, now)] };
  const state: FillState = {
    settingsVersion: job.settingsVersion,
    filledTo: wanted.slotAt,
    arm: { from: wanted.slotAt, evenPast: true },
  };
  return { newSlots: [wanted], setDeadlines: [fillRow(job, now, state)], changes: changesOf(job) };
}

// ── arming ──────────────────────────────────────────────────────────────────────────────────────────

async function armSlots(
  parts: WatchParts,
  job: ScheduledJob,
  state: FillState,
  arm: { from: number; evenPast: boolean },
  now: number,
): Promise<Look> {
  const slots = await parts.store.slotsBetween(job.id, arm.from, state.filledTo + 1);
  const setDeadlines: NewDeadline[] = [];
  const dropDeadlines: { kind: string; subject: string }[] = [];
  for (const slot of slots) {
    if (slot.state === "skipped" || slot.state === "unknown") continue;
    for (const detector of SLOT_DETECTORS) {
      if (detector.kind === "slot_late" && slot.state !== "expected") continue;
      const limitAt = detector.limitAt(slot, job);
      if (limitAt === null) dropDeadlines.push({ kind: detector.kind, subject: slotSubject(slot.id) });
      // A limit that was declared after it had passed is not broken.
      else if (arm.evenPast || detector.kind === "slot_late" || limitAt > now)
        setDeadlines.push(slotDeadline(detector.kind, slot, limitAt + 1));
    }
  }
  const next: FillState = { ...state, arm: null };
  return {
    setDeadlines: [...setDeadlines, fillRow(job, refillAt(job, next, now), next)],
    // Fresh slots have none; only a change of settings can leave some behind.
    dropDeadlines: arm.evenPast ? [] : dropDeadlines,
  };
}

/** When half of what lies ahead has passed; at once when nothing does. */
function refillAt(job: ScheduledJob, state: FillState, now: number): number {
  // The next start or the end of the slot sets an interval's row.
  if (job.settings.schedule.kind === "interval") return now + REFILL_MS;
  const aheadMs = state.filledTo - now;
  return aheadMs <= 0 ? now + 1 : now + Math.min(REFILL_MS, Math.ceil(aheadMs / 2));
}

function fillRow(job: Job, dueAt: number, state?: FillState): NewDeadline {
  return fillSlotsDeadline(job, dueAt, state === undefined ? null : JSON.stringify(state));
}

function readState(payload: string | null): FillState | null {
  if (payload === null) return null;
  // Written by this file alone.
  return JSON.parse(payload) as FillState;
}

function changesOf(job: Job): Look["changes"] {
  return [{ topic: "job", jobId: job.id, job }];
}
