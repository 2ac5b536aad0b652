/** The rows of the board: jobs, with a heading where a new group begins. Pure. */
import type { JobSummary } from "../../api/resources.ts";
import type { BoardSort, Health } from "../../url-state/board-filters.ts";

export type BoardRow =
  | { kind: "heading"; health: Health; title: string; count: number | null }
  | { kind: "job"; job: JobSummary; roomy: boolean };

/** In the order in which the server sorts them: what needs a person comes first. */
const TITLES: Readonly<Record<Health, string>> = {
  failing: "Failing",
  late: "Late or at risk",
  unknown: "Unknown",
  running: "Running",
  new: "New",
  ok: "OK",
  paused: "Paused",
};

/** These say what is wrong in a line of its own, under the name. */
const ROOMY: ReadonlySet<Health> = new Set<Health>(["failing", "late", "unknown"]);

/** `complete` = there are no more jobs than these. A count is said only where the whole group is here. */
export function boardRows(jobs: readonly JobSummary[], sort: BoardSort, complete: boolean): BoardRow[] {
  if (sort !== "health") return jobs.map(jobRow);
  const rows: BoardRow[] = [];
  let from = 0;
  while (from < jobs.length) {
    const health = jobs[from]?.health ?? "ok";
    let to = from;
    while (to < jobs.length && jobs[to]?.health === health) to += 1;
    const count = to < jobs.length || complete ? to - from : null;
    rows.push({ kind: "heading", health, title: TITLES[health], count });
    for (const job of jobs.slice(from, to)) rows.push(jobRow(job));
    from = to;
  }
  return rows;
}

function jobRow(job: JobSummary): BoardRow {
  return { kind: "job", job, roomy: ROOMY.has(job.health) || job.openIncidentId !== null };
}

/** How long the last run took against what is usual; null where there is nothing to compare. */
export function timesUsual(job: JobSummary): number | null {
  const took = job.lastRun?.durationMs ?? null;
  if (took === null || job.usualDurationMs === null || job.usualDurationMs <= 0) return null;
  return took / job.usualDurationMs;
}

/** "2.4× usual"; nothing where it is about as usual. */
export function usualWords(ratio: number | null): string | null {
  if (ratio === null) return null;
  if (ratio >= 0.8 && ratio <= 1.25) return "usual";
  return `${ratio >= 10 ? Math.round(ratio) : ratio.toFixed(1)}× usual`;
}
