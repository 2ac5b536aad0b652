/**
 * Lists of runs, in pages that stay in step with an index whatever is filtered: the filter is split into parts (job ×
 * phase) that each are one index walk, and their first rows are merged.
 */
import { type Kysely, type RawBuilder, type Selectable, sql } from "kysely";
import { cleanText } from "../../lib/clean-text.ts";
import type { Run } from "../../model/run.ts";
import type { Capabilities } from "../capabilities.ts";
import { decodeNumberCursor, pageLimit, pageOf } from "../cursor.ts";
import type { LedgerDatabase } from "../database.ts";
import { phaseCodes } from "../encoding/codes.ts";
import { runFromRow } from "../encoding/run-row.ts";
import type { Page, PageRequest, RunFilter, RunSort } from "../ledger-store.ts";
import type { RunsTable, Tables } from "../tables.ts";
import { containsFolded } from "./job-verbs.ts";

type RunRow = Selectable<RunsTable>;

/** So many jobs are walked one by one; more are told by a look at each row in the order of the list. */
const MAX_JOB_PARTS = 20;
/** Sorts after every character that a run id may hold. */
const LAST_CHARACTER = "\u{10FFFF}";

export async function listRuns(
  { read, capabilities }: LedgerDatabase,
  filter: RunFilter,
  sort: RunSort,
  page: PageRequest,
): Promise<Page<Run>> {
  const limit = pageLimit(page.limit);
  const jobIds = await jobsOf(read, filter);
  if (jobIds !== null && jobIds.length === 0) return { items: [], nextCursor: null };
  const byJob = jobIds !== null && jobIds.length <= MAX_JOB_PARTS;
  const jobParts = byJob ? jobIds.map((id) => id as number | null) : [null];
  const phaseParts = filter.phases?.length ? [...new Set(filter.phases)] : [null];
  const conditions = await sharedConditions(read, capabilities, filter, byJob ? null : jobIds);
  const order = orderOf(sort);
  if (page.cursor !== null) conditions.push(order.after(decodeNumberCursor(page.cursor, 2)));

  const rows: RunRow[] = [];
  for (const jobId of jobParts) {
    for (const phase of phaseParts) {
      let query = read
        .selectFrom("runs")
        .selectAll()
        .orderBy(order.key, order.direction)
        .orderBy("id", order.direction)
        .limit(limit + 1);
      for (const condition of conditions) query = query.where(condition);
      if (jobId !== null) query = query.where("job_id", "=", jobId);
      if (phase !== null) query = query.where("phase", "=", phaseCodes.code(phase));
      rows.push(...(await query.execute()));
    }
  }
  rows.sort(order.compare);
  return pageOf(rows, limit, runFromRow, (row) => [order.value(row), row.id]);
}

/** The jobs that the filter names; null when it names none. */
async function jobsOf(db: Kysely<Tables>, filter: RunFilter): Promise<number[] | null> {
  const { namespace, environment, jobName, jobId } = filter;
  if (namespace === undefined && environment === undefined && jobName === undefined)
    return jobId === undefined ? null : [jobId];
  let query = db.selectFrom("jobs").select("id").orderBy("id");
  if (namespace !== undefined) query = query.where("namespace", "=", namespace);
  if (environment !== undefined) query = query.where("environment", "=", environment);
  if (jobName !== undefined) query = query.where("job_name", "=", jobName);
  if (jobId !== undefined) query = query.where("id", "=", jobId);
  return (await query.execute()).map((row) => row.id);
}

async function sharedConditions(
  db: Kysely<Tables>,
  capabilities: Capabilities,
  filter: RunFilter,
  jobIds: readonly number[] | null,
): Promise<RawBuilder<boolean>[]> {
  const conditions: RawBuilder<boolean>[] = [];
  // "+" keeps SQLite on the index of the list's order; by job it would read and sort all of these jobs' runs.
  if (jobIds !== null) conditions.push(sql`+${capabilities.inNumbers("job_id", jobIds)}`);
  if (filter.from !== undefined) conditions.push(sql`sort_at >= ${filter.from}`);
  if (filter.to !== undefined) conditions.push(sql`sort_at < ${filter.to}`);
  if (filter.runId !== undefined) conditions.push(sql`run_id = ${filter.runId}`);
  if (filter.search !== undefined && filter.search !== "") {
    const search = cleanText(filter.search);
    const named = await db
      .selectFrom("jobs")
      .select("id")
      .where(containsFolded("name_search", search))
      .execute();
    const ofJob = capabilities.inNumbers(
      "job_id",
      named.map((row) => row.id),
    );
    conditions.push(sql`(${ofJob} or (run_id >= ${search} and run_id < ${search + LAST_CHARACTER}))`);
  }
  return conditions;
}

function orderOf(sort: RunSort) {
  const byDuration = sort === "durationMs" || sort === "-durationMs";
  const descending = sort.startsWith("-");
  const key = byDuration ? sql<number>`coalesce(duration_ms, -1)` : sql<number>`sort_at`;
  const value = (row: RunRow): number => (byDuration ? (row.duration_ms ?? -1) : row.sort_at);
  const sign = descending ? -1 : 1;
  return {
    key,
    value,
    direction: descending ? ("desc" as const) : ("asc" as const),
    compare: (a: RunRow, b: RunRow): number => sign * (value(a) - value(b) || a.id - b.id),
    after: ([last, id]: readonly number[]): RawBuilder<boolean> =>
      sql`(${key}, id) ${sql.raw(descending ? "<" : ">")} (${last}, ${id})`,
  };
}
