/**
 * How an upstream job stood at a time: whether it had succeeded for the data interval that is asked about. Receives its
 * slots and runs as they are known now; hands on the state as of then, so that the answer is the same whenever it is asked.
 */
import { isFailurePhase } from "@batchwatch/protocol";
import type { JobKey } from "../../model/identity.ts";
import type { Job } from "../../model/job.ts";
import type { Run } from "../../model/run.ts";
import type { Slot } from "../../model/watch.ts";
import type { LedgerStore } from "../../storage/ledger-store.ts";

/** Slots of the upstream looked through for the last one that counts. */
const SLOTS = 5;
const RUNS = 30;

export interface UpstreamState {
  jobName: string;
  state: "good" | "late" | "failed";
  /** What was so, to follow "its upstream X": "is still running". */
  words: string;
}

/** The interval: later than `since`, up to `at`. Without `since` the last run counts, whenever it was. */
export interface DataInterval {
  since: number | null;
  at: number;
}

export async function loadUpstreamState(
  store: LedgerStore,
  key: JobKey,
  interval: DataInterval,
): Promise<UpstreamState> {
  const named = (state: UpstreamState["state"], words: string) => ({ jobName: key.jobName, state, words });
  const job = await store.findJob(key);
  if (job === null)
    return interval.since === null
      ? named("good", "")
      : named("late", "is not known: no such job was ever heard of");
  const slot = await lastSlot(store, job, interval.at);
  if (slot !== null) return { jobName: key.jobName, ...(await ofSlot(store, slot, interval.at)) };
  const runs = (await store.recentRuns([job.id], RUNS)).get(job.id) ?? [];
  return { jobName: key.jobName, ...ofRuns(runs, interval) };
}

type StateWords = Omit<UpstreamState, "jobName">;

/** The last one that anything is known of; those that were skipped say nothing. */
async function lastSlot(store: LedgerStore, job: Job, at: number): Promise<Slot | null> {
  if (job.settings.schedule === null || job.settings.schedule.kind === "interval") return null;
  const slots = (await store.recentSlots([job.id], at + 1, SLOTS)).get(job.id) ?? [];
  return (
    slots
      .filter((slot) => slot.slotAt <= at && slot.state !== "skipped" && slot.state !== "unknown")
      .sort((a, b) => b.slotAt - a.slotAt)[0] ?? null
  );
}

async function ofSlot(store: LedgerStore, slot: Slot, at: number): Promise<StateWords> {
  const run = slot.runRowId === null ? null : ((await store.getRun(slot.runRowId))?.run ?? null);
  if (run === null || startOf(run) > at)
    return { state: "late", words: slot.state === "missed" ? "missed its run" : "has not started" };
  return asOf(run, at);
}

function ofRuns(runs: readonly Run[], { since, at }: DataInterval): StateWords {
  const known = runs
    .filter((run) => run.runType !== "backfill" && startOf(run) <= at)
    .sort((a, b) => startOf(b) - startOf(a));
  const good = known.find((run) => asOf(run, at).state === "good" && run.phase === "completed");
  const goodAt = good?.completedAt ?? null;
  if (since !== null && goodAt !== null && goodAt > since) return { state: "good", words: "" };
  const last = known[0];
  if (last === undefined)
    return since === null ? { state: "good", words: "" } : { state: "late", words: "has not run yet" };
  const state = asOf(last, at);
  if (since !== null && state.state === "good") return { state: "late", words: "has not run since" };
  return state;
}

/** What comes later than that is left out of account. */
function asOf(run: Run, at: number): StateWords {
  const endedAt = run.completedAt;
  if (endedAt === null || endedAt - run.completedWithinMs > at)
    return { state: "late", words: startOf(run) > at ? "has not started" : "is still running" };
  if (run.phase === "lost") return { state: "failed", words: "was lost" };
  if (isFailurePhase(run.phase))
    return { state: "failed", words: run.errorMessage === null ? "failed" : `failed (${run.errorMessage})` };
  return { state: "good", words: "" };
}

function startOf(run: Run): number {
  return run.startedAt ?? run.completedAt ?? run.firstReceivedAt;
}
