/**
 * Heartbeats and progress, thinned: of each minute the first, and of all the last, whatever the order in which they come.
 */
import { type Kysely, sql } from "kysely";
import type { Writer } from "../database.ts";
import { beatBucket, LAST_BEAT_BUCKET } from "../encoding/event-row.ts";
import type { RunBeatsTable, RunEventsTable, Tables } from "../tables.ts";
import { EVENT_COLUMNS } from "./run-statements.ts";

type Db = Kysely<Tables>;

export async function keepBeats(writer: Writer, beats: readonly RunEventsTable[]): Promise<void> {
  await keepFirstOfMinute(
    writer,
    beats.map((beat) => ({ ...beat, bucket: beatBucket(beat.at) })),
  );
  await keepLast(
    writer,
    beats.map((beat) => ({ ...beat, bucket: LAST_BEAT_BUCKET })),
  );
}

export async function keepFirstOfMinute(writer: Writer, beats: readonly RunBeatsTable[]): Promise<void> {
  await writer.insertAll(
    KEEP_FIRST_OF_MINUTE,
    bestOfEach(beats, (a, b) => compareBeats(a, b) < 0),
  );
}

export async function keepLast(writer: Writer, beats: readonly RunBeatsTable[]): Promise<void> {
  await writer.insertAll(
    KEEP_LAST,
    bestOfEach(beats, (a, b) => compareBeats(a, b) > 0),
  );
}

/** Of those that would go to one row, the one that would stay: one statement may not meet a row twice. */
function bestOfEach(
  beats: readonly RunBeatsTable[],
  isBetter: (a: RunBeatsTable, b: RunBeatsTable) => boolean,
): RunBeatsTable[] {
  const best = new Map<string, RunBeatsTable>();
  for (const beat of beats) {
    const key = `${beat.run_row_id} ${beat.kind} ${beat.witness} ${beat.bucket}`;
    const known = best.get(key);
    if (known === undefined || isBetter(beat, known)) best.set(key, beat);
  }
  return [...best.values()];
}

function compareBeats(a: RunBeatsTable, b: RunBeatsTable): number {
  return a.at - b.at || Buffer.compare(a.event_key, b.event_key);
}

const KEEP_FIRST_OF_MINUTE = {
  fields: [...EVENT_COLUMNS, "bucket"] as (keyof RunBeatsTable)[],
  build: (db: Db, rows: readonly RunBeatsTable[]) =>
    insertBeats(db, rows, sql`(excluded.at, excluded.event_key) < (run_beats.at, run_beats.event_key)`),
};

const KEEP_LAST = {
  fields: [...EVENT_COLUMNS, "bucket"] as (keyof RunBeatsTable)[],
  build: (db: Db, rows: readonly RunBeatsTable[]) =>
    insertBeats(db, rows, sql`(excluded.at, excluded.event_key) > (run_beats.at, run_beats.event_key)`),
};

function insertBeats(db: Db, rows: readonly RunBeatsTable[], isBetter: ReturnType<typeof sql<boolean>>) {
  return db
    .insertInto("run_beats")
    .values([...rows])
    .onConflict((conflict) =>
      conflict
        .columns(["run_row_id", "kind", "witness", "bucket"])
        .doUpdateSet((eb) => ({
          event_key: eb.ref("excluded.event_key"),
          at: eb.ref("excluded.at"),
          lag_ms: eb.ref("excluded.lag_ms"),
          detail: eb.ref("excluded.detail"),
        }))
        .where(isBetter as ReturnType<typeof sql<boolean>>),
    );
}
