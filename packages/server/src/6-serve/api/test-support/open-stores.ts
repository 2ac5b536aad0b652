/** The real stores, in memory. */

import type { LedgerStore } from "../../../storage/ledger-store.ts";
import { createSqliteLedger } from "../../../storage/open-storage.ts";
import type { SampleStore } from "../../../storage/sample-store.ts";

export async function openTestStores(): Promise<{ store: LedgerStore; samples: SampleStore }> {
  const store = createSqliteLedger({ path: ":memory:" });
  await store.open();
  const samples = {
    close: async () => undefined,
    append: async () => undefined,
    select: async () => [],
  } as unknown as SampleStore;
  return { store, samples };
}
