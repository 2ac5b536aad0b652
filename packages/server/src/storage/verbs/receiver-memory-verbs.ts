/** The ledger store's verbs about what channels remember of an incident, and about telling a receiver again. */
import { sql } from "kysely";
import type { ReceiverMemory } from "../../model/watch.ts";
import type { LedgerDatabase, Writer } from "../database.ts";
import type { LedgerStore } from "../ledger-store.ts";
import { deliveriesWithTries } from "./delivery-rows.ts";

type ReceiverMemoryVerbs = Pick<LedgerStore, "receiverMemory" | "claimResends" | "recordResend">;

export function receiverMemoryVerbs(database: LedgerDatabase): ReceiverMemoryVerbs {
  return {
    async receiverMemory(incidentId: number, receiver: string) {
      const row = await database.read
        .selectFrom("receiver_memories")
        .select(["memory", "resend_at"])
        .where("incident_id", "=", incidentId)
        .where("receiver", "=", receiver)
        .executeTakeFirst();
      return row === undefined ? null : { memory: row.memory, resendAt: row.resend_at };
    },

    claimResends: (now: number, limit: number, leaseMs: number) =>
      database.write((writer) => claimResends(database, writer, now, limit, leaseMs), "kill"),

    recordResend: (incidentId: number, receiver: string, remembered: ReceiverMemory) =>
      database.write((writer) => saveMemory(writer, incidentId, receiver, remembered)),
  };
}

/** Ends the lease as well. */
export async function saveMemory(
  { db }: Writer,
  incidentId: number,
  receiver: string,
  { memory, resendAt }: ReceiverMemory,
): Promise<void> {
  const values = { memory, resend_at: resendAt, lease_until: null };
  await db
    .insertInto("receiver_memories")
    .values({ incident_id: incidentId, receiver, ...values })
    .onConflict((conflict) => conflict.columns(["incident_id", "receiver"]).doUpdateSet(values))
    .execute();
}

/** What is written and not delivered yet goes first: nothing is told again while there is news. */
async function claimResends(
  database: LedgerDatabase,
  { db, capabilities }: Writer,
  now: number,
  limit: number,
  leaseMs: number,
): ReturnType<LedgerStore["claimResends"]> {
  let query = db
    .selectFrom("receiver_memories")
    .select(["incident_id", "receiver", "memory", "resend_at"])
    .where("resend_at", "<=", now)
    .where((eb) => eb.or([eb("lease_until", "is", null), eb("lease_until", "<=", now)]))
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom("deliveries")
            .select("deliveries.id")
            .whereRef("deliveries.incident_id", "=", "receiver_memories.incident_id")
            .whereRef("deliveries.receiver", "=", "receiver_memories.receiver")
            .where("deliveries.state", "=", sql.lit("pending")),
        ),
      ),
    )
    .orderBy("resend_at")
    .limit(limit);
  if (capabilities.locksRows) query = query.forUpdate().skipLocked();
  const due = await query.execute();
  const claimed: Awaited<ReturnType<LedgerStore["claimResends"]>> = [];
  for (const { incident_id: incidentId, receiver, memory } of due) {
    const rows = await db
      .selectFrom("deliveries")
      .selectAll()
      .where("incident_id", "=", incidentId)
      .where("receiver", "=", receiver)
      .where("state", "=", sql.lit("delivered"))
      .orderBy("id", "desc")
      .limit(1)
      .execute();
    const [delivery] = await deliveriesWithTries(database, db, rows);
    if (delivery !== undefined) claimed.push({ delivery, memory });
    await db
      .updateTable("receiver_memories")
      .set(delivery === undefined ? { resend_at: null } : { lease_until: now + leaseMs })
      .where("incident_id", "=", incidentId)
      .where("receiver", "=", receiver)
      .execute();
  }
  return claimed;
}
