import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createApiKey } from "./access/api-keys.ts";
import { createSqliteLedger } from "./storage/open-storage.ts";
import { startTestServer } from "./test-server.ts";

let dataDir = "";
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "batchwatch-main-"));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

async function makeKey(scope: "ingest" | "read" | "write" | "admin"): Promise<string> {
  const store = createSqliteLedger({ path: join(dataDir, "ledger.db") });
  await store.open();
  const { secret } = await createApiKey(store, { name: "test", scope, namespace: null }, Date.now());
  await store.close();
  return secret;
}

describe("a start is refused, saying what to do", () => {
  test("when the port is taken", async () => {
    const holder = createServer().listen(0, "127.0.0.1");
    await once(holder, "listening");
    const { port } = holder.address() as { port: number };
    await expect(startTestServer({ dataDir, http: { port } })).rejects.toThrow(
      new RegExp(`127.0.0.1:${port} is in use already.*--http 127.0.0.1:0`),
    );
    await expect(startTestServer({ dataDir, grpc: { port } })).rejects.toThrow(/--grpc 127.0.0.1:0/);
    holder.close();
    const server = await startTestServer({ dataDir });
    await server.close();
  });

  // "E No address added out of total 1 resolved" stood before it, and "Server listening" in the log.
  test("and nothing else is said when the second port is the one that is taken", async () => {
    const holder = createServer().listen(0, "127.0.0.1");
    await once(holder, "listening");
    const { port } = holder.address() as { port: number };
    const lines: string[] = [];
    const log = pino({ level: "info" }, { write: (line: string) => lines.push(line) });
    const onConsole = vi.spyOn(console, "error");
    await expect(startTestServer({ dataDir, grpc: { port } }, { log })).rejects.toThrow(/is in use already/);
    expect({ lines, console: onConsole.mock.calls }).toEqual({ lines: [], console: [] });
    onConsole.mockRestore();
    holder.close();
  });

  test("when other hosts can reach it and no key exists", async () => {
    await expect(startTestServer({ dataDir, http: { host: "0.0.0.0" } })).rejects.toThrow(
      /batchwatch keys create/,
    );
    await makeKey("ingest");
    const server = await startTestServer({ dataDir, http: { host: "0.0.0.0" } });
    await server.close();
  });

  test("when another server has the data", async () => {
    const server = await startTestServer({ dataDir });
    await expect(startTestServer({ dataDir })).rejects.toThrow(new RegExp(`process ${process.pid}`));
    await server.close();
  });

  test("when PostgreSQL is configured", async () => {
    await expect(startTestServer({ dataDir, storage: { url: "postgres://x/y" } })).rejects.toThrow(
      /storage.url/,
    );
  });
});

describe("where keys are asked for", () => {
  test.each([
    ["ingest", "POST", "/api/events", 200],
    ["ingest", "GET", "/api/jobs", 403],
    ["ingest", "GET", "/metrics", 403],
    ["read", "POST", "/api/events", 403],
    ["read", "GET", "/api/jobs", 200],
    ["read", "GET", "/metrics", 200],
    ["read", "PUT", "/api/jobs/default/a", 403],
    ["write", "PUT", "/api/jobs/default/a", 200],
    ["write", "GET", "/api/jobs", 200],
    ["admin", "POST", "/api/events", 200],
    [null, "GET", "/api/jobs", 401],
    [null, "POST", "/api/events", 401],
    [null, "POST", "/v1/traces", 401],
    [null, "GET", "/ping/local/daily_etl", 404],
    [null, "GET", "/healthz", 200],
    [null, "GET", "/readyz", 200],
  ] as const)("a key of scope %s may %s %s: %d", async (scope, method, path, status) => {
    await makeKey("admin");
    const headers: Record<string, string> = scope === null ? {} : { "x-api-key": await makeKey(scope) };
    const server = await startTestServer({ dataDir, auth: { onLoopback: true } });
    const body = method === "GET" ? {} : { body: method === "PUT" ? "{}" : "[]" };
    expect((await server.request(path, { method, headers, ...body })).status).toBe(status);
    await server.close();
  });
});

