/** The meter's rows between the tables and the model, and the statements that write many of them. */
import type { Insertable, Kysely, Selectable } from "kysely";
import type { MeterSeries, MeterValue, NativeChange, NativeIncrement } from "../../model/meter.ts";
import type { SeriesLabels } from "../../model/samples.ts";
import type { Writer } from "../database.ts";
import type { NativeIncrementWrite } from "../meter-store.ts";
import type { MeterSeriesTable, NativeIncrementsTable, Tables } from "../tables.ts";

type SeriesRow = Omit<MeterSeriesTable, "id">;
type IncrementRow = Omit<NativeIncrementsTable, "id">;

/** Names in order, so that one label set is one text. */
export function labelsText(labels: SeriesLabels): string {
  return JSON.stringify(Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))));
}

export function seriesFromRow(row: Selectable<MeterSeriesTable>): MeterSeries {
  return {
    jobId: row.job_id,
    family: row.family,
    labels: JSON.parse(row.labels) as SeriesLabels,
    state: JSON.parse(row.state) as MeterValue,
    createdAt: row.created_at,
    changedAt: row.changed_at,
  };
}

export function seriesRow(series: MeterSeries): SeriesRow {
  return {
    job_id: series.jobId,
    family: series.family,
    labels: labelsText(series.labels),
    state: JSON.stringify(series.state),
    created_at: series.createdAt,
    changed_at: series.changedAt,
  };
}

export const SET_SERIES = {
  fields: [
    "job_id",
    "family",
    "labels",
    "state",
    "created_at",
    "changed_at",
  ] as const satisfies (keyof SeriesRow)[],
  build: (db: Kysely<Tables>, rows: readonly SeriesRow[]) =>
    db
      .insertInto("meter_series")
      .values([...rows])
      .onConflict((conflict) =>
        conflict.columns(["family", "labels"]).doUpdateSet((eb) => ({
          state: eb.ref("excluded.state"),
          created_at: eb.ref("excluded.created_at"),
          changed_at: eb.ref("excluded.changed_at"),
        })),
      ),
};

interface MarkedRun {
  id: number;
  metered_version: number;
  metered_phase: number;
  counted_phase: number;
}

export const MARK_RUN = {
  fields: ["id", "metered_version", "metered_phase", "counted_phase"] as const satisfies (keyof MarkedRun)[],
  build: (db: Kysely<Tables>, { id, ...marks }: MarkedRun) =>
    db.updateTable("runs").set(marks).where("id", "=", id),
};

export function incrementFromRow(row: Selectable<NativeIncrementsTable>): NativeIncrement {
  return {
    id: row.id,
    jobId: row.job_id,
    family: row.family,
    labels: JSON.parse(row.labels) as SeriesLabels,
    instanceId: row.instance_id,
    fromAt: row.from_at,
    at: row.at,
    isFirst: row.is_first === 1,
    change: JSON.parse(row.change) as NativeChange,
    claimed: row.claimed,
    applied: row.is_applied === 1,
  };
}

const INSERT_INCREMENT = {
  fields: [
    "job_id",
    "family",
    "labels",
    "instance_id",
    "from_at",
    "at",
    "is_first",
    "change",
    "claimed",
    "is_applied",
  ] as const satisfies (keyof IncrementRow)[],
  build: (db: Kysely<Tables>, rows: readonly Insertable<NativeIncrementsTable>[]) =>
    db.insertInto("native_increments").values([...rows]),
};

export async function writeNativeIncrements(
  writer: Writer,
  increments: readonly NativeIncrementWrite[],
): Promise<void> {
  await writer.insertAll(
    INSERT_INCREMENT,
    increments.map((increment) => ({
      job_id: increment.jobId,
      family: increment.family,
      labels: labelsText(increment.labels),
      instance_id: increment.instanceId,
      from_at: increment.fromAt,
      at: increment.at,
      is_first: increment.isFirst ? 1 : 0,
      change: JSON.stringify(increment.change),
      claimed: 0,
      is_applied: 0,
    })),
  );
}
