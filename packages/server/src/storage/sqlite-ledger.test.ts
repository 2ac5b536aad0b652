import { afterEach } from "vitest";
import { describeLedgerStore } from "./contract-tests/ledger-contract.ts";
import type { LedgerStore } from "./ledger-store.ts";
import { createSqliteLedger } from "./open-storage.ts";

const opened: LedgerStore[] = [];

afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
});

describeLedgerStore("SQLite in memory", async () => {
  const store = createSqliteLedger({ path: ":memory:" });
  await store.open();
  opened.push(store);
  return store;
});
