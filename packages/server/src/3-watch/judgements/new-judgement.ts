/** A finding becomes a judgement row, or nothing where it is known already. */
import { defaultSeverity, type FactType, isViolationType } from "@batchwatch/protocol";
import type { Run } from "../../model/run.ts";
import type { Judgement, NewJudgement, Slot } from "../../model/watch.ts";
import type { LedgerStore } from "../../storage/ledger-store.ts";
import type { Finding, JudgeContext } from "../detectors/detector.ts";
import { runSubject, slotSubject } from "../watch-deadlines.ts";
import { suppressionOf, waitsForMore } from "./suppression.ts";

export interface JudgedSubject {
  subject: string;
  run: Run | null;
  slot: Slot | null;
}

export type TypedFinding = Finding & { type: FactType };

/** `slot:<id>` when there is a slot, else `run:<id>`: what happens to a slot's re-run is a fact of the same slot. */
export function judgedSubject(run: Run | null, slot: Slot | null): JudgedSubject {
  if (slot !== null) return { subject: slotSubject(slot.id), run, slot };
  if (run !== null) return { subject: runSubject(run.id), run, slot };
  throw new Error("a judgement needs a run or a slot");
}

/**
 * Rows for the findings that are new: unknown so far, or resolved before this was broken again. `known` are the
 * judgements of the same subject.
 */
export async function newJudgements(
  store: LedgerStore,
  context: JudgeContext,
  judged: JudgedSubject,
  findings: readonly TypedFinding[],
  known: readonly Judgement[],
): Promise<(NewJudgement & { reopen: boolean })[]> {
  const fresh = findings.filter((finding) => isNew(finding, known, judged.run));
  const first = fresh[0];
  if (first === undefined) return [];
  const waits = await waitsForMore(store, context.job, {
    at: context.now,
    runRowId: judged.run?.id ?? null,
    slotId: judged.slot?.id ?? null,
  });
  return fresh.map((finding) => {
    const suppressed = suppressionOf(context, judged.run, finding);
    const { job } = context;
    return {
      jobId: job.id,
      class: isViolationType(finding.type) ? "violation" : "detection",
      type: finding.type,
      severity:
        job.settings.severity[finding.type] ??
        context.options.severity[finding.type] ??
        defaultSeverity(finding.type),
      subject: judged.subject,
      runRowId: judged.run?.id ?? null,
      slotId: judged.slot?.id ?? null,
      at: finding.at,
      judgedAt: context.now,
      limitText: finding.limitText,
      valueText: finding.valueText,
      explanation: finding.explanation,
      suppressedBecause:
        (suppressed === null || suppressed === "observe_only") && waits ? "alert_after" : suppressed,
      reopen: true,
    };
  });
}

/** Facts of how an attempt ended: another witness of the same end, with a later time, makes no second one. */
const FACTS_OF_AN_END: ReadonlySet<FactType> = new Set<FactType>([
  "run_failed",
  "retries_exhausted",
  "step_failed",
  "witness_conflict",
]);

function isNew(finding: TypedFinding, known: readonly Judgement[], run: Run | null): boolean {
  return known.every((judgement) => {
    const { type, state, resolvedAt } = judgement;
    if (type !== finding.type) return true;
    if (state !== "resolved" || resolvedAt === null) return false;
    if (run === null || judgement.runRowId !== run.id || !FACTS_OF_AN_END.has(type))
      return finding.at > resolvedAt;
    const attemptStartedAt = run.attempts.at(-1)?.startedAt ?? null;
    return attemptStartedAt !== null && attemptStartedAt > resolvedAt;
  });
}
