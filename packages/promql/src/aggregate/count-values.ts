/** `count_values("label", v)`: how many series of a group have each value, the value written into a label. */

import { withLabel } from "../evaluate/label-sets.ts";
import { type Column, newColumn } from "../evaluate/values.ts";
import { floatText } from "../go-format/float-text.ts";
import { isValidUtf8, quote } from "../go-format/quoted-text.ts";
import type { AggregateExpr } from "../parse/ast.ts";
import { QueryError } from "../query-error.ts";
import { groupSeries } from "./groups.ts";

export function countValues(
  expr: AggregateExpr,
  label: string,
  columns: readonly Column[],
  count: number,
): Column[] {
  if (label === "" || !isValidUtf8(label))
    throw new QueryError("execution", `invalid label name ${quote(label)}`);
  // The label is overwritten, so it does not tell groups apart.
  const grouping = expr.without ? [...expr.grouping, label] : expr.grouping.filter((name) => name !== label);
  const results = new Map<string, Column>();
  for (const group of groupSeries(columns, { grouping, without: expr.without })) {
    for (const { values, present, dropName } of group.columns) {
      for (let step = 0; step < count; step++) {
        if (present[step] === 0) continue;
        const labels = withLabel(group.labels, label, floatText(values[step] as number));
        let result = results.get(labels.key);
        if (result === undefined) {
          result = newColumn(labels, dropName, count);
          results.set(labels.key, result);
        }
        result.values[step] = (result.values[step] as number) + 1;
        result.present[step] = 1;
      }
    }
  }
  return [...results.values()];
}
