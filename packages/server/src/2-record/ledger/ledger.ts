/**
 * The ledger: run events → jobs, runs, attempts, steps (SEMANTICS sections 1 to 3). Receives the batches of one round,
 * finds the run of each event, merges facts, projects, and commits everything together with a `judge_run` deadline for
 * each run that changed in a way the watch has to look at. Says on the change feed what it wrote, after the commit.
 */
import type { ChangeFeed } from "../../lib/change-feed.ts";
import type { Clock } from "../../lib/clock.ts";
import { Mutex } from "../../lib/mutex.ts";
import { type JobKey, jobKeyText } from "../../model/identity.ts";
import type { IntakeBatch, RunLink } from "../../model/intake.ts";
import type { Job } from "../../model/job.ts";
import type { Run } from "../../model/run.ts";
import type { RunEvent } from "../../model/run-event.ts";
import type { LogRecord, SpanRecord } from "../../model/telemetry.ts";
import { type LedgerCommit, type LedgerStore, VersionConflictError } from "../../storage/ledger-store.ts";
import { type MetricFacts, NO_METRIC_FACTS } from "../metric-recorder.ts";
import { DraftTable } from "./draft-table.ts";
import { JobRegistry, keyOf } from "./job-registry.ts";
import { UnnamedPlacer } from "./place-unnamed.ts";
import { EventResolver } from "./resolve-events.ts";
import { resolveLogs } from "./resolve-logs.ts";
import { nameDrafts, roundResult, type WrittenRun } from "./round-result.ts";
import { RunCache } from "./run-cache.ts";
import type { RunDraft } from "./run-draft.ts";
import { type UnnamedList, UnnamedRuns } from "./unnamed-runs.ts";

export interface LedgerOptions {
  store: LedgerStore;
  clock: Clock;
  feed: ChangeFeed;
  /** Runs held in memory with their facts, so that a heartbeat needs no read. Default 20 000. */
  cachedRuns?: number;
}

type LedgerBatch = Pick<IntakeBatch, "events" | "links" | "spans" | "logs">;

/** Another writer was in the way that often in a row: then something else is wrong. */
const MOST_CONFLICTS = 20;

interface Round {
  events: readonly RunEvent[];
  links: readonly RunLink[];
  spans: readonly SpanRecord[];
  logs: readonly LogRecord[];
  metrics: MetricFacts;
}

export class Ledger {
  readonly #store: LedgerStore;
  readonly #clock: Clock;
  readonly #feed: ChangeFeed;
  readonly #jobs: JobRegistry;
  readonly #cache: RunCache;
  readonly #unnamed: UnnamedRuns;
  readonly #oneAtATime = new Mutex();

  constructor({ store, clock, feed, cachedRuns }: LedgerOptions) {
    this.#store = store;
    this.#clock = clock;
    this.#feed = feed;
    this.#jobs = new JobRegistry(store, clock, feed);
    this.#cache = new RunCache(cachedRuns);
    this.#unnamed = new UnnamedRuns(store);
  }

  /**
   * Resolves when all of it is durable; nothing of it is stored when it rejects. Any order and any number of
   * deliveries of the same events end in the same runs.
   * @throws StorageError
   */
  async record(batches: readonly LedgerBatch[], metrics: MetricFacts = NO_METRIC_FACTS): Promise<void> {
    const round: Round = {
      events: [...batches.flatMap((batch) => batch.events), ...metrics.events],
      links: [...batches.flatMap((batch) => batch.links), ...metrics.links],
      spans: batches.flatMap((batch) => batch.spans),
      logs: batches.flatMap((batch) => batch.logs),
      metrics,
    };
    await this.#oneAtATime.run(() => this.#recordRound(round));
  }

  /** Takes what is remembered of the store as void: after a restore, or a failed commit. */
  forget(): void {
    this.#cache.clear();
    this.#unnamed.forget();
    this.#jobs.forget();
  }

