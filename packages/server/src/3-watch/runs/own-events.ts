/**
 * What Batchwatch itself says of a run, as witness `batchwatch`: suspected, lost, finalised. It goes through the intake
 * like everybody's events. Ids are made of the evidence, so saying it again changes nothing. `at` is when it became so, by the
 * clock of the run's senders, like all times of the run; `receivedAt` is when it was decided, which may be later.
 */
import type { Job } from "../../model/job.ts";
import type { Run } from "../../model/run.ts";
import type { OwnEventKind, RunEvent } from "../../model/run-event.ts";
import { inTimeOfRun } from "./in-our-time.ts";

/** Starts the error message of a run that was lost in silence. */
export const LOST_MESSAGE = "No sign of life";

export function suspectedEvent(job: Job, run: Run, suspectAt: number, now: number): RunEvent {
  return { ...ownEvent("suspected", job, run, suspectAt, now), heardUntil: suspectAt };
}

export function lostEvent(job: Job, run: Run, since: number, lostAt: number, now: number): RunEvent {
  return {
    ...ownEvent("lost", job, run, lostAt, now),
    heardUntil: lostAt,
    error: { type: "lost", message: `${LOST_MESSAGE} since ${new Date(since).toISOString()}` },
  };
}

export function finalisedEvent(job: Job, run: Run, at: number, now: number): RunEvent {
  return ownEvent("finalised", job, run, at, now);
}

function ownEvent(kind: OwnEventKind, job: Job, run: Run, ourAt: number, now: number): RunEvent {
  const at = inTimeOfRun(run, ourAt);
  return {
    eventId: `batchwatch:${kind}:${run.id}:${at}`,
    kind,
    job: { namespace: job.namespace, environment: job.environment, jobName: job.jobName },
    run: { by: "id", runId: run.runId },
    aliases: [],
    at,
    withinMs: 0,
    receivedAt: now,
    witness: "batchwatch",
  };
}
