/** The ledger store's verbs that read runs and their events. Writing: run-commit.ts. */
import { isExecutingPhase, RUN_PHASES } from "@batchwatch/protocol";
import type { Kysely, Selectable } from "kysely";
import { sql } from "kysely";
import { cleanText } from "../../lib/clean-text.ts";
import type { Run } from "../../model/run.ts";
import type { RunEvent } from "../../model/run-event.ts";
import { EMPTY_FACTS, type RunFacts } from "../../model/run-facts.ts";
import { decodeCursor, pageLimit, pageOf } from "../cursor.ts";
import type { LedgerDatabase } from "../database.ts";
import { phaseCodes } from "../encoding/codes.ts";
import { type EventOwner, eventFromRow } from "../encoding/event-row.ts";
import { keyText, packAlias, unpackAlias } from "../encoding/keys.ts";
import { runFromRow, sortAt } from "../encoding/run-row.ts";
import type { LedgerStore, Page, PageRequest, StoredRun } from "../ledger-store.ts";
import type { RunEventsTable, RunsTable, Tables } from "../tables.ts";
import { listRuns } from "./list-runs.ts";

type RunVerbs = Pick<
  LedgerStore,
  | "findRun"
  | "findRuns"
  | "getRun"
  | "getRuns"
  | "findRunsByRunId"
  | "findByAliases"
  | "findOpenUnnamedRun"
  | "listOpenRuns"
  | "listRuns"
  | "lastRunInPhase"
  | "neighbours"
  | "countRunning"
  | "runEvents"
  | "allRunEvents"
  | "findOrphans"
  | "countOrphans"
>;

type RunRow = Selectable<RunsTable>;

const EXECUTING_CODES = RUN_PHASES.filter(isExecutingPhase).map((phase) => phaseCodes.code(phase));

export function runVerbs(database: LedgerDatabase): RunVerbs {
  const { read, capabilities } = database;

  const findRuns: RunVerbs["findRuns"] = async (keys) => {
    if (keys.length === 0) return [];
    const pairs = capabilities.pairs(keys.map((key) => [cleanText(key.runId), key.jobId]));
    const { rows } = await sql<RunRow & { facts: string | null }>`
      select runs.*, run_facts.facts
      from ${pairs}
      join runs on runs.run_id = pairs.t and runs.job_id = pairs.n
      left join run_facts on run_facts.run_row_id = runs.id`.execute(read);
    return storedRuns(rows);
  };

  const getRuns: RunVerbs["getRuns"] = async (ids) => {
    if (ids.length === 0) return [];
    return storedRuns(await selectStored(read).where(capabilities.inNumbers("runs.id", ids)).execute());
  };

  return {
    findRuns,
    getRuns,

    async findRun(jobId, runId) {
      return (await findRuns([{ jobId, runId }]))[0] ?? null;
    },

    async getRun(id) {
      return (await getRuns([id]))[0] ?? null;
    },

    async findRunsByRunId(runId) {
      const rows = await read
        .selectFrom("runs")
        .selectAll()
        .where("run_id", "=", runId)
        .orderBy("id")
        .execute();
      return rows.map(runFromRow);
    },

    async findByAliases(aliases) {
      if (aliases.length === 0) return [];
      const rows = await read
        .selectFrom("run_aliases")
        .selectAll()
        .where(capabilities.inTexts("alias", aliases.map(packAlias)))
        .orderBy("alias")
        .orderBy("run_row_id")
        .execute();
      return rows.map((row) => ({ alias: unpackAlias(row.alias), runRowId: row.run_row_id }));
    },

    async findOpenUnnamedRun(jobId, at) {
      const rows = await selectStored(read)
        .where("runs.job_id", "=", jobId)
        .where("runs.is_open", "=", 1)
        .where("runs.is_unnamed", "=", 1)
        .execute();
      const begun = storedRuns(rows)
        .map((stored) => ({ stored, beganAt: beganAt(stored.run) }))
        .filter((candidate) => candidate.beganAt <= at)
        .sort((a, b) => b.beganAt - a.beganAt || b.stored.run.id - a.stored.run.id);
      return begun[0]?.stored ?? null;
    },

    async listOpenRuns(jobId) {
      const rows = await read
        .selectFrom("runs")
        .selectAll()
        .where("job_id", "=", jobId)
        .where("is_open", "=", sql.lit(1))
        .orderBy("sort_at", "desc")
        .orderBy("id", "desc")
        .execute();
      return rows.map(runFromRow);
    },

    listRuns: (filter, sort, page) => listRuns(database, filter, sort, page),

    async lastRunInPhase(jobId, phases) {
      if (phases.length === 0) return null;
      const row = await read
        .selectFrom("runs")
        .selectAll()
        .where("job_id", "=", jobId)
        .where(
          "phase",
          "in",
          phases.map((phase) => phaseCodes.code(phase)),
        )
        .orderBy("sort_at", "desc")
        .orderBy("id", "desc")
        .limit(1)
        .executeTakeFirst();
      return row === undefined ? null : runFromRow(row);
    },

    async neighbours(run) {
      const position = sql`(${sortAt(run)}, ${run.id})`;
      const beside = async (comparison: "<" | ">", direction: "asc" | "desc") => {
        const row = await read
          .selectFrom("runs")
          .select("run_id")
          .where("job_id", "=", run.jobId)
          .where(sql<boolean>`(sort_at, id) ${sql.raw(comparison)} ${position}`)
          .orderBy("sort_at", direction)
          .orderBy("id", direction)
          .limit(1)
          .executeTakeFirst();
        return row?.run_id ?? null;
      };
      return { previousRunId: await beside("<", "desc"), nextRunId: await beside(">", "asc") };
    },

    async countRunning() {
      const row = await read
        .selectFrom("runs")
        .select((eb) => eb.fn.countAll<number>().as("count"))
        .where("is_open", "=", sql.lit(1))
        .where("phase", "in", EXECUTING_CODES)
        .executeTakeFirstOrThrow();
      return row.count;
    },

    runEvents: (runRowId, page) => runEvents(read, runRowId, page),
    allRunEvents: (runRowId) => allRunEvents(read, runRowId),

    async findOrphans(refs) {
      if (refs.length === 0) return [];
      const packed = refs.map(packAlias);
      const rows = await read
        .selectFrom("orphan_events")
        .select("event")
        .where((eb) =>
          eb.or([capabilities.inTexts("span_ref", packed), capabilities.inTexts("trace_ref", packed)]),
        )
        .orderBy("received_at")
        .orderBy("event_key")
        .execute();
      return rows.map((row) => JSON.parse(row.event) as RunEvent);
    },

    async countOrphans() {
      const row = await read
        .selectFrom("orphan_events")
        .select((eb) => eb.fn.countAll<number>().as("count"))
        .executeTakeFirstOrThrow();
      return row.count;
    },
  };
}

