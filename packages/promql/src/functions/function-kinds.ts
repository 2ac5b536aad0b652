/** How a function can be implemented. One entry of the registry is one of these. */
import type { QueryContext } from "../evaluate/query-context.ts";
import type { Column, EvalValue, StepGrid } from "../evaluate/values.ts";
import type { PrepareKernel } from "../evaluate/windows.ts";
import type { CallExpr, Expr } from "../parse/ast.ts";

/** A call with its arguments evaluated (strings, scalars, vectors). */
export interface ValueCall {
  readonly call: CallExpr;
  /** The arguments without parentheses, for their places. */
  readonly exprs: readonly Expr[];
  readonly args: readonly EvalValue[];
  readonly grid: StepGrid;
  readonly context: QueryContext;
}

/** A number to a number, for each sample of a vector; the second argument and on are scalars of the same step. */
export interface SampleFunction {
  readonly kind: "sample";
  readonly apply: (value: number, ...scalars: number[]) => number;
}

/** Over the window of a range vector. */
export interface WindowFunction {
  readonly kind: "window";
  readonly keepsName: boolean;
  /** Asks for a counter: a name that does not look like one is remarked. */
  readonly wantsCounter: boolean;
  readonly prepare: PrepareKernel;
}

/** Anything else. */
export interface ValueFunction {
  readonly kind: "value";
  readonly evaluate: (call: ValueCall) => EvalValue;
}

export type FunctionImplementation = SampleFunction | WindowFunction | ValueFunction;

export function vectorArgument(args: readonly EvalValue[], index: number): readonly Column[] {
  const value = args[index];
  return value?.kind === "vector" ? value.columns : [];
}

export function scalarArgument(args: readonly EvalValue[], index: number): Float64Array | undefined {
  const value = args[index];
  return value?.kind === "scalar" ? value.values : undefined;
}

export function stringArgument(args: readonly EvalValue[], index: number): string {
  const value = args[index];
  return value?.kind === "string" ? value.value : "";
}
