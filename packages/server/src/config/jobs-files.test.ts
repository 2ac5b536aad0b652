import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { validateCron } from "../lib/calendar/cron-pattern.ts";
import { ChangeFeed } from "../lib/change-feed.ts";
import { ManualClock } from "../lib/clock.ts";
import type { LedgerStore } from "../storage/ledger-store.ts";
import { createSqliteLedger } from "../storage/open-storage.ts";
import { createJobsFiles, type JobsFiles } from "./jobs-files.ts";

let dir = "";
let store: LedgerStore;
let files: JobsFiles;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "batchwatch-jobs-"));
  store = createSqliteLedger({ path: ":memory:" });
  await store.open();
  files = createJobsFiles({
    store,
    clock: new ManualClock(Date.UTC(2026, 10, 23)),
    feed: new ChangeFeed(),
    log: pino({ level: "silent" }),
    patterns: [join(dir, "*.yaml")],
    reloadIntervalMs: 10,
    checkCron: validateCron,
  });
});

afterEach(async () => {
  await files.stop();
  await store.close();
  rmSync(dir, { recursive: true, force: true });
});

function write(name: string, text: string): void {
  writeFileSync(join(dir, name), text);
}

async function declared(jobName: string) {
  return (await store.findJob({ namespace: "default", environment: "", jobName }))?.settingsBySource.declared;
}

test("declared jobs exist with their settings before their first run", async () => {
  write("a.yaml", "jobs:\n  - name: daily_etl\n    schedule: 0 2 * * *\n    max_duration_seconds: 60\n");
  await files.load();
  expect(files.trouble()).toBeNull();
  expect(await declared("daily_etl")).toMatchObject({
    maxDurationMs: 60_000,
    schedule: { cron: "0 2 * * *" },
  });
});

test("loading again changes nothing where nothing changed", async () => {
  write("a.yaml", "jobs:\n  - name: daily_etl\n    owner: ann\n");
  await files.load();
  const before = await store.findJob({ namespace: "default", environment: "", jobName: "daily_etl" });
  await files.load();
  const after = await store.findJob({ namespace: "default", environment: "", jobName: "daily_etl" });
  expect(after?.settingsVersion).toBe(before?.settingsVersion);
});

test("a job that leaves the files loses what they said, and stays", async () => {
  write("a.yaml", "jobs:\n  - name: daily_etl\n    owner: ann\n  - name: report\n    owner: bob\n");
  await files.load();
  write("a.yaml", "jobs:\n  - name: report\n    owner: bob\n");
  await files.load();
  expect(await declared("daily_etl")).toBeUndefined();
  expect(await declared("report")).toEqual({ owner: "bob" });
});

test("a file with an error keeps the last good state and says where it is", async () => {
  write("a.yaml", "jobs:\n  - name: daily_etl\n    owner: ann\n");
  write("b.yaml", "jobs:\n  - name: report\n    owner: bob\n");
  await files.load();
  write("a.yaml", "jobs:\n  - name: daily_etl\n    onwer: cid\n");
  write("b.yaml", "jobs:\n  - name: report\n    owner: eve\n");
  await files.load();
  expect(files.trouble()).toMatch(/a\.yaml:3: jobs\[0\]\.onwer: is not known; did you mean "owner"\?/);
  expect(await declared("daily_etl")).toEqual({ owner: "ann" });
  expect(await declared("report")).toEqual({ owner: "eve" });
});

test("a job declared in two files is told", async () => {
  write("a.yaml", "jobs:\n  - name: daily_etl\n");
  write("b.yaml", "jobs:\n  - name: daily_etl\n");
  await files.load();
  expect(files.trouble()).toMatch(/b\.yaml.*is declared already in .*a\.yaml/);
});

test("a file that changes is loaded by itself", async () => {
  await files.load();
  files.start();
  write("new.yaml", "jobs:\n  - name: late_comer\n    owner: ann\n");
  await vi.waitFor(async () => expect(await declared("late_comer")).toEqual({ owner: "ann" }), {
    timeout: 5000,
  });
});
