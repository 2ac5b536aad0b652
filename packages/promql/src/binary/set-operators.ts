/** `and`, `or`, `unless`: which samples stay is decided by whether the other side has the same signature in that step. */
import { mergeEqualLabels } from "../evaluate/merge-series.ts";
import { type Column, isEmptyColumn, relabeled, type VectorValue, vectorOf } from "../evaluate/values.ts";
import type { SetOperator, VectorMatching } from "../parse/ast.ts";
import { anyPresent, matchGroups } from "./signatures.ts";

export function combineSets(
  op: SetOperator,
  left: readonly Column[],
  right: readonly Column[],
  matching: VectorMatching,
  count: number,
): VectorValue {
  const groups = matchGroups(left, right, matching);
  // Results are put in the order of the operands, left before right.
  const masked = new Map<Column, Column>();
  for (const group of groups) {
    if (op === "or") {
      if (group.left.length === 0 || group.right.length === 0) continue;
      const present = anyPresent(group.left, count);
      for (const column of group.right) masked.set(column, withMask(column, present, 0));
    } else {
      const present = anyPresent(group.right, count);
      for (const column of group.left) masked.set(column, withMask(column, present, op === "and" ? 1 : 0));
    }
  }
  const operands = op === "or" ? [...left, ...right] : left;
  const columns = operands
    .map((column) => masked.get(column) ?? column)
    .filter((column) => !isEmptyColumn(column));
  return vectorOf(op === "or" ? mergeEqualLabels(columns) : columns);
}

/** Keeps the samples of the steps where the mask is `wanted`. */
function withMask(column: Column, mask: Uint8Array, wanted: 0 | 1): Column {
  const present = new Uint8Array(column.present.length);
  for (let step = 0; step < present.length; step++)
    if (column.present[step] === 1 && mask[step] === wanted) present[step] = 1;
  return { ...relabeled(column, column.labels, column.dropName), present };
}
