/** The ledger store's verbs about judgements, incidents and deliveries. */
import type { Kysely, Selectable } from "kysely";
import { sql } from "kysely";
import type { DeliveryTry, Incident, Judgement, ReceiverMemory } from "../../model/watch.ts";
import { decodeNumberCursor, pageLimit, pageOf } from "../cursor.ts";
import type { LedgerDatabase, Writer } from "../database.ts";
import type { IncidentFilter, LedgerStore, Page, PageRequest } from "../ledger-store.ts";
import type { DeliveriesTable, JudgementsTable, Tables } from "../tables.ts";
import { deliveriesWithTries } from "./delivery-rows.ts";
import { saveMemory } from "./receiver-memory-verbs.ts";
import { commitWatch } from "./watch-commit.ts";
import { incidentFromRow, judgementFromRow } from "./watch-rows.ts";

type WatchVerbs = Pick<
  LedgerStore,
  | "openJudgements"
  | "openJudgementsByJobs"
  | "judgementsOfRuns"
  | "judgementsOfSubject"
  | "judgementsOfIncident"
  | "judgementsOfIncidents"
  | "unfoldedJudgements"
  | "openIncidents"
  | "openRuleJudgements"
  | "commitWatch"
  | "getIncident"
  | "listIncidents"
  | "openIncidentsByJobs"
  | "countOpenIncidents"
  | "incidentEntries"
  | "deliveriesOf"
  | "claimDeliveries"
  | "nextDeliveryAt"
  | "recordTry"
>;

export function watchVerbs(database: LedgerDatabase): WatchVerbs {
  return { ...judgementVerbs(database), ...incidentVerbs(database), ...deliveryVerbs(database) };
}

function judgementVerbs(database: LedgerDatabase) {
  const { read, capabilities } = database;
  const judgements = () => read.selectFrom("judgements").selectAll().orderBy("at").orderBy("id");
  const open = () => judgements().where("state", "=", sql.lit("open"));

  return {
    async openJudgements(jobId: number) {
      return (await open().where("job_id", "=", jobId).execute()).map(judgementFromRow);
    },

    async openJudgementsByJobs(jobIds: readonly number[]) {
      const rows = await open().where(capabilities.inNumbers("job_id", jobIds)).execute();
      return groupJudgements(rows, (row) => row.job_id);
    },

    async judgementsOfRuns(runRowIds: readonly number[]) {
      const rows = await judgements().where(capabilities.inNumbers("run_row_id", runRowIds)).execute();
      return groupJudgements(rows, (row) => row.run_row_id);
    },

    async judgementsOfSubject(subject: string) {
      return (await judgements().where("subject", "=", subject).execute()).map(judgementFromRow);
    },

    async judgementsOfIncident(incidentId: number) {
      return (await judgements().where("incident_id", "=", incidentId).execute()).map(judgementFromRow);
    },

    async judgementsOfIncidents(incidentIds: readonly number[]) {
      const rows = await judgements().where(capabilities.inNumbers("incident_id", incidentIds)).execute();
      return groupJudgements(rows, (row) => row.incident_id);
    },

    async unfoldedJudgements(jobId: number) {
      const rows = await open().where("job_id", "=", jobId).where("incident_id", "is", null).execute();
      return rows.map(judgementFromRow);
    },

    async openRuleJudgements() {
      return (await open().where("rule_alert", "is not", null).execute()).map(judgementFromRow);
    },

    commitWatch: (commit: Parameters<LedgerStore["commitWatch"]>[0]) =>
      // A look that is lost is made again, for its deadline is back as well; what pages somebody is kept first.
      database.write(
        (writer) => commitWatch(writer, commit),
        commit.incidents.length > 0 ? "power-cut" : "kill",
      ),
  };
}

