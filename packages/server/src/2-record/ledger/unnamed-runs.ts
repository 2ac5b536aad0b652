/**
 * Pings without a run id (SEMANTICS section 2): the key is (job, time). This is the list of such runs of one job by
 * which an event finds its place: the open ones and the latest. Kept from round to round where this process is the
 * only writer.
 */
import { isUnnamedRunId } from "../../model/identity.ts";
import type { Run, RunView } from "../../model/run.ts";
import type { LedgerStore } from "../../storage/ledger-store.ts";

export interface UnnamedRun {
  /** Row id, or the stand-in of a draft of this round. */
  ref: number;
  runId: string;
  /** Start, else whatever it is known by. */
  beganAt: number;
  startedAt: number | null;
  /** End of its last attempt; null while open, and when only Batchwatch says that it is lost. */
  endedAt: number | null;
  isLost: boolean;
  /** Its failed attempt announced a retry: the next start is that one. */
  isRetrying: boolean;
}

export interface UnnamedList {
  runs: UnnamedRun[];
  /** Runs that pings started by `rid`, open or just ended: an end that names none may be theirs. */
  byRid: UnnamedRun[];
  /** Every run that began at or after this time is in the list, and every open one. */
  completeFrom: number;
}

const READ_BEFORE = 5;
const READ_AFTER = 200;
const KEPT_CLOSED = 12;
const KEPT_CLOSED_BY_RID = 2;
const KEPT_JOBS = 20_000;

type UnnamedStore = Pick<LedgerStore, "listOpenRuns" | "listRuns" | "engine">;

export class UnnamedRuns {
  readonly #store: UnnamedStore;
  readonly #lists = new Map<number, UnnamedList>();

  constructor(store: UnnamedStore) {
    this.#store = store;
  }

  /** Complete for events at or after `from`. The answer is the caller's to change. */
  async list(jobId: number, from: number): Promise<UnnamedList> {
    const known = this.#lists.get(jobId);
    if (known !== undefined && known.completeFrom <= from)
      return { ...copied(known), completeFrom: known.completeFrom };
    const open = await this.#store.listOpenRuns(jobId);
    const page = { cursor: null, limit: READ_AFTER };
    const after = await this.#store.listRuns({ jobId, from }, "startedAt", page);
    const before = await this.#store.listRuns({ jobId, to: from }, "-startedAt", {
      ...page,
      limit: READ_BEFORE,
    });
    const found = [
      ...new Map([...open, ...after.items, ...before.items].map((run) => [run.id, run])).values(),
    ];
    return {
      runs: found.filter((run) => isUnnamedRunId(run.runId)).map(unnamedOf),
      byRid: found.filter(isPingedByRid).map(unnamedOf),
      completeFrom: from,
    };
  }

  /** After the commit: what became of the runs of a round. */
  remember(jobId: number, list: UnnamedList, written: readonly Run[], gone: ReadonlySet<number>): void {
    if (this.#store.engine !== "sqlite") return;
    const runs = stillThere(list.runs, gone);
    const byRid = stillThere(list.byRid, gone);
    for (const run of written) {
      runs.delete(run.id);
      byRid.delete(run.id);
      if (isUnnamedRunId(run.runId)) runs.set(run.id, unnamedOf(run));
      else if (isPingedByRid(run)) byRid.set(run.id, unnamedOf(run));
    }
    this.#lists.delete(jobId);
    this.#lists.set(jobId, {
      ...trimmed([...runs.values()], list.completeFrom),
      byRid: openAndLast([...byRid.values()]),
    });
    for (const oldest of this.#lists.keys()) {
      if (this.#lists.size <= KEPT_JOBS) break;
      this.#lists.delete(oldest);
    }
  }

  /** What is remembered of a job, for runs that change without an unnamed event (lost, merged). */
  known(jobId: number): UnnamedList | undefined {
    return this.#lists.get(jobId);
  }

  forget(): void {
    this.#lists.clear();
  }
}

function copied({ runs, byRid }: UnnamedList): Pick<UnnamedList, "runs" | "byRid"> {
  return { runs: runs.map((run) => ({ ...run })), byRid: byRid.map((run) => ({ ...run })) };
}

function stillThere(runs: readonly UnnamedRun[], gone: ReadonlySet<number>): Map<number, UnnamedRun> {
  return new Map(runs.filter(({ ref }) => ref > 0 && !gone.has(ref)).map((run) => [run.ref, run]));
}

/** The other witnesses of a run (a wrapper, a span) tell its end themselves. */
function isPingedByRid(run: Run): boolean {
  return (
    !isUnnamedRunId(run.runId) &&
    run.startedAt !== null &&
    run.witnesses.every(({ kind }) => kind === "ping" || kind === "batchwatch")
  );
}

function openAndLast(runs: UnnamedRun[]): UnnamedRun[] {
  const closed = runs.filter((run) => run.endedAt !== null || run.isLost);
  if (closed.length <= KEPT_CLOSED_BY_RID) return runs;
  const kept = new Set(closed.sort((a, b) => b.beganAt - a.beganAt).slice(0, KEPT_CLOSED_BY_RID));
  return runs.filter((run) => (run.endedAt === null && !run.isLost) || kept.has(run));
}

function trimmed(runs: UnnamedRun[], completeFrom: number): Omit<UnnamedList, "byRid"> {
  const closed = runs.filter((run) => run.endedAt !== null).sort((a, b) => b.beganAt - a.beganAt);
  const dropped = closed.slice(KEPT_CLOSED);
  if (dropped.length === 0) return { runs, completeFrom };
  const gone = new Set(dropped);
  const lastDropped = Math.max(...dropped.map((run) => Math.max(run.beganAt, run.endedAt ?? run.beganAt)));
  return {
    runs: runs.filter((run) => !gone.has(run)),
    completeFrom: Math.max(completeFrom, lastDropped + 1),
  };
}

export function unnamedOf(run: Run): UnnamedRun {
  const endedAt = run.phase === "lost" ? null : (run.completedAt ?? lastEnd(run));
  return {
    ref: run.id,
    runId: run.runId,
    beganAt: run.startedAt ?? run.queuedAt ?? endedAt ?? run.lastEventAt,
    startedAt: run.startedAt,
    endedAt,
    isLost: run.phase === "lost",
    isRetrying: run.phase === "retrying",
  };
}

function lastEnd(view: RunView): number | null {
  return view.attempts.at(-1)?.endedAt ?? null;
}
