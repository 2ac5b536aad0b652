import { AT_THE_END, familyOf } from "./batch-families.ts";
import { isUpperLimit, metricsIn, thresholdsIn } from "./expression-parts.ts";
import type { RuleLint } from "./rule-lint.ts";

/** A run enters a duration histogram when it ends: the run that hangs is the one that is not in it. */
export const ONLY_ENDED_RUNS: RuleLint = {
  code: "blind-to-hung-runs",
  look: ({ expr }) => {
    const families = thresholdsIn(expr)
      .filter(({ op }) => isUpperLimit(op))
      .flatMap(({ vector }) => metricsIn(vector).map(familyOf))
      .filter((family) => AT_THE_END.has(family) && family.endsWith("_seconds"));
    return [...new Set(families)].map((family) => ({
      message: `cannot see a hung run: a run enters ${family} only when it ends, so the alert comes after the run, or never`,
      remedy:
        "Set max_duration on the job: Batchwatch judges it while the run is going on (duration_exceeded), at the moment the limit passes.",
    }));
  },
};
