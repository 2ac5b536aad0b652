/** The statements of the ledger's commit that run for each row. */
import type { Insertable, Kysely } from "kysely";
import { sql } from "kysely";
import { cleanJson, cleanText } from "../../lib/clean-text.ts";
import { spanAlias, traceAlias } from "../../model/identity.ts";
import type { RunEvent } from "../../model/run-event.ts";
import type { ChangesById } from "../database.ts";
import { hashKey, packAlias } from "../encoding/keys.ts";
import type { runColumns } from "../encoding/run-row.ts";
import type { OrphanEventsTable, RunEventsTable, Tables } from "../tables.ts";

type Db = Kysely<Tables>;
type RunColumns = ReturnType<typeof runColumns>;
type NewRun = RunColumns & { job_id: number; run_id: string; is_unnamed: number; version: number };
type ChangedRun = RunColumns & { id: number; expected_version: number };

const RUN_COLUMNS = [
  "phase",
  "is_open",
  "run_type",
  "witness",
  "scheduled_at",
  "queued_at",
  "started_at",
  "completed_at",
  "duration_ms",
  "records_processed",
  "records_failed",
  "error_type",
  "error_message",
  "last_event_at",
  "last_beat_at",
  "first_received_at",
  "sort_at",
  "view",
] as const satisfies (keyof RunColumns)[];

export function storedRunId(runId: string): string {
  return cleanText(runId);
}

export const INSERT_RUN = {
  fields: [...RUN_COLUMNS, "job_id", "run_id", "is_unnamed", "version"] as (keyof NewRun)[],
  build: (db: Db, rows: readonly NewRun[]) =>
    db
      .insertInto("runs")
      .values([...rows])
      .onConflict((conflict) => conflict.columns(["run_id", "job_id"]).doNothing())
      .returning(["id", "job_id", "run_id"]),
};

/** A run keeps its job and its id for good; its slot is the watch's to set. */
export const UPDATE_RUN = {
  fields: [...RUN_COLUMNS, "id", "expected_version"] as (keyof ChangedRun)[],
  build: (db: Db, { id, expected_version, ...columns }: ChangedRun) =>
    db
      .updateTable("runs")
      .set({ ...columns, version: sql<number>`version + 1` })
      .where("id", "=", id)
      .where("version", "=", expected_version),
  // Of PostgreSQL only, which pays a round trip for each statement.
  buildAll: (db: Db, rows: readonly ChangedRun[]) => {
    const set = RUN_COLUMNS.map((column) => sql`${sql.ref(column)} = changed.${sql.ref(column)}`);
    const types = Object.entries(RUN_COLUMN_TYPES).map(
      ([column, type]) => sql`${sql.ref(column)} ${sql.raw(type)}`,
    );
    const statement = sql`update runs set ${sql.join(set)}, version = runs.version + 1
      from json_to_recordset(${cleanJson(rows)}::json) as changed(${sql.join(types)})
      where runs.id = changed.id and runs.version = changed.expected_version
      returning runs.id`;
    return { compile: () => statement.compile(db) };
  },
} satisfies ChangesById<ChangedRun>;

const RUN_COLUMN_TYPES: Readonly<Record<keyof ChangedRun, string>> = {
  id: "bigint",
  expected_version: "bigint",
  phase: "smallint",
  is_open: "smallint",
  run_type: "smallint",
  witness: "smallint",
  scheduled_at: "double precision",
  queued_at: "double precision",
  started_at: "double precision",
  completed_at: "double precision",
  duration_ms: "double precision",
  records_processed: "double precision",
  records_failed: "double precision",
  error_type: "text",
  error_message: "text",
  last_event_at: "double precision",
  last_beat_at: "double precision",
  first_received_at: "double precision",
  sort_at: "double precision",
  view: "text",
};

interface FactsRow {
  run_row_id: number;
  facts: string;
}

export const SET_FACTS = {
  fields: ["run_row_id", "facts"] as (keyof FactsRow)[],
  build: (db: Db, rows: readonly FactsRow[]) =>
    db
      .insertInto("run_facts")
      .values([...rows])
      .onConflict((conflict) =>
        conflict.column("run_row_id").doUpdateSet((eb) => ({ facts: eb.ref("excluded.facts") })),
      ),
};

export const EVENT_COLUMNS = [
  "run_row_id",
  "event_key",
  "kind",
  "witness",
  "at",
  "lag_ms",
  "detail",
] as const satisfies (keyof RunEventsTable)[];

/** The same event again changes nothing. */
export const INSERT_EVENT = {
  fields: EVENT_COLUMNS,
  build: (db: Db, rows: readonly RunEventsTable[]) =>
    db
      .insertInto("run_events")
      .values([...rows])
      .onConflict((conflict) => conflict.columns(["run_row_id", "event_key"]).doNothing()),
};

interface AliasRow {
  alias: string;
  run_row_id: number;
}

export const INSERT_ALIAS = {
  fields: ["alias", "run_row_id"] as (keyof AliasRow)[],
  build: (db: Db, rows: readonly AliasRow[]) =>
    db
      .insertInto("run_aliases")
      .values([...rows])
      .onConflict((conflict) => conflict.columns(["alias", "run_row_id"]).doNothing()),
};

/** An event without a span reference is an orphan as well, but nothing will ever ask for it. */
export function orphanRow(event: RunEvent): OrphanEventsTable {
  const ref = event.run.by === "span" ? event.run : null;
  return {
    event_key: hashKey(event.eventId),
    span_ref: ref === null ? "" : packAlias(spanAlias(ref.traceId, ref.spanId)),
    trace_ref: ref === null ? "" : packAlias(traceAlias(ref.traceId)),
    received_at: event.receivedAt,
    event: cleanJson(event),
  };
}

export const INSERT_ORPHAN = {
  fields: ["event_key", "span_ref", "trace_ref", "received_at", "event"] as (keyof OrphanEventsTable)[],
  build: (db: Db, rows: readonly OrphanEventsTable[]) =>
    db
      .insertInto("orphan_events")
      .values([...rows])
      .onConflict((conflict) => conflict.column("event_key").doNothing()),
};

export const TAKE_ORPHAN = {
  fields: ["event_key"] as ["event_key"],
  build: (db: Db, row: { event_key: Uint8Array }) =>
    db.deleteFrom("orphan_events").where("event_key", "=", row.event_key).returning("event"),
};

type StreamRow = Insertable<Tables["metric_streams"]>;

export const SET_METRIC_STREAM = {
  fields: ["stream_id", "updated_at", "state"] as (keyof StreamRow)[],
  build: (db: Db, rows: readonly StreamRow[]) =>
    db
      .insertInto("metric_streams")
      .values([...rows])
      .onConflict((conflict) =>
        conflict.column("stream_id").doUpdateSet((eb) => ({
          updated_at: eb.ref("excluded.updated_at"),
          state: eb.ref("excluded.state"),
        })),
      ),
};

type EvidenceRow = Insertable<Tables["metric_evidence"]>;

/** Evidence that was settled stays settled. */
export const SET_METRIC_EVIDENCE = {
  fields: ["evidence_id", "job_id", "at", "settle_at", "state", "is_settled"] as (keyof EvidenceRow)[],
  build: (db: Db, rows: readonly EvidenceRow[]) =>
    db
      .insertInto("metric_evidence")
      .values([...rows])
      .onConflict((conflict) =>
        conflict.column("evidence_id").doUpdateSet((eb) => ({
          at: eb.ref("excluded.at"),
          settle_at: eb.ref("excluded.settle_at"),
          state: eb.ref("excluded.state"),
        })),
      ),
};
