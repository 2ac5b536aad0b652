/**
 * `GET`, `PUT` and `DELETE /api/jobs/{namespace}/{jobName}?environment=`: one job and what the API says about it.
 * PUT replaces the settings that were said by the API and creates the job; DELETE takes them back. What YAML declares
 * wins over both, and the answer shows it.
 */
import {
  jobDetailSchema,
  jobPathSchema,
  jobQuerySchema,
  jobSettingsSchema,
  readJobSettings,
  type SettingSource,
} from "@batchwatch/protocol";
import { validatorCompiler } from "fastify-type-provider-zod";
import { z } from "zod";
import { validateCron } from "../../../lib/calendar/cron-pattern.ts";
import type { JobKey } from "../../../model/identity.ts";
import type { Job } from "../../../model/job.ts";
import type { ApiApp, ApiDeps } from "../api-deps.ts";
import { ApiError, problemReplies } from "../api-error.ts";
import { findJob } from "../find-job.ts";
import { loadJobDetail } from "../load-job-detail.ts";

const URL = "/api/jobs/:namespace/:jobName";
const SOURCE: SettingSource = "api";

export function registerJob(app: ApiApp, deps: ApiDeps): void {
  const { store, clock, feed } = deps;
  const detailOf = (job: Job, now: number) => loadJobDetail(store, job, deps.publicUrl(), now);

  function announce(job: Job): void {
    const { id: jobId, namespace, environment, jobName } = job;
    feed.publish({ topic: "job", jobId, job: { namespace, environment, jobName } });
    feed.publish({ topic: "deadlines" });
  }

  app.get(
    URL,
    {
      schema: {
        tags: ["jobs"],
        summary: "A job with its settings, slots and open facts",
        params: jobPathSchema,
        querystring: jobQuerySchema,
        response: { 200: jobDetailSchema, ...problemReplies(400, 404) },
      },
    },
    async ({ params, query }) => detailOf(await findJob(store, { ...params, ...query }), clock.now()),
  );

  app.put(
    URL,
    {
      schema: {
        tags: ["jobs"],
        summary: "Set what the API says about a job; creates it",
        description:
          "Replaces all settings that the API said before. A setting left out is not said by the API; null unsets it. " +
          "What YAML declares wins, and the answer shows both. Other spellings (max_duration_seconds, …) are accepted.",
        params: jobPathSchema,
        querystring: jobQuerySchema,
        body: jobSettingsSchema,
        response: { 200: jobDetailSchema, ...problemReplies(400) },
      },
      // The body is checked below, where every accepted spelling is known.
      validatorCompiler: (route) => (route.httpPart === "body" ? takeAsItIs : zodOf(route.schema)),
    },
    async ({ params, query, body }) => {
      const settings = settingsOf(body);
      const now = clock.now();
      const key: JobKey = { ...params, ...query };
      const [created] = await store.ensureJobs([{ ...key, createdBy: SOURCE, at: now }]);
      if (created === undefined) throw new Error("a job that is ensured is there");
      const job = await store.setJobSettings(created.id, SOURCE, settings, now);
      announce(job);
      return detailOf(job, now);
    },
  );

  app.delete(
    URL,
    {
      schema: {
        tags: ["jobs"],
        summary: "Take back what the API said about a job; the job and its runs stay",
        params: jobPathSchema,
        querystring: jobQuerySchema,
        response: { 200: jobDetailSchema, ...problemReplies(400, 404) },
      },
    },
    async ({ params, query }) => {
      const now = clock.now();
      const { id } = await findJob(store, { ...params, ...query });
      const job = await store.setJobSettings(id, SOURCE, null, now);
      announce(job);
      return detailOf(job, now);
    },
  );
}

const takeAsItIs = (value: unknown) => ({ value });

function zodOf(schema: unknown) {
  if (!(schema instanceof z.ZodType)) throw new Error("the schemas of these routes are zod's");
  return validatorCompiler({ schema, method: "PUT", url: URL });
}

function settingsOf(body: unknown) {
  const reading = readJobSettings(body, { checkCron: validateCron });
  if (reading.ok) return reading.settings;
  throw ApiError.settings(reading.problems);
}
