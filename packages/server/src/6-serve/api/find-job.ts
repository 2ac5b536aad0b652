/** The job that a path names, or a refusal that says where else the name exists. */
import type { JobKey } from "../../model/identity.ts";
import type { Job } from "../../model/job.ts";
import type { LedgerStore } from "../../storage/ledger-store.ts";
import { ApiError } from "./api-error.ts";

export async function findJob(store: LedgerStore, key: JobKey): Promise<Job> {
  const job = await store.findJob(key);
  if (job !== null) return job;
  const elsewhere = (
    await store.listJobs({ namespace: key.namespace, search: key.jobName }, { limit: 100, cursor: null })
  ).items.filter((other) => other.jobName === key.jobName);
  throw new ApiError("job_not_found", notFoundText(key, elsewhere));
}

function notFoundText(key: JobKey, elsewhere: readonly Job[]): string {
  const where = key.environment === "" ? "without an environment" : `in environment "${key.environment}"`;
  const what = `There is no job "${key.jobName}" in namespace "${key.namespace}" ${where}.`;
  if (elsewhere.length === 0) return `${what} Jobs come into being with their first event, or by PUT.`;
  const environments = elsewhere.map((job) => `"${job.environment}"`).join(", ");
  return `${what} It exists with environment = ${environments}: add it as ?environment=.`;
}
