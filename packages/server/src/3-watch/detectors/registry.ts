/** All detectors. Adding one: its file, its test, one line here. */

import { deadlineMissed, runDeadlineMissed } from "./deadline-missed.ts";
import type { RunDetector, SlotDetector } from "./detector.ts";
import { durationExceeded } from "./duration-exceeded.ts";
import { failureRateExceeded } from "./failure-rate-exceeded.ts";
import { freshnessStale } from "./freshness-stale.ts";
import { heartbeatMissing } from "./heartbeat-missing.ts";
import { insufficientRecords } from "./insufficient-records.ts";
import { memoryPressure } from "./memory-pressure.ts";
import { outOfMemory } from "./out-of-memory.ts";
import { overlappingRun } from "./overlapping-run.ts";
import { progressStalled } from "./progress-stalled.ts";
import { ranTooOften } from "./ran-too-often.ts";
import { recordLoss } from "./record-loss.ts";
import { recordsUnreported } from "./records-unreported.ts";
import { retriesExhausted } from "./retries-exhausted.ts";
import { runFailed } from "./run-failed.ts";
import { runMissed } from "./run-missed.ts";
import { startLate } from "./start-late.ts";
import { stepFailed } from "./step-failed.ts";
import { tooFast } from "./too-fast.ts";
import { tooManyRecords } from "./too-many-records.ts";
import { slotUpstreamFailed, upstreamFailed } from "./upstream-failed.ts";
import { slotUpstreamLate, upstreamLate } from "./upstream-late.ts";
import { witnessConflict } from "./witness-conflict.ts";
import { zeroRecords } from "./zero-records.ts";

/** Judged when a run changed, and at the times that they ask for. */
export const RUN_DETECTORS: readonly RunDetector[] = [
  runFailed,
  retriesExhausted,
  outOfMemory,
  durationExceeded,
  runDeadlineMissed,
  heartbeatMissing,
  progressStalled,
  memoryPressure,
  overlappingRun,
  ranTooOften,
  upstreamFailed,
  upstreamLate,
  tooFast,
  zeroRecords,
  insufficientRecords,
  recordsUnreported,
  tooManyRecords,
  failureRateExceeded,
  recordLoss,
  freshnessStale,
  stepFailed,
  witnessConflict,
];

/** Judged at the slot's deadlines, and with the run matched to it when that one changes. */
export const SLOT_DETECTORS: readonly SlotDetector[] = [
  runMissed,
  startLate,
  deadlineMissed,
  slotUpstreamFailed,
  slotUpstreamLate,
];
