// Series written again by the CLI, through a real server process.
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { newFolder, runCli, type StartedCli, startCli } from "../testing/run-cli.ts";

let server: StartedCli;
let url = "";

beforeAll(async () => {
  const dataDir = join(newFolder(), "data");
  server = startCli(["serve", "--data-dir", dataDir, "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0"], {
    cwd: newFolder(),
  });
  url = await addressOf(server);
});
afterAll(async () => {
  server.child.kill("SIGTERM");
  expect((await server.result).code).toBe(0);
});

async function addressOf(started: StartedCli): Promise<string> {
  const found = Promise.withResolvers<string>();
  let printed = "";
  started.child.stdout?.on("data", (chunk: Buffer) => {
    printed += chunk.toString();
    const address = /web, API.*?(http:\/\/[\d.]+:\d+)/.exec(printed)?.[1];
    if (address !== undefined) found.resolve(address);
  });
  started.child.once("exit", () => found.reject(new Error(`the server ended: ${printed}`)));
  return await found.promise;
}

test("metrics rebuild writes a job's series again and says what", { timeout: 90_000 }, async () => {
  const run = (args: readonly string[]) => runCli(args, { url, cwd: newFolder() });
  await run(["ping", "nightly_load", "--success"]);
  const from = new Date(Date.now() - 3_600_000).toISOString();
  // The run is in the series with the next tick.
  await vi.waitFor(
    async () => {
      const { code, stdout } = await run(["metrics", "rebuild", "--from", from, "--json"]);
      expect(code).toBe(0);
      const { items } = JSON.parse(stdout.toString()) as {
        items: { jobName: string; runs: number; samples: number }[];
      };
      expect(items).toMatchObject([{ jobName: "nightly_load", runs: 1 }]);
      expect(items[0]?.samples).toBeGreaterThan(0);
    },
    { timeout: 60_000, interval: 3_000 },
  );
  const { stdout } = await run(["metrics", "rebuild", "--from", from, "--job", "nightly_load"]);
  expect(stdout.toString()).toMatch(/^1\/1 {2}nightly_load: 1 runs?, \d+ series, \d+ samples since /);
  const other = await run(["metrics", "rebuild", "--from", from, "--job", "other"]);
  expect([other.code, other.stderr.toString()]).toEqual([1, expect.stringContaining('no job "other"')]);
  expect((await run(["metrics", "rebuild"])).code).toBe(2);
});
