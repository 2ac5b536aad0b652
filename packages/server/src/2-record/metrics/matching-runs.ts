/**
 * Known runs that may be the ones whose ends counters tell of (INGEST 5.4 rules 3 and 5). Pure predicates over runs and the
 * interval of one piece of evidence.
 */
import type { Run } from "../../model/run.ts";
import type { TimePoint } from "./evidence-times.ts";
import {
  aliveIn,
  type EvidenceState,
  intervalStart,
  type MetricOutcome,
  type Sighting,
} from "./metric-evidence.ts";
import { intervalMs } from "./settle-times.ts";

/** Between the clocks and steps of one process: the run counts its end before its span ends, or after. */
const SAME_MOMENT_MS = 2_000;

/** Known runs that ended in the interval, with this outcome: those inside it first, then those one interval around it. */
export function endedRuns(
  runs: readonly Run[],
  outcome: MetricOutcome,
  state: EvidenceState,
  taken: ReadonlySet<string>,
): Run[] {
  const fromAt = intervalStart(state);
  const distance = ({ completedAt }: Run): number =>
    Math.max(0, fromAt - (completedAt ?? 0), (completedAt ?? 0) - state.at);
  return runs
    .filter(
      (run) =>
        !run.anonymous &&
        !taken.has(run.runId) &&
        run.completedAt !== null &&
        outcomeOfPhase(run) === outcome &&
        distance(run) <= intervalMs(state),
    )
    .sort((a, b) => distance(a) - distance(b));
}

/**
 * Open runs that can have ended then: nothing that would tell of its end itself has spoken of them, they were silent since, and
 * they gave a sign of life with the same export or began when the counted run began. One declared lost is as good as open: nobody
 * saw its end.
 */
export function silentOpenRuns(
  runs: readonly Run[],
  state: EvidenceState,
  taken: ReadonlySet<string>,
  ended: { seen: Sighting | null; start: TimePoint | null; end: TimePoint },
): Run[] {
  const open = runs.filter((run) => {
    const isOpen = run.completedAt === null || run.phase === "lost";
    return isOpen && !run.anonymous && !taken.has(run.runId) && run.witnesses.every(mayBeSilent);
  });
  const candidates = open.filter((run) => !isInAnotherTrace(run, ended.seen));
  const alive = aliveIn(state);
  const sameProcess = candidates.filter(({ runId }) => alive.has(runId));
  return sameProcess.length > 0 ? sameProcess : candidates.filter((run) => fits(run, state, ended));
}

function fits(
  run: Run,
  state: EvidenceState,
  { start, end }: { start: TimePoint | null; end: TimePoint },
): boolean {
  const latestEnd = end.at + SAME_MOMENT_MS;
  const earliestStart = start === null ? 0 : start.at - start.withinMs - SAME_MOMENT_MS;
  // The sign of life that came with the end is exported with it.
  const latestBeat = Math.max(state.at, latestEnd);
  const began = run.startedAt ?? run.lastEventAt;
  return began >= earliestStart && began <= latestEnd && (run.lastBeatAt ?? 0) <= latestBeat;
}

/** True while nothing but metrics has told of this run: its source sends neither spans nor logs. */
export function onlyMetrics(run: Run): boolean {
  return run.witnesses.every(({ kind }) => kind === "otlp-metric" || kind === "batchwatch");
}

/** A log may tell a start and no end; whoever else speaks of a run tells its end too. */
function mayBeSilent({ kind }: Run["witnesses"][number]): boolean {
  return kind === "otlp-metric" || kind === "otlp-log" || kind === "batchwatch";
}

function isInAnotherTrace(run: Run, seen: Sighting | null): boolean {
  if (seen?.trace == null || run.traceIds.length === 0) return false;
  return !run.traceIds.some((traceId) => seen.trace === `trace:${traceId}`);
}

function outcomeOfPhase({ phase }: Run): MetricOutcome | null {
  switch (phase) {
    case "completed":
      return "success";
    case "failed":
    case "dead_letter":
      return "failure";
    case "cancelled":
    case "skipped":
      return phase;
    default:
      return null;
  }
}
