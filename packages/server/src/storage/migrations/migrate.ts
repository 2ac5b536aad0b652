/**
 * Brings a database to the newest form: forward only, each step once, all in one transaction under a lock, so that a
 * second process waits and then finds nothing to do. A database of a newer Batchwatch is refused.
 */
import { sql } from "kysely";
import type { LedgerDatabase } from "../database.ts";
import { StorageError } from "../storage-error.ts";
import { createJobsRunsAndEvents } from "./0001-create-jobs-runs-and-events.ts";
import { createSlotsDeadlinesAndIncidents } from "./0002-create-slots-deadlines-and-incidents.ts";
import { createSpansAndLogs } from "./0003-create-spans-and-logs.ts";
import { createMeterSeries } from "./0004-create-meter-series.ts";
import { createRuleGroups } from "./0005-create-rule-groups.ts";
import { createAlertGroups } from "./0006-create-alert-groups.ts";
import { createReceiverMemories } from "./0007-create-receiver-memories.ts";
import { addRuleAlerts } from "./0008-add-rule-alerts.ts";
import type { Migration } from "./migration.ts";

export const MIGRATIONS: readonly Migration[] = [
  createJobsRunsAndEvents,
  createSlotsDeadlinesAndIncidents,
  createSpansAndLogs,
  createMeterSeries,
  createRuleGroups,
  createAlertGroups,
  createReceiverMemories,
  addRuleAlerts,
];

/** Any number; the same in every version of Batchwatch. */
const ADVISORY_LOCK = 4_318_004_317;

/** Answers the names of the steps that were taken. */
export async function migrate(
  database: LedgerDatabase,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<string[]> {
  const { columns, engine } = database.capabilities;
  return database.write(async ({ db }) => {
    // SQLite's write transaction is the lock.
    if (engine === "postgres") await sql`select pg_advisory_xact_lock(${ADVISORY_LOCK})`.execute(db);
    await sql
      .raw(
        `create table if not exists migrations (
          name ${columns.text} primary key, applied_at ${columns.real} not null
        ) ${columns.end}`,
      )
      .execute(db);
    const applied = new Set(
      (await db.selectFrom("migrations").select("name").execute()).map((row) => row.name),
    );
    const unknown = [...applied].filter((name) => !migrations.some((migration) => migration.name === name));
    if (unknown.length > 0)
      throw new StorageError("NEWER_DATABASE", `it has the steps ${unknown.join(", ")}`);
    const missing = migrations.filter((migration) => !applied.has(migration.name));
    for (const migration of missing) {
      for (const statement of migration.statements(columns)) await sql.raw(statement).execute(db);
      await db.insertInto("migrations").values({ name: migration.name, applied_at: Date.now() }).execute();
    }
    return missing.map((migration) => migration.name);
  });
}
