/**
 * What the process uses, as far as it can be told from inside: resident memory and its peak, CPU time since a moment, the memory
 * limit of its control group. Runs that overlap in one process share these figures.
 */
import { readFileSync } from "node:fs";

export interface ResourceUse {
  memoryBytes: number;
  /** Of the process since it began. */
  peakMemoryBytes: number;
  /** null: no limit, or none that can be seen. */
  memoryLimitBytes: number | null;
  cpuSeconds: number;
}

const KIB = 1024;
/** Kernels write "no limit" of the first cgroup version as a number near 2^63. */
const NO_LIMIT_BYTES = 2 ** 60;

export class ResourceMeter {
  readonly #cpuBefore = process.cpuUsage();

  read(): ResourceUse {
    const { user, system } = process.cpuUsage(this.#cpuBefore);
    return {
      memoryBytes: process.memoryUsage.rss(),
      peakMemoryBytes: process.resourceUsage().maxRSS * KIB,
      memoryLimitBytes: memoryLimitBytes(),
      cpuSeconds: (user + system) / 1e6,
    };
  }
}

let knownLimit: number | null | undefined;

/** Read once: it does not change while a job runs, and the files are slow to open. */
function memoryLimitBytes(): number | null {
  knownLimit ??= readLimit();
  return knownLimit;
}

function readLimit(): number | null {
  const ownGroup = /^0::(\/.*)$/m.exec(read("/proc/self/cgroup"))?.[1];
  const files = [
    ...(ownGroup === undefined ? [] : [`/sys/fs/cgroup${ownGroup === "/" ? "" : ownGroup}/memory.max`]),
    "/sys/fs/cgroup/memory.max",
    "/sys/fs/cgroup/memory/memory.limit_in_bytes",
  ];
  const limits = files
    .map((file) => Number.parseInt(read(file), 10))
    .filter((limit) => limit > 0 && limit < NO_LIMIT_BYTES);
  return limits.length === 0 ? null : Math.min(...limits);
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
