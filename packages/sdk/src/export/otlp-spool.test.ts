import { mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Destination } from "./export-options.ts";
import { OtlpSpool, type SpooledRequest, spoolDirectory } from "./otlp-spool.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const NOW = Date.UTC(2026, 10, 24);
const HERE = destination("0000000000000001");
const THERE = destination("0000000000000002");

let folder: string;
let spool: OtlpSpool;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "batchwatch-otlp-spool-"));
  spool = new OtlpSpool(folder, folder);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function destination(fingerprint: string): Destination {
  const headers = { "x-api-key": "bw_secret" };
  return {
    endpoint: "http://127.0.0.1:4318",
    headers,
    protocol: "http/json",
    signals: ["logs"],
    tls: {},
    fingerprint,
  };
}

function request(text: string): SpooledRequest {
  return { signal: "logs", protocol: "http/json", body: new TextEncoder().encode(text) };
}

function textOf(path: string): string {
  return new TextDecoder().decode(spool.read(path)?.body);
}

describe("what is written", () => {
  test("comes back as it was, oldest first, each to its own destination", () => {
    spool.write(request("second\nline"), HERE, NOW - 1_000);
    spool.write(request("first"), HERE, NOW - 2_000);
    spool.write(request("other"), THERE, NOW - 3_000);
    expect(spool.list(HERE, NOW).map(textOf)).toEqual(["first", "second\nline"]);
    expect(spool.list(THERE, NOW).map(textOf)).toEqual(["other"]);
  });

  test("holds no key, is its owner's alone, and leaves no half of a file", () => {
    const path = spool.write(request("body"), HERE, NOW);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(new TextDecoder().decode(spool.read(path)?.body)).not.toContain("bw_secret");
    expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  test("goes after thirty days", () => {
    spool.write(request("old"), HERE, NOW - 31 * DAY_MS);
    spool.write(request("young"), HERE, NOW - 29 * DAY_MS);
    expect(spool.list(HERE, NOW).map(textOf)).toEqual(["young"]);
    expect(readdirSync(folder)).toHaveLength(1);
  });
});

describe("two senders of one spool", () => {
  test("a file is claimed once, and can be given back", () => {
    const path = spool.write(request("body"), HERE, NOW);
    const claimed = spool.claim(path);
    expect(spool.claim(path)).toBeNull();
    expect(spool.list(HERE, Date.now())).toEqual([]);
    spool.giveBack(claimed ?? "");
    expect(spool.list(HERE, NOW)).toEqual([path]);
  });

  test("the claim of a process that was killed lapses", () => {
    const path = spool.write(request("body"), HERE, NOW);
    const claimed = spool.claim(path) ?? "";
    utimesSync(claimed, new Date(NOW - 120_000), new Date(NOW - 120_000));
    expect(spool.list(HERE, NOW)).toEqual([path]);
  });
});

test("what is no request of ours is none", () => {
  for (const [name, text] of [
    ["empty", ""],
    ["text", "no header\nbody"],
    ["version", '{"version":2,"signal":"logs","protocol":"http/json"}\n'],
  ] as const) {
    writeFileSync(join(folder, name), text);
    expect(spool.read(join(folder, name))).toBeNull();
  }
  expect(spool.read(join(folder, "missing"))).toBeNull();
});

test.for([
  ["/said", { BATCHWATCH_SPOOL_DIR: "/env" }, "/said"],
  [undefined, { BATCHWATCH_SPOOL_DIR: "/env" }, "/env/otlp"],
  [undefined, { XDG_STATE_HOME: "/state" }, "/state/batchwatch/spool/otlp"],
] as const)("its folder: said %s, environment %o", ([said, env, expected]) => {
  expect(spoolDirectory(said, env)).toBe(expected);
});
