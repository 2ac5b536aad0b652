/**
 * What is new since the meter last looked: ended runs, violations and detections, and what jobs told of themselves →
 * changes of series, each at its own time, and the marks that keep them from being counted twice.
 */
import { isFailurePhase, METRIC_NAMES, RUN_PHASES, type RunPhase } from "@batchwatch/protocol";
import type { Job } from "../../model/job.ts";
import type { NativeIncrement, RunToMeter } from "../../model/meter.ts";
import type { Run } from "../../model/run.ts";
import type { Judgement } from "../../model/watch.ts";
import type { LedgerStore } from "../../storage/ledger-store.ts";
import { type MeterChange, seriesKey } from "./meter-value.ts";
import { nativeChange } from "./native-changes.ts";
import { EVIDENCE_SETTLES_MS, NativeCover } from "./native-cover.ts";
import type { NativeJobs } from "./native-jobs.ts";
import {
  correctionChange,
  isOtherEnd,
  jobLabels,
  judgementChanges,
  runChanges,
  runEndAt,
} from "./run-changes.ts";
import type { SeriesBook } from "./series-book.ts";
import { Turns } from "./turns.ts";

export type GatherStore = Pick<
  LedgerStore,
  | "runsToMeter"
  | "judgementsToMeter"
  | "incrementsToMeter"
  | "nativeIncrements"
  | "jobsWithLostRuns"
  | "getJobs"
  | "listRuns"
>;

/** One thing that happened: all of its changes enter the series, or none. */
export interface MeterItem {
  jobId: number;
  changes: readonly MeterChange[];
  of:
    | { kind: "run"; run: Run; counted: RunPhase; claims: readonly { id: number; runs: number }[] }
    | { kind: "judgement"; id: number; claims: readonly { id: number; runs: number }[] }
    | { kind: "increment"; id: number };
}

export interface Gathered {
  items: MeterItem[];
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
/** Overlapping runs may end in another order than they start in. */
const FAILURES_LOOKED_AT = 20;
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
  const cover = new NativeCover((jobId) => native.mayCount(jobId));
  await cover.load(
    store,
    runs.map(({ run }) => run),
    increments,
  );
  const lostJobs = increments.length === 0 ? new Set<number>() : await store.jobsWithLostRuns(now - LOST_MS);
  const items: MeterItem[] = [];
  const turns = new Turns();
  for (const ended of runs) {
    if (turns.isOver()) await turns.give();
    for (const item of itemOfRun(input, ended, jobs, cover))
      items.push({ ...item, changes: [...item.changes, ...(await failureTakenBack(input, ended, jobs))] });
  }
  for (const judgement of judgements) items.push(...itemOfJudgement(input, judgement, jobs, cover));
  for (const increment of increments)
    if (!mayBeOfLost(increment, lostJobs, cover, now))
      items.push(...itemOfIncrement(input, increment, cover));
  return {
    items,
    endedRuns: runs.map(({ run }) => run),
    jobs,
    hasMore: [runs, judgements, increments].some(({ length }) => length >= ROWS_A_LOOK),
  };
}

function itemOfRun(
  { book, native, lastTick, now }: GatherInput,
  { run, meteredPhase, countedPhase }: RunToMeter,
  jobs: ReadonlyMap<number, Job>,
  cover: NativeCover,
): MeterItem[] {
  const job = jobs.get(run.jobId);
  if (job === undefined) return [];
  const all = runChanges(job, run, book.errorTypeLabel(job.id, run.errorType));
  const item = (changes: readonly MeterChange[]): MeterItem[] => [
    {
      jobId: job.id,
      changes,
      of: { kind: "run", run, counted: countedPhase ?? run.phase, claims: cover.newClaims() },
    },
  ];
  if (meteredPhase !== null) {
    if (!isOtherEnd(meteredPhase, run.phase)) return item([]);
    if (meteredPhase === "lost") cover.takeBack(run);
    return item([
      correctionChange(job, run, meteredPhase, lastTick),
      ...all.filter(({ change }) => change.kind === "raise"),
    ]);
  }
  if (isToCome(runEndAt(run), lastTick, now)) return [];
  const decision = cover.decide(run, now);
  if (decision === "wait") return [];
  native.metered(run);
  return item(all.filter(({ family }) => !decision.has(family)));
}

/** It was counted as a failure and was none: the last failure is the one before it again; 0 where there is none. */
async function failureTakenBack(
  { store, book, lastTick }: GatherInput,
  { run, meteredPhase }: RunToMeter,
  jobs: ReadonlyMap<number, Job>,
): Promise<MeterChange[]> {
  const job = jobs.get(run.jobId);
  if (job === undefined || meteredPhase === null || !isFailurePhase(meteredPhase)) return [];
  if (isFailurePhase(run.phase)) return [];
  const [family, labels] = [METRIC_NAMES.lastFailure, jobLabels(job)];
  if (book.get(seriesKey(family, labels)) === null) return [];
  const failures = await store.listRuns(
    { jobId: job.id, phases: RUN_PHASES.filter((phase) => isFailurePhase(phase)) },
    "-startedAt",
    { limit: FAILURES_LOOKED_AT, cursor: null },
  );
  const times = failures.items.flatMap((other) => (other.runType === "backfill" ? [] : runEndAt(other)));
  const value = Math.max(0, ...times.filter((at) => at <= lastTick)) / 1000;
  return [{ jobId: job.id, family, labels, at: lastTick, change: { kind: "set", value } }];
}

function itemOfJudgement(
  { lastTick, now }: GatherInput,
  judgement: Judgement,
  jobs: ReadonlyMap<number, Job>,
  cover: NativeCover,
): MeterItem[] {
  const job = jobs.get(judgement.jobId);
  if (job === undefined || isToCome(judgement.at, lastTick, now)) return [];
  const changes = cover.coversViolation(judgement) ? [] : judgementChanges(job, judgement);
  return [{ jobId: job.id, changes, of: { kind: "judgement", id: judgement.id, claims: cover.newClaims() } }];
}

function itemOfIncrement(
  { lastTick, now }: GatherInput,
  increment: NativeIncrement,
  cover: NativeCover,
): MeterItem[] {
  const rest = cover.rest(increment);
  const change = nativeChange(rest ?? increment);
  if (isToCome(change.at, lastTick, now)) return [];
  const changes = rest === null ? [] : [change];
  return [{ jobId: increment.jobId, changes, of: { kind: "increment", id: increment.id } }];
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
  return !cover.isClaimed(increment) && now < increment.at + EVIDENCE_SETTLES_MS;
}

/** It stands after the last tick of this look: the next one takes it. */
function isToCome(at: number, lastTick: number, now: number): boolean {
  return at > lastTick && at <= now + SKEW_MS;
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
