import { WHILE_RUNNING } from "./batch-families.ts";
import { callsIn, metricsIn } from "./expression-parts.ts";
import type { RuleLint } from "./rule-lint.ts";

const ABSENT = new Set(["absent", "absent_over_time"]);

/** Series that end with their run are absent whenever nothing runs, which is no failure. */
export const ABSENT_WHILE_IDLE: RuleLint = {
  code: "absent-while-idle",
  look: ({ expr }) =>
    callsIn(expr, ABSENT)
      .flatMap(metricsIn)
      .filter((metric) => WHILE_RUNNING.has(metric))
      .map((metric) => ({
        message: `${metric} exists only while a run is active: the rule pages whenever nothing runs, and is silent about a hung run as long as another job runs`,
        remedy:
          metric === "batch_job_heartbeat"
            ? "Use batch_job_heartbeat == 0: it is 0 from the missed beat until the run ends, and names the job; Batchwatch opens heartbeat_missing by itself."
            : "Use batch_job_progress_rate == 0, which names the run that stands still.",
      })),
};