test("jobs files are read at the start and again when they change, and a bad one shows in readiness", async () => {
  const file = join(dataDir, "jobs.yaml");
  writeFileSync(file, "jobs:\n  - name: declared\n    owner: ann\n");
  const server = await startTestServer({ dataDir, jobs: { files: [file], reloadInterval: "100ms" } });
  expect((await server.request("/api/jobs/default/declared")).json).toMatchObject({ owner: "ann" });
  writeFileSync(file, "jobs:\n  - name: declared\n    onwer: bob\n");
  await vi.waitFor(async () => {
    expect((await server.request("/readyz")).json).toMatchObject({
      status: "ready",
      parts: { jobsFiles: { ready: false, detail: expect.stringContaining("jobs.yaml:3") } },
    });
  }, 10_000);
  await server.close();
});

describe("as a process", () => {
  const SOURCE = `
    import { runServer } from ${JSON.stringify(join(import.meta.dirname, "run-server.ts"))};
    import { loadConfig } from ${JSON.stringify(join(import.meta.dirname, "config/load-config.ts"))};
    const { config } = loadConfig({ env: process.env, cwd: process.env.BATCHWATCH_DATA_DIR });
    process.exitCode = await runServer(config, (text) => process.stdout.write(text));`;

  function start() {
    return spawn(process.execPath, ["--input-type=module", "--eval", SOURCE], {
      env: {
        ...process.env,
        BATCHWATCH_DATA_DIR: dataDir,
        BATCHWATCH_HTTP_PORT: "0",
        BATCHWATCH_GRPC_PORT: "0",
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
  }

  async function addressOf(child: ReturnType<typeof start>): Promise<string> {
    let printed = "";
    for await (const chunk of child.stdout) {
      printed += String(chunk);
      const url = /http:\/\/127\.0\.0\.1:\d+/.exec(printed);
      if (url !== null && printed.includes("OTEL_EXPORTER_OTLP_ENDPOINT")) return url[0];
    }
    throw new Error(`the server ended: ${printed}`);
  }

  test("it prints where it is, answers what is open on SIGTERM, and ends with 0", async () => {
    const child = start();
    const url = await addressOf(child);
    const { port, hostname } = new URL(url);
    const body = JSON.stringify({ kind: "started", jobName: "open", runId: "open-1" });
    const socket = connect(Number(port), hostname);
    socket.write(
      `POST /api/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, 5)}`,
    );
    const idle = connect(Number(port), hostname);
    await once(idle, "connect");
    // A later request on another connection is answered only after the server has read what came before.
    await fetch(`${url}/healthz`);
    child.kill("SIGTERM");
    await vi.waitFor(async () => await expect(fetch(`${url}/healthz`)).rejects.toThrow(), 10_000);
    socket.write(body.slice(5));
    const answer = await text(socket);
    expect(answer).toMatch(/^HTTP\/1.1 200 /);
    expect(answer).toContain('{"accepted":1,"rejected":[]}');
    const [code] =
      child.exitCode === null ? ((await once(child, "exit")) as [number | null]) : [child.exitCode];
    expect(code).toBe(0);
    const again = await startTestServer({ dataDir });
    expect((await again.request("/api/runs/open-1")).json).toMatchObject({ phase: "running" });
    await again.close();
  });

  test("kill -9 under load loses nothing that was answered", async () => {
    const child = start();
    const url = await addressOf(child);
    const answered: string[] = [];
    let sent = 0;
    const clients = Array.from({ length: 16 }, async (_, client) => {
      for (let index = 0; ; index++) {
        const runId = `c${client}-${index}`;
        const response = await fetch(`${url}/api/events`, {
          method: "POST",
          body: JSON.stringify({ kind: "started", jobName: "loaded", runId }),
        }).catch(() => null);
        if (response === null) return;
        if (response.ok) answered.push(runId);
        if (++sent === 400) child.kill("SIGKILL");
      }
    });
    await Promise.all(clients);
    const again = await startTestServer({ dataDir });
    const job = await again.store.findJob({ namespace: "default", environment: "", jobName: "loaded" });
    for (const runId of answered) {
      expect(await again.store.findRun(job?.id ?? 0, runId), runId).not.toBeNull();
    }
    expect(answered.length).toBeGreaterThan(100);
    await again.close();
  });
});

test("the JSON Schema of jobs files in the docs is the one that is served", async () => {
  const server = await startTestServer({ dataDir });
  const { json } = await server.request("/api/schemas/jobs.json");
  await server.close();
  const path = join(import.meta.dirname, "../../../docs/reference/jobs.schema.json");
  await expect(`${JSON.stringify(json, null, 2)}\n`).toMatchFileSnapshot(path);
});
