/** The ledger store's verbs about API keys and the small facts of an installation. */
import type { Selectable } from "kysely";
import type { LedgerDatabase } from "../database.ts";
import type { ApiKey, KeyScope, LedgerStore } from "../ledger-store.ts";
import type { Tables } from "../tables.ts";

type InstallationVerbs = Pick<
  LedgerStore,
  | "createKey"
  | "findKeyByHash"
  | "listKeys"
  | "revokeKey"
  | "touchKey"
  | "countActiveKeys"
  | "getFact"
  | "setFact"
>;

export function installationVerbs(database: LedgerDatabase): InstallationVerbs {
  const { read } = database;
  return {
    async createKey(key) {
      const id = await database.write(async ({ db }) => {
        const row = await db
          .insertInto("api_keys")
          .values({
            name: key.name,
            scope: key.scope,
            hash: key.hash,
            prefix: key.prefix,
            namespace: key.namespace,
            created_at: key.createdAt,
          })
          .returning("id")
          .executeTakeFirstOrThrow();
        return row.id;
      });
      return { ...key, id, lastUsedAt: null, revokedAt: null };
    },

    async findKeyByHash(hash) {
      const row = await read.selectFrom("api_keys").selectAll().where("hash", "=", hash).executeTakeFirst();
      return row === undefined ? null : keyFromRow(row);
    },

    async listKeys() {
      return (await read.selectFrom("api_keys").selectAll().orderBy("id").execute()).map(keyFromRow);
    },

    async revokeKey(id, at) {
      return database.write(async ({ db }) => {
        const revoked = await db
          .updateTable("api_keys")
          .set({ revoked_at: at })
          .where("id", "=", id)
          .where("revoked_at", "is", null)
          .returning("id")
          .executeTakeFirst();
        return revoked !== undefined;
      });
    },

    async touchKey(id, at) {
      await database.write(async ({ db }) => {
        await db.updateTable("api_keys").set({ last_used_at: at }).where("id", "=", id).execute();
      });
    },

    async countActiveKeys() {
      const row = await read
        .selectFrom("api_keys")
        .select((eb) => eb.fn.countAll<number>().as("count"))
        .where("revoked_at", "is", null)
        .executeTakeFirstOrThrow();
      return row.count;
    },

    async getFact(name) {
      const row = await read
        .selectFrom("installation_facts")
        .select("value")
        .where("name", "=", name)
        .executeTakeFirst();
      return row?.value ?? null;
    },

    async setFact(name, value) {
      await database.write(async ({ db }) => {
        await db
          .insertInto("installation_facts")
          .values({ name, value })
          .onConflict((conflict) =>
            conflict.column("name").doUpdateSet((eb) => ({ value: eb.ref("excluded.value") })),
          )
          .execute();
      });
    },
  };
}

function keyFromRow(row: Selectable<Tables["api_keys"]>): ApiKey {
  return {
    id: row.id,
    name: row.name,
    scope: row.scope as KeyScope,
    hash: row.hash,
    prefix: row.prefix,
    namespace: row.namespace,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
    revokedAt: row.revoked_at,
  };
}
