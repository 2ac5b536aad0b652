/**
 * Jobs by their key: created with their first event, cached for a moment, told what their senders declare in code.
 * Declared settings change seldom and come with every run, so they are compared before they are written.
 */
import { isDeepStrictEqual } from "node:util";
import type { JobSettings } from "@batchwatch/protocol";
import type { ChangeFeed } from "../../lib/change-feed.ts";
import type { Clock } from "../../lib/clock.ts";
import { type JobKey, jobKeyText } from "../../model/identity.ts";
import type { Job } from "../../model/job.ts";
import type { RunEvent } from "../../model/run-event.ts";
import type { LedgerStore } from "../../storage/ledger-store.ts";

/** Another instance over the same database may change settings unheard; a SQLite file has one server. */
const TRUSTED_FOR_MS: Readonly<Record<LedgerStore["engine"], number>> = {
  sqlite: Number.POSITIVE_INFINITY,
  postgres: 10_000,
};
const CACHED_JOBS = 50_000;

interface CachedJob {
  job: Job;
  readAt: number;
}

type JobStore = Pick<LedgerStore, "ensureJobs" | "setJobSettings" | "engine">;

export class JobRegistry {
  readonly #store: JobStore;
  readonly #clock: Clock;
  readonly #feed: ChangeFeed;
  readonly #jobs = new Map<string, CachedJob>();

  constructor(store: JobStore, clock: Clock, feed: ChangeFeed) {
    this.#store = store;
    this.#clock = clock;
    this.#feed = feed;
    feed.subscribe((change) => {
      if (change.topic === "job") this.#jobs.delete(jobKeyText(change.job));
    });
  }

  /** All jobs of these keys, by jobKeyText; new ones are created. */
  async ensure(keys: ReadonlyMap<string, JobKey>): Promise<Map<string, Job>> {
    const now = this.#clock.now();
    const trustedForMs = TRUSTED_FOR_MS[this.#store.engine];
    const found = new Map<string, Job>();
    const missing: JobKey[] = [];
    for (const [text, key] of keys) {
      const cached = this.#jobs.get(text);
      if (cached !== undefined && now - cached.readAt < trustedForMs) found.set(text, cached.job);
      else missing.push(key);
    }
    if (missing.length === 0) return found;
    const jobs = await this.#store.ensureJobs(
      missing.map(({ namespace, environment, jobName }) => ({
        namespace,
        environment,
        jobName,
        createdBy: "inferred" as const,
        at: now,
      })),
    );
    jobs.forEach((job, index) => {
      const key = missing[index];
      if (key === undefined) return;
      found.set(jobKeyText(key), job);
      this.#remember(jobKeyText(key), job, now);
      if (job.firstSeenAt === now) this.#feed.publish({ topic: "job", jobId: job.id, job: keyOf(job) });
    });
    return found;
  }

  /**
   * Writes what the events declare of their jobs, where it is new. A sender says only what it knows (a wrapper the
   * time limit, the program inside it the records), so what others said before stays.
   */
  async declare(jobs: Map<string, Job>, events: readonly RunEvent[]): Promise<void> {
    const declared = new Map<string, { code: Partial<JobSettings>; jobType: string | null }>();
    for (const event of events.toSorted((a, b) => a.at - b.at)) {
      if (event.job === null || (event.jobSettings === undefined && event.jobType === undefined)) continue;
      const text = jobKeyText(event.job);
      const before = declared.get(text);
      declared.set(text, {
        code: { ...before?.code, ...event.jobSettings },
        jobType: event.jobType ?? before?.jobType ?? null,
      });
    }
    for (const [text, { code, jobType }] of declared) {
      let job = jobs.get(text);
      if (job === undefined) continue;
      job = await this.#set(job, "code", code);
      if (jobType !== null && job.settingsBySource.code?.jobType === undefined)
        job = await this.#set(job, "inferred", { jobType });
      jobs.set(text, job);
    }
  }

  forget(): void {
    this.#jobs.clear();
  }

  async #set(job: Job, source: "code" | "inferred", said: Partial<JobSettings>): Promise<Job> {
    const before = job.settingsBySource[source] ?? {};
    const after = { ...before, ...said };
    if (isDeepStrictEqual(before, after)) return job;
    const now = this.#clock.now();
    const changed = await this.#store.setJobSettings(job.id, source, after, now);
    this.#feed.publish({ topic: "job", jobId: job.id, job: keyOf(job) });
    this.#feed.publish({ topic: "deadlines" });
    this.#remember(jobKeyText(job), changed, now);
    return changed;
  }

  #remember(text: string, job: Job, readAt: number): void {
    this.#jobs.delete(text);
    this.#jobs.set(text, { job, readAt });
    for (const oldest of this.#jobs.keys()) {
      if (this.#jobs.size <= CACHED_JOBS) break;
      this.#jobs.delete(oldest);
    }
  }
}

export function keyOf(job: JobKey): JobKey {
  return { namespace: job.namespace, environment: job.environment, jobName: job.jobName };
}
