/** Whether the server may start as configured: reachable from other hosts only where keys exist. */
import type { Config } from "@batchwatch/protocol";
import type { LedgerStore } from "../storage/ledger-store.ts";
import { isLoopbackHost } from "./loopback.ts";

/** True when requests need a key: the server can be reached from other hosts, or the configuration says so. */
export function isKeyRequired(config: Config): boolean {
  return config.auth.onLoopback || reachableAt(config) !== null;
}

/** The first configured address that is not loopback. */
function reachableAt({ http, grpc }: Config): string | null {
  if (!isLoopbackHost(http.host)) return `http.host ${http.host}`;
  if (grpc.enabled && !isLoopbackHost(grpc.host)) return `grpc.host ${grpc.host}`;
  if (http.publicUrl !== undefined && !isLoopbackHost(new URL(http.publicUrl).hostname))
    return `http.publicUrl ${http.publicUrl}`;
  return null;
}

export class NoKeysError extends Error {
  readonly code = "NO_KEYS";
}

/** @throws NoKeysError that says how to make a key. */
export async function refuseToStartWithoutKeys(config: Config, store: LedgerStore): Promise<void> {
  if (!isKeyRequired(config) || (await store.countActiveKeys()) > 0) return;
  const where = reachableAt(config);
  throw new NoKeysError(
    `${where === null ? "auth.onLoopback asks for keys" : `Other hosts can reach this server (${where})`}, and no key exists. ` +
      `Make one first: batchwatch keys create --scope admin --data-dir ${config.dataDir}\n` +
      `Or listen on loopback only: --http 127.0.0.1:${config.http.port} --grpc 127.0.0.1:${config.grpc.port}`,
  );
}
