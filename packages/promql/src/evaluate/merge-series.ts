/** Columns that came to have equal labels become one, if they never have a value in the same step. */
import { QueryError } from "../query-error.ts";
import { type Column, newColumn } from "./values.ts";

export const DUPLICATE_LABELS = "vector cannot contain metrics with the same labelset";

export function mergeEqualLabels(columns: readonly Column[]): readonly Column[] {
  const seen = new Set<string>();
  for (const column of columns) seen.add(column.labels.key);
  if (seen.size === columns.length) return columns;
  const merged = new Map<string, Column>();
  const owned = new Set<Column>();
  for (const column of columns) {
    const known = merged.get(column.labels.key);
    if (known === undefined) {
      merged.set(column.labels.key, column);
      continue;
    }
    let target = known;
    if (!owned.has(known)) {
      target = newColumn(known.labels, known.dropName, known.values.length);
      target.values.set(known.values);
      target.present.set(known.present);
      owned.add(target);
      merged.set(column.labels.key, target);
    }
    addInto(target, column);
  }
  return [...merged.values()];
}

function addInto(target: Column, column: Column): void {
  for (let step = 0; step < column.present.length; step++) {
    if (column.present[step] === 0) continue;
    if (target.present[step] === 1) throw new QueryError("execution", DUPLICATE_LABELS);
    target.values[step] = column.values[step] as number;
    target.present[step] = 1;
  }
}
