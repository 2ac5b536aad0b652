/** witness_conflict: the witnesses of one run report different outcomes. */
import type { RunContext, RunDetector } from "./detector.ts";
import { whenInsideLimits } from "./mending.ts";

export const witnessConflict: RunDetector = {
  type: "witness_conflict",
  examine,
  mends: (context) => whenInsideLimits(context, examine),
};

function examine({ run }: RunContext) {
  if (!run.conflict) return null;
  const says = run.witnesses
    .filter((witness) => witness.says !== null)
    .map((witness) => `${witness.kind} says ${witness.says}`);
  return {
    at: run.completedAt ?? run.lastEventAt,
    limitText: null,
    valueText: says.join(", "),
    explanation: `The witnesses of the run disagree: ${says.join(", ")}. It counts as ${run.phase}.`,
    byAbsence: false,
  };
}