function incidentVerbs(database: LedgerDatabase) {
  const { read, capabilities } = database;
  const openNewestFirst = () =>
    read
      .selectFrom("incidents")
      .selectAll()
      .where("state", "=", sql.lit("open"))
      .orderBy("opened_at", "desc")
      .orderBy("id", "desc");

  return {
    /** Newest first. */
    async openIncidents(jobId: number) {
      return (await openNewestFirst().where("job_id", "=", jobId).execute()).map(incidentFromRow);
    },

    async getIncident(id: number) {
      const row = await read.selectFrom("incidents").selectAll().where("id", "=", id).executeTakeFirst();
      return row === undefined ? null : incidentFromRow(row);
    },

    listIncidents: (filter: IncidentFilter, page: PageRequest) => listIncidents(read, filter, page),

    async openIncidentsByJobs(jobIds: readonly number[]) {
      const rows = await openNewestFirst().where(capabilities.inNumbers("job_id", jobIds)).execute();
      const newest = new Map<number, Incident>();
      for (const row of rows) if (!newest.has(row.job_id)) newest.set(row.job_id, incidentFromRow(row));
      return newest;
    },

    async countOpenIncidents() {
      const rows = await read
        .selectFrom("incidents")
        .select((eb) => ["severity", eb.fn.countAll<number>().as("count")] as const)
        .where("state", "=", sql.lit("open"))
        .groupBy("severity")
        .execute();
      return {
        open: rows.reduce((sum, row) => sum + row.count, 0),
        critical: rows.find((row) => row.severity === "critical")?.count ?? 0,
      };
    },

    async incidentEntries(incidentId: number) {
      const rows = await read
        .selectFrom("incident_entries")
        .selectAll()
        .where("incident_id", "=", incidentId)
        .orderBy("at")
        .orderBy("id")
        .execute();
      return rows.map((row) => ({ incidentId: row.incident_id, at: row.at, text: row.text }));
    },
  };
}

function deliveryVerbs(
  database: LedgerDatabase,
): Pick<WatchVerbs, "deliveriesOf" | "claimDeliveries" | "nextDeliveryAt" | "recordTry"> {
  const { read } = database;
  return {
    async deliveriesOf(incidentId: number) {
      const rows = await read
        .selectFrom("deliveries")
        .selectAll()
        .where((eb) =>
          eb.or([
            eb("incident_id", "=", incidentId),
            eb("id", "in", (inner) =>
              inner
                .selectFrom("delivery_incidents")
                .select("delivery_id")
                .where("delivery_incidents.incident_id", "=", incidentId),
            ),
          ]),
        )
        .orderBy("id")
        .execute();
      return deliveriesWithTries(database, read, rows);
    },

    claimDeliveries: (now: number, limit: number, leaseMs: number, except: readonly string[] = []) =>
      database.write((writer) => claimDeliveries(database, writer, { now, limit, leaseMs, except }), "kill"),

    async nextDeliveryAt() {
      const pending = () =>
        read
          .selectFrom("deliveries")
          .where("state", "=", sql.lit("pending"))
          .where("next_try_at", "is not", null);
      const free = await pending()
        .select("next_try_at as at")
        .where("lease_until", "is", null)
        .orderBy("next_try_at")
        .limit(1)
        .executeTakeFirst();
      const leased = await pending()
        .select("lease_until as at")
        .where("lease_until", "is not", null)
        .orderBy("lease_until")
        .limit(1)
        .executeTakeFirst();
      const times = [free?.at, leased?.at].filter((at) => typeof at === "number");
      return times.length === 0 ? null : Math.min(...times);
    },

    async recordTry(
      id: number,
      attempt: DeliveryTry,
      delivered: boolean,
      nextTryAt: number | null,
      remembered?: ReceiverMemory,
    ) {
      await database.write(async (writer) => {
        const { db } = writer;
        if (remembered !== undefined) {
          const { incident_id: incidentId, receiver } = await db
            .selectFrom("deliveries")
            .select(["incident_id", "receiver"])
            .where("id", "=", id)
            .executeTakeFirstOrThrow();
          await saveMemory(writer, incidentId, receiver, remembered);
        }
        await db
          .insertInto("delivery_tries")
          .values({
            delivery_id: id,
            at: attempt.at,
            latency_ms: attempt.latencyMs,
            status: attempt.status,
            error: attempt.error,
          })
          .execute();
        const state = delivered ? "delivered" : nextTryAt === null ? "parked" : "pending";
        await db
          .updateTable("deliveries")
          .set({
            state,
            delivered_at: delivered ? attempt.at + attempt.latencyMs : null,
            next_try_at: delivered ? null : nextTryAt,
            lease_until: null,
          })
          .where("id", "=", id)
          // A late second try, after a lease ran out, takes nothing back that was proved.
          .where("state", "!=", "delivered")
          .execute();
      });
    },
  };
}

