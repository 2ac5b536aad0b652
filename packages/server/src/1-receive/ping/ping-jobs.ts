/**
 * Which job a ping means. By UUID: the job that has it. By slug: the job of that name in the key's namespace, else the
 * only one whose name makes that slug. What exists is remembered, so that a usual ping reads nothing.
 */
import type { ChangeFeed } from "../../lib/change-feed.ts";
import type { JobKey } from "../../model/identity.ts";
import type { LedgerStore } from "../../storage/ledger-store.ts";
import { slugOf } from "./parse-ping.ts";

export type FoundJob = { found: "one"; job: JobKey } | { found: "none" } | { found: "several" };

const CACHE_LIMIT = 200_000;
const LIST_PAGE = 1_000;

export interface PingJobs {
  byUuid(uuid: string): Promise<JobKey | null>;
  bySlug(namespace: string, slug: string): Promise<FoundJob>;
}

export function createPingJobs(store: LedgerStore, feed: ChangeFeed): PingJobs {
  const uuids = new Map<string, JobKey>();
  const names = new Map<string, JobKey>();
  const slugs = new Map<string, Map<string, JobKey[]>>();
  // A job more or less may make a slug ambiguous or unique; exact names stay what they are.
  const known = new Set<number>();
  feed.subscribe((change) => {
    if (change.topic !== "job" || known.has(change.jobId)) return;
    if (known.size > CACHE_LIMIT) known.clear();
    known.add(change.jobId);
    slugs.delete(change.job.namespace);
  });

  return {
    async byUuid(uuid) {
      const cached = uuids.get(uuid);
      if (cached !== undefined) return cached;
      const job = await store.findJobByPingUuid(uuid);
      if (job === null) return null;
      remember(uuids, uuid, keyOf(job));
      return keyOf(job);
    },
    async bySlug(namespace, slug) {
      const cacheKey = `${namespace} ${slug}`;
      const cached = names.get(cacheKey);
      if (cached !== undefined) return { found: "one", job: cached };
      const exact = await store.findJob({ namespace, environment: "", jobName: slug });
      if (exact !== null) {
        remember(names, cacheKey, keyOf(exact));
        return { found: "one", job: keyOf(exact) };
      }
      let index = slugs.get(namespace);
      if (index === undefined) {
        index = await slugIndex(store, namespace);
        slugs.set(namespace, index);
      }
      const [job, ...others] = index.get(slug) ?? [];
      if (job === undefined) return { found: "none" };
      return others.length === 0 ? { found: "one", job } : { found: "several" };
    },
  };
}

async function slugIndex(store: LedgerStore, namespace: string): Promise<Map<string, JobKey[]>> {
  const index = new Map<string, JobKey[]>();
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<LedgerStore["listJobs"]>> = await store.listJobs(
      { namespace },
      { limit: LIST_PAGE, cursor },
    );
    for (const job of page.items) {
      const slug = slugOf(job.jobName);
      const sameSlug = index.get(slug);
      if (sameSlug === undefined) index.set(slug, [keyOf(job)]);
      else sameSlug.push(keyOf(job));
    }
    cursor = page.nextCursor;
  } while (cursor !== null);
  return index;
}

function keyOf({ namespace, environment, jobName }: JobKey): JobKey {
  return { namespace, environment, jobName };
}

function remember(cache: Map<string, JobKey>, key: string, job: JobKey): void {
  if (cache.size >= CACHE_LIMIT) cache.clear();
  cache.set(key, job);
}
