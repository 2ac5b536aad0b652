import { durationText } from "../../go-format/duration-text.ts";
import { callsIn, fixedMs, isUpperLimit, rangeOf, thresholdsIn } from "./expression-parts.ts";
import type { RuleLint } from "./rule-lint.ts";

const RATES = new Set(["rate", "irate", "increase", "changes", "delta"]);

/** One event is seen for as long as the window; `for` longer than that is never reached by it. */
export const FOR_OUTLASTS_WINDOW: RuleLint = {
  code: "for-outlasts-window",
  look: ({ rule, expr }) => {
    if (rule.kind !== "alert" || rule.forMs === 0) return [];
    const windows = thresholdsIn(expr)
      .filter(({ op, limit }) => isUpperLimit(op) && limit === 0)
      .flatMap(({ vector }) => callsIn(vector, RATES))
      .flatMap((call) => {
        const range = rangeOf(call);
        const windowMs = range === null ? null : fixedMs(range.range);
        return windowMs === null ? [] : [windowMs];
      });
    const longest = Math.max(...windows, 0);
    if (windows.length === 0 || rule.forMs < longest) return [];
    return [
      {
        message: `for: ${durationText(rule.forMs)} is not shorter than the window of ${durationText(longest)}: a single event has left the window before the alert may fire`,
        remedy: `Leave "for" out, or make the window longer than it.`,
      },
    ];
  },
};
