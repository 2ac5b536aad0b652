/** One run from end to end, as its page shows it. Pure: rows in, resource out. */
import { formatDuration, type RunDetail } from "@batchwatch/protocol";
import type { Job } from "../../../model/job.ts";
import type { Attempt, Run, Step, WitnessView } from "../../../model/run.ts";
import { skewText } from "../../../model/sender-clock.ts";
import type { Deadline, Judgement, Slot } from "../../../model/watch.ts";
import { deadlineViews } from "./deadline-view.ts";
import { instant, instantOrNull } from "./instants.ts";
import { byWorst, judgementView, type Pointers } from "./judgement-view.ts";
import { runSummary } from "./run-view.ts";
import { slotView } from "./slot-view.ts";
import { zoneOf } from "./words.ts";

export interface RunDetailParts {
  job: Job;
  run: Run;
  /** Of the run, and of its slot. */
  judgements: readonly Judgement[];
  slot: Slot | null;
  deadlines: readonly Deadline[];
  neighbours: { previousRunId: string | null; nextRunId: string | null };
  pointers: Pointers;
  now: number;
}

export function runDetail(parts: RunDetailParts): RunDetail {
  const { job, run, slot, pointers } = parts;
  const zone = zoneOf(job.settings);
  const judgements = byWorst(parts.judgements);
  const incidentId = judgements.find((judgement) => judgement.incidentId !== null)?.incidentId ?? null;
  return {
    ...runSummary(run, job, judgements, slot),
    attempts: run.attempts.map(attemptView),
    steps: run.steps.map(stepView),
    witnesses: run.witnesses.map(witnessView),
    violations: judgements.map((judgement) => judgementView(judgement, pointers)),
    clock: clockView(run),
    precision: { startedWithinMs: run.startedWithinMs, completedWithinMs: run.completedWithinMs },
    slot: slot === null ? null : slotView(slot, zone, pointers),
    deadlines: deadlineViews(parts.deadlines, zone, parts.now),
    resources: {
      peakMemoryBytes: run.resources.peakMemoryBytes ?? null,
      memoryLimitBytes: run.resources.memoryLimitBytes ?? null,
      cpuMs: run.resources.cpuMs ?? null,
    },
    metadata: { ...run.metadata },
    traceIds: [...run.traceIds],
    host: run.host,
    incidentId: incidentId === null ? null : String(incidentId),
    previousRunId: parts.neighbours.previousRunId,
    nextRunId: parts.neighbours.nextRunId,
  };
}

function attemptView(attempt: Attempt): RunDetail["attempts"][number] {
  return {
    number: attempt.number,
    phase: attempt.phase,
    startedAt: instantOrNull(attempt.startedAt),
    endedAt: instantOrNull(attempt.endedAt),
    durationMs: lengthOf(attempt),
    errorType: attempt.errorType,
    errorMessage: attempt.errorMessage,
    exitCode: attempt.exitCode,
    signal: attempt.signal,
  };
}

function stepView(step: Step): RunDetail["steps"][number] {
  return {
    id: step.id,
    name: step.name,
    parentId: step.parentId,
    attempt: step.attempt,
    outcome: step.outcome,
    startedAt: instantOrNull(step.startedAt),
    endedAt: instantOrNull(step.endedAt),
    durationMs: lengthOf(step),
    records: Object.fromEntries(
      Object.entries(step.records).filter((entry): entry is [string, number] => typeof entry[1] === "number"),
    ),
    errorType: step.errorType,
    errorMessage: step.errorMessage,
  };
}

function witnessView(witness: WitnessView): RunDetail["witnesses"][number] {
  return {
    kind: witness.kind,
    says: witness.says,
    firstAt: instant(witness.firstAt),
    lastAt: instant(witness.lastAt),
    clockSkewMs: witness.clockSkewMs ?? null,
  };
}

/** How far the run's times can be believed, where that is worth a word. */
function clockView({ clockSkewMs, reportedLateMs }: Run): RunDetail["clock"] {
  if (clockSkewMs !== null)
    return {
      skewMs: clockSkewMs,
      reportedLateMs: null,
      text: `The sender's clock is ${skewText(clockSkewMs)} Batchwatch's. The times of the run are the sender's; it was judged by Batchwatch's clock.`,
    };
  if (reportedLateMs === null) return null;
  return {
    skewMs: null,
    reportedLateMs,
    text: `It was reported at least ${formatDuration(reportedLateMs)} after its own times: it came late, or the sender's clock is behind. Its times are believed.`,
  };
}

function lengthOf(part: { startedAt: number | null; endedAt: number | null }): number | null {
  return part.startedAt === null || part.endedAt === null ? null : Math.max(0, part.endedAt - part.startedAt);
}
