/**
 * Which job a ping means. By UUID: the job that has it. By slug: the job of that name in the key's namespace, else the
 * only one whose name makes that slug. What exists is remembered, so that a usual ping reads nothing.
 */
import type { ChangeFeed } from "../../lib/change-feed.ts";
import { type JobKey, jobKeyText } from "../../model/identity.ts";
import type { LedgerStore } from "../../storage/ledger-store.ts";
import { slugOf } from "./parse-ping.ts";

export type FoundJob = { found: "one"; job: JobKey } | { found: "none" } | { found: "several" };

const CACHE_LIMIT = 200_000;
const LIST_PAGE = 1_000;

export interface PingJobs {
  byUuid(uuid: string): Promise<JobKey | null>;
  bySlug(namespace: string, slug: string): Promise<FoundJob>;
  byName(key: JobKey): Promise<FoundJob>;
}

export function createPingJobs(store: LedgerStore, feed: ChangeFeed): PingJobs {
  const uuids = new Map<string, JobKey>();
  const names = new Map<string, JobKey>();
  const slugs = new Map<string, SlugIndex>();
  // A new job may make a slug ambiguous; exact names stay what they are. Jobs do not go.
  feed.subscribe((change) => {
    if (change.topic === "job") slugs.get(change.job.namespace)?.add(change.job);
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
    async byName(key) {
      const cached = names.get(jobKeyText(key));
      const job = cached ?? (await store.findJob(key));
      if (job === null) return { found: "none" };
      if (cached === undefined) remember(names, jobKeyText(key), keyOf(job));
      return { found: "one", job: keyOf(job) };
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
        index = new SlugIndex(store, namespace);
        // Set before it is read: jobs that come meanwhile are added by the feed.
        slugs.set(namespace, index);
      }
      const [job, ...others] = await index.jobsOf(slug);
      if (job === undefined) return { found: "none" };
      return others.length === 0 ? { found: "one", job } : { found: "several" };
    },
  };
}

/** The jobs of one namespace by slug: read once, then kept by the feed. */
class SlugIndex {
  readonly #bySlug = new Map<string, Map<string, JobKey>>();
  readonly #store: LedgerStore;
  readonly #namespace: string;
  #reading: Promise<void> | null = null;

  constructor(store: LedgerStore, namespace: string) {
    this.#store = store;
    this.#namespace = namespace;
  }

  async jobsOf(slug: string): Promise<JobKey[]> {
    this.#reading ??= this.#read();
    try {
      await this.#reading;
    } catch (error) {
      this.#reading = null;
      throw error;
    }
    return [...(this.#bySlug.get(slug)?.values() ?? [])];
  }

  add(job: JobKey): void {
    const slug = slugOf(job.jobName);
    const sameSlug = this.#bySlug.get(slug) ?? new Map<string, JobKey>();
    this.#bySlug.set(slug, sameSlug.set(jobKeyText(job), keyOf(job)));
  }

  async #read(): Promise<void> {
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<LedgerStore["listJobs"]>> = await this.#store.listJobs(
        { namespace: this.#namespace },
        { limit: LIST_PAGE, cursor },
      );
      for (const job of page.items) this.add(job);
      cursor = page.nextCursor;
    } while (cursor !== null);
  }
}

function keyOf({ namespace, environment, jobName }: JobKey): JobKey {
  return { namespace, environment, jobName };
}

function remember(cache: Map<string, JobKey>, key: string, job: JobKey): void {
  if (cache.size >= CACHE_LIMIT) cache.clear();
  cache.set(key, job);
}
