import { type Expr, withoutParens } from "../../parse/ast.ts";
import { isUpperLimit, metricOf, thresholdsIn } from "./expression-parts.ts";
import type { RuleLint } from "./rule-lint.ts";

const COUNTER = /_(?:total|count|bucket)$/;

/** A counter only grows: an alert on its value fires once and never resolves, until a restart sets it back. */
export const COUNTER_WITHOUT_RATE: RuleLint = {
  code: "counter-without-rate",
  look: ({ rule, expr }) => {
    if (rule.kind !== "alert") return [];
    const metrics = thresholdsIn(expr)
      .filter(({ op }) => isUpperLimit(op) || op === "!=")
      .flatMap(({ vector }) => rawCounters(vector));
    return [...new Set(metrics)].map((metric) => ({
      message: `compares the counter ${metric} itself: it only grows, so the alert never resolves, and a restart of its source hides what came before`,
      remedy: `Compare increase(${metric}[…]) over a window that covers a run.`,
    }));
  },
};

/** Counters whose value, not whose growth, the expression gives. */
function rawCounters(expr: Expr): string[] {
  const inner = withoutParens(expr);
  switch (inner.kind) {
    case "selector":
      return COUNTER.test(metricOf(inner)) ? [metricOf(inner)] : [];
    case "aggregate":
      return inner.op === "count" || inner.op === "group" ? [] : rawCounters(inner.expr);
    default:
      return [];
  }
}
