/** The ledger store's verbs about deadlines and slots. */
import type { Selectable } from "kysely";
import { sql } from "kysely";
import type { Deadline, Slot, SlotState } from "../../model/watch.ts";
import type { LedgerDatabase, Writer } from "../database.ts";
import type { LedgerStore } from "../ledger-store.ts";
import type { DeadlinesTable, SlotsTable } from "../tables.ts";
import { byJobs } from "./by-jobs.ts";
import { deadlineFromRow } from "./deadline-rows.ts";

type DeadlineVerbs = Pick<
  LedgerStore,
  | "claimDeadlines"
  | "nextDeadlineAt"
  | "failDeadline"
  | "deadlinesFor"
  | "nextDeadlineByJob"
  | "deadlineBacklog"
  | "slotsBetween"
  | "getSlot"
  | "getSlots"
  | "nextSlots"
  | "recentSlots"
>;

export function deadlineVerbs(database: LedgerDatabase): DeadlineVerbs {
  const { read, capabilities } = database;
  return {
    claimDeadlines: (kinds, now, limit, leaseMs) =>
      database.write((writer) => claimDeadlines(writer, kinds, now, limit, leaseMs), "kill"),

    async nextDeadlineAt(kinds) {
      if (kinds.length === 0) return null;
      const wanted = [...new Set(kinds)];
      // One step down each kind's index; a leased row comes back when its lease runs out. Leased rows are few, and
      // asked for by kind SQLite would walk all rows of the kind instead.
      const { rows } = await sql<{ kind: string; at: number | null }>`
        select texts.t as kind, (select min(due_at) from deadlines
                where kind = texts.t and is_parked = 0 and lease_until is null) as at
        from ${capabilities.texts(wanted)}
        union all
        select kind, min(lease_until) as at from deadlines where lease_until is not null group by kind`.execute(
        read,
      );
      const times = rows.flatMap(({ kind, at }) => (at !== null && wanted.includes(kind) ? [at] : []));
      return times.length === 0 ? null : Math.min(...times);
    },

    async failDeadline(id, error, retryAt) {
      await database.write(async ({ db }) => {
        await db
          .updateTable("deadlines")
          .set((eb) => ({
            failures: eb("failures", "+", 1),
            last_error: error,
            lease_until: null,
            ...(retryAt === null ? { is_parked: 1 } : { due_at: retryAt }),
          }))
          .where("id", "=", id)
          // One that was set again meanwhile is due by its own right.
          .where("lease_until", "is not", null)
          .execute();
      });
    },

    async deadlinesFor(subjects) {
      if (subjects.length === 0) return [];
      const rows = await read
        .selectFrom("deadlines")
        .selectAll()
        .where(capabilities.inTexts("subject", subjects))
        .orderBy("due_at")
        .orderBy("id")
        .execute();
      return rows.map(deadlineFromRow);
    },

    nextDeadlineByJob: (ids, kinds) =>
      byJobs(ids, async (jobIds) => {
        const next = new Map<number, Deadline>();
        if (kinds.length === 0) return next;
        const rows = await read
          .selectFrom("deadlines")
          .selectAll()
          .where(capabilities.inNumbers("job_id", jobIds))
          .where("is_parked", "=", sql.lit(0))
          .orderBy("due_at")
          .orderBy("id")
          .execute();
        // Kinds are told apart here: asked for them, SQLite walks all deadlines of a kind instead of the jobs'.
        const wanted = new Set(kinds);
        for (const row of rows)
          if (row.job_id !== null && wanted.has(row.kind) && !next.has(row.job_id))
            next.set(row.job_id, deadlineFromRow(row));
        return next;
      }),

    async deadlineBacklog(now) {
      const due = await read
        .selectFrom("deadlines")
        .select((eb) => eb.fn.countAll<number>().as("count"))
        .where("is_parked", "=", sql.lit(0))
        .where("due_at", "<=", now)
        .executeTakeFirstOrThrow();
      const parked = await read
        .selectFrom("deadlines")
        .select((eb) => eb.fn.countAll<number>().as("count"))
        .where("is_parked", "=", sql.lit(1))
        .executeTakeFirstOrThrow();
      return { due: due.count, parked: parked.count };
    },

    async slotsBetween(jobId, from, to) {
      const rows = await read
        .selectFrom("slots")
        .selectAll()
        .where("job_id", "=", jobId)
        .where("slot_at", ">=", from)
        .where("slot_at", "<=", to)
        .orderBy("slot_at")
        .execute();
      return rows.map(slotFromRow);
    },

    async getSlot(id) {
      const row = await read.selectFrom("slots").selectAll().where("id", "=", id).executeTakeFirst();
      return row === undefined ? null : slotFromRow(row);
    },

    async getSlots(ids) {
      if (ids.length === 0) return [];
      const rows = await read
        .selectFrom("slots")
        .selectAll()
        .where(capabilities.inNumbers("id", ids))
        .orderBy("slot_at")
        .orderBy("id")
        .execute();
      return rows.map(slotFromRow);
    },

    nextSlots: (ids, after) =>
      byJobs(ids, async (jobIds) => {
        const { rows } = await sql<Selectable<SlotsTable>>`
        select slots.* from ${capabilities.numbers(jobIds)} join slots on slots.id = (
          select coming.id from slots as coming
          where coming.job_id = numbers.n and coming.slot_at > ${after}
          order by coming.slot_at limit 1)`.execute(read);
        return new Map(rows.map((row) => [row.job_id, slotFromRow(row)]));
      }),

    recentSlots: (ids, before, limit) =>
      byJobs(ids, async (jobIds) => {
        const recent = new Map<number, Slot[]>();
        if (limit < 1) return recent;
        const { rows } = await sql<Selectable<SlotsTable>>`
        select slots.* from ${capabilities.numbers(jobIds)} cross join slots
        where slots.job_id = numbers.n and slots.slot_at < ${before} and slots.slot_at >= coalesce(
          (select last.slot_at from slots as last
           where last.job_id = numbers.n and last.slot_at < ${before}
           order by last.slot_at desc limit 1 offset ${limit - 1}), -9007199254740991)
        order by slots.job_id, slots.slot_at desc`.execute(read);
        for (const row of rows) {
          const slots = recent.get(row.job_id) ?? [];
          slots.push(slotFromRow(row));
          recent.set(row.job_id, slots);
        }
        return recent;
      }),
  };
}

