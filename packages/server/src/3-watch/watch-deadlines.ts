/** The deadline rows that the watch sets in more than one place. */
import type { Job } from "../model/job.ts";
import type { Run } from "../model/run.ts";
import type { NewDeadline, Slot } from "../model/watch.ts";

/** Keeps an earlier look, so that nothing is put off by asking twice. */
export function judgeRunDeadline(run: Pick<Run, "id" | "jobId">, dueAt: number): NewDeadline {
  return { kind: "judge_run", subject: runSubject(run.id), jobId: run.jobId, dueAt, keepEarlier: true };
}

/** A kind of its own, so that it never puts off a `judge_run` that the ledger sets meanwhile. */
export function judgeRunAgainDeadline(run: Pick<Run, "id" | "jobId">, dueAt: number): NewDeadline {
  return { kind: "judge_run_again", subject: runSubject(run.id), jobId: run.jobId, dueAt };
}

export function foldDeadline(job: Pick<Job, "id">, now: number): NewDeadline {
  return { kind: "fold_incident", subject: jobSubject(job.id), jobId: job.id, dueAt: now };
}

export function fillSlotsDeadline(
  job: Pick<Job, "id">,
  dueAt: number,
  payload: string | null = null,
): NewDeadline {
  return { kind: "fill_slots", subject: jobSubject(job.id), jobId: job.id, dueAt, payload };
}

export function slotDeadline(kind: string, slot: Pick<Slot, "id" | "jobId">, dueAt: number): NewDeadline {
  return { kind, subject: slotSubject(slot.id), jobId: slot.jobId, dueAt };
}

export function runSubject(id: number): string {
  return `run:${id}`;
}

export function slotSubject(id: number): string {
  return `slot:${id}`;
}

export function jobSubject(id: number): string {
  return `job:${id}`;
}

/** The row id in a subject such as `run:17`. */
export function subjectId(subject: string): number {
  const id = Number(subject.slice(subject.indexOf(":") + 1));
  if (!Number.isSafeInteger(id)) throw new Error(`The subject "${subject}" of a deadline names no row.`);
  return id;
}
