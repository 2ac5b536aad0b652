/** What rule groups remember: saved, read, replaced, dropped. */
import { expect, test } from "vitest";
import type { OpenStore } from "./ledger-contract.ts";

const NIGHTLY = {
  file: "/rules/a.yaml",
  name: "nightly",
  state: '{"rules":[]}',
  evaluatedAt: 1_800_000_000_123,
  evaluationMs: 3.5,
};

export function describeRules(open: OpenStore): void {
  test("a rule group's state is kept by file and name, and replaced by the next", async () => {
    const store = await open();
    await store.saveRuleGroup({ ...NIGHTLY, name: "weekly" });
    await store.saveRuleGroup(NIGHTLY);
    const later = { ...NIGHTLY, state: '{"rules":[1]}', evaluatedAt: NIGHTLY.evaluatedAt + 60_000 };
    await store.saveRuleGroup(later);

    expect(await store.listRuleGroups()).toEqual([later, { ...NIGHTLY, name: "weekly" }]);
  });

  test("a dropped rule group is forgotten, its namesake of another file is not", async () => {
    const store = await open();
    await store.saveRuleGroup(NIGHTLY);
    await store.saveRuleGroup({ ...NIGHTLY, file: "/rules/b.yaml" });
    await store.dropRuleGroup(NIGHTLY.file, NIGHTLY.name);

    expect(await store.listRuleGroups()).toEqual([{ ...NIGHTLY, file: "/rules/b.yaml" }]);
  });
}
