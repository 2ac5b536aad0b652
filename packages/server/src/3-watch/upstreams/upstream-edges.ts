/**
 * Which jobs a job needs the output of. The port through which edges come, whoever knows them: what is declared
 * (`upstreams`) now; a scheduler or a lineage source hands in another one of these.
 */
import type { JobKey } from "../../model/identity.ts";
import type { Job } from "../../model/job.ts";

export interface UpstreamEdges {
  upstreamsOf(job: Job): readonly JobKey[] | Promise<readonly JobKey[]>;
}

export const declaredEdges: UpstreamEdges = {
  upstreamsOf: (job) =>
    job.settings.upstreams.map(({ jobName, namespace, environment }) => ({
      jobName,
      namespace: namespace ?? job.namespace,
      environment: environment ?? job.environment,
    })),
};