/**
 * 1. Each kind gives its oldest due rows that nobody holds: one walk of its index. Where several processes claim,
 *    rows that another one is about to take are passed over.
 * 2. The oldest of all kinds are leased. Who dies holding them lets the lease run out, and they are due again.
 */
async function claimDeadlines(
  writer: Writer,
  kinds: readonly string[],
  now: number,
  limit: number,
  leaseMs: number,
): Promise<Deadline[]> {
  const { db, capabilities } = writer;
  const wanted = [...new Set(kinds)];
  const due = capabilities.locksRows
    ? await lockDue(writer, wanted, now, limit)
    : await findDue(writer, wanted, now, limit);
  if (due.length === 0) return [];
  due.sort((a, b) => a.due_at - b.due_at || a.id - b.id);
  const ids = due.slice(0, limit).map((row) => row.id);
  const rows: Selectable<DeadlinesTable>[] = await db
    .updateTable("deadlines")
    .set({ lease_until: now + leaseMs })
    .where(capabilities.inNumbers("id", ids))
    .returningAll()
    .execute();
  return rows.sort((a, b) => a.due_at - b.due_at || a.id - b.id).map(deadlineFromRow);
}

type DueRow = Pick<Selectable<DeadlinesTable>, "id" | "due_at">;

/** One statement for all kinds: asked each some milliseconds, and mostly nothing is due. */
async function findDue(
  { db, capabilities }: Writer,
  kinds: string[],
  now: number,
  limit: number,
): Promise<DueRow[]> {
  const { rows } = await sql<DueRow>`
    select due.id, due.due_at from ${capabilities.texts(kinds)} cross join deadlines as due
    where due.id in (
      select id from deadlines
      where kind = texts.t and is_parked = 0 and due_at <= ${now} and (lease_until is null or lease_until <= ${now})
      order by due_at limit ${limit})`.execute(db);
  return rows;
}

async function lockDue({ db }: Writer, kinds: string[], now: number, limit: number): Promise<DueRow[]> {
  const due: DueRow[] = [];
  for (const kind of kinds)
    due.push(
      ...(await db
        .selectFrom("deadlines")
        .select(["id", "due_at"])
        .where("kind", "=", kind)
        .where("is_parked", "=", sql.lit(0))
        .where("due_at", "<=", now)
        .where((eb) => eb.or([eb("lease_until", "is", null), eb("lease_until", "<=", now)]))
        .orderBy("due_at")
        .limit(limit)
        .forUpdate()
        .skipLocked()
        .execute()),
    );
  return due;
}

function slotFromRow(row: Selectable<SlotsTable>): Slot {
  return {
    id: row.id,
    jobId: row.job_id,
    slotAt: row.slot_at,
    earlyAt: row.early_at,
    lateAt: row.late_at,
    state: row.state as SlotState,
    reason: row.reason,
    runRowId: row.run_row_id,
  };
}
