/**
 * Evidence of an Airflow task's end → a step of the DAG run it happened in (INGEST 5.3, 9: runs are of level dag only, tasks are
 * steps). The DAG's own evidence comes after its tasks': until then there is no run to put it in.
 */
import type { Run } from "../../model/run.ts";
import type { RunEvent } from "../../model/run-event.ts";
import type { EvidenceState } from "./metric-evidence.ts";

/** Callbacks of the task and of the DAG are timed by different processes. */
const CLOCK_SLACK_MS = 5_000;

/** null: its DAG run is not known yet. */
export function settleTask(
  evidenceId: string,
  state: EvidenceState,
  runs: readonly Run[],
  now: number,
): RunEvent[] | null {
  const { taskId, ends } = state;
  if (taskId === null) return [];
  const events: RunEvent[] = [];
  for (const ended of ends) {
    const endAt = Math.round(ended.sightings[0]?.at ?? ended.firstEndAt ?? state.at);
    const seconds = state.execution?.sumSeconds ?? state.durations[ended.outcome]?.sumSeconds ?? null;
    const startAt = Math.round(state.firstStartAt ?? (seconds === null ? endAt : endAt - seconds * 1000));
    const run = runs.find((candidate) => holds(candidate, startAt, endAt));
    if (run === undefined) return null;
    const event = (kind: "step_started" | "step_ended", at: number): RunEvent => ({
      eventId: `otlp-metric:${evidenceId}/${ended.outcome}/${kind}`,
      kind,
      job: state.job,
      run: { by: "id", runId: run.runId },
      aliases: [],
      at,
      withinMs: ended.firstEndAt === null ? Math.round(state.at - state.fromAt) : 0,
      receivedAt: now,
      witness: "otlp-metric",
      step: { name: taskId, id: taskId },
      ...(run.anonymous ? { anonymous: true } : {}),
    });
    const end = event("step_ended", endAt);
    end.step = {
      name: taskId,
      id: taskId,
      outcome: ended.outcome === "success" ? "success" : ended.outcome === "failure" ? "failure" : "skipped",
      ...(state.recordsProcessed === null ? {} : { records: { processed: state.recordsProcessed } }),
    };
    if (ended.errorType !== null) end.error = { type: ended.errorType };
    events.push(event("step_started", startAt), end);
  }
  return events;
}

function holds(run: Run, startAt: number, endAt: number): boolean {
  if (run.startedAt === null || startAt < run.startedAt - CLOCK_SLACK_MS) return false;
  return run.completedAt === null || endAt <= run.completedAt + CLOCK_SLACK_MS;
}
