/**
 * The breaker of a storm: so many pages a minute to a receiver, what comes beyond them becomes one digest. What it knows is
 * what the outbox says of the last minute; it is kept in memory only so that looks side by side count each other.
 */
import type { AlertGroup, GroupJoin } from "../model/alert-group.ts";
import type { DeliveryReason } from "../model/watch.ts";
import type { LedgerStore } from "../storage/ledger-store.ts";

const WINDOW_MS = 60_000;
const DIGEST = "digest:";
/** How a digest is timed; as a route would say it. */
export const DIGEST_TIMES = {
  groupWaitMs: 60_000,
  groupIntervalMs: 300_000,
  repeatIntervalMs: 4 * 3_600_000,
} as const;

export interface PageBreaker {
  /** Pages a minute, null = any number. */
  readonly limit: number | null;
  /** Counts a page; false = it is beyond the limit and belongs into the digest. */
  take(receiver: string, now: number): Promise<boolean>;
}

/** @param limit null = no limit */
export function createPageBreaker(
  store: Pick<LedgerStore, "messagesSince">,
  limit: number | null,
): PageBreaker {
  const pages = new Map<string, number[]>();
  let loading: Promise<void> | null = null;

  async function load(now: number): Promise<void> {
    for (const { receiver, reason, createdAt } of await store.messagesSince(now - WINDOW_MS))
      if (isPage(reason)) pagesOf(receiverOf(receiver)).push(createdAt);
  }

  function pagesOf(receiver: string): number[] {
    const times = pages.get(receiver) ?? [];
    pages.set(receiver, times);
    return times;
  }

  return {
    limit,
    async take(receiver, now) {
      if (limit === null) return true;
      loading ??= load(now);
      await loading;
      const recent = pagesOf(receiver).filter((at) => at > now - WINDOW_MS);
      const mayPass = recent.length < limit;
      if (mayPass) recent.push(now);
      pages.set(receiver, recent);
      return mayPass;
    },
  };
}

function isPage(reason: DeliveryReason): boolean {
  return reason === "opened" || reason === "raised" || reason === "repeated";
}

/** `team/slack[1]` is told by the receiver `team`. */
function receiverOf(name: string): string {
  return name.replace(/\/[^/]*$/, "");
}

export function isDigest({ key }: Pick<AlertGroup, "key">): boolean {
  return key.startsWith(DIGEST);
}

export function digestJoin(receiver: string, now: number): GroupJoin {
  return {
    key: `${DIGEST}${receiver}`,
    routeKey: DIGEST,
    receiver,
    labels: {},
    at: now,
    firstFlushAt: now + DIGEST_TIMES.groupWaitMs,
    flushBy: null,
  };
}

export function digestText(receiver: string, { limit }: Pick<PageBreaker, "limit">): string {
  return `More than ${limit} messages a minute would go to ${receiver}: this one goes into a digest.`;
}
