/**
 * Deadline rows as any commit sets and drops them.
 *
 * A row under a lease is being looked at, and its holder will delete it by its id. Setting it again must outlive
 * that: the leased row goes, and a row with a new id takes its place.
 */
import type { Kysely, Selectable } from "kysely";
import { sql } from "kysely";
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

const DELETE_LEASED = {
  fields: ["kind", "subject"] as const satisfies (keyof Subject)[],
  build: (db: Kysely<Tables>, row: Subject) =>
    db
      .deleteFrom("deadlines")
      .where("subject", "=", row.subject)
      .where("kind", "=", row.kind)
      .where("lease_until", "is not", null)
      .returning(["due_at"]),
};

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
      })),
    );
}

export async function setDeadlines(writer: Writer, deadlines: readonly NewDeadline[]): Promise<void> {
  if (deadlines.length === 0) return;
  const wanted = onePerSubject(deadlines);
  const released = await writer.runEach(DELETE_LEASED, wanted);
  const rowsOf = (keepEarlier: boolean): NewRow[] =>
    wanted.flatMap((deadline, index) => {
      if ((deadline.keepEarlier ?? false) !== keepEarlier) return [];
      const [leased] = (released[index]?.rows ?? []) as { due_at: number }[];
      const dueAt =
        keepEarlier && leased !== undefined ? Math.min(leased.due_at, deadline.dueAt) : deadline.dueAt;
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

export async function dropDeadlines(writer: Writer, subjects: readonly Subject[]): Promise<void> {
  await writer.runEach(DELETE, subjects);
}

/** Only while still leased under this id; a row that was set again meanwhile has another. */
export async function deleteDeadlines(writer: Writer, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return;
  await writer.db.deleteFrom("deadlines").where(writer.capabilities.inNumbers("id", ids)).execute();
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
    const key = JSON.stringify([deadline.kind, deadline.subject]);
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
