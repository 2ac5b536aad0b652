/** The ledger store's verbs about groups of alerts: which incidents a receiver hears of together, and when it last did. */
import type { Severity } from "@batchwatch/protocol";
import type { Selectable } from "kysely";
import { sql } from "kysely";
import { cleanJson } from "../../lib/clean-text.ts";
import {
  type AlertGroup,
  type AlertGroupMember,
  FLUSH_GROUP,
  type GroupFlush,
  type GroupJoin,
} from "../../model/alert-group.ts";
import type { LedgerDatabase, ManyRows, Writer } from "../database.ts";
import type { LedgerStore } from "../ledger-store.ts";
import type { AlertGroupMembersTable, AlertGroupsTable } from "../tables.ts";
import { deleteDeadlines, setDeadlines } from "./deadline-rows.ts";
import { insertDelivery } from "./delivery-rows.ts";
import { incidentFromRow } from "./watch-rows.ts";

type AlertGroupVerbs = Pick<
  LedgerStore,
  | "alertGroupsOf"
  | "getAlertGroup"
  | "commitGroupFlush"
  | "openIncidentLabels"
  | "messagesSince"
  | "jobsWithOpenIncidents"
  | "getIncidents"
>;

export function alertGroupVerbs(database: LedgerDatabase): AlertGroupVerbs {
  const { read, capabilities } = database;
  return {
    async alertGroupsOf(incidentId) {
      const rows = await read
        .selectFrom("alert_groups")
        .innerJoin("alert_group_members", "alert_group_members.group_id", "alert_groups.id")
        .selectAll()
        .where("alert_group_members.incident_id", "=", incidentId)
        .orderBy("alert_groups.id")
        .execute();
      return rows.map((row) => ({ group: groupFromRow(row), member: memberFromRow(row) }));
    },

    async getAlertGroup(id) {
      const row = await read.selectFrom("alert_groups").selectAll().where("id", "=", id).executeTakeFirst();
      if (row === undefined) return null;
      const members = await read
        .selectFrom("alert_group_members")
        .selectAll()
        .where("group_id", "=", id)
        .orderBy("joined_at")
        .orderBy("incident_id")
        .execute();
      return { group: groupFromRow(row), members: members.map(memberFromRow) };
    },

    async getIncidents(ids) {
      const rows = await read
        .selectFrom("incidents")
        .selectAll()
        .where(capabilities.inNumbers("id", ids))
        .orderBy("id")
        .execute();
      return rows.map(incidentFromRow);
    },

    commitGroupFlush: (flush) => database.write((writer) => writeFlush(writer, flush)),

    async openIncidentLabels() {
      const rows = await read
        .selectFrom("incidents")
        .select(["id", "title", "labels"])
        .where("state", "=", sql.lit("open"))
        .execute();
      return rows.map(({ id, title, labels }) => ({
        id,
        title,
        labels: JSON.parse(labels) as Record<string, string>,
      }));
    },

    async jobsWithOpenIncidents() {
      const rows = await read
        .selectFrom("incidents")
        .select("job_id")
        .distinct()
        .where("state", "=", sql.lit("open"))
        .orderBy("job_id")
        .execute();
      return rows.map((row) => row.job_id);
    },

    async messagesSince(since) {
      const rows = await read
        .selectFrom("deliveries")
        .select(["receiver", "reason", "created_at"])
        .where("created_at", ">", since)
        .execute();
      return rows.map((row) => ({
        receiver: row.receiver,
        reason: row.reason as Awaited<ReturnType<AlertGroupVerbs["messagesSince"]>>[number]["reason"],
        createdAt: row.created_at,
      }));
    },
  };
}

/** In the commit that changes the incident. */
export async function joinGroup(writer: Writer, incidentId: number, join: GroupJoin): Promise<void> {
  const { db, capabilities } = writer;
  const made = await db
    .insertInto("alert_groups")
    .values({
      group_key: join.key,
      route_key: join.routeKey,
      receiver: join.receiver,
      labels: cleanJson(join.labels),
      created_at: join.at,
    })
    .onConflict((conflict) => conflict.column("group_key").doNothing())
    .returning("id")
    .executeTakeFirst();
  let found = db.selectFrom("alert_groups").select("id").where("group_key", "=", join.key);
  // Held until the member is in it, so that a look that ends the group comes before or after.
  if (capabilities.locksRows) found = found.forUpdate();
  const { id } = made ?? (await found.executeTakeFirstOrThrow());
  await db
    .insertInto("alert_group_members")
    .values({ group_id: id, incident_id: incidentId, joined_at: join.at })
    .onConflict((conflict) => conflict.columns(["group_id", "incident_id"]).doNothing())
    .execute();
  const dueAt = made === undefined ? join.flushBy : join.firstFlushAt;
  if (dueAt !== null) await setDeadlines(writer, [flushDeadline(id, dueAt)]);
}

