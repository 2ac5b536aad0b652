/**
 * Which slot a run satisfies, and why (SEMANTICS section 4). Pure. In this order:
 * 1. the slot of the nominal time that the source names, whatever the run type;
 * 2. the nearest unmatched slot in whose window the run started; a manual re-run from the slot on only;
 * 3. the slot whose run failed, when this run is its re-run: in the late window, or (not manual) before the next slot;
 * 4. the latest slot declared missed or unknown, when this run starts before the next slot's window.
 * A backfill satisfies only the slot that it names.
 */
import { formatDuration, isFailurePhase } from "@batchwatch/protocol";
import type { Run } from "../../model/run.ts";
import type { Slot } from "../../model/watch.ts";

/** Sources that name the nominal time may cut it to seconds. */
const NOMINAL_TOLERANCE_MS = 1000;

export interface SlotCandidate {
  slot: Slot;
  /** The run that it is matched to, null when none is. */
  run: Run | null;
}

export interface SlotMatch {
  slot: Slot;
  reason: string;
}

/** When the run began, for the purpose of slots; null when it has not. */
export function startForSlot(run: Run): number | null {
  if (run.startedAt !== null) return run.startedAt;
  if (run.completedAt !== null) return run.completedAt;
  return run.phase === "skipped" || run.phase === "cancelled" ? (run.scheduledAt ?? run.lastEventAt) : null;
}

/** `candidates`: the slots around the run's start and at its nominal time, ascending. */
export function matchRun(
  run: Run,
  candidates: readonly SlotCandidate[],
  isInterval: boolean,
): SlotMatch | null {
  const startAt = startForSlot(run);
  if (startAt === null) return null;
  const named = namedSlot(run, candidates);
  if (named !== null) {
    if (isOpenFor(run, named)) return { slot: named.slot, reason: "exact nominal time" };
    return isRerunOf(run, startAt, named)
      ? { slot: named.slot, reason: `exact nominal time, re-run after ${phaseText(named)}` }
      : null;
  }
  if (run.runType === "backfill") return null;
  return (
    nearestOpen(run, startAt, candidates, isInterval) ??
    (isInterval ? null : (rerun(run, startAt, candidates) ?? afterMiss(run, startAt, candidates)))
  );
}

/** "on time", "early by 40 s", "late by 12 m". */
export function punctualityText(startAt: number, slotAt: number): string {
  const lateMs = startAt - slotAt;
  if (Math.abs(lateMs) < 1000) return "on time";
  return lateMs < 0 ? `early by ${formatDuration(-lateMs)}` : `late by ${formatDuration(lateMs)}`;
}

function namedSlot(run: Run, candidates: readonly SlotCandidate[]): SlotCandidate | null {
  const nominalAt = run.scheduledAt;
  if (nominalAt === null) return null;
  return candidates.find(({ slot }) => Math.abs(slot.slotAt - nominalAt) < NOMINAL_TOLERANCE_MS) ?? null;
}

function isOpenFor(run: Run, { slot, run: matched }: SlotCandidate): boolean {
  return matched === null || matched.id === run.id || slot.state === "expected";
}

function nearestOpen(
  run: Run,
  startAt: number,
  candidates: readonly SlotCandidate[],
  isInterval: boolean,
): SlotMatch | null {
  let nearest: Slot | null = null;
  for (const candidate of candidates) {
    const { slot } = candidate;
    const from = run.runType === "manual" && !isInterval ? slot.slotAt : slot.earlyAt;
    if (slot.state === "skipped" || !isOpenFor(run, candidate) || startAt < from || startAt > slot.lateAt)
      continue;
    if (nearest === null || Math.abs(slot.slotAt - startAt) < Math.abs(nearest.slotAt - startAt))
      nearest = slot;
  }
  if (nearest === null) return null;
  if (isInterval)
    return {
      slot: nearest,
      reason: startAt <= nearest.slotAt ? "inside the interval" : punctualityText(startAt, nearest.slotAt),
    };
  const punctuality = punctualityText(startAt, nearest.slotAt);
  return { slot: nearest, reason: run.runType === "manual" ? `manual re-run, ${punctuality}` : punctuality };
}

function rerun(run: Run, startAt: number, candidates: readonly SlotCandidate[]): SlotMatch | null {
  const before = candidates.filter(({ slot }) => slot.slotAt <= startAt);
  const latest = before.at(-1);
  for (const candidate of before.toReversed()) {
    if (!isRerunOf(run, startAt, candidate)) continue;
    const inWindow = startAt <= candidate.slot.lateAt;
    if (!inWindow && (run.runType === "manual" || candidate !== latest || reachesNext(startAt, candidates)))
      continue;
    const kind = run.runType === "manual" ? "manual re-run" : "re-run";
    return {
      slot: candidate.slot,
      reason: `${kind} after ${phaseText(candidate)}, ${punctualityText(startAt, candidate.slot.slotAt)}`,
    };
  }
  return null;
}

function afterMiss(run: Run, startAt: number, candidates: readonly SlotCandidate[]): SlotMatch | null {
  const latest = candidates.findLast(({ slot }) => slot.slotAt <= startAt);
  if (latest === undefined || run.runType === "manual" || reachesNext(startAt, candidates)) return null;
  const { slot } = latest;
  if (slot.state !== "missed" && slot.state !== "unknown") return null;
  const then = slot.state === "missed" ? ", after it was declared missed" : "";
  return { slot, reason: `late by ${formatDuration(startAt - slot.slotAt)}${then}` };
}

/** The slot's run came to a bad end, and this one started after it. */
function isRerunOf(run: Run, startAt: number, { slot, run: matched }: SlotCandidate): boolean {
  if (slot.state !== "matched" || matched === null || matched.id === run.id) return false;
  const ended = isFailurePhase(matched.phase) || matched.phase === "cancelled";
  return ended && startAt > (matched.startedAt ?? matched.completedAt ?? slot.slotAt);
}

/** The next slot's window has begun by then. */
function reachesNext(startAt: number, candidates: readonly SlotCandidate[]): boolean {
  const next = candidates.find(({ slot }) => slot.slotAt > startAt);
  return next !== undefined && startAt >= next.slot.earlyAt;
}

function phaseText({ run }: SlotCandidate): string {
  if (run === null) return "a failure";
  return run.phase === "lost" ? "a lost run" : run.phase === "cancelled" ? "a cancelled run" : "a failed run";
}
