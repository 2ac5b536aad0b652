/** `GET /api/jobs`: the board. A fixed number of queries, whatever the number of jobs on the page. */
import { type JobListQuery, jobListQuerySchema, jobSummarySchema, pageOf } from "@batchwatch/protocol";
import type { Job } from "../../../model/job.ts";
import type { JobFilter, Page } from "../../../storage/ledger-store.ts";
import type { ApiApp, ApiDeps } from "../api-deps.ts";
import { problemReplies } from "../api-error.ts";
import type { JobDirectory } from "../job-directory.ts";
import { loadJobFacts } from "../load-job-facts.ts";
import { jobSummary } from "../views/job-view.ts";

export function registerJobs(app: ApiApp, deps: ApiDeps, directory: JobDirectory): void {
  const { store, clock } = deps;

  /** Names in order come from the store; an order or a filter by health from the directory. */
  async function pickJobs(query: JobListQuery): Promise<Page<Job>> {
    const page = { limit: query.limit, cursor: query.cursor ?? null };
    const filter = filterOf(query);
    if (query.sort === "jobName" && query.health === undefined) return store.listJobs(filter, page);
    const { items: ids, nextCursor } = await directory.select(filter, query.health, query.sort, page);
    const jobs = new Map((await store.getJobs(ids)).map((job) => [job.id, job]));
    return { items: ids.flatMap((id) => jobs.get(id) ?? []), nextCursor };
  }

  app.get(
    "/api/jobs",
    {
      schema: {
        tags: ["jobs"],
        summary: "Jobs with their health, last runs and what is due next",
        querystring: jobListQuerySchema,
        response: { 200: pageOf(jobSummarySchema), ...problemReplies(400) },
      },
    },
    async ({ query }) => {
      const now = clock.now();
      const { items: jobs, nextCursor } = await pickJobs(query);
      const items = (await loadJobFacts(store, jobs, now)).map((facts) => jobSummary(facts, now));
      const { health } = query;
      // What the directory picked may have changed since; a page never shows what was not asked for.
      return { items: items.filter((item) => health?.includes(item.health) ?? true), nextCursor };
    },
  );
}

function filterOf(query: JobListQuery): JobFilter {
  const { namespace, environment, search, owner, jobType, tag } = query;
  const [name = "", ...value] = tag?.split("=") ?? [];
  return {
    ...(namespace !== undefined && { namespace }),
    ...(environment !== undefined && { environment }),
    ...(search !== undefined && { search }),
    ...(owner !== undefined && { owner }),
    ...(jobType !== undefined && { jobType }),
    ...(tag !== undefined && { tag: { name, value: value.join("=") } }),
  };
}
