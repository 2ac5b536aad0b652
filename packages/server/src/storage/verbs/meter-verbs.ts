/** The ledger store's verbs of the meter (storage/meter-store.ts). */
import { type Selectable, sql } from "kysely";
import type { RunToMeter } from "../../model/meter.ts";
import type { LedgerDatabase, Writer } from "../database.ts";
import { phaseCodes } from "../encoding/codes.ts";
import { runFromRow } from "../encoding/run-row.ts";
import type { MeterCommit, MeterStore } from "../meter-store.ts";
import type { RunsTable } from "../tables.ts";
import { deleteDeadlines, setDeadlines } from "./deadline-rows.ts";
import { incrementFromRow, MARK_RUN, SET_SERIES, seriesFromRow, seriesRow } from "./meter-rows.ts";
import { judgementFromRow } from "./watch-rows.ts";

const WRITTEN_UNTIL = "meter.writtenUntil";

export function meterVerbs(database: LedgerDatabase): MeterStore {
  const { read, capabilities } = database;
  return {
    async meterSeries() {
      const rows = await read.selectFrom("meter_series").selectAll().orderBy("id").execute();
      return rows.map(seriesFromRow);
    },

    async meterWrittenUntil() {
      const row = await read
        .selectFrom("installation_facts")
        .select("value")
        .where("name", "=", WRITTEN_UNTIL)
        .executeTakeFirst();
      return row === undefined ? null : Number(row.value);
    },

    async runsToMeter(afterId, limit) {
      const rows = await read
        .selectFrom("runs")
        .selectAll()
        .where("id", ">", afterId)
        .where("is_open", "=", sql.lit(0))
        .where(sql<boolean>`metered_version <> version`)
        .orderBy("id")
        .limit(limit)
        .execute();
      return rows.map(runToMeter);
    },

    async judgementsToMeter(limit) {
      const rows = await read
        .selectFrom("judgements")
        .selectAll()
        .where("is_metered", "=", sql.lit(0))
        .orderBy("id")
        .limit(limit)
        .execute();
      return rows.map(judgementFromRow);
    },

    async incrementsToMeter(limit) {
      const rows = await read
        .selectFrom("native_increments")
        .selectAll()
        .where("is_applied", "=", sql.lit(0))
        .orderBy("id")
        .limit(limit)
        .execute();
      return rows.map(incrementFromRow);
    },

    async nativeIncrements(jobId, from, to) {
      const rows = await read
        .selectFrom("native_increments")
        .selectAll()
        .where("job_id", "=", jobId)
        .where("at", ">=", from)
        .where("from_at", "<=", to)
        .orderBy("id")
        .execute();
      return rows.map(incrementFromRow);
    },

    async nativeFamilies(since) {
      const rows = await read
        .selectFrom("native_increments")
        .select(({ fn }) => ["job_id", "family", fn.max("at").as("last_at")])
        .where("at", ">=", since)
        .groupBy(["job_id", "family"])
        .execute();
      return rows.map(({ job_id, family, last_at }) => ({ jobId: job_id, family, lastAt: last_at }));
    },

    async openRuns(afterId, limit) {
      const rows = await read
        .selectFrom("runs")
        .selectAll()
        .where("id", ">", afterId)
        .where("is_open", "=", sql.lit(1))
        .orderBy("id")
        .limit(limit)
        .execute();
      return rows.map(runFromRow);
    },

    async runsEndedIn(jobId, from, to) {
      const rows = await read
        .selectFrom("runs")
        .selectAll()
        .where("job_id", "=", jobId)
        .where("completed_at", "is not", null)
        .where("completed_at", ">", from)
        .where("completed_at", "<=", to)
        .where("is_open", "=", sql.lit(0))
        .orderBy("completed_at")
        .orderBy("id")
        .execute();
      return rows.map(runToMeter);
    },

    async judgementsIn(jobId, from, to) {
      const rows = await read
        .selectFrom("judgements")
        .selectAll()
        .where("job_id", "=", jobId)
        .where("at", ">", from)
        .where("at", "<=", to)
        .orderBy("at")
        .orderBy("id")
        .execute();
      return rows.map((row) => ({ judgement: judgementFromRow(row), isMetered: row.is_metered === 1 }));
    },

    async jobsWithLostRuns(since) {
      const lost = phaseCodes.code("lost");
      const rows = await read
        .selectFrom("runs")
        .select("job_id")
        .distinct()
        .where("phase", "=", lost)
        .where("sort_at", ">=", since)
        .where("counted_phase", "=", lost)
        .execute();
      return new Set(rows.map((row) => row.job_id));
    },

    async nextDeadlineTimes(kinds) {
      const { rows } = await sql<{ job_id: number; due_at: number }>`
        select job_id, min(due_at) as due_at from deadlines
        where ${capabilities.inTexts("kind", kinds)} and is_parked = 0 and job_id is not null
        group by job_id`.execute(read);
      return new Map(rows.map((row) => [row.job_id, row.due_at]));
    },

    // A commit that a power cut takes is done again from what it left: the samples come out the same.
    commitMeter: (commit) => database.write((writer) => commitMeter(writer, commit), "kill"),
  };
}

function runToMeter(row: Selectable<RunsTable>): RunToMeter {
  return {
    run: runFromRow(row),
    meteredPhase: row.metered_phase === null ? null : phaseCodes.word(row.metered_phase),
    countedPhase: row.counted_phase === null ? null : phaseCodes.word(row.counted_phase),
  };
}

async function commitMeter(writer: Writer, commit: MeterCommit): Promise<void> {
  const { db, capabilities } = writer;
  await writer.insertAll(SET_SERIES, commit.series.map(seriesRow));
  await writer.runEach(
    MARK_RUN,
    commit.meteredRuns.map(({ id, version, phase, counted }) => ({
      id,
      counted_phase: phaseCodes.code(counted),
      metered_version: version,
      metered_phase: phaseCodes.code(phase),
    })),
  );
  if (commit.meteredJudgements.length > 0)
    await db
      .updateTable("judgements")
      .set({ is_metered: 1 })
      .where(capabilities.inNumbers("id", commit.meteredJudgements))
      .execute();
  if (commit.appliedIncrements.length > 0)
    await db
      .updateTable("native_increments")
      .set({ is_applied: 1 })
      .where(capabilities.inNumbers("id", commit.appliedIncrements))
      .execute();
  for (const { id, runs } of commit.claims)
    await db
      .updateTable("native_increments")
      .set({ claimed: sql<number>`claimed + ${runs}` })
      .where("id", "=", id)
      .execute();
  if (commit.writtenUntil !== null)
    await db
      .insertInto("installation_facts")
      .values({ name: WRITTEN_UNTIL, value: String(commit.writtenUntil) })
      .onConflict((conflict) =>
        conflict.column("name").doUpdateSet((eb) => ({ value: eb.ref("excluded.value") })),
      )
      .execute();
  await deleteDeadlines(writer, commit.doneDeadlines);
  await setDeadlines(writer, commit.setDeadlines);
}
