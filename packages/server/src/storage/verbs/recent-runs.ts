/** The ledger store's verbs by which boards read the latest runs of many jobs: one query for some hundreds of them. */
import { isExecutingPhase, RUN_PHASES } from "@batchwatch/protocol";
import { type RawBuilder, type Selectable, sql } from "kysely";
import type { LedgerDatabase } from "../database.ts";
import { phaseCodes, runTypeCodes } from "../encoding/codes.ts";
import { type RunBarRow, runBarFromRow, runFromRow } from "../encoding/run-row.ts";
import type { LedgerStore, RunSuccess } from "../ledger-store.ts";
import type { RunsTable } from "../tables.ts";
import { byJobs } from "./by-jobs.ts";

type RecentRunVerbs = Pick<
  LedgerStore,
  "recentRuns" | "recentRunBars" | "recentSuccesses" | "countRunningByJobs"
>;

type RunRow = Selectable<RunsTable>;

const EXECUTING_CODES = RUN_PHASES.filter(isExecutingPhase).map((phase) => phaseCodes.code(phase));

export function recentRunVerbs(database: LedgerDatabase): RecentRunVerbs {
  const { read, capabilities } = database;
  return {
    recentRuns: (jobIds, limit) =>
      byJobs(jobIds, async (part) =>
        groupByJob(await recentRows<RunRow>(database, sql`runs.*`, part, limit), limit, runFromRow),
      ),

    recentRunBars: (jobIds, limit) =>
      byJobs(jobIds, async (part) =>
        groupByJob(await recentRows<RunBarRow>(database, RUN_BAR_COLUMNS, part, limit), limit, runBarFromRow),
      ),

    recentSuccesses: (jobIds, limit) => byJobs(jobIds, (part) => recentSuccesses(database, part, limit)),

    async countRunningByJobs(jobIds) {
      if (jobIds.length === 0) return new Map();
      const rows = await read
        .selectFrom("runs")
        .select((eb) => ["job_id", eb.fn.countAll<number>().as("count")] as const)
        .where("is_open", "=", sql.lit(1))
        .where("phase", "in", EXECUTING_CODES)
        .where(capabilities.inNumbers("job_id", jobIds))
        .groupBy("job_id")
        .execute();
      return new Map(rows.map((row) => [row.job_id, row.count]));
    },
  };
}

const RUN_BAR_COLUMNS = sql`runs.id, runs.job_id, runs.run_id, runs.phase, runs.run_type, runs.scheduled_at,
  runs.queued_at, runs.started_at, runs.completed_at, runs.duration_ms, runs.records_processed, runs.error_type,
  runs.error_message, runs.first_received_at`;

/** The last `limit` runs of each job, newest first, and those of the same millisecond as its last. */
async function recentRows<Row>(
  { read, capabilities }: LedgerDatabase,
  columns: RawBuilder<unknown>,
  jobIds: readonly number[],
  limit: number,
): Promise<Row[]> {
  if (jobIds.length === 0 || limit < 1) return [];
  // The time of the job's limit-th run is told from the index.
  const { rows } = await sql<Row>`
    select ${columns} from ${capabilities.numbers([...new Set(jobIds)])} cross join runs
    where runs.job_id = numbers.n and runs.sort_at >= coalesce(
      (select last.sort_at from runs as last where last.job_id = numbers.n
       order by last.sort_at desc limit 1 offset ${limit - 1}), -9007199254740991)
    order by runs.job_id, runs.sort_at desc, runs.id desc`.execute(read);
  return rows;
}

function groupByJob<Row extends { job_id: number }, T>(
  rows: readonly Row[],
  limit: number,
  make: (row: Row) => T,
): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const row of rows) {
    const group = groups.get(row.job_id) ?? [];
    if (group.length < limit) group.push(make(row));
    groups.set(row.job_id, group);
  }
  return groups;
}

async function recentSuccesses(
  { read, capabilities }: LedgerDatabase,
  jobIds: readonly number[],
  limit: number,
): Promise<Map<number, RunSuccess[]>> {
  const recent = new Map<number, RunSuccess[]>();
  if (jobIds.length === 0 || limit < 1) return recent;
  // "+" keeps SQLite from walking all good runs by phase instead of the job's runs by time.
  const good = (table: string) =>
    sql`${sql.ref(`${table}.job_id`)} = numbers.n
        and +${sql.ref(`${table}.phase`)} = ${phaseCodes.code("completed")}
        and ${sql.ref(`${table}.run_type`)} <> ${runTypeCodes.code("backfill")}`;
  const { rows } = await sql<Pick<RunRow, "job_id" | "completed_at" | "duration_ms" | "sort_at">>`
    select runs.job_id, runs.completed_at, runs.duration_ms, runs.sort_at
    from ${capabilities.numbers([...new Set(jobIds)])} cross join runs
    where ${good("runs")} and runs.sort_at >= coalesce(
      (select last.sort_at from runs as last where ${good("last")}
       order by last.sort_at desc limit 1 offset ${limit - 1}), -9007199254740991)
    order by runs.job_id, runs.completed_at desc, runs.id desc`.execute(read);
  for (const row of rows) {
    const successes = recent.get(row.job_id) ?? [];
    if (successes.length < limit)
      successes.push({ completedAt: row.completed_at ?? row.sort_at, durationMs: row.duration_ms });
    recent.set(row.job_id, successes);
  }
  return recent;
}
