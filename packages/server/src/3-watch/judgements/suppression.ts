/** The named reasons for recording a judgement without paging anybody. SEMANTICS sections 4 and 5. */
import type { Job } from "../../model/job.ts";
import type { Run } from "../../model/run.ts";
import type { LedgerStore } from "../../storage/ledger-store.ts";
import type { Finding, JudgeContext } from "../detectors/detector.ts";

export type Suppression = "paused" | "backfill" | "history" | "alert_after" | "observe_only";

/** Everything but `alert_after`, which needs to look at other runs. */
export function suppressionOf(context: JudgeContext, run: Run | null, finding: Finding): Suppression | null {
  const { job } = context;
  if (job.settings.paused) return "paused";
  if (run?.runType === "backfill") return "backfill";
  if (isHistory(context, finding)) return "history";
  return job.settings.observeOnly || context.options.observeOnly ? "observe_only" : null;
}

/**
 * Older than the live horizon when it became known. What we could not notice while we were away is as old as our
 * return; a fact that was reported late is as old as it is.
 */
function isHistory({ now, uptime, options }: JudgeContext, finding: Finding): boolean {
  const knowableAt = finding.byAbsence ? uptime.noticeableAt(finding.at) : finding.at;
  return now - knowableAt > options.liveHorizonMs;
}

/** True while fewer than `alert.after` of the last `alert.of` runs and missed slots, this one included, were bad. */
export async function waitsForMore(
  store: LedgerStore,
  job: Job,
  self: { at: number; runRowId: number | null; slotId: number | null },
): Promise<boolean> {
  const { alertAfter, alertOf } = job.settings;
  if (alertAfter <= 1) return false;
  const asked = Math.max(alertOf, alertAfter);
  const [recentRuns, recentSlots] = await Promise.all([
    store.recentRuns([job.id], asked + 5),
    store.recentSlots([job.id], self.at + 1, asked + 5),
  ]);
  const runs = (recentRuns.get(job.id) ?? []).filter(
    (run) =>
      run.id !== self.runRowId && run.runType !== "backfill" && (run.startedAt ?? run.lastEventAt) <= self.at,
  );
  const judgements = await store.judgementsOfRuns(runs.map((run) => run.id));
  const occasions = [
    ...runs.map((run) => ({
      at: run.startedAt ?? run.lastEventAt,
      isBad: (judgements.get(run.id) ?? []).some((judgement) => judgement.severity !== "info"),
    })),
    ...(recentSlots.get(job.id) ?? [])
      .filter((slot) => slot.id !== self.slotId && slot.state === "missed")
      .map((slot) => ({ at: slot.slotAt, isBad: true })),
  ].sort((a, b) => b.at - a.at);
  const bad = occasions.slice(0, asked - 1).filter((occasion) => occasion.isBad).length;
  return bad + 1 < alertAfter;
}
