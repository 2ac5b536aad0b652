import { durationText } from "../../go-format/duration-text.ts";
import { isBatchMetric } from "./batch-families.ts";
import { callsIn, fixedMs, metricOf, rangeOf } from "./expression-parts.ts";
import type { RuleLint } from "./rule-lint.ts";

const QUANTILE = new Set(["histogram_quantile"]);
const RATES = new Set(["rate", "irate", "increase"]);
const DAY_MS = 86_400_000;

/** A quantile of no observation is NaN, and no comparison with NaN is true. */
export const QUANTILE_OF_NOTHING: RuleLint = {
  code: "quantile-of-nothing",
  look: ({ expr }) =>
    callsIn(expr, QUANTILE).flatMap((quantile) =>
      callsIn(quantile, RATES).flatMap((call) => {
        const range = rangeOf(call);
        const windowMs = range === null ? null : fixedMs(range.range);
        if (range === null || windowMs === null || windowMs >= DAY_MS) return [];
        const metric = metricOf(range.selector);
        if (!isBatchMetric(metric)) return [];
        return [
          {
            message: `in most windows of ${durationText(windowMs)} no run ends, so the quantile is NaN and no comparison with it is true; one run in a window is its own 95th percentile`,
            remedy: `Take a window that holds several runs, e.g. increase(${metric}[7d]), or judge each run by itself with max_duration.`,
          },
        ];
      }),
    ),
};
