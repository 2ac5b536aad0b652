/**
 * `POST /api/jobs/{namespace}/{jobName}/rebuild-metrics?environment=`: a job's `batch_job_*` series written again from a
 * past time on, out of the ledger. One job a request, in one commit of the metric store: whoever rebuilds many asks for one
 * after the other, and knows how far it is.
 */
import {
  jobPathSchema,
  jobQuerySchema,
  rebuildMetricsRequestSchema,
  rebuiltMetricsSchema,
} from "@batchwatch/protocol";
import type { Job } from "../../../model/job.ts";
import type { ApiApp, ApiDeps } from "../api-deps.ts";
import { ApiError, problemReplies } from "../api-error.ts";
import { findJob } from "../find-job.ts";
import { instant } from "../views/instants.ts";

export function registerRebuildMetrics(app: ApiApp, { store, meter, clock }: ApiDeps): void {
  app.post(
    "/api/jobs/:namespace/:jobName/rebuild-metrics",
    {
      config: { scope: "admin" },
      schema: {
        tags: ["jobs"],
        summary: "Write a job's batch_job_* series again, out of the ledger",
        description:
          "After an import or a backfill. Counters only add up, so what lies after `to` is written as well where the totals until then turn out to be others; without `to`, everything until now.",
        params: jobPathSchema,
        querystring: jobQuerySchema,
        body: rebuildMetricsRequestSchema,
        response: { 200: rebuiltMetricsSchema, ...problemReplies(400, 404) },
      },
    },
    async ({ params, query, body }) => {
      const job = await findJob(store, { ...params, ...query });
      const now = clock.now();
      const { from, to = now } = body;
      if (from >= Math.min(to, now))
        throw ApiError.parameter("from", "must lie before `to`, and in the past");
      const rebuilt = (await hasHappened(job, from, to)) ? await meter.rebuild(job, from, to) : null;
      return {
        from: instant(rebuilt?.fromAt ?? from),
        runs: rebuilt?.runs ?? 0,
        series: rebuilt?.series ?? 0,
        samples: rebuilt?.samples ?? 0,
      };
    },
  );

  async function hasHappened({ id }: Job, from: number, to: number): Promise<boolean> {
    if ((await store.runsEndedIn(id, from, to)).length > 0) return true;
    if ((await store.judgementsIn(id, from, to)).length > 0) return true;
    return (await store.nativeIncrements(id, from, to)).length > 0;
  }
}
