/**
 * "These two rows are one run": what hangs on the one moves to the other, and the row goes. Rare, so plainly written.
 * The run that stays was changed in the same commit and will be judged again, so deadlines of the other just go.
 */
import { sql } from "kysely";
import type { Writer } from "../database.ts";
import { LAST_BEAT_BUCKET, movedEventRow } from "../encoding/event-row.ts";
import { keepFirstOfMinute, keepLast } from "./beat-rows.ts";
import { INSERT_EVENT } from "./run-statements.ts";

export async function mergeRun(writer: Writer, fromId: number, intoId: number): Promise<void> {
  if (fromId === intoId) return;
  const { db } = writer;
  const from = await db
    .selectFrom("runs")
    .select(["run_id", "slot_id", "metered_phase", "counted_phase"])
    .where("id", "=", fromId)
    .executeTakeFirst();
  if (from === undefined) return;

  const events = await db.selectFrom("run_events").selectAll().where("run_row_id", "=", fromId).execute();
  await writer.insertAll(
    INSERT_EVENT,
    events.map((event) => movedEventRow(event, from.run_id, intoId)),
  );
  const beats = await db.selectFrom("run_beats").selectAll().where("run_row_id", "=", fromId).execute();
  const moved = beats.map((beat) => movedEventRow(beat, from.run_id, intoId));
  await keepFirstOfMinute(
    writer,
    moved.filter((beat) => beat.bucket !== LAST_BEAT_BUCKET),
  );
  await keepLast(
    writer,
    moved.filter((beat) => beat.bucket === LAST_BEAT_BUCKET),
  );
  await sql`insert into run_aliases (alias, run_row_id)
    select alias, ${intoId} from run_aliases where run_row_id = ${fromId}
    on conflict (alias, run_row_id) do nothing`.execute(db);
  await db.updateTable("logs").set({ run_row_id: intoId }).where("run_row_id", "=", fromId).execute();

  await moveJudgements(writer, fromId, intoId);
  await db.updateTable("incidents").set({ run_row_id: intoId }).where("run_row_id", "=", fromId).execute();
  await db.deleteFrom("deadlines").where("subject", "=", `run:${fromId}`).execute();

  if (from.slot_id !== null) {
    await db
      .updateTable("slots")
      .set({ run_row_id: intoId })
      .where("id", "=", from.slot_id)
      .where("run_row_id", "=", fromId)
      .execute();
    await db
      .updateTable("runs")
      .set({ slot_id: from.slot_id })
      .where("id", "=", intoId)
      .where("slot_id", "is", null)
      .execute();
  }
  // What was counted stays counted; the meter looks again whether the run that stays ended otherwise.
  if (from.metered_phase !== null)
    await db
      .updateTable("runs")
      .set({ metered_phase: from.metered_phase, counted_phase: from.counted_phase, metered_version: 0 })
      .where("id", "=", intoId)
      .where("metered_phase", "is", null)
      .execute();
  await db.deleteFrom("runs").where("id", "=", fromId).execute();
}

/** Of two judgements of one type the one of the run that stays is kept. */
async function moveJudgements({ db }: Writer, fromId: number, intoId: number): Promise<void> {
  const [fromSubject, intoSubject] = [`run:${fromId}`, `run:${intoId}`];
  await db
    .deleteFrom("judgements")
    .where("subject", "=", fromSubject)
    .where("type", "in", (eb) =>
      eb.selectFrom("judgements").select("type").where("subject", "=", intoSubject),
    )
    .execute();
  await db
    .updateTable("judgements")
    .set({ subject: intoSubject })
    .where("subject", "=", fromSubject)
    .execute();
  await db.updateTable("judgements").set({ run_row_id: intoId }).where("run_row_id", "=", fromId).execute();
}
