/** What Explore shows, as it stands in its address: the query that was asked, how, and over which time. Pure. */
import { readTimeRange, relativeRange, type TimeRange } from "../../url-state/time-range.ts";

export const VIEWS = ["graph", "table"] as const;
type ExploreView = (typeof VIEWS)[number];

export interface ExploreState {
  /** "" = nothing was asked yet. */
  query: string;
  view: ExploreView;
  range: TimeRange;
}

export function readExploreState(params: URLSearchParams): ExploreState {
  const view = params.get("view");
  return {
    query: params.get("query")?.trim() ?? "",
    view: VIEWS.find((name) => name === view) ?? "graph",
    range: readTimeRange(params, relativeRange("1h")),
  };
}

/** Where a place in lines and columns stands in the text; inside it whatever is said. */
export function offsetOfPlace(text: string, place: { line: number; column: number }): number {
  const before = text.split("\n").slice(0, place.line - 1);
  const start = before.reduce((sum, line) => sum + line.length + 1, 0);
  return Math.max(0, Math.min(text.length, start + place.column - 1));
}
