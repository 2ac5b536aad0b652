/**
 * A real server for tests: free ports, a directory of its own, quiet. Everything is as in production, only the waiting is
 * short where a test would have to sit through it.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ConfigInput } from "@batchwatch/protocol";
import { type DeepPartial, loadConfig } from "./config/load-config.ts";
import { type RunningServer, type ServeOptions, serve } from "./main.ts";

export interface TestServer extends RunningServer {
  dataDir: string;
  /** The same data, a new process as it were: closes and starts again (on new ports). */
  restart(): Promise<TestServer>;
  /** `fetch` with a path; JSON in and out where it is JSON. */
  request(
    path: string,
    init?: RequestInit,
  ): Promise<{ status: number; headers: Headers; text: string; json: unknown }>;
  /** Sends run events through `POST /api/events`. */
  sendEvents(events: readonly object[]): Promise<unknown>;
}

/** @param overrides configuration in the schema's shape */
export async function startTestServer(
  overrides: DeepPartial<ConfigInput> = {},
  options: ServeOptions = {},
): Promise<TestServer> {
  const dataDir = overrides.dataDir ?? mkdtempSync(join(tmpdir(), "batchwatch-test-"));
  const { config } = loadConfig({
    file: undefined,
    cwd: dataDir,
    flags: {
      ...overrides,
      dataDir,
      http: { port: 0, ...overrides.http },
      grpc: { port: 0, ...overrides.grpc },
      log: { level: "silent", ...overrides.log },
      watch: { catchUpGrace: 0, ...overrides.watch },
    },
  });
  const server = await serve(config, options);
  const ownsDirectory = overrides.dataDir === undefined;
  const request: TestServer["request"] = async (path, init) => {
    const response = await fetch(new URL(path, server.httpUrl), init);
    const text = await response.text();
    const isJson = /\bjson\b/.test(response.headers.get("content-type") ?? "");
    return {
      status: response.status,
      headers: response.headers,
      text,
      json: isJson ? JSON.parse(text) : null,
    };
  };
  return {
    ...server,
    dataDir,
    request,
    async sendEvents(events) {
      const { json } = await request("/api/events", { method: "POST", body: JSON.stringify(events) });
      return json;
    },
    async restart() {
      await server.close();
      const next = await startTestServer({ ...overrides, dataDir }, options);
      return { ...next, close: () => closeAndRemove(next, ownsDirectory, dataDir) };
    },
    close: () => closeAndRemove(server, ownsDirectory, dataDir),
  };
}

async function closeAndRemove(server: RunningServer, remove: boolean, dataDir: string): Promise<void> {
  await server.close();
  if (remove) rmSync(dataDir, { recursive: true, force: true });
}
