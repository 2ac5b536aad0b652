/** The memory limit that a container, a systemd unit or a batch scheduler has set, from Linux's control groups (v2 and v1). */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** cgroup v1 says "no limit" with a number near 2^63. */
const NO_LIMIT_BYTES = 2 ** 60;

export interface MemoryCgroup {
  /** The smallest limit of the group and those around it; null = none. */
  limitBytes: number | null;
  /** How often the kernel has killed a process of the group for memory. */
  oomKills(): number;
}

/** Reads the group of this process; null when there is none to be seen. */
export function readMemoryCgroup(root = "/sys/fs/cgroup", self = "/proc/self/cgroup"): MemoryCgroup | null {
  const groups = readOrNull(self);
  if (groups === null) return null;
  const v1 = /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(.*)$/m.exec(groups)?.[1];
  const v2 = /^0::(.*)$/m.exec(groups)?.[1];
  if (v1 !== undefined) {
    const folder = join(root, "memory", v1);
    return {
      limitBytes: smallestLimit(join(root, "memory"), folder, "memory.limit_in_bytes"),
      oomKills: () => counter(join(folder, "memory.oom_control"), "oom_kill"),
    };
  }
  if (v2 === undefined) return null;
  const folder = join(root, v2);
  return {
    limitBytes: smallestLimit(root, folder, "memory.max"),
    oomKills: () => counter(join(folder, "memory.events"), "oom_kill"),
  };
}

function smallestLimit(root: string, folder: string, file: string): number | null {
  let smallest = NO_LIMIT_BYTES;
  for (let at = folder; at.startsWith(root); at = dirname(at)) {
    const text = readOrNull(join(at, file))?.trim();
    if (text !== undefined && /^\d+$/.test(text)) smallest = Math.min(smallest, Number(text));
  }
  return smallest < NO_LIMIT_BYTES ? smallest : null;
}

function counter(path: string, name: string): number {
  return Number(new RegExp(`^${name} (\\d+)$`, "m").exec(readOrNull(path) ?? "")?.[1] ?? 0);
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return null;
  }
}
