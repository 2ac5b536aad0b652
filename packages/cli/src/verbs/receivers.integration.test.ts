// `receivers` against a real server process: listed, tested, and the sign of life that the same server gives.
import { writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { newFolder, runCli, type StartedCli, startCli } from "../testing/run-cli.ts";

let hook: Server;
let asked: string[];
let server: StartedCli;
let url = "";

beforeAll(async () => {
  asked = [];
  hook = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    request.resume().on("end", () => response.writeHead(request.url === "/gone" ? 410 : 200).end());
  });
  await new Promise<void>((resolve) => hook.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(hook.address() as AddressInfo).port}`;
  const folder = newFolder();
  writeFileSync(join(folder, "secret"), `${origin}/hook\n`);
  writeFileSync(
    join(folder, "batchwatch.yaml"),
    `dataDir: ./data
http: { port: 0 }
grpc: { port: 0 }
receivers:
  - { name: ops, url_file: secret }
  - { name: gone, url: "${origin}/gone" }
  - { name: alertmanager, type: alertmanager, urls: ["${origin}/am"] }
alerts: { receiver: ops, watchdog: alertmanager }
watchdog: { ping_url: "${origin}/alive", interval: 1s }
`,
  );
  server = startCli(["serve"], { cwd: folder });
  url = await addressOf(server);
}, 60_000);

afterAll(async () => {
  server.child.kill("SIGTERM");
  expect((await server.result).code).toBe(0);
  hook.closeAllConnections();
  await new Promise((resolve) => hook.close(resolve));
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

async function batchwatch(
  ...args: string[]
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await runCli(args, { url, cwd: newFolder() });
  return { code, stdout: stdout.toString(), stderr: stderr.toString() };
}

test("receivers lists them, a test tells what became of it", { timeout: 60_000 }, async () => {
  const list = await batchwatch("receivers");
  expect(list.stdout).toMatch(/^ops +webhook +address in a file$/m);
  expect(list.stdout).toMatch(/^alertmanager +alertmanager +127\.0\.0\.1:\d+$/m);

  const good = await batchwatch("receivers", "test", "ops");
  expect(good.stdout).toMatch(
    /^test alert: delivered \(status 200, \d+ ms\)\nresolution: delivered \(status 200/,
  );
  expect([good.code, asked.filter((line) => line === "POST /hook")]).toEqual([
    0,
    ["POST /hook", "POST /hook"],
  ]);

  const gone = await batchwatch("receivers", "test", "gone");
  expect(gone.stdout).toMatch(/^test alert: not delivered \(status 410, \d+ ms\): it answered 410$/m);
  expect(gone.code).toBe(1);

  const unknown = await batchwatch("receivers", "test", "opps");
  expect([unknown.code, unknown.stderr]).toEqual([1, expect.stringContaining('Did you mean "ops"?')]);
});

test("the server gives a sign of life, again and again", { timeout: 60_000 }, async () => {
  const count = (line: string): number => asked.filter((one) => one === line).length;
  await vi.waitFor(
    () => {
      expect(count("GET /alive")).toBeGreaterThan(1);
      expect(count("POST /am/api/v2/alerts")).toBeGreaterThan(1);
    },
    { timeout: 30_000, interval: 100 },
  );
});
