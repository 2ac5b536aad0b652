import { callsIn, metricsIn, thresholdsIn } from "./expression-parts.ts";
import type { RuleLint } from "./rule-lint.ts";

const RATES = new Set(["rate", "irate", "increase", "delta", "deriv"]);
const RECORDS = /^batch_.*records|_records_processed_total$/;

/** Many jobs say how many records they handled once, at the end: until then their counter stands still. */
export const COUNTED_AT_THE_END: RuleLint = {
  code: "pages-jobs-that-count-at-the-end",
  look: ({ expr }) => {
    const metrics = thresholdsIn(expr)
      .filter(({ op, limit }) => (op === "==" && limit === 0) || op === "<" || op === "<=")
      .flatMap(({ vector }) => callsIn(vector, RATES).flatMap(metricsIn))
      .filter((metric) => RECORDS.test(metric));
    return [...new Set(metrics)].map((metric) => ({
      message: `would page each job that counts at the end: ${metric} does not move while such a job runs`,
      remedy:
        "Use batch_job_progress_rate == 0, which only runs that report their progress have, or Batchwatch's progress_stalled; for jobs without any records set min_records.",
    }));
  },
};
