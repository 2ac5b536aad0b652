/**
 * Judges one run: when the ledger says that it changed (`judge_run`), and at the times its detectors asked for
 * (`run_max_duration`, `run_heartbeat`, …). All these rows come to the same look, which is harmless when repeated.
 * Hands on judgements, the match with a slot, further deadlines, and what Batchwatch itself says of the run.
 */
import { isTerminalPhase } from "@batchwatch/protocol";
import type { Job } from "../../model/job.ts";
import type { Run } from "../../model/run.ts";
import type { Judgement, NewDeadline, Slot } from "../../model/watch.ts";
import type { DeadlineHandler, Look } from "../../storage/deadline-handler.ts";
import type { WatchCommit } from "../../storage/ledger-store.ts";
import {
  type NextLook,
  RUN_DEADLINE_KINDS,
  type RunContext,
  type SlotContext,
} from "../detectors/detector.ts";
import { lostExplanation } from "../detectors/heartbeat-missing.ts";
import { RUN_DETECTORS, SLOT_DETECTORS } from "../detectors/registry.ts";
import { lateEndGraceEndsAt, retryGraceEndsAt } from "../detectors/run-failed.ts";
import { silenceOf } from "../detectors/silence.ts";
import { judgedSubject, newJudgements, type TypedFinding } from "../judgements/new-judgement.ts";
import { findResolutions, TELL_FIRST_MS } from "../judgements/resolutions.ts";
import { matchRun, punctualityText, startForSlot } from "../slots/match-run.ts";
import {
  fillSlotsDeadline,
  foldDeadline,
  judgeRunAgainDeadline,
  judgeRunDeadline,
  runSubject,
  subjectId,
} from "../watch-deadlines.ts";
import type { WatchParts } from "../watch-parts.ts";
import { finalisedEvent, lostEvent, suspectedEvent } from "./own-events.ts";
import { type LoadedRunContext, loadRunContext, loadSlotCandidates, runStart } from "./run-context.ts";

/** What was to happen by now and has not, is looked at again after this. */
const LOOK_AGAIN_MS = 30_000;

export function runHandlers(parts: WatchParts): DeadlineHandler[] {
  const handle: DeadlineHandler["handle"] = (deadline, now) =>
    judgeRun(parts, subjectId(deadline.subject), now);
  return [
    { kind: "judge_run", handle },
    { kind: "judge_run_again", handle },
    ...RUN_DEADLINE_KINDS.map((kind) => ({ kind, handle, judgesAbsence: true })),
  ];
}

export async function judgeRun(parts: WatchParts, runRowId: number, now: number): Promise<Look> {
  const run = (await parts.store.getRun(runRowId))?.run;
  // Merged into another run, or pruned.
  if (run === undefined) return {};
  const job = await parts.store.getJob(run.jobId);
  if (job === null) return {};
  const place = await findPlace(parts, job, run);
  const context = await loadRunContext(parts, job, run, place.slot, now);
  const held = now < parts.absenceHeldUntil();
  const findings = findingsOf(context).filter((finding) => !(finding.byAbsence && held));
  if (!held) await sayWhatIsOurs(parts, context);

  const judged = judgedSubject(run, place.slot);
  const known = findings.length === 0 ? [] : await knownJudgements(parts, run, judged.subject);
  const judgements = await newJudgements(parts.store, context, judged, findings, known);
  const { resolve, lookAgainAt } = await findResolutions(parts.store, context);
  const reworded = betterWords(context, findings, resolve);
  const deadlines = [...nextDeadlines(context), ...place.setDeadlines];
  const isOver = isTerminalPhase(run.phase) && run.final;
  const againAt = earliestAhead(now, [
    lookAgainAt ?? lookAgainFor(context, judgements.length > 0, held ? parts.absenceHeldUntil() : null),
    lateEndGraceEndsAt(context),
  ]);
  if (againAt !== null) deadlines.push(judgeRunAgainDeadline(run, againAt));
  if (judgements.length > 0) deadlines.push(...(await laterRunDeadline(parts, run, now)));
  deadlines.push(...overlapDeadlines(context), ...crowdedDeadline(context));
  const changed = judgements.length + resolve.length + reworded.length;
  if (changed > 0) deadlines.push(foldDeadline(job, now));
  return {
    judgements,
    resolveJudgements: resolve,
    updateJudgements: reworded,
    slotChanges: place.slotChanges,
    setDeadlines: deadlines,
    dropDeadlines: isOver ? staleDeadlines(context) : [],
    changes: changesOf(context, changed + place.slotChanges.length),
  };
}