async function writeFlush(writer: Writer, flush: GroupFlush): Promise<void> {
  const { db, capabilities } = writer;
  const { groupId } = flush;
  if (capabilities.locksRows)
    await db.selectFrom("alert_groups").select("id").where("id", "=", groupId).forUpdate().execute();
  for (const alike of alikeMembers(flush.members))
    await db
      .updateTable("alert_group_members")
      .set({ told_severity: alike.toldSeverity, held_because: alike.heldBecause })
      .where("group_id", "=", groupId)
      .where(capabilities.inNumbers("incident_id", alike.ids))
      .execute();
  const gone = [...flush.leaving, ...flush.moves.map(({ incidentId }) => incidentId)];
  if (gone.length > 0)
    await db
      .deleteFrom("alert_group_members")
      .where("group_id", "=", groupId)
      .where(capabilities.inNumbers("incident_id", gone))
      .execute();
  for (const { incidentId, join } of flush.moves) await joinGroup(writer, incidentId, join);
  await writer.insertAll(
    ENTRY,
    flush.entries.map(({ incidentId, at, text }) => ({ incident_id: incidentId, at, text })),
  );
  for (const delivery of flush.deliveries) await insertGroupDelivery(writer, delivery);
  await db
    .updateTable("alert_groups")
    .set({ anchor_incident_id: flush.anchorIncidentId, notified_at: flush.notifiedAt })
    .where("id", "=", groupId)
    .execute();
  await deleteDeadlines(writer, flush.doneDeadlines);
  const ended = await db
    .deleteFrom("alert_groups")
    .where("id", "=", groupId)
    .where((eb) =>
      eb.not(
        eb.exists(eb.selectFrom("alert_group_members").select("group_id").where("group_id", "=", groupId)),
      ),
    )
    .executeTakeFirst();
  if (ended.numDeletedRows === 0n) await setDeadlines(writer, [flushDeadline(groupId, flush.nextFlushAt)]);
}

async function insertGroupDelivery(
  writer: Writer,
  delivery: GroupFlush["deliveries"][number],
): Promise<void> {
  const [first] = delivery.incidentIds;
  if (first === undefined) return;
  const deliveryId = await insertDelivery(writer, first, delivery);
  await writer.insertAll(
    TOLD_BESIDES,
    delivery.incidentIds.slice(1).map((incidentId) => ({ delivery_id: deliveryId, incident_id: incidentId })),
  );
}

interface EntryRow {
  incident_id: number;
  at: number;
  text: string;
}

const ENTRY: ManyRows<EntryRow> = {
  fields: ["incident_id", "at", "text"],
  build: (db, rows) => db.insertInto("incident_entries").values([...rows]),
};

const TOLD_BESIDES: ManyRows<{ delivery_id: number; incident_id: number }> = {
  fields: ["delivery_id", "incident_id"],
  build: (db, rows) => db.insertInto("delivery_incidents").values([...rows]),
};

/** A group may have thousands of members; of most the same becomes true. */
function alikeMembers(members: GroupFlush["members"]) {
  const alike = Map.groupBy(members, ({ toldSeverity, heldBecause }) =>
    JSON.stringify([toldSeverity, heldBecause]),
  );
  return [...alike.values()].flatMap((same) => {
    const [first] = same;
    return first === undefined ? [] : [{ ...first, ids: same.map(({ incidentId }) => incidentId) }];
  });
}

function flushDeadline(groupId: number, dueAt: number) {
  return { kind: FLUSH_GROUP, subject: `group:${groupId}`, jobId: null, dueAt, keepEarlier: true };
}

function groupFromRow(row: Selectable<AlertGroupsTable>): AlertGroup {
  return {
    id: row.id,
    key: row.group_key,
    routeKey: row.route_key,
    receiver: row.receiver,
    labels: JSON.parse(row.labels) as Record<string, string>,
    createdAt: row.created_at,
    anchorIncidentId: row.anchor_incident_id,
    notifiedAt: row.notified_at,
  };
}

function memberFromRow(row: Selectable<AlertGroupMembersTable>): AlertGroupMember {
  return {
    groupId: row.group_id,
    incidentId: row.incident_id,
    joinedAt: row.joined_at,
    toldSeverity: row.told_severity as Severity | null,
    heldBecause: row.held_because,
  };
}
