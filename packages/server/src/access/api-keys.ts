/**
 * API keys: made, recognised, never stored. A key is 32 random bytes behind the prefix `bw_`; the database has its
 * SHA-256 only, so whoever reads the database cannot send. (No slow hash: 256 random bits cannot be guessed.)
 */
import { createHash, randomBytes } from "node:crypto";
import type { ApiKey, KeyScope, LedgerStore } from "../storage/ledger-store.ts";

export const KEY_PREFIX = "bw_";
const SECRET_BYTES = 32;
/** Shown in lists, so that a key can be recognised. */
const SHOWN_CHARACTERS = 9;

export interface NewApiKey {
  /** Shown once; cannot be had again. */
  secret: string;
  key: ApiKey;
}

/** Makes and stores a key. */
export async function createApiKey(
  store: LedgerStore,
  wanted: { name: string; scope: KeyScope; namespace: string | null },
  now: number,
  random: (size: number) => Buffer = randomBytes,
): Promise<NewApiKey> {
  const secret = KEY_PREFIX + random(SECRET_BYTES).toString("base64url");
  const key = await store.createKey({
    ...wanted,
    hash: hashKey(secret),
    prefix: secret.slice(0, SHOWN_CHARACTERS),
    createdAt: now,
  });
  return { secret, key };
}

export function hashKey(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

const PERMITS: Readonly<Record<KeyScope, ReadonlySet<KeyScope>>> = {
  ingest: new Set(["ingest"]),
  read: new Set(["read"]),
  write: new Set(["ingest", "read", "write"]),
  admin: new Set(["ingest", "read", "write", "admin"]),
};

/** Whether a key of this scope may do what needs that one. */
export function permits(scope: KeyScope, needed: KeyScope): boolean {
  return PERMITS[scope].has(needed);
}
