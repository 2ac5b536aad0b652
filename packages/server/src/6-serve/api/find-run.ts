/**
 * The run that an id names. Ids are unique within a job only: where several jobs have a run of that id, the caller must
 * name the job too, and is told which ones there are.
 */
import type { RunQuery } from "@batchwatch/protocol";
import type { Job } from "../../model/job.ts";
import type { Run } from "../../model/run.ts";
import type { LedgerStore } from "../../storage/ledger-store.ts";
import { ApiError } from "./api-error.ts";

export async function findRun(
  store: LedgerStore,
  runId: string,
  { namespace, environment, jobName }: RunQuery,
): Promise<{ run: Run; job: Job }> {
  const runs = await store.findRunsByRunId(runId);
  const jobs = new Map(
    (await store.getJobs([...new Set(runs.map((run) => run.jobId))])).map((job) => [job.id, job]),
  );
  const found = runs.flatMap((run) => {
    const job = jobs.get(run.jobId);
    const fits =
      job !== undefined &&
      (namespace === undefined || job.namespace === namespace) &&
      (environment === undefined || job.environment === environment) &&
      (jobName === undefined || job.jobName === jobName);
    return fits ? [{ run, job }] : [];
  });
  const [first] = found;
  if (first === undefined) throw notFound(runId, runs.length);
  if (found.length === 1) return first;
  throw new ApiError(
    "ambiguous_run",
    `${found.length} jobs have a run with the id "${runId}": add jobName, namespace and environment of one of the candidates.`,
    { candidates: found.map(({ job }) => job) },
  );
}

function notFound(runId: string, elsewhere: number): ApiError {
  const hint =
    elsewhere === 0
      ? "It may have been removed by retention."
      : "Another job has one: look at jobName, namespace and environment.";
  return new ApiError("run_not_found", `There is no run with the id "${runId}". ${hint}`);
}
