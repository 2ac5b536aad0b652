import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ManualClock } from "../lib/clock.ts";
import { KEY_SCOPES, type LedgerStore } from "../storage/ledger-store.ts";
import { createSqliteLedger } from "../storage/open-storage.ts";
import { createAccessControl, demand, OPEN_PRINCIPAL, secretFromHeaders } from "./access-control.ts";
import { createApiKey, permits } from "./api-keys.ts";

const NOW = Date.UTC(2026, 10, 23);
const clock = new ManualClock(NOW);
let store: LedgerStore;
const control = (required: boolean) =>
  createAccessControl({ store, clock, log: pino({ level: "silent" }), required });

beforeEach(async () => {
  clock.set(NOW);
  store = createSqliteLedger({ path: ":memory:" });
  await store.open();
});
afterEach(() => store.close());

describe("a key", () => {
  test("is 32 random bytes behind bw_, and the store has only its hash", async () => {
    const { secret, key } = await createApiKey(
      store,
      { name: "ci", scope: "ingest", namespace: "finance" },
      NOW,
    );
    expect(secret).toMatch(/^bw_[\w-]{43}$/);
    expect(JSON.stringify(await store.listKeys())).not.toContain(secret);
    expect(secret.startsWith(key.prefix)).toBe(true);
  });

  test("gives its scope and its namespace", async () => {
    const { secret, key } = await createApiKey(
      store,
      { name: "ci", scope: "ingest", namespace: "finance" },
      NOW,
    );
    expect(await control(true).authenticate(secret)).toEqual({
      keyId: key.id,
      scope: "ingest",
      namespace: "finance",
    });
  });

  test("stops within seconds of being revoked", async () => {
    const access = control(true);
    const { secret, key } = await createApiKey(store, { name: "ci", scope: "read", namespace: null }, NOW);
    await access.authenticate(secret);
    expect(access.recall(secret)).toBeDefined();
    await store.revokeKey(key.id, NOW);
    clock.advance(2_001);
    expect(access.recall(secret)).toBeUndefined();
    await expect(access.authenticate(secret)).rejects.toMatchObject({ status: 401, code: "unauthorized" });
  });

  test("that is unknown is refused, on loopback too", async () => {
    await expect(control(false).authenticate("bw_nonsense")).rejects.toMatchObject({ status: 401 });
  });
});

test("without a key everybody is admitted where none is asked for, and nobody elsewhere", async () => {
  expect(await control(false).authenticate(null)).toBe(OPEN_PRINCIPAL);
  await expect(control(true).authenticate(null)).rejects.toMatchObject({ status: 401 });
});

test("scopes permit what they say", () => {
  const table = Object.fromEntries(
    KEY_SCOPES.map((scope) => [scope, KEY_SCOPES.filter((needed) => permits(scope, needed))]),
  );
  expect(table).toEqual({
    ingest: ["ingest"],
    read: ["read"],
    write: ["ingest", "read", "write"],
    admin: ["ingest", "read", "write", "admin"],
  });
  expect(() => demand({ keyId: 1, scope: "ingest", namespace: null }, "read")).toThrow(
    /scope "ingest"; this needs "read"/,
  );
});

test.each([
  [{ authorization: "Bearer bw_a" }, "bw_a"],
  [{ authorization: "bearer   bw_a" }, "bw_a"],
  [{ authorization: "bw_a" }, "bw_a"],
  [{ "x-api-key": "bw_a" }, "bw_a"],
  [{ "x-api-key": ["bw_a", "bw_b"] }, "bw_a"],
  [{ "x-api-key": "" }, null],
  [{}, null],
])("the key in %j is %s", (headers, secret) => {
  expect(secretFromHeaders(headers)).toBe(secret);
});
