/** The addresses of the pages. A run id is unique within its job only, so a run's address names the job too. */
import type { JobKey } from "../api/query-keys.ts";

/** Which run a page is about; the job is null where the address leaves it out. */
export interface RunAddress {
  runId: string;
  namespace: string | null;
  environment: string | null;
  jobName: string | null;
}

export function jobLink(key: JobKey): string {
  const path = `/jobs/${encodeURIComponent(key.namespace)}/${encodeURIComponent(key.jobName)}`;
  return key.environment === "" ? path : `${path}?environment=${encodeURIComponent(key.environment)}`;
}

export function runLink(key: JobKey, runId: string): string {
  const search = new URLSearchParams({ namespace: key.namespace, job: key.jobName });
  if (key.environment !== "") search.set("environment", key.environment);
  return `/runs/${encodeURIComponent(runId)}?${search}`;
}

export function incidentLink(id: string): string {
  return `/incidents/${encodeURIComponent(id)}`;
}

/** @param job the one that it is narrowed to; else all */
export function dashboardLink(name: string, job: string | null = null): string {
  const path = `/dashboards/${encodeURIComponent(name)}`;
  return job === null ? path : `${path}?${new URLSearchParams({ job })}`;
}

/** The page that asks a query of one's own. */
export function exploreLink(query: string, range: { from: string; to: string } | null = null): string {
  const search = new URLSearchParams({ query, ...(range !== null && { from: range.from, to: range.to }) });
  return `/explore?${search}`;
}

export function readRunAddress(runId: string, params: URLSearchParams): RunAddress {
  const namespace = params.get("namespace");
  const jobName = params.get("job");
  // Links leave an empty environment out; with the job named, none means the empty one.
  const environment = params.get("environment") ?? (jobName === null ? null : "");
  return { runId, namespace, environment, jobName };
}
