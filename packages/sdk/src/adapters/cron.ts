/**
 * croner and node-cron: a callback whose calls are scheduled runs, each for the time that it was called for. The schedule goes with
 * the run where the scheduler tells it (croner does). The types are structural: this package depends on neither.
 */
import { batchJob } from "../batch-job.ts";
import { guarded } from "../run/guarded.ts";
import type { Run } from "../run/run.ts";
import type { BatchJobOptions } from "../run/run-options.ts";

/** What is read of a scheduler's first argument: croner's job, node-cron's context (4), or its date (3). */
interface Croner {
  currentRun?(): Date | null;
  getPattern?(): string | undefined;
  options?: { timezone?: string };
}
interface NodeCronContext {
  date?: Date;
}

export type CronOptions = Omit<BatchJobOptions, "scheduledAt" | "runId">;

/**
 * `new Cron("0 2 * * *", { timezone: "Europe/Berlin" }, cronRun("nightly", { type: "etl" }, async (run) => { … }))`, or
 * `cron.schedule("0 2 * * *", cronRun("nightly", {}, work))`
 * @returns a callback; its promise answers what `work` answers and throws what it throws
 */
export function cronRun<R>(
  name: string,
  options: CronOptions,
  work: (run: Run) => R | PromiseLike<R>,
): (trigger?: unknown) => Promise<R> {
  return (trigger) => {
    const scheduledAt = guarded("cronRun", () => nominalTime(trigger), null);
    const schedule = guarded("cronRun", () => scheduleOf(trigger), null);
    return batchJob(
      name,
      {
        ...(schedule !== null && { schedule }),
        ...(scheduledAt !== null && { scheduledAt, runType: "scheduled" }),
        ...options,
      },
      work,
    );
  };
}

/** To the second: schedulers call a few milliseconds late. */
function nominalTime(trigger: unknown): Date | null {
  const date =
    trigger instanceof Date
      ? trigger
      : ((trigger as NodeCronContext | undefined)?.date ?? (trigger as Croner | undefined)?.currentRun?.());
  return date instanceof Date ? new Date(Math.floor(date.getTime() / 1000) * 1000) : null;
}

function scheduleOf(trigger: unknown): BatchJobOptions["schedule"] | null {
  const croner = trigger as Croner | undefined;
  const cron = croner?.getPattern?.();
  if (typeof cron !== "string" || cron.trim() === "") return null;
  const fields = cron.trim().split(/\s+/).length;
  const timezone = croner?.options?.timezone;
  return {
    cron,
    ...(fields === 6 && { seconds: true }),
    ...(typeof timezone === "string" && { timezone }),
  };
}
