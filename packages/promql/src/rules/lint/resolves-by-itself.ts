import { durationText } from "../../go-format/duration-text.ts";
import { isBatchMetric } from "./batch-families.ts";
import {
  callsIn,
  fixedMs,
  isUpperLimit,
  metricOf,
  metricsIn,
  rangeOf,
  thresholdsIn,
} from "./expression-parts.ts";
import type { RuleLint } from "./rule-lint.ts";

const RATES = new Set(["rate", "irate", "increase", "delta"]);
/** A rule that also looks at these holds its alert until something good happens. */
const HOLDING = /last_(?:failure|violation)_timestamp/;
const TROUBLE = /fail|error|violation|dead_letter|missed|lost/;

/** A bad event leaves the window, and with it the alert, whether or not anything was mended. */
export const RESOLVES_BY_ITSELF: RuleLint = {
  code: "resolves-by-itself",
  look: ({ rule, expr }) => {
    if (rule.kind !== "alert" || metricsIn(expr).some((metric) => HOLDING.test(metric))) return [];
    const windows = thresholdsIn(expr)
      .filter(({ op }) => isUpperLimit(op))
      .flatMap(({ vector }) => callsIn(vector, RATES))
      .flatMap((call) => {
        const range = rangeOf(call);
        if (range === null) return [];
        const metric = metricOf(range.selector);
        const isTrouble =
          TROUBLE.test(metric) || range.selector.matchers.some(({ value }) => TROUBLE.test(value));
        const windowMs = fixedMs(range.range);
        return isBatchMetric(metric) && isTrouble && windowMs !== null ? [windowMs] : [];
      });
    if (windows.length === 0) return [];
    const windowMs = Math.max(...windows);
    if (rule.keepFiringForMs > windowMs) return [];
    return [
      {
        message: `resolves after ${durationText(windowMs)} though nothing is mended: by then the failure has left the window, and a daily job has not even run again`,
        remedy:
          "Leave it to Batchwatch's incidents, which stay open until a later run of the job is good; or take a window longer than the time between two runs.",
      },
    ];
  },
};
