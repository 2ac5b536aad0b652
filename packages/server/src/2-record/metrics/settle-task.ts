/**
 * Evidence of an Airflow task's end → a step of the DAG run it happened in (INGEST 5.3, 9: runs are of level dag only, tasks are
 * steps). The DAG's own evidence comes after its tasks': until then there is no run to put it in.
 */
import { METRIC_NAMES, type StepFact } from "@batchwatch/protocol";
import type { Run } from "../../model/run.ts";
import type { RunEvent } from "../../model/run-event.ts";
import { endTimeOf, startTimeOf } from "./evidence-times.ts";
import { counted, type EvidenceState, endsOf, type MetricOutcome } from "./metric-evidence.ts";

/** Callbacks of the task and of the DAG are timed by different processes. */
const CLOCK_SLACK_MS = 5_000;

/** null: its DAG run is not known yet. */
export function settleTask(
  evidenceId: string,
  state: EvidenceState,
  runs: readonly Run[],
  now: number,
): RunEvent[] | null {
  const { taskId } = state;
  if (taskId === null) return [];
  const events: RunEvent[] = [];
  for (const ended of endsOf(state)) {
    const end = endTimeOf(state, ended, ended.sightings[0] ?? null, 0);
    const start = startTimeOf(state, ended, ended.sightings[0] ?? null, end) ?? end;
    const run = runs.find((candidate) => holds(candidate, start.at, end.at));
    if (run === undefined) return null;
    const event = (kind: "step_started" | "step_ended", at: number, step: StepFact): RunEvent => ({
      eventId: `otlp-metric:${evidenceId}/${ended.outcome}/${kind}`,
      kind,
      job: state.job,
      run: { by: "id", runId: run.runId },
      aliases: [],
      at,
      withinMs: end.withinMs,
      receivedAt: now,
      witness: "otlp-metric",
      step,
      ...(run.anonymous ? { anonymous: true } : {}),
    });
    const records = recordsOf(state);
    const step: StepFact = {
      name: taskId,
      id: taskId,
      outcome: outcomeOfStep(ended.outcome),
      ...(records === undefined ? {} : { records }),
    };
    const ending = event("step_ended", end.at, step);
    if (ended.errorType !== null) ending.error = { type: ended.errorType };
    events.push(event("step_started", start.at, { name: taskId, id: taskId }), ending);
  }
  return events;
}

function outcomeOfStep(outcome: MetricOutcome): NonNullable<StepFact["outcome"]> {
  if (outcome === "success" || outcome === "failure") return outcome;
  return "skipped";
}

function recordsOf(state: EvidenceState): StepFact["records"] {
  const processed = counted(state, METRIC_NAMES.recordsProcessed);
  const failed = counted(state, METRIC_NAMES.recordsFailed);
  if (processed === null && failed === null) return undefined;
  return { ...(processed === null ? {} : { processed }), ...(failed === null ? {} : { failed }) };
}

function holds(run: Run, startAt: number, endAt: number): boolean {
  if (run.startedAt === null || startAt < run.startedAt - CLOCK_SLACK_MS) return false;
  return run.completedAt === null || endAt <= run.completedAt + CLOCK_SLACK_MS;
}
