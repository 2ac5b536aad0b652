/** `GET /api/runs`: runs of all jobs, newest first unless asked otherwise. */
import { pageOf, type RunListQuery, runListQuerySchema, runSummarySchema } from "@batchwatch/protocol";
import type { RunFilter } from "../../../storage/ledger-store.ts";
import type { ApiApp, ApiDeps } from "../api-deps.ts";
import { problemReplies } from "../api-error.ts";
import { runSummary, slotIdsOf } from "../views/run-view.ts";

export function registerRuns(app: ApiApp, { store }: ApiDeps): void {
  app.get(
    "/api/runs",
    {
      schema: {
        tags: ["runs"],
        summary: "Runs, by job, phase and time",
        querystring: runListQuerySchema,
        response: { 200: pageOf(runSummarySchema), ...problemReplies(400) },
      },
    },
    async ({ query }) => {
      const { items: runs, nextCursor } = await store.listRuns(filterOf(query), query.sort, {
        limit: query.limit,
        cursor: query.cursor ?? null,
      });
      if (runs.length === 0) return { items: [], nextCursor };
      const slotIds = slotIdsOf(runs);
      const [jobs, judgements, slots] = await Promise.all([
        store.getJobs([...new Set(runs.map((run) => run.jobId))]),
        store.judgementsOfRuns(runs.map((run) => run.id)),
        slotIds.length === 0 ? [] : store.getSlots(slotIds),
      ]);
      const jobById = new Map(jobs.map((job) => [job.id, job]));
      const slotById = new Map(slots.map((slot) => [slot.id, slot]));
      const items = runs.flatMap((run) => {
        const job = jobById.get(run.jobId);
        if (job === undefined) return [];
        return [runSummary(run, job, judgements.get(run.id) ?? [], slotById.get(run.slotId ?? 0) ?? null)];
      });
      return { items, nextCursor };
    },
  );
}

function filterOf(query: RunListQuery): RunFilter {
  const { namespace, environment, jobName, phase: phases, from, to, runId, search } = query;
  return {
    ...(namespace !== undefined && { namespace }),
    ...(environment !== undefined && { environment }),
    ...(jobName !== undefined && { jobName }),
    ...(phases !== undefined && phases.length > 0 && { phases }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...(runId !== undefined && { runId }),
    ...(search !== undefined && { search }),
  };
}
