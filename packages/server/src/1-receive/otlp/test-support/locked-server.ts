/** A server that asks for keys on loopback too, and two keys: one that may send, one that may only read. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createApiKey } from "../../../access/api-keys.ts";
import { startTestServer, type TestServer } from "../../../test-server.ts";

export interface LockedServer {
  server: TestServer;
  /** Its namespace is `finance`. */
  sendSecret: string;
  readSecret: string;
  close(): Promise<void>;
}

/** Keys are made before the first start that asks for them. */
export async function startLockedServer(): Promise<LockedServer> {
  const dataDir = mkdtempSync(join(tmpdir(), "batchwatch-locked-"));
  const open = await startTestServer({ dataDir });
  const send = await createApiKey(open.store, { name: "send", scope: "ingest", namespace: "finance" }, 0);
  const read = await createApiKey(open.store, { name: "look", scope: "read", namespace: null }, 0);
  await open.close();
  const server = await startTestServer({ dataDir, auth: { onLoopback: true } });
  return {
    server,
    sendSecret: send.secret,
    readSecret: read.secret,
    async close() {
      await server.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
