import { mkdtempSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunEventInput } from "@batchwatch/protocol/run-event";
import { expect, test } from "vitest";
import { Spool } from "./spool.ts";

const TARGET = { url: "http://127.0.0.1:4318", apiKey: "bw_secret" };
const EVENT: RunEventInput = { kind: "completed", jobName: "nightly", runId: "r", at: 1_795_500_000_000 };

function newSpool(): Spool {
  const directory = join(mkdtempSync(join(tmpdir(), "spool-")), "spool");
  return new Spool(directory, directory);
}

test("what was written is read again as it was", () => {
  const spool = newSpool();
  const path = spool.write([EVENT], TARGET, 1_795_500_000_000);
  expect(spool.list()).toEqual([path]);
  expect(spool.read(path)).toMatchObject({ kind: "batch", batch: { url: TARGET.url, events: [EVENT] } });
  expect(readFileSync(path, "utf8")).not.toContain("bw_secret");
});

test("lists the oldest first, whoever wrote it", () => {
  const spool = newSpool();
  for (const at of [3000, 1000, 20_000, 2000]) spool.write([{ ...EVENT, at }], TARGET, at);
  const times = spool.list().map((path) => {
    const reading = spool.read(path);
    return reading.kind === "batch" ? reading.batch.events[0]?.at : null;
  });
  expect(times).toEqual([1000, 2000, 3000, 20_000]);
});

test.each([
  ["", "corrupt"],
  ["{", "corrupt"],
  ["null", "corrupt"],
  ["[]", "corrupt"],
  ['{"version":2,"url":"u","key":"k","events":[{"kind":"log","jobName":"a"}]}', "corrupt"],
  ['{"version":1,"url":"u","key":"k","events":[]}', "corrupt"],
  ['{"version":1,"url":"u","key":"k","events":[null]}', "corrupt"],
  ['{"version":1,"url":"u","key":"k","events":[{"kind":"log","jobName":"a"}]}', "batch"],
])("a file with %j is %s", (text, kind) => {
  const spool = newSpool();
  const path = spool.write([EVENT], TARGET, 1);
  writeFileSync(path, text);
  expect(spool.read(path).kind).toBe(kind);
});

test("a file that another sender has taken is gone", () => {
  const spool = newSpool();
  const path = spool.write([EVENT], TARGET, 1);
  spool.remove(path);
  spool.remove(path);
  spool.reject(path, "refused");
  expect(spool.read(path)).toEqual({ kind: "gone" });
});

test("drops the oldest when it is full, and halves of files that a kill left", () => {
  const spool = newSpool();
  const big: RunEventInput = { ...EVENT, output: "x".repeat(20_000_000) };
  const paths = [1, 2, 3, 4].map((at) => spool.write([big], TARGET, at));
  const half = join(spool.directory, ".000000000000001-1-0-a.json.tmp");
  writeFileSync(half, "{");
  utimesSync(half, 1000, 1000);
  expect(spool.prune(Date.now())).toBe(1);
  expect(spool.list()).toEqual(paths.slice(1));
  expect(readdirSync(spool.directory).filter((name) => name.endsWith(".tmp"))).toEqual([]);
});

test("one sender at a time has the lock", () => {
  const spool = newSpool();
  const lock = spool.lock(Date.now);
  expect(lock).not.toBe(null);
  expect(spool.lock(Date.now)).toBe(null);
  lock?.release();
  const next = spool.lock(Date.now);
  expect(next).not.toBe(null);
});

test("a lock that nobody touches any more is taken over", () => {
  const spool = newSpool();
  expect(spool.lock(Date.now)).not.toBe(null);
  const later = (): number => Date.now() + 31_000;
  expect(spool.lock(later)).not.toBe(null);
});

test("a lock that is touched is not", () => {
  const spool = newSpool();
  const later = (): number => Date.now() + 31_000;
  const lock = spool.lock(later);
  lock?.touch();
  expect(spool.lock(later)).toBe(null);
});
