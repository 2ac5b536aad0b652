import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { describeLedgerStore } from "./contract-tests/ledger-contract.ts";
import { makeJob, T0 } from "./contract-tests/ledger-fixtures.ts";
import { startPostgres, type TestPostgres } from "./contract-tests/start-postgres.ts";
import { EMPTY_WATCH_COMMIT, type LedgerStore } from "./ledger-store.ts";
import { createPostgresLedger } from "./open-storage.ts";

let postgres: TestPostgres | null = null;
let shared: LedgerStore | null = null;
const opened: LedgerStore[] = [];

beforeAll(async () => {
  postgres = await startPostgres();
});

afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
});

afterAll(async () => {
  await shared?.close();
  await postgres?.stop();
});

function running(): TestPostgres {
  if (postgres === null) throw new Error("PostgreSQL did not start.");
  return postgres;
}

async function openAt(url: string): Promise<LedgerStore> {
  const store = createPostgresLedger({ url });
  opened.push(store);
  await store.open();
  return store;
}

// Making the tables takes most of a test's time: they are made once, and emptied.
describeLedgerStore("PostgreSQL", async () => {
  if (shared === null) {
    shared = createPostgresLedger({ url: await running().createSchema("contract") });
    await shared.open();
  } else {
    await running().emptySchema("contract");
  }
  return shared;
});

describe("several processes over one PostgreSQL", () => {
  test("open an empty database at the same time, and it is made once", async () => {
    const url = await running().createSchema("opened_at_once");
    const stores = await Promise.all([openAt(url), openAt(url), openAt(url)]);
    const jobs = await Promise.all(stores.map((store) => makeJob(store, "daily_etl")));
    expect(new Set(jobs.map((job) => job.id)).size).toBe(1);
  });

  test("claim each deadline once", async () => {
    const url = await running().createSchema("claimed_from");
    const stores = await Promise.all([openAt(url), openAt(url), openAt(url), openAt(url)]);
    await stores[0]?.commitWatch({
      ...EMPTY_WATCH_COMMIT,
      setDeadlines: Array.from({ length: 200 }, (_, index) => ({
        kind: index % 2 === 0 ? "a" : "b",
        subject: `run:${index}`,
        jobId: null,
        dueAt: T0 + index,
      })),
    });
    const claimed: string[] = [];
    await Promise.all(
      stores.map(async (store) => {
        for (;;) {
          const rows = await store.claimDeadlines(["a", "b"], T0 + 1000, 10, 60_000);
          if (rows.length === 0 && claimed.length >= 200) return;
          claimed.push(...rows.map((row) => row.subject));
        }
      }),
    );
    expect(claimed).toHaveLength(200);
    expect(new Set(claimed).size).toBe(200);
  });
});

test("a server that is not there is told as such, and that a retry may help", async () => {
  const store = createPostgresLedger({ url: "postgres://nobody@127.0.0.1:1/none" });
  opened.push(store);
  await expect(store.open()).rejects.toMatchObject({ code: "UNAVAILABLE", retryable: true });
});
