/**
 * A full disk: clients are told to try again (503 with Retry-After), nothing that was answered is lost, and the server goes
 * on by itself once there is room. On a real file system that is full: a small tmpfs, which only root may mount.
 */
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type ServerProcess, startServerProcess } from "./server-process.ts";

const DISK_MIB = 32;
/** Deleted to make room. */
const BALLAST_MIB = 8;
const MIB = 1024 * 1024;
const OUTPUT_BYTES = 24_000;
/** Far more than the disk holds. */
const MOST_RUNS = 4_000;
const MINUTE = 60_000;

const disk = mkdtempSync(join(tmpdir(), "batchwatch-disk-"));
const isMounted = mountDisk();
let server: ServerProcess;

function mountDisk(): boolean {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${DISK_MIB}m`, "batchwatch-test", disk], {
      stdio: "ignore",
    });
    return true;
  } catch {
    console.warn("Skipped: mounting a small tmpfs needs root (and the right to mount).");
    return false;
  }
}

/** Text that no store makes smaller. */
function sendRun(number: number): Promise<Response> {
  return fetch(`${server.url}/api/events`, {
    method: "POST",
    body: JSON.stringify({
      id: `event-${number}`,
      kind: "completed",
      jobName: "filling",
      runId: `run-${number}`,
      output: randomBytes(OUTPUT_BYTES / 2).toString("hex"),
    }),
  });
}

describe.runIf(isMounted)("a full disk", () => {
  beforeAll(async () => {
    writeFileSync(join(disk, "ballast"), Buffer.alloc(BALLAST_MIB * MIB));
    mkdirSync(join(disk, "data"));
    server = await startServerProcess({ dataDir: join(disk, "data") });
  }, MINUTE);

  afterAll(async () => {
    await server.kill();
    execFileSync("umount", ["--lazy", disk]);
    rmSync(disk, { recursive: true, force: true });
  });

  it(
    "is answered with 503 and Retry-After, loses nothing that was answered, and is over when there is room",
    async () => {
      const answered: number[] = [];
      let refused: Response | null = null;
      for (let number = 0; number < MOST_RUNS && refused === null; number += 1) {
        const response = await sendRun(number);
        if (response.ok) answered.push(number);
        else refused = response;
      }
      expect(refused?.status).toBe(503);
      expect(Number(refused?.headers.get("retry-after"))).toBeGreaterThan(0);
      expect(await refused?.text()).toMatch(/disk|full/i);
      expect(answered.length).toBeGreaterThan(10);

      rmSync(join(disk, "ballast"));
      await vi.waitFor(async () => expect((await sendRun(MOST_RUNS)).status).toBe(200), {
        timeout: 20_000,
        interval: 200,
      });
      expect((await fetch(`${server.url}/readyz`)).status).toBe(200);

      await server.kill();
      server = await startServerProcess({ dataDir: join(disk, "data") });
      for (const number of [...answered, MOST_RUNS]) {
        const run = await fetch(`${server.url}/api/runs/run-${number}?jobName=filling`);
        expect(run.status, `run-${number}`).toBe(200);
        await run.body?.cancel();
      }
    },
    2 * MINUTE,
  );
});