/** A breach that only the end told of may be over with it; what waits for the catch-up grace is due after it. */
function lookAgainFor({ run, now }: RunContext, isBroken: boolean, heldUntil: number | null): number | null {
  if (isTerminalPhase(run.phase) && run.final) return isBroken ? now + TELL_FIRST_MS : null;
  return heldUntil;
}

function earliestAhead(now: number, times: readonly (number | null)[]): number | null {
  const ahead = times.filter((at) => at !== null).filter((at) => at > now);
  return ahead.length === 0 ? null : Math.min(...ahead);
}

/** Of the subject, and of the run under another one: it may have lost its slot to its re-run, or found one since. */
async function knownJudgements({ store }: WatchParts, run: Run, subject: string): Promise<Judgement[]> {
  const [ofSubject, ofRun] = await Promise.all([
    store.judgementsOfSubject(subject),
    store.judgementsOfRuns([run.id]),
  ]);
  return [...ofSubject, ...(ofRun.get(run.id) ?? [])];
}

// ── the slot ────────────────────────────────────────────────────────────────────────────────────────

interface Place {
  /** As it will be after the commit. */
  slot: Slot | null;
  slotChanges: WatchCommit["slotChanges"];
  setDeadlines: NewDeadline[];
}

async function findPlace(parts: WatchParts, job: Job, run: Run): Promise<Place> {
  const { schedule } = job.settings;
  if (run.slotId !== null) {
    const slot = await parts.store.getSlot(run.slotId);
    if (slot !== null) return { slot, slotChanges: keepReasonRight(run, slot), setDeadlines: [] };
  }
  if (schedule === null || startForSlot(run) === null)
    return { slot: null, slotChanges: [], setDeadlines: [] };
  const isInterval = schedule.kind === "interval";
  // An interval counts from the last start, whether that start was due or not.
  const refill: NewDeadline[] =
    isInterval && run.runType !== "backfill" ? [fillSlotsDeadline(job, runStart(run))] : [];
  const match = matchRun(run, await loadSlotCandidates(parts.store, job, run), isInterval);
  if (match === null) return { slot: null, slotChanges: [], setDeadlines: refill };
  const calledOff = run.startedAt === null && (run.phase === "skipped" || run.phase === "cancelled");
  const change = {
    id: match.slot.id,
    from: match.slot.state,
    to: calledOff ? ("skipped" as const) : ("matched" as const),
    reason: calledOff ? `${run.phase} on purpose (${match.reason})` : match.reason,
    runRowId: run.id,
  };
  const slot: Slot = { ...match.slot, state: change.to, reason: change.reason, runRowId: run.id };
  return { slot, slotChanges: [change], setDeadlines: refill };
}

/** The start may become known, or better known, after the match. */
function keepReasonRight(run: Run, slot: Slot): WatchCommit["slotChanges"] {
  const startAt = startForSlot(run);
  if (startAt === null || slot.runRowId !== run.id || slot.state !== "matched") return [];
  if (slot.reason === null || !/^(on time|(early|late) by [^,]+)$/.test(slot.reason)) return [];
  const reason = punctualityText(startAt, slot.slotAt);
  return reason === slot.reason
    ? []
    : [{ id: slot.id, from: "matched", to: "matched", reason, runRowId: run.id }];
}

// ── what is found, and what is said ─────────────────────────────────────────────────────────────────

function findingsOf(context: RunContext): TypedFinding[] {
  const { run, slot } = context;
  const findings: TypedFinding[] = [];
  for (const { type, examine } of RUN_DETECTORS) {
    const finding = examine(context);
    if (finding !== null) findings.push({ ...finding, type });
  }
  if (slot === null || slot.runRowId !== run.id) return findings;
  const slotContext: SlotContext = { ...context, slot, waiting: null, upstreams: [] };
  for (const { type, examine } of SLOT_DETECTORS) {
    const finding = examine(slotContext);
    if (finding !== null) findings.push({ ...finding, type });
  }
  return findings;
}

async function sayWhatIsOurs({ say }: WatchParts, context: RunContext): Promise<void> {
  const { job, run, now } = context;
  const silence = silenceOf(context);
  if (silence !== null && now > silence.lostAt) {
    await say(lostEvent(job, run, silence.since, silence.lostAt, now));
    return;
  }
  if (silence !== null && now > silence.suspectAt && run.phase === "running")
    await say(suspectedEvent(job, run, silence.suspectAt, now));
  const graceEndsAt = retryGraceEndsAt(context);
  if (graceEndsAt !== null && now >= graceEndsAt) await say(finalisedEvent(job, run, graceEndsAt, now));
}

