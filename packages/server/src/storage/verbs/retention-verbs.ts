/**
 * Retention in small steps: each call deletes at most `limit` rows of one kind, oldest first, in one short
 * transaction. Open runs, open incidents and expected slots stay whatever their age.
 */
import { sql } from "kysely";
import type { LedgerDatabase, Writer } from "../database.ts";
import type { LedgerStore, RetentionKind } from "../ledger-store.ts";

export function retentionVerbs(database: LedgerDatabase): Pick<LedgerStore, "prune"> {
  return {
    prune: (kind, before, limit) =>
      limit < 1
        ? Promise.resolve(0)
        : database.write((writer) => PRUNERS[kind](writer, before, limit), "kill"),
  };
}

type Pruner = (writer: Writer, before: number, limit: number) => Promise<number>;

const PRUNERS: Record<RetentionKind, Pruner> = {
  runs: pruneRuns,
  heartbeats: pruneBeats,
  spans: pruneSpansAndOrphans,
  logs: pruneLogs,
  incidents: pruneIncidents,
  slots: pruneSlots,
  metricStreams: pruneMetricStreams,
};

/** With its events, beats and aliases (by cascade) and its judgements, except those that an incident still shows. */
async function pruneRuns({ db, capabilities }: Writer, before: number, limit: number): Promise<number> {
  const runs = await db
    .selectFrom("runs")
    .select(["id", "slot_id"])
    .where("sort_at", "<", before)
    .where("is_open", "=", sql.lit(0))
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom("incidents")
            .select(sql`1`.as("one"))
            .whereRef("incidents.run_row_id", "=", "runs.id")
            .where("incidents.state", "=", sql.lit("open")),
        ),
      ),
    )
    .orderBy("sort_at")
    .limit(limit)
    .execute();
  if (runs.length === 0) return 0;
  const ids = runs.map((run) => run.id);
  const slotIds = runs.flatMap((run) => (run.slot_id === null ? [] : [run.slot_id]));
  const subjects = ids.map((id) => `run:${id}`);
  if (slotIds.length > 0)
    await db
      .updateTable("slots")
      .set({ run_row_id: null })
      .where(capabilities.inNumbers("id", slotIds))
      .where(capabilities.inNumbers("run_row_id", ids))
      .execute();
  await db
    .deleteFrom("judgements")
    .where(capabilities.inNumbers("run_row_id", ids))
    .where("incident_id", "is", null)
    .execute();
  await db.deleteFrom("deadlines").where(capabilities.inTexts("subject", subjects)).execute();
  await db.deleteFrom("runs").where(capabilities.inNumbers("id", ids)).execute();
  return runs.length;
}

/** Of closed runs: an open one may still need its last beat. */
async function pruneBeats({ db }: Writer, before: number, limit: number): Promise<number> {
  const { numAffectedRows = 0n } = await sql`
    delete from run_beats where (run_row_id, kind, witness, bucket) in (
      select b.run_row_id, b.kind, b.witness, b.bucket from run_beats as b
      join runs as r on r.id = b.run_row_id
      where b.at < ${before} and r.is_open = 0
      order by b.at limit ${limit})`.execute(db);
  return Number(numAffectedRows);
}

/** Events whose run never came are of no more use than the spans they came from. */
async function pruneSpansAndOrphans({ db }: Writer, before: number, limit: number): Promise<number> {
  const { numAffectedRows: spans = 0n } = await sql`
    delete from spans where (trace_id, span_id) in (
      select trace_id, span_id from spans where ended_at < ${before} order by ended_at limit ${limit})`.execute(
    db,
  );
  const left = limit - Number(spans);
  if (left < 1) return limit;
  const { numAffectedRows: orphans = 0n } = await sql`
    delete from orphan_events where event_key in (
      select event_key from orphan_events where received_at < ${before} order by received_at limit ${left})`.execute(
    db,
  );
  return Number(spans) + Number(orphans);
}

async function pruneLogs({ db }: Writer, before: number, limit: number): Promise<number> {
  const { numAffectedRows = 0n } = await sql`
    delete from logs where id in (select id from logs where at < ${before} order by at limit ${limit})`.execute(
    db,
  );
  return Number(numAffectedRows);
}

/** With its judgements, entries, deliveries and tries (by cascade). */
async function pruneIncidents({ db }: Writer, before: number, limit: number): Promise<number> {
  const { numAffectedRows = 0n } = await sql`
    delete from incidents where id in (
      select id from incidents where state = 'resolved' and resolved_at < ${before}
      order by resolved_at limit ${limit})`.execute(db);
  return Number(numAffectedRows);
}

async function pruneSlots({ db }: Writer, before: number, limit: number): Promise<number> {
  const { numAffectedRows = 0n } = await sql`
    delete from slots where id in (
      select id from slots where slot_at < ${before} and state <> 'expected' order by slot_at limit ${limit})`.execute(
    db,
  );
  return Number(numAffectedRows);
}

async function pruneMetricStreams({ db }: Writer, before: number, limit: number): Promise<number> {
  const { numAffectedRows: streams = 0n } = await sql`
    delete from metric_streams where stream_id in (
      select stream_id from metric_streams where updated_at < ${before} order by updated_at limit ${limit})`.execute(
    db,
  );
  const left = limit - Number(streams);
  if (left < 1) return limit;
  const { numAffectedRows: evidence = 0n } = await sql`
    delete from metric_evidence where evidence_id in (
      select evidence_id from metric_evidence where settle_at < ${before} and is_settled = 1
      order by settle_at limit ${left})`.execute(db);
  const rest = left - Number(evidence);
  if (rest < 1) return limit;
  const { numAffectedRows: increments = 0n } = await sql`
    delete from native_increments where id in (
      select id from native_increments where at < ${before} and is_applied = 1
      order by at limit ${rest})`.execute(db);
  return Number(streams) + Number(evidence) + Number(increments);
}
