/**
 * Expressions whose value is the same in every step: constants, and selectors that `@` fixed, as long as no function in
 * between looks at the time. They are evaluated once and spread over the steps.
 */
import type { Expr } from "../parse/ast.ts";

/** Functions whose result depends on the time of evaluation, whatever their arguments. */
const TIME_DEPENDENT: ReadonlySet<string> = new Set(
  (
    "days_in_month day_of_month day_of_week day_of_year end hour minute month predict_linear range start step time " +
    "timestamp year"
  ).split(" "),
);

export function isStepInvariant(expr: Expr): boolean {
  switch (expr.kind) {
    case "number":
    case "string":
      return true;
    case "selector":
    case "subquery":
      return expr.at !== undefined;
    case "range":
      return expr.selector.at !== undefined;
    case "paren":
    case "unary":
      return isStepInvariant(expr.expr);
    case "call":
      return !TIME_DEPENDENT.has(expr.name) && expr.args.every(isStepInvariant);
    case "aggregate":
      return isStepInvariant(expr.expr) && (expr.param === undefined || isStepInvariant(expr.param));
    case "binary":
      return isStepInvariant(expr.left) && isStepInvariant(expr.right);
  }
}
