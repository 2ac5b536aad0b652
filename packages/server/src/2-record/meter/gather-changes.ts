/**
 * What is new since the meter last looked: ended runs, violations and detections, and what jobs told of themselves →
 * changes of series, each at its own time, and the marks that keep them from being counted twice.
 */
import type { RunPhase } from "@batchwatch/protocol";
import type { Job } from "../../model/job.ts";
import type { NativeIncrement, RunToMeter } from "../../model/meter.ts";
import type { Run } from "../../model/run.ts";
import type { Judgement } from "../../model/watch.ts";
import type { LedgerStore } from "../../storage/ledger-store.ts";
import type { MeterCommit } from "../../storage/meter-store.ts";
import type { MeterChange } from "./meter-value.ts";
import { nativeChanges } from "./native-changes.ts";
import { NativeCover } from "./native-cover.ts";
import type { NativeJobs } from "./native-jobs.ts";
import { correctionChange, judgementChange, runChanges, runEndAt } from "./run-changes.ts";
import type { SeriesBook } from "./series-book.ts";

export type GatherStore = Pick<
  LedgerStore,
  | "runsToMeter"
  | "judgementsToMeter"
  | "incrementsToMeter"
  | "nativeIncrements"
  | "jobsWithLostRuns"
  | "getJobs"
>;

export interface Gathered {
  changes: MeterChange[];
  marks: Pick<MeterCommit, "meteredRuns" | "meteredJudgements" | "appliedIncrements" | "claims">;
  /** Ended since the last look, as they were read. */
  endedRuns: readonly Run[];
  jobs: Map<number, Job>;
  /** There is more than one look takes. */
  hasMore: boolean;
}

/** Of each kind in one look. */
export const ROWS_A_LOOK = 10_000;
const ROWS_A_PAGE = 500;
/** A run that was lost longer ago is not heard of any more. */
const LOST_MS = 7 * 86_400_000;
/** Evidence has settled by then. */
const LOST_SETTLE_MS = 240_000;
/** A producer's clock that is further ahead is not waited for. */
const SKEW_MS = 600_000;

export interface GatherInput {
  store: GatherStore;
  book: SeriesBook;
  native: NativeJobs;
  /** The last tick that is written in this look. */
  lastTick: number;
  now: number;
}

export async function gatherChanges(input: GatherInput): Promise<Gathered> {
  const { store, native, now } = input;
  const runs = await runsToMeter(store);
  const judgements = await store.judgementsToMeter(ROWS_A_LOOK);
  const increments = await store.incrementsToMeter(ROWS_A_LOOK);
  const jobs = await jobsOf(store, [...runs.map(({ run }) => run), ...judgements]);
  native.heard(increments);
  const cover = new NativeCover(store, (jobId) => native.mayCount(jobId));
  await cover.load(
    runs.map(({ run }) => run),
    increments,
  );
  const changes: MeterChange[] = [];
  const marks = new Marks();
  for (const ended of runs) takeRun(input, ended, jobs, cover, changes, marks);
  for (const judgement of judgements) takeJudgement(input, judgement, jobs, cover, changes, marks);
  const lostJobs = increments.length === 0 ? new Set<number>() : await store.jobsWithLostRuns(now - LOST_MS);
  for (const increment of increments)
    if (!mayBeOfLost(increment, lostJobs, cover, now)) takeIncrement(input, increment, cover, changes, marks);
  return {
    changes,
    marks: { ...marks, claims: cover.claims() },
    endedRuns: runs.map(({ run }) => run),
    jobs,
    hasMore: [runs, judgements, increments].some(({ length }) => length >= ROWS_A_LOOK),
  };
}

class Marks {
  readonly meteredRuns: { id: number; version: number; phase: RunPhase }[] = [];
  readonly meteredJudgements: number[] = [];
  readonly appliedIncrements: number[] = [];
}

