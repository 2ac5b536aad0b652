/**
 * Deadline rows as any commit sets and drops them.
 *
 * A row under a lease is being looked at, and its holder will delete it. Setting it again must outlive that. It ends the
 * lease, and only leased rows are deleted. Where several processes claim, another one may have leased it again by then:
 * there the leased row goes, and a row with a new id takes its place.
 */
import type { Kysely, Selectable } from "kysely";
import { sql } from "kysely";
import { cleanText } from "../../lib/clean-text.ts";
import type { Deadline, NewDeadline } from "../../model/watch.ts";
import type { Writer } from "../database.ts";
import type { DeadlinesTable, Tables } from "../tables.ts";

interface Subject {
  kind: string;
  subject: string;
}

interface NewRow extends Subject {
  job_id: number | null;
  due_at: number;
  payload: string | null;
  failures: number;
  is_parked: number;
}

const NEW_ROW_FIELDS = [
  "kind",
  "subject",
  "job_id",
  "due_at",
  "payload",
  "failures",
  "is_parked",
] as const satisfies (keyof NewRow)[];

const DELETE = {
  fields: ["kind", "subject"] as const satisfies (keyof Subject)[],
  build: (db: Kysely<Tables>, row: Subject) =>
    db.deleteFrom("deadlines").where("subject", "=", row.subject).where("kind", "=", row.kind),
};

const SET = {
  fields: NEW_ROW_FIELDS,
  build: (db: Kysely<Tables>, rows: readonly NewRow[]) => insert(db, rows, false),
};

const SET_KEEPING_EARLIER = {
  fields: NEW_ROW_FIELDS,
  build: (db: Kysely<Tables>, rows: readonly NewRow[]) => insert(db, rows, true),
};

function insert(db: Kysely<Tables>, rows: readonly NewRow[], keepEarlier: boolean) {
  return db
    .insertInto("deadlines")
    .values([...rows])
    .onConflict((conflict) =>
      conflict.columns(["subject", "kind"]).doUpdateSet((eb) => ({
        job_id: eb.ref("excluded.job_id"),
        due_at: keepEarlier
          ? // A parked row is never due, so its time counts for nothing.
            sql<number>`case when deadlines.due_at < excluded.due_at and deadlines.is_parked = 0
                        then deadlines.due_at else excluded.due_at end`
          : eb.ref("excluded.due_at"),
        payload: eb.ref("excluded.payload"),
        failures: 0,
        last_error: null,
        is_parked: 0,
        lease_until: null,
      })),
    );
}

export async function setDeadlines(writer: Writer, deadlines: readonly NewDeadline[]): Promise<void> {
  if (deadlines.length === 0) return;
  const wanted = onePerSubject(deadlines);
  const leased = writer.capabilities.locksRows
    ? await deleteLeased(writer, wanted)
    : new Map<string, number>();
  const rowsOf = (keepEarlier: boolean): NewRow[] =>
    wanted.flatMap((deadline) => {
      if ((deadline.keepEarlier ?? false) !== keepEarlier) return [];
      const leasedAt = keepEarlier ? leased.get(subjectKey(deadline)) : undefined;
      const dueAt = leasedAt === undefined ? deadline.dueAt : Math.min(leasedAt, deadline.dueAt);
      return {
        kind: deadline.kind,
        subject: deadline.subject,
        job_id: deadline.jobId,
        due_at: dueAt,
        payload: deadline.payload ?? null,
        failures: 0,
        is_parked: 0,
      };
    });
  await writer.insertAll(SET, rowsOf(false));
  await writer.insertAll(SET_KEEPING_EARLIER, rowsOf(true));
}

/** Of these subjects the rows under a lease; answers when they were due. */
async function deleteLeased(
  { db, capabilities }: Writer,
  subjects: readonly Subject[],
): Promise<ReadonlyMap<string, number>> {
  const held = await db
    .selectFrom("deadlines")
    .select(["id", "kind", "subject", "due_at"])
    .where("lease_until", "is not", null)
    .execute();
  if (held.length === 0) return new Map();
  const wanted = new Set(subjects.map(subjectKey));
  const leased = held.filter((row) => wanted.has(subjectKey(row)));
  if (leased.length === 0) return new Map();
  const deleted = await db
    .deleteFrom("deadlines")
    .where(
      capabilities.inNumbers(
        "id",
        leased.map((row) => row.id),
      ),
    )
    .where("lease_until", "is not", null)
    .returning(["kind", "subject", "due_at"])
    .execute();
  return new Map(deleted.map((row) => [subjectKey(row), row.due_at]));
}

export async function dropDeadlines(writer: Writer, subjects: readonly Subject[]): Promise<void> {
  await writer.runEach(DELETE, subjects);
}

/** Not those that were set again meanwhile: their lease is gone. */
export async function deleteDeadlines(writer: Writer, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return;
  await writer.db
    .deleteFrom("deadlines")
    .where(writer.capabilities.inNumbers("id", ids))
    .where("lease_until", "is not", null)
    .execute();
}

export function deadlineFromRow(row: Selectable<DeadlinesTable>): Deadline {
  return {
    id: row.id,
    kind: row.kind,
    subject: row.subject,
    jobId: row.job_id,
    dueAt: row.due_at,
    payload: row.payload,
    failures: row.failures,
    lastError: row.last_error,
  };
}

/** One statement may not set the same row twice; of several, what setting them one after another comes to. */
function onePerSubject(deadlines: readonly NewDeadline[]): NewDeadline[] {
  const bySubject = new Map<string, NewDeadline>();
  for (const deadline of deadlines) {
    const key = subjectKey(deadline);
    const before = bySubject.get(key);
    if (before === undefined || deadline.keepEarlier !== true) {
      bySubject.set(key, deadline);
    } else {
      const dueAt = Math.min(before.dueAt, deadline.dueAt);
      bySubject.set(key, { ...deadline, dueAt, keepEarlier: before.keepEarlier ?? false });
    }
  }
  return [...bySubject.values()];
}

/** Kinds hold no blank. */
function subjectKey({ kind, subject }: Subject): string {
  return `${kind} ${cleanText(subject)}`;
}
