import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { WalSync } from "./wal-sync.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "batchwatch-wal-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test("one sync serves all who ask before it begins; who asks later gets another", async () => {
  const path = join(dir, "ledger.db");
  writeFileSync(`${path}-wal`, "frames");
  const sync = new WalSync(path);
  const first = sync.flush();
  expect(sync.flush()).toBe(first);
  await first;
  const second = sync.flush();
  expect(second).not.toBe(first);
  await second;
  await sync.close();
});

test("a log that cannot be synced is an error that a retry may mend", async () => {
  const sync = new WalSync(join(dir, "missing.db"));
  await expect(sync.flush()).rejects.toMatchObject({ code: "IO_ERROR", retryable: true });
  writeFileSync(join(dir, "missing.db-wal"), "frames");
  await sync.flush();
  await sync.close();
});
