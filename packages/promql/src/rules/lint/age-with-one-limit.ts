import { durationText } from "../../go-format/duration-text.ts";
import { ageChecksIn } from "./age-checks.ts";
import type { RuleLint } from "./rule-lint.ts";

const DAY_S = 86_400;
/** Jobs that run once a month. */
const LONGEST_USUAL_S = 31 * DAY_S;

/** One age limit for all jobs is wrong for each job with another schedule. */
export const AGE_WITH_ONE_LIMIT: RuleLint = {
  code: "age-with-one-limit",
  look: ({ expr }) =>
    ageChecksIn(expr)
      .filter(({ namesJob, limitS }) => !namesJob && limitS < LONGEST_USUAL_S)
      .map(({ limitS }) => {
        const slower = limitS < 7 * DAY_S ? "weekly and monthly jobs" : "monthly jobs";
        return {
          message: `one limit of ${durationText(limitS * 1000)} for all jobs: it pages ${slower} between their runs although they are on time`,
          remedy:
            'Give each job its schedule in Batchwatch (run_missed is judged slot by slot, in the job\'s own zone), or name the jobs of this limit with job_name=~"…".',
        };
      }),
};