/** Once a run is over, its facts are told with their final values. */
function betterWords(
  context: RunContext,
  findings: readonly TypedFinding[],
  resolved: readonly { id: number }[],
): { id: number; valueText: string | null; explanation: string }[] {
  const { run, zone, open } = context;
  if (!isTerminalPhase(run.phase)) return [];
  const own = open.filter(
    (judgement) => judgement.runRowId === run.id && !resolved.some(({ id }) => id === judgement.id),
  );
  return own.flatMap((judgement) => {
    const words = wordsFor(judgement, findings, run, zone);
    return words === null || words.explanation === judgement.explanation
      ? []
      : [{ id: judgement.id, ...words }];
  });
}

function wordsFor(
  judgement: Judgement,
  findings: readonly TypedFinding[],
  run: Run,
  zone: string,
): { valueText: string | null; explanation: string } | null {
  if (judgement.type === "heartbeat_missing" && run.phase === "lost")
    return { valueText: judgement.valueText, explanation: lostExplanation(run, zone) };
  const finding = findings.find(({ type }) => type === judgement.type);
  return finding === undefined ? null : { valueText: finding.valueText, explanation: finding.explanation };
}

// ── what is looked at next ──────────────────────────────────────────────────────────────────────────

function nextDeadlines(context: RunContext): NewDeadline[] {
  const { run, now } = context;
  const looks = RUN_DETECTORS.flatMap((detector) => detector.nextLook?.(context) ?? []);
  const byKind = new Map<string, NextLook>();
  for (const look of looks) byKind.set(look.kind, look);
  return [...byKind.values()].map(({ kind, at }) => ({
    kind,
    subject: runSubject(run.id),
    jobId: run.jobId,
    dueAt: at > now ? at : now + LOOK_AGAIN_MS,
  }));
}

/** Only kinds that may be there: dropping costs a statement each, and most runs never had one. */
function staleDeadlines({ run, job }: RunContext): { kind: string; subject: string }[] {
  const { settings } = job;
  const beats = run.firstBeatAt !== null || run.heartbeatIntervalMs !== null;
  const watched = beats || settings.heartbeatIntervalMs !== null || settings.heartbeatLimitMs !== null;
  const mayHave: Record<(typeof RUN_DEADLINE_KINDS)[number], boolean> = {
    run_max_duration: settings.maxDurationMs !== null || Object.keys(settings.maxStepDurationMs).length > 0,
    run_heartbeat: watched,
    run_lost: watched,
    run_stall: settings.stallLimitMs !== null && run.reportsProgress,
    run_retry_grace: run.phase !== "completed" || run.retryCount > 0,
    run_complete_by: settings.mustCompleteBy !== null && settings.schedule === null,
    // A good run is over and its output grows old.
    run_freshness: settings.freshnessMs !== null && run.phase !== "completed",
  };
  return RUN_DEADLINE_KINDS.filter((kind) => mayHave[kind]).map((kind) => ({
    kind,
    subject: runSubject(run.id),
  }));
}

/** Found late: a run that came after this one may have mended it already. */
async function laterRunDeadline(parts: WatchParts, run: Run, now: number): Promise<NewDeadline[]> {
  const recent = (await parts.store.recentRuns([run.jobId], 5)).get(run.jobId) ?? [];
  const later = recent.find((other) => runStart(other) > runStart(run) && other.phase === "completed");
  return later === undefined ? [] : [judgeRunDeadline(later, now)];
}

/** This run's end may leave another one alone. */
function overlapDeadlines({ run, open, now }: RunContext): NewDeadline[] {
  if (!isTerminalPhase(run.phase)) return [];
  return open.flatMap((judgement) =>
    judgement.type === "overlapping_run" && judgement.runRowId !== null && judgement.runRowId !== run.id
      ? [judgeRunDeadline({ id: judgement.runRowId, jobId: run.jobId }, now)]
      : [],
  );
}

/** Heard of late, a run makes a later one too many that was judged without it. */
function crowdedDeadline({ crowded, open, now }: LoadedRunContext): NewDeadline[] {
  if (crowded === null) return [];
  const isKnown = open.some(({ type, runRowId }) => type === "ran_too_often" && runRowId === crowded.id);
  return isKnown ? [] : [judgeRunDeadline(crowded, now)];
}

function changesOf({ run, job }: RunContext, count: number): Look["changes"] {
  if (count === 0) return [];
  return [{ topic: "run", jobId: job.id, job, runRowId: run.id, runId: run.runId, phase: run.phase }];
}
