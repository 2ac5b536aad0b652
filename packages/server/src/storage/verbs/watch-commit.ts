/**
 * The watch's commit: everything one look at a deadline changes, in one transaction.
 *  1. slots, conditionally: a slot that is no longer as it was read undoes the whole commit;
 *  2. judgements: new ones, resolutions, better words;
 *  3. incidents with their judgements, entries and outbox rows;
 *  4. deadlines: done ones go, new ones are set.
 */
import type { Slot } from "../../model/watch.ts";
import type { Writer } from "../database.ts";
import { type IncidentWrite, VersionConflictError, type WatchCommit } from "../ledger-store.ts";
import { joinGroup } from "./alert-group-verbs.ts";
import { deleteDeadlines, dropDeadlines, setDeadlines } from "./deadline-rows.ts";
import { insertDelivery } from "./delivery-rows.ts";
import { incidentRow, newJudgementRow } from "./watch-rows.ts";

export async function commitWatch(writer: Writer, commit: WatchCommit): Promise<void> {
  for (const { jobId, from } of commit.dropSlotsFrom)
    await writer.db
      .deleteFrom("slots")
      .where("job_id", "=", jobId)
      .where("slot_at", ">=", from)
      .where("state", "=", "expected")
      .execute();
  await insertSlots(writer, commit.newSlots);
  for (const change of commit.slotChanges) await changeSlot(writer, change);
  for (const judgement of commit.judgements) await insertJudgement(writer, judgement);
  for (const { id, at, resolution } of commit.resolveJudgements)
    await writer.db
      .updateTable("judgements")
      .set({ state: "resolved", resolved_at: at, resolution })
      .where("id", "=", id)
      .where("state", "=", "open")
      .execute();
  for (const { id, valueText, explanation } of commit.updateJudgements)
    await writer.db
      .updateTable("judgements")
      .set({ value_text: valueText, explanation })
      .where("id", "=", id)
      .where("state", "=", "open")
      .execute();
  for (const write of commit.incidents) await writeIncident(writer, write);
  await deleteDeadlines(writer, commit.doneDeadlines);
  await dropDeadlines(writer, commit.dropDeadlines);
  await setDeadlines(writer, commit.setDeadlines);
}

/** Slots are filled ahead some at a time; a thousand rows stay far below the limit on parameters. */
const SLOTS_A_STATEMENT = 1000;

async function insertSlots({ db }: Writer, slots: WatchCommit["newSlots"]): Promise<void> {
  const unique = [...new Map(slots.map((slot) => [`${slot.jobId} ${slot.slotAt}`, slot])).values()];
  for (let start = 0; start < unique.length; start += SLOTS_A_STATEMENT) {
    await db
      .insertInto("slots")
      .values(unique.slice(start, start + SLOTS_A_STATEMENT).map(slotRow))
      .onConflict((conflict) => conflict.columns(["job_id", "slot_at"]).doNothing())
      .execute();
  }
}

function slotRow(slot: Omit<Slot, "id">) {
  return {
    job_id: slot.jobId,
    slot_at: slot.slotAt,
    early_at: slot.earlyAt,
    late_at: slot.lateAt,
    state: slot.state,
    reason: slot.reason,
    run_row_id: slot.runRowId,
  };
}

async function changeSlot(
  { db, capabilities }: Writer,
  change: WatchCommit["slotChanges"][number],
): Promise<void> {
  const { id, from, to, reason, runRowId } = change;
  let read = db.selectFrom("slots").select(["state", "run_row_id"]).where("id", "=", id);
  if (capabilities.locksRows) read = read.forUpdate();
  const before = await read.executeTakeFirst();
  if (before?.state !== from)
    throw new VersionConflictError(
      before === undefined
        ? `Slot ${id} is gone; read again.`
        : `Slot ${id} is ${before.state} and no longer ${from}; read again.`,
    );
  await db
    .updateTable("slots")
    .set({ state: to, reason, run_row_id: runRowId })
    .where("id", "=", id)
    .execute();
  if (before.run_row_id !== null && before.run_row_id !== runRowId)
    await db
      .updateTable("runs")
      .set({ slot_id: null })
      .where("id", "=", before.run_row_id)
      .where("slot_id", "=", id)
      .execute();
  if (runRowId !== null)
    await db.updateTable("runs").set({ slot_id: id }).where("id", "=", runRowId).execute();
}

async function insertJudgement(
  { db }: Writer,
  { reopen, ...judgement }: WatchCommit["judgements"][number],
): Promise<void> {
  const row = newJudgementRow(judgement);
  await db
    .insertInto("judgements")
    .values(row)
    .onConflict((conflict) => {
      const same = conflict.columns(["subject", "type"]);
      return reopen === true
        ? same.doUpdateSet(row).where("judgements.state", "=", "resolved")
        : same.doNothing();
    })
    .execute();
}

async function writeIncident(writer: Writer, write: IncidentWrite): Promise<void> {
  const { db, capabilities } = writer;
  const row = incidentRow(write.incident);
  let id = write.id;
  if (id === null) {
    id = (await db.insertInto("incidents").values(row).returning("id").executeTakeFirstOrThrow()).id;
  } else {
    await db.updateTable("incidents").set(row).where("id", "=", id).execute();
  }
  const incidentId = id;
  if (write.judgementIds.length > 0)
    await db
      .updateTable("judgements")
      .set({ incident_id: incidentId })
      .where(capabilities.inNumbers("id", write.judgementIds))
      .execute();
  for (const entry of write.entries)
    await db
      .insertInto("incident_entries")
      .values({ incident_id: incidentId, at: entry.at, text: entry.text })
      .execute();
  for (const delivery of write.deliveries) await insertDelivery(writer, incidentId, delivery);
  for (const join of write.joins ?? []) await joinGroup(writer, incidentId, join);
}
