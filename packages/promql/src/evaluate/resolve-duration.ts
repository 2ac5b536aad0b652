/** The value of duration arithmetic (`[step() * 4]`, `offset (1h / 2)`) once the query's step and range are known. */
import type { DurationExpr } from "../parse/ast.ts";
import { QueryError } from "../query-error.ts";
import { goMax, goMin, goPow } from "./go-math.ts";

interface DurationContext {
  readonly stepMs: number;
  readonly rangeMs: number;
  readonly mayBeNegative: boolean;
}

const MS_PER_SECOND = 1000;
/** Prometheus's durations are 64-bit nanoseconds. */
const MOST_SECONDS = 9_223_372_036;

export function resolveDuration(expr: DurationExpr, context: DurationContext): number {
  const seconds = secondsOf(expr, context);
  if (!context.mayBeNegative && !(seconds > 0)) throw durationError(expr, "duration must be greater than 0");
  if (!(Math.abs(seconds) <= MOST_SECONDS)) throw durationError(expr, "duration is out of range");
  return Math.round(seconds * MS_PER_SECOND);
}

function secondsOf(expr: DurationExpr, context: DurationContext): number {
  switch (expr.kind) {
    case "seconds":
      return expr.seconds;
    case "step":
      return context.stepMs / MS_PER_SECOND;
    case "range":
      return context.rangeMs / MS_PER_SECOND;
    case "paren":
      return secondsOf(expr.inner, context);
    case "sign":
      return expr.op === "-" ? -secondsOf(expr.operand, context) : secondsOf(expr.operand, context);
    case "extreme": {
      const choose = expr.op === "min_of" ? goMin : goMax;
      return choose(secondsOf(expr.left, context), secondsOf(expr.right, context));
    }
    case "arithmetic":
      return calculate(expr, expr.op, secondsOf(expr.left, context), secondsOf(expr.right, context));
  }
}

function calculate(
  expr: DurationExpr,
  op: "+" | "-" | "*" | "/" | "%" | "^",
  left: number,
  right: number,
): number {
  switch (op) {
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      return left * right;
    case "/":
      if (right === 0) throw durationError(expr, "division by zero");
      return left / right;
    case "%":
      if (right === 0) throw durationError(expr, "modulo by zero");
      return left % right;
    case "^":
      return goPow(left, right);
  }
}

function durationError({ span }: DurationExpr, message: string): QueryError {
  return new QueryError("execution", `${span.start}:${span.end}: ${message}`);
}
