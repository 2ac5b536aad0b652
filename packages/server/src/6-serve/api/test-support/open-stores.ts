/** The real stores, in memory. */
import type { LedgerStore } from "../../../storage/ledger-store.ts";
import type { MetricStore } from "../../../storage/metric-store.ts";
import { createSqliteLedger, createSqliteSamples } from "../../../storage/open-storage.ts";

export async function openTestStores(): Promise<{ store: LedgerStore; samples: MetricStore }> {
  const store = createSqliteLedger({ path: ":memory:" });
  const samples = createSqliteSamples({ path: ":memory:" });
  await store.open();
  await samples.open();
  return { store, samples };
}
