/** Reads what judging one run needs, and no more: most runs end well and need only themselves and their job. */
import { isExecutingPhase, isTerminalPhase } from "@batchwatch/protocol";
import type { Job } from "../../model/job.ts";
import type { Run } from "../../model/run.ts";
import type { Judgement, Slot } from "../../model/watch.ts";
import type { LedgerStore } from "../../storage/ledger-store.ts";
import type { JudgeContext, RunContext } from "../detectors/detector.ts";
import { forbidsOverlap } from "../detectors/overlapping-run.ts";
import { RUN_DETECTORS } from "../detectors/registry.ts";
import { type SlotCandidate, startForSlot } from "../slots/match-run.ts";
import { loadUpstreamsOfRun } from "../upstreams/load-upstreams.ts";
import type { WatchParts } from "../watch-parts.ts";
import { jobForRun } from "./job-for-run.ts";
import { loadLaterOutput } from "./later-output.ts";
import { loadStarts } from "./starts-in-window.ts";

/** Enough for five good runs among some bad ones and backfills. */
const EARLIER_RUNS = 20;
const CANDIDATE_SLOTS_BEFORE = 12;
const DEFAULT_EARLY_REACH_MS = 5 * 60_000;
const NOMINAL_REACH_MS = 1000;

export function judgeContext(parts: WatchParts, job: Job, now: number): JudgeContext {
  const { schedule, mustCompleteBy } = job.settings;
  return {
    now,
    job,
    zone: schedule?.timezone ?? mustCompleteBy?.timezone ?? "UTC",
    uptime: parts.uptime,
    options: parts.options,
  };
}

export interface LoadedRunContext extends RunContext {
  /** A later run that is one too many since this one is known. */
  crowded: Run | null;
}

export async function loadRunContext(
  parts: WatchParts,
  ofJob: Job,
  run: Run,
  slot: Slot | null,
  now: number,
): Promise<LoadedRunContext> {
  const job = jobForRun(ofJob, run);
  const wantsEarlier = RUN_DETECTORS.some((detector) => detector.wantsEarlierRuns?.({ run, job }) === true);
  const [open, earlierRuns, overlaps, starts, laterOutput, upstreams] = await Promise.all([
    parts.store.openJudgements(job.id),
    wantsEarlier ? loadEarlierRuns(parts.store, job, run) : [],
    forbidsOverlap(job) && isExecutingPhase(run.phase) ? loadOverlap(parts.store, job, run) : null,
    loadStarts(parts.store, job, run),
    loadLaterOutput(parts.store, job, run, now),
    loadUpstreamsOfRun(parts, job, run, slot),
  ]);
  return {
    ...judgeContext(parts, job, now),
    run,
    slot,
    earlierRuns,
    overlaps,
    startsInWindow: starts?.count ?? null,
    crowded: starts?.crowded ?? null,
    laterOutput,
    upstreams,
    open,
  };
}

async function loadEarlierRuns(store: LedgerStore, job: Job, run: Run): Promise<Run[]> {
  const recent = (await store.recentRuns([job.id], EARLIER_RUNS + 1)).get(job.id) ?? [];
  const startedAt = runStart(run);
  return recent.filter((other) => other.id !== run.id && runStart(other) <= startedAt);
}

async function loadOverlap(store: LedgerStore, job: Job, run: Run): Promise<Run | null> {
  const others = (await store.listOpenRuns(job.id)).filter(
    (other) =>
      other.id !== run.id &&
      isExecutingPhase(other.phase) &&
      (runStart(other) < runStart(run) || (runStart(other) === runStart(run) && other.id < run.id)),
  );
  return others[0] ?? null;
}

/** The slots that a run may satisfy, ascending, with the runs that they are matched to. */
export async function loadSlotCandidates(store: LedgerStore, job: Job, run: Run): Promise<SlotCandidate[]> {
  const startAt = startForSlot(run);
  const { schedule } = job.settings;
  if (startAt === null || schedule === null) return [];
  const reachMs = (schedule.earlyWindowMs ?? DEFAULT_EARLY_REACH_MS) + 1;
  const ahead = schedule.kind === "interval" ? schedule.everyMs + 1 : reachMs;
  const [before, around, next, named] = await Promise.all([
    store.recentSlots([job.id], startAt + 1, CANDIDATE_SLOTS_BEFORE),
    store.slotsBetween(job.id, startAt, startAt + ahead),
    store.nextSlots([job.id], startAt),
    run.scheduledAt === null
      ? []
      : store.slotsBetween(job.id, run.scheduledAt - NOMINAL_REACH_MS, run.scheduledAt + NOMINAL_REACH_MS),
  ]);
  const nextSlot = next.get(job.id);
  const slots = new Map<number, Slot>();
  for (const slot of [...(before.get(job.id) ?? []), ...around, ...(nextSlot ? [nextSlot] : []), ...named])
    slots.set(slot.id, slot);
  const runIds = [...slots.values()].flatMap((slot) => (slot.runRowId === null ? [] : [slot.runRowId]));
  const runs = new Map<number, Run>();
  if (runIds.length > 0)
    for (const stored of await store.getRuns(runIds)) runs.set(stored.run.id, stored.run);
  return [...slots.values()]
    .sort((a, b) => a.slotAt - b.slotAt)
    .map((slot) => ({ slot, run: slot.runRowId === null ? null : (runs.get(slot.runRowId) ?? null) }));
}

/** The order of runs of a job in time. */
export function runStart(run: Run): number {
  return run.startedAt ?? run.completedAt ?? run.firstReceivedAt;
}

/** What an open judgement of another run or slot is compared by. */
export interface JudgedReference {
  slotAt: number | null;
  startAt: number;
  /** Nothing more is expected of its run; true where there is none. */
  isOver: boolean;
}

export async function loadReferences(
  store: LedgerStore,
  judgements: readonly Judgement[],
): Promise<ReadonlyMap<number, JudgedReference>> {
  const slotIds = [...new Set(judgements.flatMap(({ slotId }) => (slotId === null ? [] : [slotId])))];
  const runIds = [...new Set(judgements.flatMap(({ runRowId }) => (runRowId === null ? [] : [runRowId])))];
  const [slots, runs] = await Promise.all([
    slotIds.length === 0 ? [] : store.getSlots(slotIds),
    runIds.length === 0 ? [] : store.getRuns(runIds),
  ]);
  const slotById = new Map(slots.map((slot) => [slot.id, slot]));
  const runById = new Map(runs.map((stored) => [stored.run.id, stored.run]));
  return new Map(
    judgements.map((judgement) => {
      const slot = judgement.slotId === null ? undefined : slotById.get(judgement.slotId);
      const run = judgement.runRowId === null ? undefined : runById.get(judgement.runRowId);
      return [
        judgement.id,
        {
          slotAt: slot?.slotAt ?? null,
          startAt: run === undefined ? judgement.at : runStart(run),
          isOver: run === undefined || isTerminalPhase(run.phase),
        },
      ];
    }),
  );
}
