import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { labelsOf } from "@batchwatch/promql";
import { afterEach, describe, expect, test } from "vitest";
import { describeLedgerStore } from "./contract-tests/ledger-contract.ts";
import {
  EMPTY_COMMIT,
  FIRST_PAGE,
  makeJob,
  makeRun,
  newRun,
  runEvent,
  T0,
} from "./contract-tests/ledger-fixtures.ts";
import { createSqliteLedger, createSqliteSamples, createSqliteStorage, LEDGER_FILE } from "./open-storage.ts";

interface Closable {
  open(): Promise<void>;
  close(): Promise<void>;
}

const directories: string[] = [];
const opened: Closable[] = [];

afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

function newDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "batchwatch-storage-"));
  directories.push(directory);
  return directory;
}

async function opening<Store extends Closable>(store: Store): Promise<Store> {
  opened.push(store);
  await store.open();
  return store;
}

function openLedger(directory: string) {
  return opening(createSqliteLedger({ path: join(directory, LEDGER_FILE) }));
}

describeLedgerStore("a SQLite file", () => openLedger(newDirectory()));

describe("a data directory", () => {
  test("is made where it is missing, and a second start finds everything", async () => {
    const dataDir = join(newDirectory(), "deep", "data");
    const { ledger, samples } = createSqliteStorage({ dataDir });
    await opening(ledger);
    await opening(samples);
    const job = await makeJob(ledger, "daily_etl");
    const run = await makeRun(ledger, job.id, "r1");
    const labels = { __name__: "batch_jobs_running", job_name: "daily_etl" };
    await samples.append([
      {
        series: [labels],
        seriesIndex: Uint32Array.of(0),
        times: Float64Array.of(T0),
        values: Float64Array.of(1),
      },
    ]);
    await ledger.close();
    await samples.close();

    const again = createSqliteStorage({ dataDir });
    await opening(again.ledger);
    await opening(again.samples);
    expect(await again.ledger.getRun(run.id)).toMatchObject({ run });
    expect(await again.samples.select([], T0, T0)).toEqual([
      { labels: labelsOf(Object.entries(labels)), times: Float64Array.of(T0), values: Float64Array.of(1) },
    ]);
  });

  test("that cannot be made is told", () => {
    const file = join(newDirectory(), "file");
    writeFileSync(file, "");
    expect(() => createSqliteStorage({ dataDir: join(file, "data") })).toThrow(
      expect.objectContaining({ code: "CANNOT_OPEN", retryable: false }),
    );
  });
});

describe("reading beside writing", () => {
  test("never sees half of a commit", async () => {
    const store = await openLedger(newDirectory());
    const job = await makeJob(store, "daily_etl");
    const sizes = new Set<number>();
    let writing = true;
    const reads = (async () => {
      while (writing) {
        sizes.add((await store.listRuns({}, "startedAt", { limit: 1000, cursor: null })).items.length);
        await new Promise(setImmediate);
      }
    })();
    for (let commit = 0; commit < 10; commit++)
      await store.commit({
        ...EMPTY_COMMIT,
        runs: Array.from({ length: 50 }, (_, index) =>
          newRun(job.id, `${commit}/${index}`, { tempId: -1 - index }),
        ),
        events: Array.from({ length: 50 }, (_, index) => ({
          runRef: -1 - index,
          event: runEvent(job, `${commit}/${index}`),
        })),
      });
    writing = false;
    await reads;
    expect([...sizes].filter((size) => size % 50 !== 0)).toEqual([]);
  });

  test("commits that are asked for at once come one after another, each whole or not at all", async () => {
    const store = await openLedger(newDirectory());
    const job = await makeJob(store, "daily_etl");
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) =>
        store.commit({
          ...EMPTY_COMMIT,
          runs: [
            newRun(job.id, `a${index}`),
            newRun(job.id, index % 2 === 0 ? `b${index}` : "same", { tempId: -2 }),
          ],
        }),
      ),
    );
    expect(outcomes.filter(({ status }) => status === "rejected")).toHaveLength(9);
    const { items } = await store.listRuns({}, "startedAt", FIRST_PAGE);
    expect(items).toHaveLength(22);
  });
});

