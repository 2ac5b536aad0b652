/** What the directory of jobs keeps of each, and the questions that are asked of it. Pure. */
import type { JobSort } from "@batchwatch/protocol";
import type { JobFilter } from "../../storage/ledger-store.ts";
import type { CursorPosition } from "./cursor.ts";
import type { HealthFacts } from "./load-job-facts.ts";
import { runTime } from "./views/instants.ts";
import { HEALTHS_BY_URGENCY, type JobHealth, jobHealth } from "./views/job-health.ts";

export interface JobEntry {
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
  /** When passing time alone changes it: a slot or deadline comes, a window closes. */
  changesAt: number | null;
  /** Orders like the store does, and tells entries of one rank apart. */
  nameKey: string;
  nameFolded: string;
}

export function jobEntry(facts: HealthFacts, now: number): JobEntry {
  const { job, slots } = facts;
  const [lastRun] = facts.runs;
  const dues = [facts.nextSlotAt, facts.nextDeadline?.dueAt ?? null].filter((at) => at !== null);
  const windowsEnd = slots.filter((slot) => slot.state === "expected").map((slot) => slot.lateAt + 1);
  return {
    jobId: job.id,
    namespace: job.namespace,
    environment: job.environment,
    jobName: job.jobName,
    owner: job.settings.owner,
    jobType: job.settings.jobType,
    tags: job.settings.tags,
    health: jobHealth({ ...facts, lastRun: null, usualDurationMs: null }, now).health,
    lastRunAt: lastRun === undefined ? null : runTime(lastRun),
    nextDueAt: earliest(dues),
    changesAt: earliest([...dues, ...windowsEnd].filter((at) => at > now)),
    nameKey: [job.namespace, job.environment, job.jobName].join("\0"),
    nameFolded: job.jobName.toLowerCase(),
  };
}

export function matchesFilter(entry: JobEntry, filter: JobFilter): boolean {
  return (
    (filter.namespace === undefined || entry.namespace === filter.namespace) &&
    (filter.environment === undefined || entry.environment === filter.environment) &&
    (filter.owner === undefined || entry.owner === filter.owner) &&
    (filter.jobType === undefined || entry.jobType === filter.jobType) &&
    (filter.tag === undefined || entry.tags[filter.tag.name] === filter.tag.value) &&
    (filter.search === undefined || entry.nameFolded.includes(filter.search.toLowerCase()))
  );
}

/** Ascending; what has none comes last. */
export function rankOf(entry: JobEntry, sort: JobSort): number {
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

export function comesAfter(
  item: { rank: number; nameKey: string },
  [rank, nameKey]: CursorPosition,
): boolean {
  const cursorRank = rank ?? Number.POSITIVE_INFINITY;
  return item.rank === cursorRank ? item.nameKey > nameKey : item.rank > cursorRank;
}

function earliest(times: readonly number[]): number | null {
  return times.length === 0 ? null : Math.min(...times);
}
