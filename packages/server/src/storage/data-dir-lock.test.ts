import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { DataDirInUseError, DataDirNotWritableError, lockDataDir } from "./data-dir-lock.ts";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "batchwatch-lock-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test("a second server on the same directory is refused, with the number of the first process", () => {
  const lock = lockDataDir(dir);
  expect(() => lockDataDir(dir)).toThrow(DataDirInUseError);
  expect(() => lockDataDir(dir)).toThrow(new RegExp(`process ${process.pid}`));
  lock.release();
  lockDataDir(dir).release();
});

test("what a dead process left behind does not count", () => {
  writeFileSync(join(dir, "server.pid"), "1\n");
  writeFileSync(join(dir, "server.lock"), "");
  lockDataDir(dir).release();
});

test("the lock of another process holds until it is killed", async () => {
  const source = `
    import { lockDataDir } from ${JSON.stringify(join(import.meta.dirname, "data-dir-lock.ts"))};
    lockDataDir(${JSON.stringify(dir)});
    console.log("locked");
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", source], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    await once(child.stdout, "data");
    expect(() => lockDataDir(dir)).toThrow(new RegExp(`process ${child.pid}`));
  } finally {
    child.kill("SIGKILL");
    await once(child, "exit");
  }
  lockDataDir(dir).release();
});

test("a directory that cannot be written is told", () => {
  writeFileSync(join(dir, "file"), "");
  expect(() => lockDataDir(join(dir, "file/data"))).toThrow(DataDirNotWritableError);
});