function takeRun(
  { book, native, lastTick, now }: GatherInput,
  { run, meteredPhase }: RunToMeter,
  jobs: ReadonlyMap<number, Job>,
  cover: NativeCover,
  changes: MeterChange[],
  marks: Marks,
): void {
  const job = jobs.get(run.jobId);
  const mark = { id: run.id, version: run.version, phase: run.phase };
  if (job === undefined) return;
  const all = runChanges(job, run, book.errorTypeLabel(job.id, run.errorType));
  if (meteredPhase !== null) {
    if (isOtherEnd(meteredPhase, run.phase)) {
      changes.push(correctionChange(job, run, meteredPhase, lastTick));
      if (meteredPhase === "lost") cover.takeBack(run);
      changes.push(...all.filter(({ change }) => change.kind === "raise"));
    }
    marks.meteredRuns.push(mark);
    return;
  }
  if (isToCome(runEndAt(run), lastTick, now)) return;
  const decision = cover.decide(run, now);
  if (decision === "wait") return;
  native.metered(run);
  changes.push(...all.filter(({ family }) => !decision.has(family)));
  marks.meteredRuns.push(mark);
}

function takeJudgement(
  { lastTick, now }: GatherInput,
  judgement: Judgement,
  jobs: ReadonlyMap<number, Job>,
  cover: NativeCover,
  changes: MeterChange[],
  marks: Marks,
): void {
  const job = jobs.get(judgement.jobId);
  if (job === undefined || isToCome(judgement.at, lastTick, now)) return;
  if (!cover.coversViolation(judgement)) changes.push(judgementChange(job, judgement));
  marks.meteredJudgements.push(judgement.id);
}

function takeIncrement(
  { lastTick, now }: GatherInput,
  increment: NativeIncrement,
  cover: NativeCover,
  changes: MeterChange[],
  marks: Marks,
): void {
  const rest = cover.rest(increment);
  const change = nativeChanges(increment);
  if (isToCome(change.at, lastTick, now)) return;
  if (rest !== null)
    changes.push({ ...change, ...(rest === increment ? {} : { change: nativeChanges(rest).change }) });
  marks.appliedIncrements.push(increment.id);
}

/**
 * A run that was counted as lost may turn out to have ended, and then its process counts it once more. Until it is known whose
 * end this is, the increment waits.
 */
function mayBeOfLost(
  increment: NativeIncrement,
  lostJobs: ReadonlySet<number>,
  cover: NativeCover,
  now: number,
): boolean {
  if (!lostJobs.has(increment.jobId) || !NativeCover.isCounted(increment.family)) return false;
  return !cover.isClaimed(increment) && now < increment.at + LOST_SETTLE_MS;
}

/** It stands after the last tick of this look: the next one takes it. */
function isToCome(at: number, lastTick: number, now: number): boolean {
  return at > lastTick && at <= now + SKEW_MS;
}

/** That a failure exhausted the retries is no other end. */
function isOtherEnd(counted: RunPhase, real: RunPhase): boolean {
  const isFailed = (phase: RunPhase): boolean => phase === "failed" || phase === "dead_letter";
  return counted !== real && !(isFailed(counted) && isFailed(real));
}

async function runsToMeter(store: GatherStore): Promise<RunToMeter[]> {
  const runs: RunToMeter[] = [];
  for (;;) {
    const page = await store.runsToMeter(runs.at(-1)?.run.id ?? 0, ROWS_A_PAGE);
    runs.push(...page);
    if (page.length < ROWS_A_PAGE || runs.length >= ROWS_A_LOOK) return runs;
  }
}

export async function jobsOf(
  store: Pick<LedgerStore, "getJobs">,
  rows: readonly { jobId: number }[],
): Promise<Map<number, Job>> {
  const ids = [...new Set(rows.map(({ jobId }) => jobId))];
  return new Map((await store.getJobs(ids)).map((job) => [job.id, job]));
}