  async #recordRound(round: Round): Promise<void> {
    for (let conflicts = 0; ; conflicts += 1) {
      try {
        return await this.#tryRound(round);
      } catch (error) {
        // What was remembered may be what was wrong.
        this.forget();
        if (!(error instanceof VersionConflictError) || conflicts >= MOST_CONFLICTS) throw error;
      }
    }
  }

  async #tryRound(round: Round): Promise<void> {
    const now = this.#clock.now();
    const jobs = await this.#jobs.ensure(jobKeysOf(round));
    await this.#jobs.declare(jobs, round.events);
    const table = new DraftTable(this.#store, this.#cache, jobs.values());
    const orphans = await new EventResolver(table, this.#store, { ...round, jobs, now }).resolve();
    const lists = await this.#placeUnnamed(round.events, table, jobs);
    await nameDrafts(table);
    const logs = await resolveLogs(round, table, jobs);
    const { rows, written } = roundResult(table, now);
    const { metricStreams, nativeIncrements, metricEvidence, deadlines } = round.metrics;
    const commit: LedgerCommit = {
      ...rows,
      events: [...rows.events, ...orphans.map((event) => ({ runRef: null, event }))],
      spans: round.spans,
      logs,
      deadlines,
      metricStreams,
      nativeIncrements,
      metricEvidence,
    };
    if (isEmpty(commit)) return;
    const newIds = await this.#store.commit(commit);
    this.#remember(written, newIds, lists);
    this.#publish(written, newIds, rows.runDeadlines.length + deadlines.length > 0);
  }

  async #placeUnnamed(
    events: readonly RunEvent[],
    table: DraftTable,
    jobs: ReadonlyMap<string, Job>,
  ): Promise<Map<number, UnnamedList>> {
    const byJob = new Map<Job, RunEvent[]>();
    for (const event of events) {
      const job =
        event.run.by !== "unnamed" || event.job === null ? undefined : jobs.get(jobKeyText(event.job));
      if (job !== undefined) byJob.set(job, [...(byJob.get(job) ?? []), event]);
    }
    const lists = new Map<number, UnnamedList>();
    const named =
      byJob.size === 0 ? new Map<number, RunDraft[]>() : Map.groupBy(table.drafts(), ({ job }) => job.id);
    for (const [job, ofJob] of byJob) {
      const from = ofJob.reduce((earliest, event) => Math.min(earliest, event.at), Number.POSITIVE_INFINITY);
      const list = await this.#unnamed.list(job.id, from);
      lists.set(job.id, list);
      await new UnnamedPlacer(table, job, list, named.get(job.id) ?? []).place(ofJob);
    }
    return lists;
  }

  #remember(
    written: readonly WrittenRun[],
    newIds: ReadonlyMap<number, number>,
    lists: ReadonlyMap<number, UnnamedList>,
  ): void {
    const runsByJob = new Map<number, Run[]>();
    const gone = new Set<number>();
    for (const { ref, job, run, facts, aliases, absorbed } of written) {
      const id = newIds.get(ref) ?? ref;
      const stored: Run = { ...run, id };
      for (const row of absorbed) {
        gone.add(row);
        this.#cache.remove(row);
      }
      // A merge may move a slot as well: such a run is read again.
      if (absorbed.length > 0) this.#cache.remove(id);
      else
        this.#cache.put(
          { job, run: stored, facts },
          aliases.filter((alias) => alias.startsWith("span:") || alias.startsWith("id:")),
        );
      const ofJob = runsByJob.get(run.jobId) ?? [];
      ofJob.push(stored);
      runsByJob.set(run.jobId, ofJob);
    }
    for (const jobId of new Set([...lists.keys(), ...runsByJob.keys()])) {
      const list = lists.get(jobId) ?? this.#unnamed.known(jobId);
      if (list !== undefined) this.#unnamed.remember(jobId, list, runsByJob.get(jobId) ?? [], gone);
    }
  }

  #publish(written: readonly WrittenRun[], newIds: ReadonlyMap<number, number>, judged: boolean): void {
    for (const { ref, job, run } of written)
      this.#feed.publish({
        topic: "run",
        jobId: job.id,
        job: keyOf(job),
        runRowId: newIds.get(ref) ?? ref,
        runId: run.runId,
        phase: run.phase,
      });
    if (judged) this.#feed.publish({ topic: "deadlines" });
  }
}

function jobKeysOf(round: Round): Map<string, JobKey> {
  const keys = new Map<string, JobKey>();
  const add = (key: JobKey | null): void => {
    if (key !== null) keys.set(jobKeyText(key), key);
  };
  for (const event of round.events) add(event.job);
  for (const link of round.links) add(link.job);
  for (const log of round.logs) if (log.runId !== null) add(log.job);
  return keys;
}

function isEmpty(commit: LedgerCommit): boolean {
  return Object.values(commit).every((rows: readonly unknown[]) => rows.length === 0);
}
