/** Deliveries written, and read with their tries. */
import type { Kysely, Selectable } from "kysely";
import type { Delivery, DeliveryTry, NewDelivery } from "../../model/watch.ts";
import type { LedgerDatabase, Writer } from "../database.ts";
import type { DeliveriesTable, Tables } from "../tables.ts";
import { deliveryFromRow } from "./watch-rows.ts";

export async function deliveriesWithTries(
  { capabilities }: LedgerDatabase,
  db: Kysely<Tables>,
  rows: readonly Selectable<DeliveriesTable>[],
): Promise<Delivery[]> {
  if (rows.length === 0) return [];
  const ids = rows.map((row) => row.id);
  const tryRows = await db
    .selectFrom("delivery_tries")
    .selectAll()
    .where(capabilities.inNumbers("delivery_id", ids))
    .orderBy("id")
    .execute();
  const tries = new Map<number, DeliveryTry[]>(ids.map((id) => [id, []]));
  for (const row of tryRows)
    tries
      .get(row.delivery_id)
      ?.push({ at: row.at, latencyMs: row.latency_ms, status: row.status, error: row.error });
  return rows.map((row) => deliveryFromRow(row, tries.get(row.id) ?? []));
}

/** Answers the row's id. */
export async function insertDelivery(
  { db }: Writer,
  incidentId: number,
  { receiver, channel, reason, dedupKey, payload, createdAt }: NewDelivery,
): Promise<number> {
  const { id } = await db
    .insertInto("deliveries")
    .values({
      incident_id: incidentId,
      receiver,
      channel,
      reason,
      dedup_key: dedupKey,
      payload,
      state: "pending",
      created_at: createdAt,
      next_try_at: createdAt,
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  return id;
}
