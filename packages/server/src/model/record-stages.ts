/**
 * How many records a run says it extracted, transformed and loaded, and how many went missing on the way. Receives a run;
 * what is counted as failed is accounted for and not lost. SEMANTICS section 3.
 */
import type { RunView, Step } from "./run.ts";

const RECORD_STAGES = ["extracted", "transformed", "loaded"] as const;
type RecordStage = (typeof RECORD_STAGES)[number];

interface StageLoss {
  from: RecordStage;
  to: RecordStage;
  before: number;
  after: number;
  failed: number;
  /** Neither in the later stage nor counted as failed; more than 0. */
  lost: number;
  /** Of what the earlier stage had. */
  lostRatio: number;
}

type Told = Pick<RunView, "attempts" | "steps" | "stageRecords" | "recordsFailed">;

/** Null where a stage is not counted: unreported is not zero. */
export function stageTotals(run: Told): { stage: RecordStage; total: number }[] {
  const attempt = run.attempts.at(-1)?.number ?? 1;
  const own = run.steps.filter((step) => step.attempt === attempt);
  return RECORD_STAGES.flatMap((stage) => {
    const total = sumOfSteps(own, stage) ?? run.stageRecords[stage] ?? null;
    return total === null ? [] : [{ stage, total }];
  });
}

/** The largest loss between two stages that follow each other; null when nothing is missing or not enough is counted. */
export function largestLoss(run: Told): StageLoss | null {
  const totals = stageTotals(run);
  const failed = run.recordsFailed ?? 0;
  let worst: StageLoss | null = null;
  for (const [index, later] of totals.entries()) {
    const earlier = totals[index - 1];
    if (earlier === undefined) continue;
    const lost = earlier.total - later.total - failed;
    if (lost <= 0 || lost <= (worst?.lost ?? 0)) continue;
    worst = {
      from: earlier.stage,
      to: later.stage,
      before: earlier.total,
      after: later.total,
      failed,
      lost,
      lostRatio: lost / earlier.total,
    };
  }
  return worst;
}

/** A step around others repeats what they count. */
function sumOfSteps(steps: readonly Step[], stage: RecordStage): number | null {
  const counting = steps.filter((step) => step.records[stage] !== undefined);
  if (counting.length === 0) return null;
  const parents = new Map(steps.map((step) => [step.id, step.parentId]));
  const around = new Set<string>();
  for (const step of counting)
    for (let id = step.parentId, depth = 0; id !== null && depth < 100; id = parents.get(id) ?? null, depth++)
      around.add(id);
  return counting
    .filter((step) => !around.has(step.id))
    .reduce((sum, step) => sum + (step.records[stage] ?? 0), 0);
}
