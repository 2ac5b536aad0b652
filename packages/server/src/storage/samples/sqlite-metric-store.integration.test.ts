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
import { encodeSegment } from "./segment-codec.ts";
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

describeMetricStore("a file", () => openStore(), 8);

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

describe("a file of samples", () => {
  test("that is full says so and keeps what it has; with room again it goes on", async () => {
    const path = newPath();
    const store = await openStore({ path });
    await store.append([batchOf([[running("before"), T0, 1]])]);
    await store.close();
    const small = await openStore({ path, pageLimit: 1 });
    const wide = batchOf(
      Array.from({ length: 5000 }, (_, index) => [running(`wide${index}`), T0, Math.random()]),
    );
    await expect(small.append([wide])).rejects.toMatchObject({ code: "DISK_FULL", retryable: true });
    expect((await selected(small)).map(({ labels }) => labels.job_name)).toEqual(["before"]);
    expect((await small.stats()).series).toBe(1);
    await small.close();
    const roomy = await openStore({ path });
    expect(await roomy.append([wide])).toEqual([null]);
    expect(await roomy.stats()).toMatchObject({ series: 5001, samples: 5001 });
  });

  test("of the first form is taken over with its samples", async () => {
    const path = newPath();
    const old = new DatabaseSync(path);
    old.exec(FIRST_FORM);
    for (const [id, labels] of [running("a"), running("b")].entries())
      old
        .prepare("insert into series (id, labels, last_day) values (?, ?, 0)")
        .run(id + 1, JSON.stringify(labels));
    // Large enough to be packed, as all were.
    const { data } = encodeSegment({
      seriesIds: Uint32Array.from({ length: 5000 }, (_, index) => (index % 2) + 1),
      times: Float64Array.from({ length: 5000 }, (_, index) => T0 + index),
      values: new Float64Array(5000).fill(3),
    });
    old
      .prepare("insert into segments (from_at, to_at, samples, data) values (?, ?, 5000, ?)")
      .run(T0, T0 + 4999, data);
    old.close();
    const store = await openStore({ path });
    await store.append([batchOf([[running("a"), T0 + 9000, 4]])]);
    const found = await selected(store);
    expect(found.map(({ labels, times }) => [labels, times.length])).toEqual([
      [running("a"), 2501],
      [running("b"), 2500],
    ]);
  });

  test("of a newer form is refused", async () => {
    const path = newPath();
    const newer = new DatabaseSync(path);
    newer.exec("pragma user_version = 99");
    newer.close();
    await expect(openStore({ path })).rejects.toMatchObject({ code: "NEWER_DATABASE", retryable: false });
  });
});

const FIRST_FORM = `
  create table series (id integer primary key autoincrement, labels text not null unique, last_day integer not null) strict;
  create index series_by_day on series (last_day);
  create table series_labels (
    name text not null, value text not null,
    series_id integer not null references series (id) on delete cascade, primary key (name, value, series_id)
  ) strict, without rowid;
  create index series_labels_by_series on series_labels (series_id);
  create table segments (
    id integer primary key autoincrement, from_at real not null, to_at real not null,
    samples integer not null, data blob not null
  ) strict;
  create index segments_by_end on segments (to_at);`;
