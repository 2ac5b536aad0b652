/**
 * record_loss: a good run loaded fewer records than it extracted (or transformed), and they are not counted as failed.
 * maxRecordLoss says what share may go. Undeclared, a run is compared with the good ones before it: a job that filters
 * always loses some.
 */
import { largestLoss, stageTotals } from "../../model/record-stages.ts";
import type { Finding, RunContext, RunDetector } from "./detector.ts";
import { percentText } from "./failure-rate-exceeded.ts";
import { whenInsideLimits } from "./mending.ts";

const USUAL_RUNS = 5;
/** More than the usual loss by half is unusual. */
const USUAL_FACTOR = 1.5;
/** A job that was never seen before and keeps less than half sums up or selects. */
const SELECTS_FROM_RATIO = 0.5;

export const recordLoss: RunDetector = {
  type: "record_loss",
  examine,
  mends: (context) => whenInsideLimits(context, examine, ({ run }) => stageTotals(run).length > 1),
  wantsEarlierRuns: ({ run, job }) =>
    job.settings.maxRecordLoss === null && run.phase === "completed" && largestLoss(run) !== null,
};

function examine(context: RunContext): Finding | null {
  const { run, job } = context;
  if (run.phase !== "completed") return null;
  const loss = largestLoss(run);
  if (loss === null) return null;
  const declared = job.settings.maxRecordLoss;
  const usual = declared === null ? usualLoss(context) : null;
  if (declared === null && usual === null && loss.lostRatio >= SELECTS_FROM_RATIO) return null;
  const limit = declared ?? USUAL_FACTOR * (usual ?? 0);
  if (loss.lostRatio <= limit) return null;
  const failed = loss.failed === 0 ? "" : ` and ${loss.failed} failed`;
  const allowed =
    declared !== null && declared > 0
      ? `; at most ${percentText(declared)} may be lost`
      : usual !== null && usual > 0
        ? `; good runs before it lost at most ${percentText(usual)}`
        : "";
  return {
    at: run.completedAt ?? run.lastEventAt,
    limitText: limit === 0 ? "no record lost" : `at most ${percentText(limit)} lost`,
    valueText: `${loss.lost} records lost`,
    explanation: `${loss.before} records were ${loss.from}, but ${loss.after} were ${loss.to}${failed}: ${loss.lost} (${percentText(loss.lostRatio)}) are lost${allowed}.`,
    byAbsence: false,
  };
}

/** The largest share that the last good runs lost; null where there are none to compare with. Told losses are not usual. */
function usualLoss({ earlierRuns, open }: RunContext): number | null {
  const told = new Set(open.filter(({ type }) => type === "record_loss").map(({ runRowId }) => runRowId));
  const good = earlierRuns
    .filter((run) => run.phase === "completed" && run.runType !== "backfill" && !told.has(run.id))
    .filter((run) => stageTotals(run).length > 1)
    .slice(0, USUAL_RUNS);
  if (good.length === 0) return null;
  return Math.max(...good.map((run) => largestLoss(run)?.lostRatio ?? 0));
}
