/**
 * A run as it is judged and shown: the projection of its facts (model/run-facts.ts).
 * Times of a run, SEMANTICS section 2: queueWait = first start − queued; execution = sum of attempts;
 * duration = first start → final end; total = scheduled → final end; retryCount = attempts − 1.
 */
import type { RecordCounts, ResourceFact, RunPhase, RunType, WitnessKind } from "@batchwatch/protocol";
import type { ClockView } from "./sender-clock.ts";

export interface Attempt {
  number: number;
  phase: RunPhase;
  startedAt: number | null;
  endedAt: number | null;
  errorType: string | null;
  errorMessage: string | null;
  exitCode: number | null;
  signal: string | null;
}

export interface Step {
  id: string;
  name: string;
  parentId: string | null;
  attempt: number;
  outcome: "running" | "success" | "failure" | "skipped";
  startedAt: number | null;
  endedAt: number | null;
  records: RecordCounts;
  errorType: string | null;
  errorMessage: string | null;
}

export interface WitnessView {
  kind: WitnessKind;
  /** The outcome this witness reports, null when it reports none. */
  says: RunPhase | null;
  firstAt: number;
  lastAt: number;
  /** Its clock minus ours, where that is proven and beyond what is trusted. */
  clockSkewMs?: number;
}

/** The first and the last sample of memory in use, by the sender's clock. */
export interface MemoryTrend {
  firstAt: number;
  firstBytes: number;
  lastAt: number;
  lastBytes: number;
}

/** What a run's facts come to. Pure function of the set of its events (any order, any duplication). */
export interface RunView extends ClockView {
  phase: RunPhase;
  runType: RunType;
  jobType: string | null;
  anonymous: boolean;
  degraded: boolean;
  conflict: boolean;
  /** False while a failure may still be followed by another attempt. */
  final: boolean;
  /** Nominal time of the slot, where a source said it. */
  scheduledAt: number | null;
  queuedAt: number | null;
  startedAt: number | null;
  completedAt: number | null;
  startedWithinMs: number;
  completedWithinMs: number;
  queueWaitMs: number | null;
  executionMs: number | null;
  durationMs: number | null;
  totalMs: number | null;
  retryCount: number;
  attempts: Attempt[];
  steps: Step[];
  witnesses: WitnessView[];
  recordsProcessed: number | null;
  recordsFailed: number | null;
  /** What it says itself, its steps aside, of the stages that it counts: extracted, transformed, loaded. */
  stageRecords: RecordCounts;
  progressRate: number | null;
  progressTotal: number | null;
  /** When the count of records last grew or a rate above 0 was reported; null when nothing was ever reported. */
  lastProgressAt: number | null;
  /** True once any witness reported progress or a heartbeat, respectively. */
  reportsProgress: boolean;
  firstBeatAt: number | null;
  lastBeatAt: number | null;
  /** Smallest heartbeat interval a witness declared, null when none did. */
  heartbeatIntervalMs: number | null;
  maxAttempts: number | null;
  errorType: string | null;
  errorMessage: string | null;
  exitCode: number | null;
  signal: string | null;
  resources: ResourceFact;
  /** While it is open: how the memory in use went, of the sender that says most; null where nobody samples it. */
  memoryTrend: MemoryTrend | null;
  metadata: Record<string, string | number | boolean>;
  traceIds: string[];
  host: string | null;
  /** Latest `at` of any event of a witness other than Batchwatch. */
  lastEventAt: number;
  /** While it is open: its start by our clock, else `startedAt`. */
  runningSinceAt: number | null;
}

/** A run row: the view and what other stages added to it. */
export interface Run extends RunView {
  /** Row id in the ledger. */
  id: number;
  jobId: number;
  runId: string;
  /** First receipt of anything about it. */
  firstReceivedAt: number;
  slotId: number | null;
  /** Grows with each change; a write against an older version is refused. */
  version: number;
}

/** What a run leaves on the strip: little enough to be read for many runs of many jobs at once. */
export type RunBar = Pick<
  Run,
  | "id"
  | "jobId"
  | "runId"
  | "phase"
  | "runType"
  | "scheduledAt"
  | "queuedAt"
  | "startedAt"
  | "completedAt"
  | "durationMs"
  | "recordsProcessed"
  | "errorType"
  | "errorMessage"
  | "firstReceivedAt"
>;
