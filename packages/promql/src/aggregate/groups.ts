/** Which series belong together under `by (…)` or `without (…)`: worked out once for a series, not once a step. */
import { filterLabels, isMetadataLabel, keyOfListed, keyOfOthers } from "../evaluate/label-sets.ts";
import type { Column } from "../evaluate/values.ts";
import { type Labels, METRIC_NAME } from "../labels.ts";

export interface SeriesGroup {
  readonly labels: Labels;
  readonly columns: Column[];
}

export interface GroupingClause {
  readonly grouping: readonly string[];
  readonly without: boolean;
}

/** The groups in the order of their first series. */
export function groupSeries(
  columns: readonly Column[],
  { grouping, without }: GroupingClause,
): SeriesGroup[] {
  const listed = new Set(grouping);
  const sorted = [...listed].sort();
  const keyOf = without ? keyOfOthers(new Set([...sorted, METRIC_NAME])) : keyOfListed(sorted);
  const keep = without
    ? (name: string) => !listed.has(name) && !isMetadataLabel(name)
    : (name: string) => listed.has(name);
  const groups = new Map<string, SeriesGroup>();
  for (const column of columns) {
    const key = keyOf(column.labels);
    const group = groups.get(key);
    if (group === undefined)
      groups.set(key, { labels: filterLabels(column.labels, keep), columns: [column] });
    else group.columns.push(column);
  }
  return [...groups.values()];
}
