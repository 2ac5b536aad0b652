/** Which open judgements of a job come to their end by what is now known of one run. */
import type { Judgement } from "../../model/watch.ts";
import type { LedgerStore, WatchCommit } from "../../storage/ledger-store.ts";
import type { MendContext, RunContext } from "../detectors/detector.ts";
import { RUN_DETECTORS, SLOT_DETECTORS } from "../detectors/registry.ts";
import { type JudgedReference, loadReferences, runStart } from "../runs/run-context.ts";

/**
 * An open fact that pages is told before it is told to be over, even if both become known at once: it is resolved once
 * folded into its incident, or this much later.
 */
export const TELL_FIRST_MS = 1000;
const STREAK_RUNS = 30;

export interface Resolutions {
  resolve: WatchCommit["resolveJudgements"];
  /** Look again then: something is over, but not told yet. */
  lookAgainAt: number | null;
}

export async function findResolutions(store: LedgerStore, context: RunContext): Promise<Resolutions> {
  const { open, now } = context;
  if (open.length === 0) return { resolve: [], lookAgainAt: null };
  const others = open.filter((judgement) => !isOwn(context, judgement));
  const mayMendOthers = context.run.phase === "completed" && context.run.runType !== "backfill";
  const references = mayMendOthers ? await loadReferences(store, others) : new Map<number, JudgedReference>();
  const streak = mayMendOthers && others.length > 0 ? await goodStreakSince(store, context) : () => 0;
  const resolve: { id: number; at: number; resolution: string }[] = [];
  let lookAgainAt: number | null = null;
  for (const judgement of open) {
    const own = isOwn(context, judgement);
    const reference = references.get(judgement.id);
    const isLater =
      reference !== undefined &&
      (comesAfter(context, judgement, reference) || anyRunComesAfter(context, judgement)) &&
      streak(reference.startAt) >= context.job.settings.resolveAfter;
    if (!own && !isLater) continue;
    const resolution = resolutionOf({ ...context, judgement, isOwn: own, isLater });
    if (resolution === null) continue;
    if (isTold(judgement, now)) resolve.push({ id: judgement.id, at: now, resolution });
    else lookAgainAt = Math.max(lookAgainAt ?? 0, judgement.judgedAt + TELL_FIRST_MS);
  }
  return { resolve, lookAgainAt };
}

function isOwn({ run, slot }: RunContext, judgement: Judgement): boolean {
  if (judgement.runRowId === run.id) return true;
  return slot !== null && slot.runRowId === run.id && judgement.slotId === slot.id;
}

/**
 * A slot's fact is mended by a later slot's run; a run that stands for no slot says nothing about the schedule. A run that
 * is still under way (or hung) is mended by nobody but itself, and what was over before something broke mends nothing.
 */
function comesAfter(
  { run, slot, job }: RunContext,
  judgement: Judgement,
  reference: JudgedReference,
): boolean {
  if (!reference.isOver) return false;
  if (judgement.runRowId !== null && (run.completedAt === null || run.completedAt <= judgement.at))
    return false;
  if (judgement.slotId === null || reference.slotAt === null) return runStart(run) > reference.startAt;
  if (slot !== null) return slot.slotAt > reference.slotAt;
  return job.settings.schedule === null && runStart(run) > reference.slotAt;
}

/** Of what a slot has no part in. */
function anyRunComesAfter({ run }: RunContext, { type, at }: Judgement): boolean {
  const mendedByAny = RUN_DETECTORS.some((detector) => detector.type === type && detector.anyRunMends);
  return mendedByAny && run.completedAt !== null && run.completedAt > at;
}

function resolutionOf(context: MendContext): string | null {
  const { type, slotId } = context.judgement;
  for (const detector of slotId === null ? RUN_DETECTORS : [...SLOT_DETECTORS, ...RUN_DETECTORS])
    if (detector.type === type) return detector.mends(context);
  return null;
}

function isTold(judgement: Judgement, now: number): boolean {
  if (judgement.incidentId !== null || now - judgement.judgedAt >= TELL_FIRST_MS) return true;
  return judgement.suppressedBecause !== null && judgement.suppressedBecause !== "observe_only";
}

/** How many runs in a row ended well up to this one, of those that started after a time. */
async function goodStreakSince(store: LedgerStore, context: RunContext): Promise<(since: number) => number> {
  const { run, job } = context;
  if (job.settings.resolveAfter <= 1) return () => 1;
  const recent = (await store.recentRuns([job.id], STREAK_RUNS)).get(job.id) ?? [];
  const upToThis = [run, ...recent.filter((other) => other.id !== run.id)]
    .filter((other) => other.runType !== "backfill" && runStart(other) <= runStart(run))
    .sort((a, b) => runStart(b) - runStart(a));
  const firstBad = upToThis.findIndex((other) => other.phase !== "completed");
  const good = firstBad < 0 ? upToThis : upToThis.slice(0, firstBad);
  return (since) => good.filter((other) => runStart(other) > since).length;
}
