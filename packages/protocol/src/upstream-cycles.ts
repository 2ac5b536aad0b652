/** Jobs that need each other in a circle, so that none could ever begin. Receives declared jobs; hands on each circle once. */
import type { Upstream } from "./job-settings.ts";

export interface JobWithUpstreams {
  namespace: string;
  environment: string;
  jobName: string;
  upstreams: readonly Upstream[];
}

/** Each circle as the jobs on the way, beginning with the first of them in the list: a needs b, b needs c, c needs a. */
export function upstreamCycles<T extends JobWithUpstreams>(jobs: readonly T[]): T[][] {
  const byKey = new Map(jobs.map((job) => [keyOf(job), job]));
  const done = new Set<T>();
  const cycles: T[][] = [];
  for (const start of jobs) {
    // Depth first without recursion: a chain may be as long as the file.
    const way: { job: T; next: number }[] = [{ job: start, next: 0 }];
    while (way.length > 0) {
      const here = way.at(-1);
      if (here === undefined) break;
      const upstream = done.has(here.job) ? undefined : here.job.upstreams[here.next++];
      if (upstream === undefined) {
        done.add(here.job);
        way.pop();
        continue;
      }
      const job = byKey.get(keyOf({ ...upstream, ...placeOf(upstream, here.job) }));
      if (job === undefined || done.has(job)) continue;
      const from = way.findIndex((step) => step.job === job);
      if (from < 0) way.push({ job, next: 0 });
      else cycles.push(way.slice(from).map((step) => step.job));
    }
  }
  return cycles;
}

function placeOf(
  upstream: Upstream,
  job: Pick<JobWithUpstreams, "namespace" | "environment">,
): { namespace: string; environment: string } {
  return {
    namespace: upstream.namespace ?? job.namespace,
    environment: upstream.environment ?? job.environment,
  };
}

function keyOf({ namespace, environment, jobName }: Omit<JobWithUpstreams, "upstreams">): string {
  return JSON.stringify([namespace, environment, jobName]);
}
