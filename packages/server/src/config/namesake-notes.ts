/**
 * Tells in the log, once for each job, that a declared job and one that runs have the same name in two environments
 * (model/job-namesakes.ts). Looks at jobs when they come, change or get their first run; reads nothing otherwise.
 */
import type { Logger } from "pino";
import type { ChangeFeed } from "../lib/change-feed.ts";
import { namesakeHint } from "../model/job-namesakes.ts";
import type { LedgerStore } from "../storage/ledger-store.ts";

/** Changes come in bursts (a jobs file of thousands): they are looked at together. */
const PAUSE_MS = 1_000;
const MOST_AT_ONCE = 500;

export interface NamesakeNotes {
  /** Looks at what has changed so far. */
  look(): Promise<void>;
  stop(): void;
}

export function createNamesakeNotes(parts: {
  store: Pick<LedgerStore, "getJobs" | "namesakes" | "recentRunBars">;
  feed: ChangeFeed;
  log: Logger;
}): NamesakeNotes {
  const { store, feed, log } = parts;
  const changed = new Set<number>();
  const told = new Set<number>();
  const withRuns = new Set<number>();
  let timer: NodeJS.Timeout | null = null;

  const look = async (): Promise<void> => {
    timer = null;
    const ids = [...changed].slice(0, MOST_AT_ONCE);
    for (const id of ids) changed.delete(id);
    const [namesakes, jobs] = [await store.namesakes(ids), await store.getJobs(ids)];
    const suspects = jobs.filter(({ id }) => namesakes.has(id));
    const runs = await store.recentRunBars(
      suspects.map(({ id }) => id),
      1,
    );
    for (const job of suspects) {
      const hint = namesakeHint(job, (runs.get(job.id)?.length ?? 0) > 0, namesakes.get(job.id) ?? []);
      if (hint === null || told.has(job.id)) continue;
      told.add(job.id);
      log.warn({ namespace: job.namespace, environment: job.environment, jobName: job.jobName }, hint);
    }
    if (changed.size > 0) await look();
  };
  const lookSoon = (jobId: number): void => {
    changed.add(jobId);
    timer ??= setTimeout(() => {
      look().catch((error: unknown) => log.debug({ err: error }, "namesakes of jobs could not be looked up"));
    }, PAUSE_MS).unref();
  };
  const unsubscribe = feed.subscribe((change) => {
    if (change.topic === "job") lookSoon(change.jobId);
    if (change.topic !== "run" || withRuns.has(change.jobId)) return;
    withRuns.add(change.jobId);
    lookSoon(change.jobId);
  });
  return {
    look,
    stop() {
      unsubscribe();
      if (timer !== null) clearTimeout(timer);
    },
  };
}
