/**
 * Runs as the watch judges them: by our clock. Where a sender's clock is proven to be off by more than is trusted, the
 * times that it gave are moved; the ledger keeps and shows them as they were given, with the difference beside them.
 * What happened (a length of time, the order inside the run) is the same by both clocks.
 */
import { isTerminalPhase } from "@batchwatch/protocol";
import type { Run } from "../../model/run.ts";
import type { LedgerStore, StoredRun } from "../../storage/ledger-store.ts";

type RunReads = Pick<LedgerStore, "getRun" | "getRuns" | "recentRuns" | "listOpenRuns" | "listRuns">;

/** The same store; each run that it answers is in our time. */
export function inOurTime(store: LedgerStore): LedgerStore {
  const moved = (stored: StoredRun): StoredRun => ({ ...stored, run: runInOurTime(stored.run) });
  const reads: RunReads = {
    async getRun(id) {
      const stored = await store.getRun(id);
      return stored === null ? null : moved(stored);
    },
    getRuns: async (ids) => (await store.getRuns(ids)).map(moved),
    async recentRuns(jobIds, limit) {
      const recent = await store.recentRuns(jobIds, limit);
      return new Map([...recent].map(([jobId, runs]) => [jobId, runs.map(runInOurTime)]));
    },
    listOpenRuns: async (jobId) => (await store.listOpenRuns(jobId)).map(runInOurTime),
    async listRuns(filter, sort, page) {
      const runs = await store.listRuns(filter, sort, page);
      return { ...runs, items: runs.items.map(runInOurTime) };
    },
  };
  return { ...store, ...reads };
}

export function runInOurTime(run: Run): Run {
  return run.clockSkewMs === null ? run : movedBy(run, -run.clockSkewMs);
}

/** An instant of ours as the run's senders would have written it. */
export function inTimeOfRun(run: Pick<Run, "clockSkewMs" | "liveOffsetMs">, at: number): number {
  return at - run.liveOffsetMs + (run.clockSkewMs ?? 0);
}

/** `scheduledAt` is the name of a slot, and was read from no clock. */
export function movedBy(run: Run, byMs: number): Run {
  const move = <T extends number | null>(at: T): T => (at === null ? at : at + byMs) as T;
  const isOver = isTerminalPhase(run.phase) && run.final;
  return {
    ...run,
    queuedAt: move(run.queuedAt),
    startedAt: move(run.startedAt),
    completedAt: move(run.completedAt),
    lastProgressAt: move(run.lastProgressAt),
    firstBeatAt: move(run.firstBeatAt),
    lastBeatAt: move(run.lastBeatAt),
    lastEventAt: move(run.lastEventAt),
    // Of an open run they are in our time already, and what was added for that is added now.
    lastHeardAt: isOver ? move(run.lastHeardAt) : run.lastHeardAt,
    runningSinceAt: isOver ? move(run.runningSinceAt) : run.runningSinceAt,
    liveOffsetMs: isOver ? 0 : run.liveOffsetMs - byMs,
    memoryTrend:
      run.memoryTrend === null
        ? null
        : {
            ...run.memoryTrend,
            firstAt: move(run.memoryTrend.firstAt),
            lastAt: move(run.memoryTrend.lastAt),
          },
    attempts: run.attempts.map((attempt) => ({
      ...attempt,
      startedAt: move(attempt.startedAt),
      endedAt: move(attempt.endedAt),
    })),
    steps: run.steps.map((step) => ({
      ...step,
      startedAt: move(step.startedAt),
      endedAt: move(step.endedAt),
    })),
    witnesses: run.witnesses.map((witness) => ({
      ...witness,
      firstAt: move(witness.firstAt),
      lastAt: move(witness.lastAt),
    })),
  };
}
