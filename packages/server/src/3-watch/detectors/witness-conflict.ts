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
    .filter((witness) => witness.says !== null && witness.kind !== "batchwatch")
    .map((witness) => `${witness.kind} says ${witness.says}`);
  const [only] = says.length === 1 ? run.witnesses.filter((witness) => witness.says !== null) : [];
  const phase = run.phase.replace("_", " ");
  return {
    at: run.completedAt ?? run.lastEventAt,
    limitText: null,
    valueText: only === undefined ? says.join(", ") : `${only.kind} says two different ends`,
    explanation:
      only === undefined
        ? `The witnesses of the run disagree: ${says.join(", ")}. It counts as ${phase}.`
        : `The run was reported with two different ends, both by ${only.kind}. It counts as ${phase}.`,
    byAbsence: false,
  };
}
