/**
 * Who may do what. Receives the secret a request came with; hands on a principal or refuses (401, 403). Where no key is
 * asked for (loopback), everybody is the open principal; a key that is presented all the same is checked and counts.
 * Keys are cached for a moment, so that a request costs no database read and a revoked key stops within seconds.
 */

import { hash } from "node:crypto";
import type { Logger } from "pino";
import type { Clock } from "../lib/clock.ts";
import { HttpProblem } from "../lib/http-problem.ts";
import type { ApiKey, KeyScope, LedgerStore } from "../storage/ledger-store.ts";
import { permits } from "./api-keys.ts";

/** How long a revoked key may still work. */
const CACHE_MS = 2_000;
/** Bounds what a flood of made-up keys can hold in memory. */
const CACHE_LIMIT = 10_000;
/** `lastUsedAt` is for people; it need not be exact. */
const TOUCH_MS = 60_000;

export interface Principal {
  /** null = no key was needed. */
  keyId: number | null;
  scope: KeyScope;
  /** Namespace of what it sends, where the data says none. */
  namespace: string | null;
}

export const OPEN_PRINCIPAL: Principal = { keyId: null, scope: "admin", namespace: null };

export interface AccessControl {
  /** False where everybody on this machine may do everything. */
  readonly required: boolean;
  /**
   * @param secret the key as sent, null when none was
   * @throws HttpProblem 401; a retry with the same key never helps
   */
  authenticate(secret: string | null): Promise<Principal>;
  /** The same at once, where it can be told without the database; undefined = ask `authenticate`. */
  recall(secret: string | null): Principal | undefined;
}

/** @throws HttpProblem 403 when the principal's scope does not include what is needed. */
export function demand(principal: Principal, needed: KeyScope): void {
  if (permits(principal.scope, needed)) return;
  throw new HttpProblem(
    403,
    "forbidden",
    "This key may not do that",
    `The key has the scope "${principal.scope}"; this needs "${needed}". Make one with: batchwatch keys create --scope ${needed}`,
  );
}

export function createAccessControl(parts: {
  store: LedgerStore;
  clock: Clock;
  log: Logger;
  required: boolean;
}): AccessControl {
  const { store, clock, log, required } = parts;
  const cache = new Map<string, { principal: Principal | null; until: number }>();
  const touched = new Map<number, number>();

  function remember(digest: string, principal: Principal | null, now: number): void {
    if (cache.size >= CACHE_LIMIT) cache.clear();
    cache.set(digest, { principal, until: now + CACHE_MS });
  }

  function touch(key: ApiKey, now: number): void {
    if (now - (touched.get(key.id) ?? 0) < TOUCH_MS) return;
    touched.set(key.id, now);
    store.touchKey(key.id, now).catch((error: unknown) => {
      log.warn({ keyId: key.id, error: String(error) }, "the last use of a key could not be noted");
    });
  }

  return {
    required,
    recall(secret) {
      if (secret === null) return required ? undefined : OPEN_PRINCIPAL;
      const known = cache.get(hash("sha256", secret));
      if (known === undefined || known.until < clock.now()) return undefined;
      return known.principal ?? undefined;
    },
    async authenticate(secret) {
      if (secret === null) {
        if (!required) return OPEN_PRINCIPAL;
        throw unauthorized(
          'This server asks for a key. Send it as "Authorization: Bearer bw_…" or "x-api-key: bw_…".',
        );
      }
      const digest = hash("sha256", secret);
      const now = clock.now();
      const known = cache.get(digest);
      let principal = known !== undefined && known.until >= now ? known.principal : undefined;
      if (principal === undefined) {
        const key = await store.findKeyByHash(digest);
        const valid = key !== null && key.revokedAt === null;
        principal = valid ? { keyId: key.id, scope: key.scope, namespace: key.namespace } : null;
        remember(digest, principal, now);
        if (valid) touch(key, now);
      }
      if (principal === null)
        throw unauthorized("The key is not known here, or was revoked. List keys with: batchwatch keys list");
      return principal;
    },
  };
}

function unauthorized(detail: string): HttpProblem {
  return new HttpProblem(401, "unauthorized", "No valid key", detail, {
    headers: { "www-authenticate": 'Bearer realm="batchwatch"' },
  });
}

/** The secret among a request's headers (HTTP, or gRPC metadata with lower-case names); null when there is none. */
export function secretFromHeaders(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): string | null {
  const own = one(headers["x-api-key"]);
  if (own !== null) return own;
  const authorization = one(headers.authorization);
  if (authorization === null) return null;
  const match = /^Bearer\s+(.*)$/i.exec(authorization);
  return match === null ? authorization : (match[1]?.trim() ?? "");
}

function one(value: string | string[] | undefined): string | null {
  const text = (Array.isArray(value) ? value[0] : value)?.trim();
  return text === undefined || text === "" ? null : text;
}
