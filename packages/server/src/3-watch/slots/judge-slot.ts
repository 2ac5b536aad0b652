/**
 * Judges a slot at its deadlines: the end of its window (`slot_late`), its start-by and its complete-by. Hands on the
 * slot's end (missed, unknown, skipped) or its match, and the violations of its job's schedule.
 */
import type { Job } from "../../model/job.ts";
import type { Run } from "../../model/run.ts";
import type { Deadline, NewDeadline, Slot } from "../../model/watch.ts";
import type { DeadlineHandler, Look } from "../../storage/deadline-handler.ts";
import type { WatchCommit } from "../../storage/ledger-store.ts";
import type { SlotContext, SlotDetector } from "../detectors/detector.ts";
import { SLOT_DETECTORS } from "../detectors/registry.ts";
import { judgedSubject, newJudgements } from "../judgements/new-judgement.ts";
import { judgeContext, loadSlotCandidates } from "../runs/run-context.ts";
import { loadUpstreamsOfSlot } from "../upstreams/load-upstreams.ts";
import {
  fillSlotsDeadline,
  foldDeadline,
  judgeRunDeadline,
  slotDeadline,
  subjectId,
} from "../watch-deadlines.ts";
import type { WatchParts } from "../watch-parts.ts";
import { matchRun, startForSlot } from "./match-run.ts";

/** Runs looked through for one that satisfies the slot but has not been judged yet. */
const RUNS_LOOKED_AT = 50;
/** The run's own look is due already. */
const LOOK_AGAIN_MS = 1000;

export function slotHandlers(parts: WatchParts): DeadlineHandler[] {
  return SLOT_DETECTORS.map((detector) => ({
    kind: detector.kind,
    judgesAbsence: true,
    handle: (deadline: Deadline, now: number) => judgeSlot(parts, detector, subjectId(deadline.subject), now),
  }));
}

async function judgeSlot(
  parts: WatchParts,
  detector: SlotDetector,
  slotId: number,
  now: number,
): Promise<Look> {
  const slot = await parts.store.getSlot(slotId);
  if (slot === null) return {};
  const job = await parts.store.getJob(slot.jobId);
  if (job === null) return {};
  if (slot.state === "expected") {
    const refill = job.settings.schedule?.kind === "interval" ? [fillSlotsDeadline(job, now)] : [];
    if (job.settings.paused)
      return {
        slotChanges: [slotEnd(slot, "skipped", "paused")],
        setDeadlines: refill,
        changes: changesOf(job),
      };
    const found = await findUnjudgedRun(parts, job, slot);
    if (found !== null)
      // The run has what the slot waits for; its own look makes the match, and this one comes after it.
      return {
        setDeadlines: [judgeRunDeadline(found, now), slotDeadline(detector.kind, slot, now + LOOK_AGAIN_MS)],
      };
    if (detector.kind === "slot_late") return endSlot(parts, detector, job, slot, refill, now);
  }
  return judgeExpectation(parts, detector, job, slot, now);
}

/** Nothing came in the window: missed, or unknown where nothing could have reached us. */
async function endSlot(
  parts: WatchParts,
  detector: SlotDetector,
  job: Job,
  slot: Slot,
  refill: NewDeadline[],
  now: number,
): Promise<Look> {
  if (now <= slot.lateAt) return { setDeadlines: [slotDeadline(detector.kind, slot, slot.lateAt + 1)] };
  if (parts.uptime.coversAll(slot.slotAt, slot.lateAt))
    return {
      slotChanges: [slotEnd(slot, "unknown", "Batchwatch itself was not running during the whole window")],
      setDeadlines: refill,
      changes: changesOf(job),
    };
  const look = await judgeExpectation(parts, detector, job, slot, now);
  return {
    ...look,
    slotChanges: [slotEnd(slot, "missed", "no run started in its window")],
    setDeadlines: [...(look.setDeadlines ?? []), ...refill],
    changes: changesOf(job),
  };
}

async function judgeExpectation(
  parts: WatchParts,
  detector: SlotDetector,
  job: Job,
  slot: Slot,
  now: number,
): Promise<Look> {
  const limitAt = detector.limitAt(slot, job);
  // Settings changed since the row was set: no longer declared, or later than it was.
  if (limitAt === null) return {};
  if (now <= limitAt) return { setDeadlines: [slotDeadline(detector.kind, slot, limitAt + 1)] };
  const run = slot.runRowId === null ? null : ((await parts.store.getRun(slot.runRowId))?.run ?? null);
  const waiting = run === null ? await findWaitingRun(parts, job, slot) : null;
  const upstreams =
    detector.wantsUpstreams === true && run === null ? await loadUpstreamsOfSlot(parts, job, slot) : [];
  const context: SlotContext = { ...judgeContext(parts, job, now), slot, run, waiting, upstreams };
  const finding = detector.examine(context);
  if (finding === null) return {};
  const judged = judgedSubject(run, slot);
  const known = await parts.store.judgementsOfSubject(judged.subject);
  const typed = [{ ...finding, type: detector.type }];
  const judgements = await newJudgements(parts.store, context, judged, typed, known);
  if (judgements.length === 0) return {};
  return {
    judgements,
    setDeadlines: [
      foldDeadline(job, now),
      // Found late: what has come meanwhile may have mended it already.
      ...(await laterRun(parts, job, slot, now)),
    ],
    changes: changesOf(job),
  };
}

async function laterRun(parts: WatchParts, job: Job, slot: Slot, now: number): Promise<NewDeadline[]> {
  const recent = (await parts.store.recentRuns([job.id], 5)).get(job.id) ?? [];
  const later = recent.find((run) => run.phase === "completed" && (run.startedAt ?? 0) > slot.slotAt);
  return later === undefined ? [] : [judgeRunDeadline(later, now)];
}

/** A run in the ledger that satisfies the slot, whose own look is still to come. */
async function findUnjudgedRun(parts: WatchParts, job: Job, slot: Slot): Promise<Run | null> {
  const { schedule } = job.settings;
  if (schedule === null) return null;
  const runs = (await parts.store.recentRuns([job.id], RUNS_LOOKED_AT)).get(job.id) ?? [];
  for (const run of runs) {
    if (run.slotId !== null || !mayConcern(run, slot)) continue;
    const candidates = await loadSlotCandidates(parts.store, job, run);
    if (matchRun(run, candidates, schedule.kind === "interval")?.slot.id === slot.id) return run;
  }
  return null;
}

/** Cheap, before the slots around the run are read. */
function mayConcern(run: Run, slot: Slot): boolean {
  const startAt = startForSlot(run);
  if (startAt === null) return false;
  return run.scheduledAt !== null || (startAt >= slot.earlyAt && startAt <= slot.lateAt);
}

async function findWaitingRun(parts: WatchParts, job: Job, slot: Slot): Promise<Run | null> {
  const open = await parts.store.listOpenRuns(job.id);
  return open.find((run) => run.scheduledAt === slot.slotAt && run.startedAt === null) ?? null;
}

function slotEnd(
  slot: Slot,
  to: "missed" | "unknown" | "skipped",
  reason: string,
): WatchCommit["slotChanges"][number] {
  return { id: slot.id, from: slot.state, to, reason, runRowId: null };
}

function changesOf(job: Job): Look["changes"] {
  return [{ topic: "job", jobId: job.id, job }];
}
