import { ageChecksIn } from "./age-checks.ts";
import { callsIn } from "./expression-parts.ts";
import type { RuleLint } from "./rule-lint.ts";

const ABSENT = new Set(["absent", "absent_over_time"]);

/** The time of the last success does not exist before the first one. */
export const NEVER_SUCCEEDED: RuleLint = {
  code: "blind-to-never-succeeded",
  look: ({ expr }) =>
    callsIn(expr, ABSENT).length > 0
      ? []
      : ageChecksIn(expr)
          .filter(({ metric }) => /success|completion|completed/.test(metric))
          .map(({ metric }) => ({
            message: `blind to jobs that never succeeded: ${metric} has no series before a job's first success, so a job that fails from its first day is never seen`,
            remedy:
              "Declare the job with its schedule in Batchwatch: its slots are judged from the first one on, whatever has run.",
          })),
};
