/** Checks of the shape `time() - <a timestamp> > limit`. */
import { type Expr, withoutParens } from "../../parse/ast.ts";
import { JOB_LABELS } from "./batch-families.ts";
import { isUpperLimit, metricOf, selectorsIn, thresholdsIn } from "./expression-parts.ts";

export interface AgeCheck {
  readonly metric: string;
  readonly limitS: number;
  /** True when the selector is about certain jobs: by name, or by a pattern that leaves some out. */
  readonly namesJob: boolean;
}

/** Since when something is going on: its age is a duration, and says nothing of schedules. */
const SINCE = /running_since|start(?:ed)?_time/;
const TIMESTAMP = /timestamp|last_(?:success|run|completion|completed|seen)|_time_seconds$/;

export function ageChecksIn(expr: Expr): AgeCheck[] {
  return thresholdsIn(expr).flatMap(({ op, vector, limit }) => {
    const difference = withoutParens(vector);
    if (!isUpperLimit(op) || difference.kind !== "binary" || difference.op !== "-") return [];
    const now = withoutParens(difference.left);
    if (now.kind !== "call" || now.name !== "time") return [];
    return selectorsIn(difference.right)
      .filter((selector) => TIMESTAMP.test(metricOf(selector)) && !SINCE.test(metricOf(selector)))
      .map((selector) => ({
        metric: metricOf(selector),
        limitS: limit,
        namesJob: selector.matchers.some(
          ({ name, op: matches, value }) =>
            JOB_LABELS.some((label) => label === name) &&
            (matches === "=" || (matches === "=~" && !/^\.[*+]$/.test(value))),
        ),
      }));
  });
}
