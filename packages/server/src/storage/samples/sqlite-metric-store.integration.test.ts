import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, describe, expect, test } from "vitest";
import { samplesOfRound } from "../contract-tests/append-samples-until-killed.ts";
import {
  batchOf,
  describeMetricStore,
  running,
  selected,
  T0,
} from "../contract-tests/metric-store-contract.ts";
import type { MetricStore } from "../metric-store.ts";
import type { MetricStoreOptions } from "./sqlite-metric-store.ts";
import { SqliteMetricStore } from "./sqlite-metric-store.ts";

const opened: MetricStore[] = [];
const directories: string[] = [];

afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

function newPath(): string {
  const directory = mkdtempSync(join(tmpdir(), "batchwatch-samples-"));
  directories.push(directory);
  return join(directory, "samples.db");
}

async function openStore(options: Partial<MetricStoreOptions> = {}): Promise<MetricStore> {
  const store = new SqliteMetricStore({ path: newPath(), ...options });
  await store.open();
  opened.push(store);
  return store;
}

describeMetricStore("a file", () => openStore());

describe("queries on their threads", () => {
  test("see what was answered before they were asked, and nothing half", async () => {
    const store = await openStore();
    for (let round = 0; round < 20; round++) {
      await store.append([
        batchOf([
          [running("a"), T0 + round, round],
          [running("b"), T0 + round, round],
        ]),
      ]);
      const found = await selected(store);
      expect(found.map(({ values }) => values.at(-1))).toEqual([round, round]);
    }
  });

  test("that are cancelled or late are answered at once, and the next one is answered", async () => {
    const store = await openStore({ queries: { threads: 1 } });
    await store.append([batchOf([[running("a"), T0, 1]])]);
    const gone = new AbortController();
    const all = { matcherSets: [], fromAt: 0, toAt: 2 * T0, limit: 0 };
    const asked = store.series({ ...all, signal: gone.signal });
    gone.abort();
    await expect(asked).rejects.toMatchObject({ kind: "canceled" });
    await expect(store.queryInstant("up", T0, { timeoutMs: 0 })).rejects.toMatchObject({ kind: "timeout" });
    expect(await store.series(all)).toHaveLength(1);
  });

  test("beyond the number that may wait are refused", async () => {
    const store = await openStore({ queries: { threads: 1, maxWaiting: 1 } });
    const all = { matcherSets: [], fromAt: 0, toAt: 2 * T0, limit: 0 };
    const outcomes = await Promise.allSettled([store.series(all), store.series(all), store.series(all)]);
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected"]);
  });

  test("end with the store", async () => {
    const store = await openStore();
    const asked = store.series({ matcherSets: [], fromAt: 0, toAt: T0, limit: 0 });
    const refused = expect(asked).rejects.toMatchObject({ kind: "canceled" });
    await store.close();
    await refused;
  });
});

describe("a file of samples", () => {
  test("killed again and again while it is written and compacted holds every answered sample, each once", async () => {
    const path = newPath();
    const program = new URL("../contract-tests/append-samples-until-killed.ts", import.meta.url).pathname;
    let answered = -1;
    for (let life = 0; life < 12; life++) {
      const child = spawn(process.execPath, [program, join(path, ".."), String(answered + 1)], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      const enough = answered + 20 + life * 17;
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        for (const line of text.split("\n")) if (line !== "") answered = Number(line);
        if (answered >= enough) child.kill("SIGKILL");
      });
      await once(child, "close");
    }
    const expected = new Map<string, Map<number, number | "stale">>();
    for (let round = 0; round <= answered; round++)
      for (const [labels, at, value] of samplesOfRound(round)) {
        const job = labels.job_name ?? "";
        expected.set(job, (expected.get(job) ?? new Map<number, number | "stale">()).set(at, value));
      }
    const store = await openStore({ path });
    for (const when of ["as it was left", "settled"]) {
      const found = await selected(store);
      expect(found, when).toHaveLength(expected.size);
      for (const { labels, times, values } of found) {
        // A round may have been stored and not answered any more.
        const stored = times
          .map((at, index) => [at, values[index]])
          .filter(([, value]) => Number(value) <= answered);
        const wanted = [...(expected.get(labels.job_name ?? "") ?? [])].sort(([a], [b]) => a - b);
        expect(stored, when).toEqual(wanted);
      }
      await store.compact();
    }
    const tables = new DatabaseSync(path, { readOnly: true });
    const count = (table: string) => tables.prepare(`select count(*) as count from ${table}`).get()?.count;
    expect([count("segments"), count("runs where state <> 1")]).toEqual([0, 0]);
    tables.close();
  });
});
