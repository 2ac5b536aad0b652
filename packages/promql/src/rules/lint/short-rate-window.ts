import { durationText } from "../../go-format/duration-text.ts";
import { callsIn, fixedMs, rangeOf } from "./expression-parts.ts";
import type { RuleLint } from "./rule-lint.ts";

const RATES = new Set(["rate", "irate", "increase", "delta", "idelta", "deriv"]);
/** Samples come every 15 s from Batchwatch and every minute by many others' default; two are needed, one may be late. */
const SHORTEST_MS = 60_000;

export const SHORT_RATE_WINDOW: RuleLint = {
  code: "rate-window-too-short",
  look: ({ expr }) =>
    callsIn(expr, RATES).flatMap((call) => {
      const range = rangeOf(call);
      const windowMs = range === null ? null : fixedMs(range.range);
      if (windowMs === null || windowMs >= SHORTEST_MS) return [];
      return [
        {
          message: `${call.name}() over ${durationText(windowMs)} needs two samples in the window, and samples come every 15 s at best: often the result is empty`,
          remedy: "Take a window of at least four times the interval of the samples, 1m or more.",
        },
      ];
    }),
};
