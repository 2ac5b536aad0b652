/**
 * Memory and CPU of the command and all that it started, from Linux's /proc (proc(5)). Memory is sampled: a peak between
 * two samples is seen only as far as one process's own high-water mark (VmHWM) tells it. CPU time of ended and
 * reaped processes is exact to the clock tick. Elsewhere than on Linux nothing is measured.
 */
import { readdirSync, readFileSync } from "node:fs";

/** USER_HZ: Linux shows 100 ticks a second to programs on every architecture that Node.js runs on. */
const TICK_MS = 10;

export interface TreeSample {
  /** Resident memory of the tree now; pages that its processes share count once for each. */
  memoryBytes: number;
  /** The highest so far. */
  peakMemoryBytes: number;
  cpuMs: number;
}

export interface ProcessStat {
  parentPid: number;
  processGroup: number;
  terminal: number;
  terminalForegroundGroup: number;
  /** User and system time of the process itself. */
  cpuTicks: number;
  /** The same of its children that have ended and been waited for, and of theirs. */
  reapedCpuTicks: number;
}

/** Watches one tree. */
export class ProcessTree {
  readonly #rootPid: number;
  #peakMemoryBytes = 0;

  constructor(rootPid: number) {
    this.#rootPid = rootPid;
  }

  get peakMemoryBytes(): number {
    return this.#peakMemoryBytes;
  }

  /** Null when nothing of the tree can be seen: it has ended, or there is no /proc. */
  sample(): TreeSample | null {
    let memoryBytes = 0;
    let cpuTicks = 0;
    let highWater = 0;
    let seen = 0;
    for (const pid of treeOf(this.#rootPid)) {
      const memory = memoryOf(pid);
      const stat = readProcessStat(String(pid));
      if (memory === null || stat === null) continue;
      seen++;
      memoryBytes += memory.residentBytes;
      highWater = Math.max(highWater, memory.highWaterBytes);
      cpuTicks += stat.cpuTicks + stat.reapedCpuTicks;
    }
    if (seen === 0) return null;
    this.#peakMemoryBytes = Math.max(this.#peakMemoryBytes, memoryBytes, highWater);
    return { memoryBytes, peakMemoryBytes: this.#peakMemoryBytes, cpuMs: cpuTicks * TICK_MS };
  }
}

/** CPU time of all children of this process that have ended, with all that they waited for; null without /proc. */
export function reapedChildrenCpuMs(): number | null {
  const stat = readProcessStat("self");
  return stat === null ? null : stat.reapedCpuTicks * TICK_MS;
}

/** Fields of /proc/PID/stat; null when there is no such process. The name in brackets may hold blanks and brackets. */
export function readProcessStat(pid: string): ProcessStat | null {
  const text = readOrNull(`/proc/${pid}/stat`);
  if (text === null) return null;
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  // The first field here is the third of the manual's list.
  const field = (number: number): number => Number(fields[number - 3] ?? 0);
  return {
    parentPid: field(4),
    processGroup: field(5),
    terminal: field(7),
    terminalForegroundGroup: field(8),
    cpuTicks: field(14) + field(15),
    reapedCpuTicks: field(16) + field(17),
  };
}

function* treeOf(pid: number): Generator<number> {
  yield pid;
  for (const child of childrenOf(pid)) yield* treeOf(child);
}

let kernelListsChildren: boolean | null = null;

function childrenOf(pid: number): number[] {
  if (kernelListsChildren === null)
    kernelListsChildren = readOrNull(`/proc/self/task/${process.pid}/children`) !== null;
  if (!kernelListsChildren) return childrenByScan(pid);
  return listOrEmpty(`/proc/${pid}/task`).flatMap((thread) =>
    (readOrNull(`/proc/${pid}/task/${thread}/children`) ?? "").split(" ").filter(Boolean).map(Number),
  );
}

/** For kernels built without CONFIG_PROC_CHILDREN. */
function childrenByScan(pid: number): number[] {
  return listOrEmpty("/proc")
    .filter((name) => /^\d+$/.test(name) && readProcessStat(name)?.parentPid === pid)
    .map(Number);
}

function memoryOf(pid: number): { residentBytes: number; highWaterBytes: number } | null {
  const status = readOrNull(`/proc/${pid}/status`);
  // One that has ended and waits to be reaped has no memory any more.
  if (status === null || !status.includes("VmRSS:")) return null;
  const kilobytes = (name: string): number =>
    Number(new RegExp(`^${name}:\\s*(\\d+) kB`, "m").exec(status)?.[1] ?? 0);
  return { residentBytes: kilobytes("VmRSS") * 1024, highWaterBytes: kilobytes("VmHWM") * 1024 };
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return null;
  }
}

function listOrEmpty(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
