/** The ledger store's verbs about the groups of the Pushgateway. */
import { cleanJson, cleanText } from "../../lib/clean-text.ts";
import type { PushedFamily, PushGroup } from "../../model/push-group.ts";
import type { LedgerDatabase } from "../database.ts";
import type { LedgerStore } from "../ledger-store.ts";

type PushVerbs = Pick<LedgerStore, "pushGroups" | "savePushGroup" | "dropPushGroup">;

export function pushVerbs(database: LedgerDatabase): PushVerbs {
  return {
    async pushGroups() {
      const rows = await database.read.selectFrom("push_groups").selectAll().orderBy("group_key").execute();
      return rows.map((row) => ({
        key: row.group_key,
        namespace: row.namespace,
        labels: JSON.parse(row.labels) as Record<string, string>,
        families: JSON.parse(row.families) as PushedFamily[],
        pushedAt: row.pushed_at,
        failedAt: row.failed_at,
      }));
    },

    async savePushGroup(group: PushGroup) {
      const row = {
        namespace: group.namespace,
        labels: cleanJson(group.labels),
        families: cleanJson(group.families),
        pushed_at: group.pushedAt,
        failed_at: group.failedAt,
      };
      await database.write(async ({ db }) => {
        await db
          .insertInto("push_groups")
          .values({ group_key: group.key, ...row })
          .onConflict((conflict) => conflict.column("group_key").doUpdateSet(row))
          .execute();
      });
    },

    async dropPushGroup(key) {
      await database.write(async ({ db }) => {
        await db.deleteFrom("push_groups").where("group_key", "=", cleanText(key)).execute();
      });
    },
  };
}
