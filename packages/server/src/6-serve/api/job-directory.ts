/**
 * All jobs with their health, held in memory, for what no index in the database answers: filtering and ordering by
 * health, by latest run and by what is due next. Pages in the order of names come from the store and need none of this.
 * It only picks the jobs of a page; what the page says is read from the store again.
 *
 * 1. `warm` (else the first use) loads every job, in slices between which the server does other work.
 * 2. The change feed names jobs that changed; time passing names those whose slot, deadline or window came.
 *    The next use reads them again, up to AT_ONCE before it answers and the rest behind it.
 * 3. After a while all are loaded anew, because other instances over the same database change jobs too.
 */
import type { JobSort } from "@batchwatch/protocol";
import type { ChangeFeed } from "../../lib/change-feed.ts";
import type { Clock } from "../../lib/clock.ts";
import type { JobFilter, LedgerStore, Page, PageRequest } from "../../storage/ledger-store.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import { comesAfter, type JobEntry, jobEntry, matchesFilter, rankOf } from "./job-entry.ts";
import { loadHealthFacts } from "./load-job-facts.ts";
import type { JobHealth } from "./views/job-health.ts";

/** Instances over one PostgreSQL hear of each other's changes by this alone. */
const RELOAD_MS = { postgres: 60_000, sqlite: 15 * 60_000 } as const;
/** Jobs read in one go: some ten milliseconds. */
const SLICE = 100;
/** Changed jobs that one request waits for. */
const AT_ONCE = 200;
/** Runs and slots of each job that are looked at: enough to hold the last run that ended. */
const DEPTH = 10;

export class JobDirectory {
  readonly #store: LedgerStore;
  readonly #clock: Clock;
  readonly #entries = new Map<number, JobEntry>();
  readonly #changed = new Set<number>();
  /** The entries in the order of names; made again when a job comes or goes. */
  #ordered: readonly JobEntry[] | null = null;
  #loadedAt: number | null = null;
  #loading: Promise<void> | null = null;
  #catchingUp: Promise<void> | null = null;

  constructor(store: LedgerStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Answers the function that ends the listening. */
  listen(feed: ChangeFeed): () => void {
    return feed.subscribe((change) => {
      if (this.#isInUse && "jobId" in change) this.#changed.add(change.jobId);
    });
  }

  /** Begins to load, so that the first request finds it done. */
  warm(): void {
    this.#load().catch(ignore);
  }

  async select(
    filter: JobFilter,
    healths: readonly JobHealth[] | undefined,
    sort: JobSort,
    page: PageRequest,
  ): Promise<Page<number>> {
    const after = page.cursor === null ? null : decodeCursor(page.cursor);
    await this.#refresh();
    const wanted = this.#inNameOrder()
      .filter((entry) => matchesFilter(entry, filter) && (healths?.includes(entry.health) ?? true))
      .map((entry) => ({ jobId: entry.jobId, rank: rankOf(entry, sort), nameKey: entry.nameKey }))
      .filter((item) => after === null || comesAfter(item, after))
      // Stable: names stay in order within a rank. Two infinite ranks differ by NaN.
      .sort((a, b) => a.rank - b.rank || 0);
    const items = wanted.slice(0, page.limit);
    const last = items.at(-1);
    const more = wanted.length > items.length && last !== undefined;
    return {
      items: items.map((item) => item.jobId),
      nextCursor: more ? encodeCursor([Number.isFinite(last.rank) ? last.rank : null, last.nameKey]) : null,
    };
  }

  get #isInUse(): boolean {
    return this.#loadedAt !== null || this.#loading !== null;
  }

  #inNameOrder(): readonly JobEntry[] {
    this.#ordered ??= [...this.#entries.values()].sort((a, b) =>
      a.nameKey < b.nameKey ? -1 : a.nameKey > b.nameKey ? 1 : 0,
    );
    return this.#ordered;
  }

  async #refresh(): Promise<void> {
    const now = this.#clock.now();
    // Without any picture, wait for one; an old one is better than waiting.
    if (this.#loadedAt === null) await this.#load();
    else if (now - this.#loadedAt >= RELOAD_MS[this.#store.engine]) this.#load().catch(ignore);
    for (const { jobId, changesAt } of this.#entries.values()) {
      if (changesAt !== null && changesAt <= now) this.#changed.add(jobId);
    }
    await this.#readChanged(AT_ONCE);
    if (this.#changed.size === 0) return;
    this.#catchingUp ??= this.#readChanged(Number.POSITIVE_INFINITY).finally(() => {
      this.#catchingUp = null;
    });
    this.#catchingUp.catch(ignore);
  }

  /** @throws what the store throws; the jobs stay marked. */
  async #readChanged(most: number): Promise<void> {
    let count = 0;
    while (this.#changed.size > 0 && count < most) {
      const slice = [...this.#changed].slice(0, SLICE);
      for (const jobId of slice) this.#changed.delete(jobId);
      count += slice.length;
      try {
        await this.#put(await this.#store.getJobs(slice));
      } catch (error) {
        for (const jobId of slice) this.#changed.add(jobId);
        throw error;
      }
      await turn();
    }
  }

  #load(): Promise<void> {
    this.#loading ??= this.#loadAll().finally(() => {
      this.#loading = null;
    });
    return this.#loading;
  }

  async #loadAll(): Promise<void> {
    const begunAt = this.#clock.now();
    const seen = new Set<number>();
    let cursor: string | null = null;
    do {
      const { items, nextCursor }: Awaited<ReturnType<LedgerStore["listJobs"]>> = await this.#store.listJobs(
        {},
        { limit: SLICE, cursor },
      );
      await this.#put(items);
      for (const job of items) seen.add(job.id);
      cursor = nextCursor;
      await turn();
    } while (cursor !== null);
    for (const jobId of this.#entries.keys()) {
      // One that came during the loading is among the changed.
      if (seen.has(jobId) || this.#changed.has(jobId)) continue;
      this.#entries.delete(jobId);
      this.#ordered = null;
    }
    this.#loadedAt = begunAt;
  }

  async #put(jobs: Parameters<typeof loadHealthFacts>[1]): Promise<void> {
    const now = this.#clock.now();
    for (const facts of await loadHealthFacts(this.#store, jobs, now, DEPTH)) {
      const entry = jobEntry(facts, now);
      const known = this.#entries.get(entry.jobId);
      if (known === undefined) this.#ordered = null;
      this.#entries.set(entry.jobId, known === undefined ? entry : Object.assign(known, entry));
    }
  }
}

/** Lets other work go first. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Work behind a request: what failed is tried again at the next one, which then says so. */
function ignore(): void {}
