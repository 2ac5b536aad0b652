/** What a dashboard looks at, as it stands in its address: the time, the jobs, how often it asks anew. Pure. */
import { durationText, parseDuration } from "@batchwatch/protocol/duration";
import { readTimeRange, relativeRange, type TimeRange } from "../../url-state/time-range.ts";

export interface DashboardState {
  range: TimeRange;
  jobs: readonly string[];
  /** null = only when told. */
  refreshMs: number | null;
}

export const REFRESH_CHOICES_MS = [10_000, 30_000, 60_000, 300_000, 900_000] as const;
const SHORTEST_REFRESH_MS = 5_000;

export function readDashboardState(
  params: URLSearchParams,
  usual: { rangeMs: number; refreshMs: number },
): DashboardState {
  return {
    range: readTimeRange(params, relativeRange(compact(usual.rangeMs))),
    jobs: params.getAll("job").filter((job) => job !== ""),
    refreshMs: readRefresh(params.get("refresh"), usual.refreshMs),
  };
}

/** "90s" as it is written in an address and in a choice. */
export function compact(ms: number): string {
  return durationText(ms).replaceAll(" ", "");
}

function readRefresh(text: string | null, usual: number): number | null {
  if (text === "off") return null;
  if (text === null) return Math.max(usual, SHORTEST_REFRESH_MS);
  try {
    return Math.max(parseDuration(text), SHORTEST_REFRESH_MS);
  } catch {
    return Math.max(usual, SHORTEST_REFRESH_MS);
  }
}
