import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { readMemoryCgroup } from "./memory-cgroup.ts";

function layOut(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), "cgroup-"));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

test("version 2: the smallest limit of the group and those around it", () => {
  const root = layOut({
    self: "0::/system.slice/etl.service\n",
    "fs/system.slice/etl.service/memory.max": "max\n",
    "fs/system.slice/memory.max": "536870912\n",
    "fs/system.slice/etl.service/memory.events": "low 0\noom 2\noom_kill 1\noom_group_kill 0\n",
  });
  const cgroup = readMemoryCgroup(join(root, "fs"), join(root, "self"));
  expect(cgroup?.limitBytes).toBe(536_870_912);
  expect(cgroup?.oomKills()).toBe(1);
});

test("version 1", () => {
  const root = layOut({
    self: "5:cpu,cpuacct:/x\n4:memory:/docker/abc\n",
    "fs/memory/docker/abc/memory.limit_in_bytes": "104857600\n",
    "fs/memory/memory.limit_in_bytes": "9223372036854771712\n",
    "fs/memory/docker/abc/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n",
  });
  const cgroup = readMemoryCgroup(join(root, "fs"), join(root, "self"));
  expect(cgroup?.limitBytes).toBe(104_857_600);
  expect(cgroup?.oomKills()).toBe(3);
});

test("no limit and no group", () => {
  const root = layOut({ self: "0::/\n", "fs/memory.max": "max\n" });
  expect(readMemoryCgroup(join(root, "fs"), join(root, "self"))?.limitBytes).toBe(null);
  expect(readMemoryCgroup(join(root, "fs"), join(root, "nowhere"))).toBe(null);
});
