/** Which series of two vectors belong together: by the labels of `on (…)`, or by all but those of `ignoring (…)`. */
import { filterLabels, keyOfListed, keyOfOthers } from "../evaluate/label-sets.ts";
import type { Column } from "../evaluate/values.ts";
import { type Labels, METRIC_NAME } from "../labels.ts";
import type { VectorMatching } from "../parse/ast.ts";

/** The series of both sides that share a signature. */
export interface MatchGroup {
  readonly left: Column[];
  readonly right: Column[];
}

export function matchGroups(
  left: readonly Column[],
  right: readonly Column[],
  { on, labels }: VectorMatching,
): MatchGroup[] {
  const keyOf = on ? keyOfListed([...labels].sort()) : keyOfOthers(new Set([...labels, METRIC_NAME]));
  const groups = new Map<string, MatchGroup>();
  const groupOf = (column: Column): MatchGroup => {
    const key = keyOf(column.labels);
    let group = groups.get(key);
    if (group === undefined) {
      group = { left: [], right: [] };
      groups.set(key, group);
    }
    return group;
  };
  for (const column of left) groupOf(column).left.push(column);
  for (const column of right) groupOf(column).right.push(column);
  return [...groups.values()];
}

/** The labels that two series were matched by. */
export function matchedLabels(series: Labels, { on, labels }: VectorMatching): Labels {
  const listed = new Set(labels);
  if (on) return filterLabels(series, (name) => listed.has(name));
  return filterLabels(series, (name) => !listed.has(name) && name !== METRIC_NAME);
}

/** 1 in each step in which any of the columns has a value. */
export function anyPresent(columns: readonly Column[], count: number): Uint8Array {
  const [only] = columns;
  if (columns.length === 1 && only !== undefined) return only.present;
  const present = new Uint8Array(count);
  for (const column of columns)
    for (let step = 0; step < count; step++) if (column.present[step] === 1) present[step] = 1;
  return present;
}