function groupJudgements(
  rows: readonly Selectable<JudgementsTable>[],
  key: (row: Selectable<JudgementsTable>) => number | null,
): Map<number, Judgement[]> {
  const groups = new Map<number, Judgement[]>();
  for (const row of rows) {
    const id = key(row);
    if (id === null) continue;
    const group = groups.get(id) ?? [];
    group.push(judgementFromRow(row));
    groups.set(id, group);
  }
  return groups;
}

/** Newest first. */
async function listIncidents(
  db: Kysely<Tables>,
  filter: IncidentFilter,
  page: PageRequest,
): Promise<Page<Incident>> {
  const limit = pageLimit(page.limit);
  const [direction, beyond] =
    filter.oldestFirst === true ? (["asc", ">"] as const) : (["desc", "<"] as const);
  let query = db
    .selectFrom("incidents")
    .innerJoin("jobs", "jobs.id", "incidents.job_id")
    .selectAll("incidents")
    .orderBy("incidents.opened_at", direction)
    .orderBy("incidents.id", direction)
    .limit(limit + 1);
  if (page.cursor !== null) {
    const [openedAt, id] = decodeNumberCursor(page.cursor, 2);
    query = query.where(
      sql<boolean>`(incidents.opened_at, incidents.id) ${sql.raw(beyond)} (${openedAt}, ${id})`,
    );
  }
  if (filter.state !== undefined) query = query.where("incidents.state", "=", sql.lit(filter.state));
  if (filter.severity !== undefined) query = query.where("incidents.severity", "=", filter.severity);
  if (filter.jobId !== undefined) query = query.where("incidents.job_id", "=", filter.jobId);
  if (filter.namespace !== undefined) query = query.where("jobs.namespace", "=", filter.namespace);
  if (filter.environment !== undefined) query = query.where("jobs.environment", "=", filter.environment);
  if (filter.jobName !== undefined) query = query.where("jobs.job_name", "=", filter.jobName);
  const { runRowId } = filter;
  if (runRowId !== undefined)
    query = query.where((eb) =>
      eb.or([
        eb("incidents.run_row_id", "=", runRowId),
        eb("incidents.id", "in", (inner) =>
          inner
            .selectFrom("judgements")
            .select("judgements.incident_id")
            .where("judgements.run_row_id", "=", runRowId)
            .where("judgements.incident_id", "is not", null),
        ),
      ]),
    );
  return pageOf(await query.execute(), limit, incidentFromRow, (row) => [row.opened_at, row.id]);
}

/**
 * As with deadlines: the oldest that nobody holds, under a lease that runs out. What was written after an unsent one to
 * the same receiver about the same incident waits for it: "resolved" never overtakes "opened".
 */
async function claimDeliveries(
  database: LedgerDatabase,
  { db, capabilities }: Writer,
  { now, limit, leaseMs, except }: { now: number; limit: number; leaseMs: number; except: readonly string[] },
) {
  let query = db
    .selectFrom("deliveries")
    .select("id")
    .where("state", "=", sql.lit("pending"))
    .where("next_try_at", "<=", now)
    .where((eb) => eb.or([eb("lease_until", "is", null), eb("lease_until", "<=", now)]))
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom("deliveries as earlier")
            .select("earlier.id")
            .whereRef("earlier.incident_id", "=", "deliveries.incident_id")
            .whereRef("earlier.receiver", "=", "deliveries.receiver")
            .whereRef("earlier.id", "<", "deliveries.id")
            .where("earlier.state", "=", sql.lit("pending")),
        ),
      ),
    )
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom("receiver_memories as told")
            .select("told.receiver")
            .whereRef("told.incident_id", "=", "deliveries.incident_id")
            .whereRef("told.receiver", "=", "deliveries.receiver")
            .where("told.lease_until", ">", now),
        ),
      ),
    )
    .orderBy("next_try_at")
    .orderBy("id")
    .limit(limit);
  if (except.length > 0) query = query.where("receiver", "not in", except);
  if (capabilities.locksRows) query = query.forUpdate().skipLocked();
  const ids = (await query.execute()).map((row) => row.id);
  if (ids.length === 0) return [];
  const rows: Selectable<DeliveriesTable>[] = await db
    .updateTable("deliveries")
    .set({ lease_until: now + leaseMs })
    .where(capabilities.inNumbers("id", ids))
    .returningAll()
    .execute();
  rows.sort((a, b) => (a.next_try_at ?? 0) - (b.next_try_at ?? 0) || a.id - b.id);
  return deliveriesWithTries(database, db, rows);
}
