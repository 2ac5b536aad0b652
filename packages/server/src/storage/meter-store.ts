/**
 * What the meter (2-record/meter) asks of storage. Its series, and the marks of what went into them, stand in the
 * ledger's database and change in one commit: a crash neither loses an increment nor counts it twice.
 */
import type { RunPhase } from "@batchwatch/protocol";
import type { MeterSeries, NativeIncrement, RunToMeter } from "../model/meter.ts";
import type { Run } from "../model/run.ts";
import type { Judgement, NewDeadline } from "../model/watch.ts";

export type NativeIncrementWrite = Omit<NativeIncrement, "id" | "claimed" | "applied">;

export interface MeterCommit {
  /** By (family, labels): new, or in place of what is there. */
  series: readonly MeterSeries[];
  /** A run that changed since `version` was read stays to be looked at. */
  meteredRuns: readonly { id: number; version: number; phase: RunPhase; counted: RunPhase }[];
  meteredJudgements: readonly number[];
  appliedIncrements: readonly number[];
  /** Increments, by how many more runs they are known to speak of. */
  claims: readonly { id: number; runs: number }[];
  /** Until when every series is written; null = unchanged. */
  writtenUntil: number | null;
  doneDeadlines: readonly number[];
  setDeadlines: readonly NewDeadline[];
}

export const EMPTY_METER_COMMIT: MeterCommit = {
  series: [],
  meteredRuns: [],
  meteredJudgements: [],
  appliedIncrements: [],
  claims: [],
  writtenUntil: null,
  doneDeadlines: [],
  setDeadlines: [],
};

export interface MeterStore {
  meterSeries(): Promise<MeterSeries[]>;
  /** Until when every series is written; null = never yet. */
  meterWrittenUntil(): Promise<number | null>;
  /** Closed runs that are not metered as they stand, by row id, from after `afterId`. */
  runsToMeter(afterId: number, limit: number): Promise<RunToMeter[]>;
  /** Violations and detections that are not counted yet. */
  judgementsToMeter(limit: number): Promise<Judgement[]>;
  incrementsToMeter(limit: number): Promise<NativeIncrement[]>;
  /** A job's increments, applied or not, whose interval touches [from, to]. */
  nativeIncrements(jobId: number, from: number, to: number): Promise<NativeIncrement[]>;
  /** When each job last told a family itself. */
  nativeFamilies(since: number): Promise<{ jobId: number; family: string; lastAt: number }[]>;
  /** Jobs of runs that were declared lost, and counted so, since then. */
  jobsWithLostRuns(since: number): Promise<ReadonlySet<number>>;
  /** Runs that have not ended, by row id, from after `afterId`. */
  openRuns(afterId: number, limit: number): Promise<Run[]>;
  /** Closed runs of a job that ended in (from, to], oldest end first. */
  runsEndedIn(jobId: number, from: number, to: number): Promise<RunToMeter[]>;
  /** Violations and detections of a job at a time in (from, to], oldest first. */
  judgementsIn(
    jobId: number,
    from: number,
    to: number,
  ): Promise<{ judgement: Judgement; isMetered: boolean }[]>;
  /** The next of these deadlines of each job. */
  nextDeadlineTimes(kinds: readonly string[]): Promise<ReadonlyMap<number, number>>;
  commitMeter(commit: MeterCommit): Promise<void>;
}
