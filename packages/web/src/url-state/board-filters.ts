/** The board's filters as they stand in the address. An unknown value counts as none, so an old link still opens. */
import type { JobSummary } from "@batchwatch/protocol";

export type Health = JobSummary["health"];

export const HEALTHS: readonly Health[] = ["failing", "late", "running", "unknown", "ok", "new", "paused"];

export const BOARD_SORTS = ["health", "nextDueAt", "-lastRunAt", "jobName"] as const;
export type BoardSort = (typeof BOARD_SORTS)[number];

export interface BoardFilters {
  search: string;
  namespace: string | null;
  health: Health | null;
  owner: string | null;
  /** Attention first unless something else is said. */
  sort: BoardSort;
}

export function readBoardFilters(params: URLSearchParams): BoardFilters {
  const health = params.get("health");
  const sort = params.get("sort");
  return {
    search: params.get("search") ?? "",
    namespace: params.get("namespace") || null,
    health: HEALTHS.find((name) => name === health) ?? null,
    owner: params.get("owner") || null,
    sort: BOARD_SORTS.find((name) => name === sort) ?? "health",
  };
}

/** The address with some filters changed; everything else in it stays. */
export function writeBoardFilters(params: URLSearchParams, changes: Partial<BoardFilters>): URLSearchParams {
  return withParams(params, changes);
}

export function hasBoardFilters(filters: BoardFilters): boolean {
  return (
    filters.search !== "" || filters.namespace !== null || filters.health !== null || filters.owner !== null
  );
}

/** Empty and null leave the address. */
export function withParams(
  params: URLSearchParams,
  changes: Readonly<Record<string, string | null | undefined>>,
): URLSearchParams {
  const next = new URLSearchParams(params);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === undefined || value === "") next.delete(name);
    else next.set(name, value);
  }
  return next;
}
