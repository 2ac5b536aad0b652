/** The real stores, in memory. */
import type { LedgerStore } from "../../../storage/ledger-store.ts";
import { createSqliteLedger, createSqliteSamples } from "../../../storage/open-storage.ts";
import type { SampleStore } from "../../../storage/sample-store.ts";

export async function openTestStores(): Promise<{ store: LedgerStore; samples: SampleStore }> {
  const store = createSqliteLedger({ path: ":memory:" });
  const samples = createSqliteSamples({ path: ":memory:" });
  await store.open();
  await samples.open();
  return { store, samples };
}
