/**
 * BullMQ: a processor whose jobs are runs. BullMQ does the retrying: each try is an attempt of one run, and the run fails with the
 * last one. The types are structural: this package does not depend on BullMQ.
 */
import { batchJob } from "../batch-job.ts";
import type { Run } from "../run/run.ts";
import type { BatchJobOptions } from "../run/run-options.ts";

/** What is read of a BullMQ job. */
export interface BullmqJob {
  id?: string | undefined;
  name: string;
  queueName: string;
  /** When it was added, epoch milliseconds. */
  timestamp: number;
  delay?: number;
  /** Tries that have failed before this one. */
  attemptsMade: number;
  opts?: { attempts?: number | undefined };
}

export interface BullmqOptions<J extends BullmqJob>
  extends Omit<BatchJobOptions, "runId" | "queuedAt" | "attempt" | "attempts" | "maxAttempts" | "backoff"> {
  /** Default: the queue's name, with the job's name after a dot where it has one. */
  jobName?: (job: J) => string;
}

/**
 * `new Worker("reports", bullmqProcessor({ type: "report" }, async (job, run) => { … }), { connection })`
 * @returns a processor; it answers what `work` answers and throws what it throws
 */
export function bullmqProcessor<J extends BullmqJob, R>(
  options: BullmqOptions<J>,
  work: (job: J, run: Run) => R | PromiseLike<R>,
): (job: J, token?: string, signal?: AbortSignal) => Promise<R> {
  const { jobName = defaultName, ...rest } = options;
  return (job, _token, signal) =>
    batchJob(
      nameOr(jobName, job),
      {
        // BullMQ tries an error of this name never again.
        retryIf: (error) => !(error instanceof Error && error.name === "UnrecoverableError"),
        ...rest,
        ...(job.id !== undefined && { runId: `${job.queueName}:${job.id}` }),
        queuedAt: job.timestamp + (job.delay ?? 0),
        attempt: job.attemptsMade + 1,
        maxAttempts: job.opts?.attempts ?? 1,
        ...(signal !== undefined && { signal }),
      },
      (run) => work(job, run),
    );
}

function defaultName({ name, queueName }: BullmqJob): string {
  return name === "" || name === "__default__" ? queueName : `${queueName}.${name}`;
}

function nameOr<J extends BullmqJob>(jobName: (job: J) => string, job: J): string {
  try {
    return jobName(job);
  } catch {
    return defaultName(job);
  }
}