function selectStored(db: Kysely<Tables>) {
  return db
    .selectFrom("runs")
    .leftJoin("run_facts", "run_facts.run_row_id", "runs.id")
    .selectAll("runs")
    .select("run_facts.facts");
}

function storedRuns(rows: readonly (RunRow & { facts: string | null })[]): StoredRun[] {
  return rows.map((row) => ({
    run: runFromRow(row),
    // What a fact was not known of when it was written says nothing.
    facts: row.facts === null ? null : { ...EMPTY_FACTS, ...(JSON.parse(row.facts) as RunFacts) },
  }));
}

/** An unnamed run may be known by something else than its start; a spooled event comes long after it happened. */
function beganAt(run: Run): number {
  return run.startedAt ?? Math.min(run.lastEventAt, run.firstReceivedAt);
}

async function ownerOf(db: Kysely<Tables>, runRowId: number): Promise<EventOwner | null> {
  const row = await db
    .selectFrom("runs")
    .innerJoin("jobs", "jobs.id", "runs.job_id")
    .select(["namespace", "environment", "job_name", "run_id"])
    .where("runs.id", "=", runRowId)
    .executeTakeFirst();
  if (row === undefined) return null;
  const job = { namespace: row.namespace, environment: row.environment, jobName: row.job_name };
  return { job, runId: row.run_id };
}

/** Oldest first. Beats are kept apart from the other events; both are read from the cursor on and merged. */
async function runEvents(db: Kysely<Tables>, runRowId: number, page: PageRequest): Promise<Page<RunEvent>> {
  const owner = await ownerOf(db, runRowId);
  if (owner === null) return { items: [], nextCursor: null };
  const limit = pageLimit(page.limit);
  const after = page.cursor === null ? null : decodeCursor(page.cursor, ["number", "string"]);
  const readFrom = (table: "run_events" | "run_beats") => {
    let query = db
      .selectFrom(table)
      .select(["run_row_id", "event_key", "kind", "witness", "at", "lag_ms", "detail"])
      .where("run_row_id", "=", runRowId)
      .orderBy("at")
      .orderBy("event_key")
      // A beat may stand twice, as the first of its minute and as the last of all.
      .limit(2 * limit + 2);
    if (after !== null) {
      const [at, key] = after;
      query = query.where(sql<boolean>`(at, event_key) > (${at}, ${Buffer.from(String(key), "hex")})`);
    }
    return query.execute();
  };
  const rows = inOrder([...(await readFrom("run_events")), ...(await readFrom("run_beats"))]);
  return pageOf(
    rows,
    limit,
    (row) => eventFromRow(row, owner),
    (row) => [row.at, keyText(row.event_key)],
  );
}

async function allRunEvents(db: Kysely<Tables>, runRowId: number): Promise<RunEvent[]> {
  const owner = await ownerOf(db, runRowId);
  if (owner === null) return [];
  const columns = ["run_row_id", "event_key", "kind", "witness", "at", "lag_ms", "detail"] as const;
  const events = await db
    .selectFrom("run_events")
    .select(columns)
    .where("run_row_id", "=", runRowId)
    .execute();
  const beats = await db.selectFrom("run_beats").select(columns).where("run_row_id", "=", runRowId).execute();
  return inOrder([...events, ...beats]).map((row) => eventFromRow(row, owner));
}

function inOrder(rows: readonly RunEventsTable[]): RunEventsTable[] {
  const sorted = [...rows].sort((a, b) => a.at - b.at || Buffer.compare(a.event_key, b.event_key));
  return sorted.filter((row, index) => {
    const before = sorted[index - 1];
    return (
      before === undefined || before.at !== row.at || Buffer.compare(before.event_key, row.event_key) !== 0
    );
  });
}
