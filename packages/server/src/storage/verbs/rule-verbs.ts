/** The ledger store's verbs about what rule groups remember between evaluations. */
import type { LedgerDatabase } from "../database.ts";
import type { LedgerStore } from "../ledger-store.ts";

type RuleVerbs = Pick<LedgerStore, "listRuleGroups" | "saveRuleGroup" | "dropRuleGroup">;

export function ruleVerbs(database: LedgerDatabase): RuleVerbs {
  const { read } = database;
  return {
    async listRuleGroups() {
      const rows = await read.selectFrom("rule_groups").selectAll().orderBy("file").orderBy("name").execute();
      return rows.map(({ file, name, state, evaluated_at, evaluation_ms }) => ({
        file,
        name,
        state,
        evaluatedAt: evaluated_at,
        evaluationMs: evaluation_ms,
      }));
    },

    async saveRuleGroup({ file, name, state, evaluatedAt, evaluationMs }) {
      await database.write(async ({ db }) => {
        await db
          .insertInto("rule_groups")
          .values({ file, name, state, evaluated_at: evaluatedAt, evaluation_ms: evaluationMs })
          .onConflict((conflict) =>
            conflict.columns(["file", "name"]).doUpdateSet((eb) => ({
              state: eb.ref("excluded.state"),
              evaluated_at: eb.ref("excluded.evaluated_at"),
              evaluation_ms: eb.ref("excluded.evaluation_ms"),
            })),
          )
          .execute();
      });
    },

    async dropRuleGroup(file, name) {
      await database.write(async ({ db }) => {
        await db.deleteFrom("rule_groups").where("file", "=", file).where("name", "=", name).execute();
      });
    },
  };
}
