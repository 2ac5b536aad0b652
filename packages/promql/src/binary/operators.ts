/** What the operators do to two numbers. */
import { goPow } from "../evaluate/go-math.ts";
import type { ArithmeticOperator, BinaryOperator, ComparisonOperator } from "../parse/ast.ts";

type Calculation = (left: number, right: number) => number;
type Comparison = (left: number, right: number) => boolean;

const CALCULATIONS: Readonly<Record<ArithmeticOperator, Calculation>> = {
  "+": (left, right) => left + right,
  "-": (left, right) => left - right,
  "*": (left, right) => left * right,
  "/": (left, right) => left / right,
  // The sign of the dividend, as Go's math.Mod.
  "%": (left, right) => left % right,
  "^": goPow,
  atan2: Math.atan2,
};

const COMPARISONS: Readonly<Record<ComparisonOperator, Comparison>> = {
  "==": (left, right) => left === right,
  "!=": (left, right) => left !== right,
  "<=": (left, right) => left <= right,
  "<": (left, right) => left < right,
  ">=": (left, right) => left >= right,
  ">": (left, right) => left > right,
};

/** An operator applied to one pair: the value, and whether the pair stays (a comparison filters). */
export interface PairOperation {
  readonly value: Calculation;
  readonly keeps: Comparison;
  /** The result is no longer the metric's: its name goes. */
  readonly changesMetric: boolean;
}

const ALWAYS: Comparison = () => true;
const NEVER: Comparison = () => false;

export function pairOperation(op: BinaryOperator, returnBool: boolean): PairOperation {
  if (op in CALCULATIONS)
    return { value: CALCULATIONS[op as ArithmeticOperator], keeps: ALWAYS, changesMetric: true };
  if (op in COMPARISONS) {
    const compare = COMPARISONS[op as ComparisonOperator];
    if (returnBool)
      return { value: (left, right) => (compare(left, right) ? 1 : 0), keeps: ALWAYS, changesMetric: false };
    return { value: (left) => left, keeps: compare, changesMetric: false };
  }
  return { value: (left) => left, keeps: NEVER, changesMetric: false };
}