describe("a ledger file", () => {
  test("that is another process's for longer than we wait is told as locked, and works again after", async () => {
    const directory = newDirectory();
    const store = await openLedger(directory);
    const other = new DatabaseSync(join(directory, LEDGER_FILE));
    other.exec("begin immediate");
    await expect(store.setFact("a", "1")).rejects.toMatchObject({ code: "LOCKED", retryable: true });
    other.exec("rollback");
    other.close();
    await store.setFact("a", "1");
    expect(await store.getFact("a")).toBe("1");
  });

  test.each<[string, (path: string) => void, string]>([
    [
      "is no database",
      (path) => writeFileSync(path, "not a database, but long enough to be read ".repeat(100)),
      "CORRUPT",
    ],
    ["lost its tail", (path) => truncateSync(path, 20_480), "CORRUPT"],
    ["was written by a newer version", (path) => addMigration(path, "9999-change-all"), "NEWER_DATABASE"],
  ])("that %s is refused with its reason", async (_name, damage, code) => {
    const directory = newDirectory();
    const path = join(directory, LEDGER_FILE);
    const store = createSqliteLedger({ path });
    await store.open();
    await makeJob(store, "daily_etl");
    await store.close();
    damage(path);
    const again = createSqliteLedger({ path });
    opened.push(again);
    const use = again.open().then(() => again.countJobs().then(() => makeJob(again, "another")));
    await expect(use).rejects.toMatchObject({ code, retryable: false });
  });

  test("that is full says so and is whole afterwards; with room again it goes on", async () => {
    const directory = newDirectory();
    const path = join(directory, LEDGER_FILE);
    const store = await openLedger(directory);
    const job = await makeJob(store, "daily_etl");
    await makeRun(store, job.id, "before");
    await store.close();

    // SQLite's own limit on pages answers as a full disk does.
    const small = createSqliteLedger({ path, pageLimit: 1 });
    await opening(small);
    const big = newRun(job.id, "too big", { firstReceivedAt: T0 });
    const write = small.commit({
      ...EMPTY_COMMIT,
      runs: [{ ...big, view: { ...big.view, errorMessage: "x".repeat(1_000_000) } }],
    });
    await expect(write).rejects.toMatchObject({ code: "DISK_FULL", retryable: true });
    expect(await small.findRun(job.id, "before")).not.toBeNull();
    expect(await small.findRun(job.id, "too big")).toBeNull();
    // Readiness asks this; a statement that changes nothing succeeded on a full disk.
    await expect(small.check()).rejects.toMatchObject({ code: "DISK_FULL", retryable: true });
    await small.close();

    const roomy = await openLedger(directory);
    expect(await makeRun(roomy, job.id, "after")).toMatchObject({ runId: "after" });
    await roomy.check();
  });

  test("copied after kill -9 in the middle of commits holds every answered one", async () => {
    const directory = newDirectory();
    const program = new URL("./contract-tests/commit-until-killed.ts", import.meta.url);
    const child = spawn(process.execPath, [program.pathname, directory], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let answered = 0;
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      answered += text.split("\n").length - 1;
      if (answered > 50) child.kill("SIGKILL");
    });
    await once(child, "close");
    const copy = newDirectory();
    for (const end of ["", "-wal"])
      copyFileSync(join(directory, LEDGER_FILE + end), join(copy, LEDGER_FILE + end));
    const store = await openLedger(copy);
    const job = await makeJob(store, "daily_etl");
    const runs = await store.findRuns(
      Array.from({ length: answered }, (_, index) => ({ jobId: job.id, runId: `r${index}` })),
    );
    expect(answered).toBeGreaterThan(50);
    expect(runs).toHaveLength(answered);
  });
});

test("a sample file that is no database is told", async () => {
  const path = join(newDirectory(), "samples.db");
  writeFileSync(path, "not a database, but long enough to be read ".repeat(100));
  await expect(opening(createSqliteSamples({ path }))).rejects.toMatchObject({
    code: "CORRUPT",
    retryable: false,
  });
});

function addMigration(path: string, name: string): void {
  const db = new DatabaseSync(path);
  db.prepare("insert into migrations (name, applied_at) values (?, 0)").run(name);
  db.close();
}
