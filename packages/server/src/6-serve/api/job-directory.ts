/**
 * All jobs with their health, held in memory, for what no index in the database answers: filtering and ordering by
 * health, by latest run and by what is due next. Pages in the order of names come from the store and need none of this.
 *
 * Loaded on first use, brought up to date from the change feed on each use, and loaded anew after RELOAD_MS, since
 * other instances over the same database change jobs too. It only picks the jobs of a page; what the page says is read
 * from the store again.
 */
import type { JobSort } from "@batchwatch/protocol";
import type { ChangeFeed } from "../../lib/change-feed.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Job } from "../../model/job.ts";
import type { JobFilter, LedgerStore, Page, PageRequest } from "../../storage/ledger-store.ts";
import { type CursorPosition, decodeCursor, encodeCursor } from "./cursor.ts";
import { type JobFacts, loadJobFacts } from "./load-job-facts.ts";
import { runTime } from "./views/instants.ts";
import { HEALTHS_BY_URGENCY, type JobHealth } from "./views/job-health.ts";
import { healthOf } from "./views/job-view.ts";

const RELOAD_MS = 60_000;
const CHUNK = 100;
/** Runs and slots of each job that are looked at: enough to hold the last run that ended. */
const RUNS_EACH = 10;

interface Entry {
  jobId: number;
  namespace: string;
  environment: string;
  jobName: string;
  owner: string | null;
  jobType: string | null;
  tags: Readonly<Record<string, string>>;
  health: JobHealth;
  lastRunAt: number | null;
  nextDueAt: number | null;
  /** Orders like the store does, and tells entries of one rank apart. */
  nameKey: string;
  searchText: string;
}

export class JobDirectory {
  readonly #store: LedgerStore;
  readonly #clock: Clock;
  readonly #entries = new Map<number, Entry>();
  readonly #changed = new Set<number>();
  /** The entries in the order of names; made again when a job comes or goes. */
  #ordered: readonly Entry[] | null = null;
  #loadedAt: number | null = null;
  #loading: Promise<void> | null = null;

  constructor(store: LedgerStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Answers the function that ends the listening. */
  listen(feed: ChangeFeed): () => void {
    return feed.subscribe((change) => {
      if ("jobId" in change && this.#loadedAt !== null) this.#changed.add(change.jobId);
    });
  }

  async select(
    filter: JobFilter,
    healths: readonly JobHealth[] | undefined,
    sort: JobSort,
    page: PageRequest,
  ): Promise<Page<number>> {
    await this.#refresh();
    const after = page.cursor === null ? null : decodeCursor(page.cursor);
    const wanted = this.#inNameOrder()
      .filter((entry) => matches(entry, filter) && (healths === undefined || healths.includes(entry.health)))
      .map((entry) => ({ jobId: entry.jobId, rank: rankOf(entry, sort), nameKey: entry.nameKey }))
      .filter((item) => after === null || comesAfter(item, after))
      // Stable: names stay in order within a rank.
      .sort((a, b) => a.rank - b.rank || 0);
    const items = wanted.slice(0, page.limit);
    const last = items.at(-1);
    const more = wanted.length > items.length && last !== undefined;
    return {
      items: items.map((item) => item.jobId),
      nextCursor: more ? encodeCursor([Number.isFinite(last.rank) ? last.rank : null, last.nameKey]) : null,
    };
  }

  #inNameOrder(): readonly Entry[] {
    this.#ordered ??= [...this.#entries.values()].sort((a, b) =>
      a.nameKey < b.nameKey ? -1 : a.nameKey > b.nameKey ? 1 : 0,
    );
    return this.#ordered;
  }

  async #refresh(): Promise<void> {
    const now = this.#clock.now();
    if (this.#loadedAt === null || now - this.#loadedAt >= RELOAD_MS) {
      this.#loading ??= this.#loadAll(now).finally(() => {
        this.#loading = null;
      });
      // An old picture is better than waiting for a new one; without any, wait.
      if (this.#loadedAt === null) await this.#loading;
      else this.#loading.catch(() => undefined);
    }
    const changed = [...this.#changed];
    this.#changed.clear();
    for (let start = 0; start < changed.length; start += CHUNK) {
      await this.#put(await this.#store.getJobs(changed.slice(start, start + CHUNK)), now);
    }
  }

  async #loadAll(now: number): Promise<void> {
    const seen = new Set<number>();
    let cursor: string | null = null;
    do {
      const page: Page<Job> = await this.#store.listJobs({}, { limit: CHUNK, cursor });
      await this.#put(page.items, now);
      for (const job of page.items) seen.add(job.id);
      cursor = page.nextCursor;
      await new Promise((resolve) => setImmediate(resolve));
    } while (cursor !== null);
    for (const jobId of this.#entries.keys()) {
      if (seen.has(jobId)) continue;
      this.#entries.delete(jobId);
      this.#ordered = null;
    }
    this.#loadedAt = now;
  }

  async #put(jobs: readonly Job[], now: number): Promise<void> {
    for (const facts of await loadJobFacts(this.#store, jobs, now, RUNS_EACH)) {
      const entry = entryOf(facts, now);
      const known = this.#entries.get(entry.jobId);
      if (known !== undefined) {
        Object.assign(known, entry);
        continue;
      }
      this.#entries.set(entry.jobId, entry);
      this.#ordered = null;
    }
  }
}

function entryOf(facts: JobFacts, now: number): Entry {
  const { job, runs } = facts;
  const [lastRun] = runs;
  const { owner, jobType, tags } = job.settings;
  const dues = [facts.nextSlotAt, facts.nextDeadline?.dueAt ?? null].filter((at) => at !== null);
  return {
    jobId: job.id,
    namespace: job.namespace,
    environment: job.environment,
    jobName: job.jobName,
    owner,
    jobType,
    tags,
    health: healthOf(facts, now).health,
    lastRunAt: lastRun === undefined ? null : runTime(lastRun),
    nextDueAt: dues.length === 0 ? null : Math.min(...dues),
    nameKey: [job.namespace, job.environment, job.jobName].join("\0"),
    searchText: job.jobName.toLowerCase(),
  };
}

function matches(entry: Entry, filter: JobFilter): boolean {
  return (
    (filter.namespace === undefined || entry.namespace === filter.namespace) &&
    (filter.environment === undefined || entry.environment === filter.environment) &&
    (filter.owner === undefined || entry.owner === filter.owner) &&
    (filter.jobType === undefined || entry.jobType === filter.jobType) &&
    (filter.tag === undefined || entry.tags[filter.tag.name] === filter.tag.value) &&
    (filter.search === undefined || entry.searchText.includes(filter.search.toLowerCase()))
  );
}

/** Ascending; what has none comes last. */
function rankOf(entry: Entry, sort: JobSort): number {
  switch (sort) {
    case "jobName":
      return 0;
    case "health":
      return HEALTHS_BY_URGENCY.indexOf(entry.health);
    case "-lastRunAt":
      return entry.lastRunAt === null ? Number.POSITIVE_INFINITY : -entry.lastRunAt;
    case "nextDueAt":
      return entry.nextDueAt ?? Number.POSITIVE_INFINITY;
  }
}

function comesAfter(item: { rank: number; nameKey: string }, [rank, nameKey]: CursorPosition): boolean {
  const cursorRank = rank ?? Number.POSITIVE_INFINITY;
  return item.rank === cursorRank ? item.nameKey > nameKey : item.rank > cursorRank;
}
