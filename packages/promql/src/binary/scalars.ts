/** Operators between scalars, and between a vector and a scalar on either side. */
import { type Column, newColumn, type ScalarValue, type VectorValue, vectorOf } from "../evaluate/values.ts";
import type { BinaryOperator } from "../parse/ast.ts";
import { type PairOperation, pairOperation } from "./operators.ts";

export function scalarWithScalar(op: BinaryOperator, left: Float64Array, right: Float64Array): ScalarValue {
  // Between scalars the checker allows comparisons with `bool` only.
  const { value } = pairOperation(op, true);
  const values = new Float64Array(left.length);
  for (let step = 0; step < values.length; step++)
    values[step] = value(left[step] as number, right[step] as number);
  return { kind: "scalar", values };
}

export interface ScalarSide {
  readonly scalar: Float64Array;
  readonly isLeft: boolean;
}

export function vectorWithScalar(
  op: BinaryOperator,
  vector: readonly Column[],
  side: ScalarSide,
  returnBool: boolean,
): VectorValue {
  const operation = pairOperation(op, returnBool);
  const filters = !operation.changesMetric && !returnBool;
  const columns: Column[] = [];
  for (const source of vector) {
    const result = newColumn(source.labels, source.dropName || !filters, source.values.length);
    if (combineInto(result, source, side, operation, filters)) columns.push(result);
  }
  return vectorOf(columns);
}

/** False when no step has a result. */
function combineInto(
  result: Column,
  source: Column,
  { scalar, isLeft }: ScalarSide,
  { value, keeps }: PairOperation,
  filters: boolean,
): boolean {
  let found = false;
  for (let step = 0; step < scalar.length; step++) {
    if (source.present[step] === 0) continue;
    const element = source.values[step] as number;
    const number = scalar[step] as number;
    const left = isLeft ? number : element;
    const right = isLeft ? element : number;
    if (!keeps(left, right)) continue;
    // A filter keeps the vector's value, on whichever side it stands.
    result.values[step] = filters ? element : value(left, right);
    result.present[step] = 1;
    found = true;
  }
  return found;
}
